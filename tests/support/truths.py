"""Truths and completions for tests of rewards, and hypothesis strategies that make many."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from stvqa.rewards import read_truth

LABELS = ("man", "dog", "cup", "table", "traffic_light", "tree")
PREDICATES = ("on", "left of", "holding", "near", "behind", "wearing")


def scene_text(boxes, triples=()):
    """The JSON of a scene: `boxes` maps ids to boxes."""
    objects = [{"id": name, "bbox": list(box)} for name, box in boxes.items()]
    relations = [{"subject": s, "predicate": p, "object": o} for s, p, o in triples]
    return json.dumps({"objects": objects, "relationships": relations})


def completion(scene, answer, *, observe="I see.", think="So."):
    """All four blocks; `scene` is a text, or what `scene_text` takes."""
    text = scene if isinstance(scene, str) else scene_text(scene)
    return f"<observe>{observe}</observe>\n<scene>{text}</scene>\n<think>{think}</think>\n<answer>{answer}</answer>"


def truth(
    boxes, triples=(), *, answer="(B) To the left", options=("To the right", "To the left"), size=(640, 480), **more
):
    """A truth of an image of 640 x 480 pixels."""
    gold = f"<scene>{scene_text(boxes, triples)}</scene>\n<answer>{answer}</answer>"
    return read_truth(gold, image_width=size[0], image_height=size[1], options=options, **more)


@st.composite
def truths(draw, *, frames=None, least=0, most=6):
    """Any truth: overlapping boxes, repeated names, any triples, with or without options, in any frame."""
    width, height = draw(st.integers(60, 3000)), draw(st.integers(60, 3000))
    boxes = {}
    for number in range(draw(st.integers(least, most))):
        x1, y1 = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
        box = (x1, y1, draw(st.integers(x1 + 1, width)), draw(st.integers(y1 + 1, height)))
        boxes[f"{draw(st.sampled_from(LABELS))}.{number + 1}"] = box
    ids = st.sampled_from(sorted(boxes)) if boxes else st.nothing()
    triples = draw(st.lists(st.tuples(ids, st.sampled_from(PREDICATES), ids), max_size=5)) if boxes else []
    options = draw(st.sampled_from([(), ("Left", "Right"), ("A cup", "The dog", "No", "Yes, it is")]))
    place = draw(st.integers(0, max(len(options) - 1, 1)))
    letter = "ABCD"[place]
    text = options[place] if options else "Right, I say"
    answer = draw(st.sampled_from([letter, f"({letter}) {text}"]))
    more = {"frame": draw(frames)} if frames is not None else {}
    return truth(boxes, triples, answer=answer, options=options, size=(width, height), **more)
