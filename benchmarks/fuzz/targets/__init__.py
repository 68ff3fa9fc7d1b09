"""The targets by name; each module owns the cases of one kind of input and what has to hold of them."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from fuzz.sandbox import Sandbox
from fuzz.targets.contract import Target

__all__ = ["TARGETS", "Target", "open_target"]

TARGETS: Final = ("sources", "replies", "rows", "recipes", "run-folders")


def open_target(name: str, sandbox: Sandbox) -> Target:
    """Makes the valid values that a target's cases begin with; imports that target alone, since some need torch."""
    target: Target = import_module(f"fuzz.targets.{name.replace('-', '_')}").open_target(sandbox)
    return target
