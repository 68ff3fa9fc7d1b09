"""The focus graph: the part of a scene that a question needs, and the truth that a reward compares with.

It holds the objects the claims speak of, every object that could be taken for one of them (or for a name
the claims count), and the relationships among all these.
"""

from __future__ import annotations

from collections.abc import Sequence

from stvqa.programs.claims import Mentioned
from stvqa.programs.view import SceneView
from stvqa.records import SceneGraph

__all__ = ["focus_graph", "focus_rows", "merged_focus"]


def focus_rows(view: SceneView, about: Mentioned, rivals: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Rows of the objects in the focus graph, ascending.

    Args:
        about: what the question's claims speak of.
        rivals: for each row of the scene those it could be confused with (`references.confusables`).
    """
    rows: set[int] = set()
    for item in about.objects:
        row = view.row(item)
        rows.add(row)
        rows.update(rivals[row])
    for name in about.names:
        rows.update(view.possibly_called(name))
    return tuple(sorted(rows))


def focus_graph(graph: SceneGraph, rows: Sequence[int]) -> SceneGraph:
    """The graph of these objects with the relationships among them; image, frame and evidence as they were."""
    objects = tuple(graph.objects[row] for row in rows)
    kept = {item.id for item in objects}
    among = tuple(item for item in graph.relationships if item.subject in kept and item.object in kept)
    return graph.model_copy(update={"objects": objects, "relationships": among, "mends": {}})


def merged_focus(graphs: Sequence[SceneGraph]) -> SceneGraph:
    """Focus graphs of one image (at least one) as one, nothing repeated, in the order of first appearance."""
    objects = {item.id: item for graph in graphs for item in graph.objects}
    relationships = dict.fromkeys(triple for graph in graphs for triple in graph.relationships)
    return graphs[0].model_copy(update={"objects": tuple(objects.values()), "relationships": tuple(relationships)})
