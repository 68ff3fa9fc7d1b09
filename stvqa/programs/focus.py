"""The focus graph: the part of a scene that a question needs, and the truth that a reward compares with.

It holds the objects the claims speak of, every object that could be taken for one of them (or for a name
the claims count), and the relationships among all these.
"""

from __future__ import annotations

from collections.abc import Sequence

from stvqa import vocabulary
from stvqa.programs.claims import names_of, objects_of
from stvqa.programs.view import SceneView
from stvqa.records import Claim, SceneGraph

__all__ = ["focus_graph", "focus_rows"]


def focus_rows(view: SceneView, claims: Sequence[Claim], rivals: Sequence[Sequence[int]]) -> list[int]:
    """Rows of the objects in the focus graph, ascending.

    Args:
        claims: the question's claims.
        rivals: for each row of the scene those it could be confused with (`references.confusables`).
    """
    asked = {view.row(item) for claim in claims for item in objects_of(claim)}
    rows = set(asked)
    for row in asked:
        rows.update(rivals[row])
    for name in {name for claim in claims for name in names_of(claim)}:
        rows.update(row for row, item in enumerate(view.graph.objects) if vocabulary.confusable(item.name, name))
    return sorted(rows)


def focus_graph(graph: SceneGraph, rows: Sequence[int]) -> SceneGraph:
    """The graph of these objects with the relationships among them; image, frame and evidence as they were."""
    objects = tuple(graph.objects[row] for row in rows)
    kept = {item.id for item in objects}
    among = tuple(item for item in graph.relationships if item.subject in kept and item.object in kept)
    return graph.model_copy(update={"objects": objects, "relationships": among, "mends": {}})
