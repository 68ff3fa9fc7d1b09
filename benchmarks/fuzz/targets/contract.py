"""What a target is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

from fuzz.sandbox import Sandbox

__all__ = ["Target", "support"]

_SUPPORT = Path(__file__).resolve().parents[3] / "tests" / "support"


class Target(NamedTuple):
    """One kind of input.

    Attributes:
        cases: strategy of its cases; `repr` of one tells it in words.
        hold: runs a case and gives its outcome in a word or two; raises `Found` where something does not hold.
    """

    cases: SearchStrategy[Any]
    hold: Callable[[Any, Sandbox], str]


def support(name: str) -> ModuleType:
    """A module of `tests/support`: the real values that cases begin with."""
    if str(_SUPPORT) not in sys.path:
        sys.path.insert(0, str(_SUPPORT))
    return import_module(name)
