"""The stages of a recipe, one file each; they do not import each other.

STAGES["load"]  # <class 'stvqa.stages.load.Load'>
"""

from __future__ import annotations

from stvqa.stages.contract import Stage

__all__ = ["STAGES"]

STAGES: dict[str, type[Stage]] = {}
"""The closed set of stages that a recipe file may name."""
