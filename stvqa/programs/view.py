"""A scene graph laid out for programs: arrays of boxes and space, and tables of names and triples.

view = SceneView(graph)
view.row("clock.1")            # 0
view.triples["man.1", "cup.1"] # ("holding",)
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stvqa import vocabulary
from stvqa.geometry import areas, as_boxes, centres, covered_shares, gaps, sides
from stvqa.records import SceneGraph, SceneObject

__all__ = ["SceneView", "UnknownObjectError"]

Array = NDArray[np.float64]


class UnknownObjectError(LookupError):
    """A claim names an object that the graph does not hold."""


class SceneView:
    """Arrays over the objects of one graph, made when they are first asked for.

    Attributes:
        graph: the graph itself.
        width, height: of the image, pixels.
    """

    def __init__(self, graph: SceneGraph) -> None:
        self.graph = graph
        self.width = float(graph.width)
        self.height = float(graph.height)
        self._rows = {item.id: row for row, item in enumerate(graph.objects)}

    def row(self, object_id: str) -> int:
        """The position of an object in all arrays.

        Raises:
            UnknownObjectError: no such id.
        """
        try:
            return self._rows[object_id]
        except KeyError:
            raise UnknownObjectError(object_id) from None

    def item(self, object_id: str) -> SceneObject:
        """The object with this id."""
        return self.graph.objects[self.row(object_id)]

    @cached_property
    def boxes(self) -> Array:
        """Pixels, shape (n, 4)."""
        return as_boxes(item.box for item in self.graph.objects)

    @cached_property
    def centres(self) -> Array:
        """Pixels, shape (n, 2)."""
        return centres(self.boxes)

    @cached_property
    def sides(self) -> Array:
        """Width and height in pixels, shape (n, 2)."""
        return sides(self.boxes)

    @cached_property
    def area_shares(self) -> list[float]:
        """Box area as a share of the image's, by row."""
        shares: list[float] = (areas(self.boxes) / (self.width * self.height)).tolist()
        return shares

    @cached_property
    def hidden_shares(self) -> list[float]:
        """Share of each object that is hidden, by row: as the source knows it, else as other boxes cover it."""
        shares = 1 - self._space("visible_share", 1)[:, 0]
        if np.isnan(shares).any():
            shares = np.where(np.isnan(shares), covered_shares(self.boxes), shares)
        known: list[float] = shares.tolist()
        return known

    @cached_property
    def gaps(self) -> Array:
        """Gap between each two boxes, pixels, shape (n, n)."""
        return gaps(self.boxes, self.boxes)

    @cached_property
    def centre_distances(self) -> Array:
        """Between the centres of each two boxes, pixels, shape (n, n)."""
        offsets = self.centres[:, None] - self.centres[None]
        return np.asarray(np.hypot(offsets[..., 0], offsets[..., 1]))

    @cached_property
    def depths(self) -> Array:
        """`ObjectSpace.depth_m`, NaN where unknown, shape (n,)."""
        return self._space("depth_m", 1)[:, 0]

    @cached_property
    def positions(self) -> Array:
        """`ObjectSpace.position_m`, NaN where unknown, shape (n, 3)."""
        return self._space("position_m", 3)

    @cached_property
    def extents(self) -> Array:
        """`ObjectSpace.size_m` (width, height, length), NaN where unknown, shape (n, 3)."""
        return self._space("size_m", 3)

    @cached_property
    def headings(self) -> Array:
        """`ObjectSpace.heading_degrees`, NaN where unknown, shape (n,)."""
        return self._space("heading_degrees", 1)[:, 0]

    @cached_property
    def triples(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Predicates stated for each ordered pair of ids, in alphabetical order: no set's order may decide anything."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for item in self.graph.relationships:
            found[item.subject, item.object].add(item.predicate)
        return {pair: tuple(sorted(predicates)) for pair, predicates in found.items()}

    @cached_property
    def is_exact(self) -> bool:
        """Whether space comes from a simulation rather than from an estimate."""
        return self.graph.space_evidence == "simulated"

    def called(self, name: str) -> list[int]:
        """Rows of the objects that are certainly included when one asks for `name`."""
        return [row for row, item in enumerate(self.graph.objects) if vocabulary.may_be_called(item.name, name)]

    def possibly_called(self, name: str) -> list[int]:
        """Rows of the objects that a reader could mean by `name`."""
        return [row for row, item in enumerate(self.graph.objects) if vocabulary.confusable(item.name, name)]

    def _space(self, field: str, size: int) -> Array:
        values = np.full((len(self.graph.objects), size), np.nan)
        for row, item in enumerate(self.graph.objects):
            value = getattr(item.space, field, None)
            if value is not None:
                values[row] = value
        return values
