"""Small scenes for tests, and hypothesis strategies that make many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from stvqa.records import Exhaustive, ImageReference, ObjectSpace, Relationship, SceneGraph, SceneObject

NAMES = ("man", "dog", "cup", "table", "car", "tree", "lamp", "umbrella", "boat", "clock")


def thing(object_id, box, *, colour=None, space=None, name=None):
    """An object; its name comes from the id."""
    return SceneObject(
        id=object_id,
        name=name or object_id.rsplit(".", 1)[0].replace("_", " "),
        box=box,
        attributes=(colour,) if colour else (),
        space=space,
    )


def scene(
    boxes: Mapping[str, Sequence[float]] | Sequence[SceneObject],
    triples: Sequence[tuple[str, str, str]] = (),
    *,
    width=1000,
    height=1000,
    exhaustive=None,
    simulated=False,
    image_id="test:1",
):
    """A scene of 1000 x 1000 pixels; 10 pixels are one percent."""
    objects = tuple(thing(key, box) for key, box in boxes.items()) if isinstance(boxes, Mapping) else tuple(boxes)
    return SceneGraph(
        image_id=image_id,
        source="test",
        source_image_id=image_id.split(":")[1],
        width=width,
        height=height,
        image=ImageReference(kind="placeholder"),
        objects=objects,
        relationships=tuple(Relationship(subject=s, predicate=p, object=o) for s, p, o in triples),
        exhaustive=exhaustive or Exhaustive(),
        space_evidence="simulated" if simulated else None,
    )


def space(*, at=(0.0, 0.0, 5.0), size=(1.0, 1.0, 1.0), heading=None, visible=1.0):
    """Exact space of one object."""
    return ObjectSpace(
        depth_m=at[2] - size[2] / 2, position_m=at, size_m=size, heading_degrees=heading, visible_share=visible
    )


@st.composite
def scenes(draw, *, simulated=None, least=2, most=9):
    """Any scene: overlapping boxes, repeated names, random triples, with or without space."""
    count = draw(st.integers(least, most))
    exact = draw(st.booleans()) if simulated is None else simulated
    objects, seen = [], {}
    for _ in range(count):
        name = draw(st.sampled_from(NAMES))
        seen[name] = seen.get(name, 0) + 1
        x1, y1 = draw(st.integers(0, 980)), draw(st.integers(0, 980))
        box = (x1, y1, draw(st.integers(x1 + 1, 1000)), draw(st.integers(y1 + 1, 1000)))
        place = None
        if exact:
            at = tuple(draw(st.floats(low, high)) for low, high in ((-5, 5), (-2, 2), (1, 20)))
            size = tuple(draw(st.floats(0.1, 3)) for _ in range(3))
            place = space(at=at, size=size, heading=draw(st.none() | st.floats(0, 359)))
        colour = draw(st.none() | st.sampled_from(("red", "blue", "green")))
        objects.append(thing(f"{name}.{seen[name]}", box, colour=colour, space=place))
    ids = st.sampled_from([item.id for item in objects])
    words = st.sampled_from(("on", "holding", "behind", "looking at", "in", "under", "near"))
    triples = draw(st.lists(st.tuples(ids, words, ids), max_size=6))
    return scene(
        objects,
        [triple for triple in triples if triple[0] != triple[2]],
        exhaustive=Exhaustive(objects=exact, predicates=("on", "in", "holding") if exact else ()),
        simulated=exact,
    )
