"""Every class's drawing, made once per process.

shape_of("table", "round").drawing.size      # (1.2, 0.75, 1.2) metres
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from stvqa.sources.demo.animals import ANIMALS
from stvqa.sources.demo.belongings import BELONGINGS
from stvqa.sources.demo.drawing import Drawing, assemble
from stvqa.sources.demo.furniture import FURNITURE
from stvqa.sources.demo.interiors import INTERIORS
from stvqa.sources.demo.model import Model
from stvqa.sources.demo.outdoors import OUTDOORS
from stvqa.sources.demo.people import PEOPLE
from stvqa.sources.demo.tableware import TABLEWARE
from stvqa.sources.demo.vehicles import VEHICLES

__all__ = ["Shape", "shape_of"]

_ALL: dict[str, Callable[[str], Model]] = {
    **FURNITURE,
    **PEOPLE,
    **ANIMALS,
    **VEHICLES,
    **TABLEWARE,
    **BELONGINGS,
    **INTERIORS,
    **OUTDOORS,
}


class Shape(NamedTuple):
    """A kind's model and the arrays made of it."""

    model: Model
    drawing: Drawing


@lru_cache(maxsize=1024)
def shape_of(name: str, variant: str) -> Shape:
    """The drawing of a class's variant, made once per process."""
    model = _ALL[name](variant)
    return Shape(model, assemble(model.parts))
