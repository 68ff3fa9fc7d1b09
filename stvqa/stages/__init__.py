"""The stages of a recipe, one file each; they do not import each other.

STAGES["load"]  # <class 'stvqa.stages.load.Load'>
"""

from __future__ import annotations

from stvqa.stages.check import Check
from stvqa.stages.contract import Stage
from stvqa.stages.generate import Generate
from stvqa.stages.load import Load
from stvqa.stages.package import Package
from stvqa.stages.plan import Plan
from stvqa.stages.prune import Prune
from stvqa.stages.select import Select
from stvqa.stages.verify import Verify

__all__ = ["STAGES"]

STAGES: dict[str, type[Stage]] = {
    stage.name: stage for stage in (Load, Prune, Plan, Generate, Check, Verify, Select, Package)
}
"""The closed set of stages that a recipe file may name."""
