"""Reads a completion as a model wrote it: its blocks, how its tags stand, and the JSON of its scene.

    parsed = parse_completion(text)
    parsed.blocks.answer            # "(B) To the left"
    parsed.tags                     # "in-order"
    parsed.scene                    # {"objects": [...], "relationships": [...]}, or None and
    parsed.scene_fault              # "not-json"

Nothing that a model can write makes it raise, and its time is bounded: what JSON there is, is read once, and only up
to `LONGEST_SCENE` characters and `MOST_CONTAINERS` objects and lists. What a good scene is, each reward says for
itself (`stvqa.rewards.formats`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from stvqa.completion.tags import BLOCKS, Completion

__all__ = [
    "LONGEST_SCENE",
    "MOST_CONTAINERS",
    "DecodedScene",
    "ParsedCompletion",
    "SceneFault",
    "TagState",
    "decode_scene",
    "parse_completion",
]

LONGEST_SCENE = 262_144
"""Characters of a scene block that are read; 2,048 tokens are about 8,000. A longer scene is `too-long`."""

MOST_CONTAINERS = 8192
"""Opening brackets and braces of a scene block that is read; an object has two, a relationship one. Scenes of more are
`too-long` as well: many small values take the most time to read."""

TagState = Literal["in-order", "out-of-order", "repeated", "missing"]
"""`in-order`: each tag opens once and closes once, block after block; `out-of-order`: all blocks are there, but
in another order, nested, or with a closing tag too many; `repeated`: one opens twice; `missing`: one is not there."""

SceneFault = Literal["missing", "too-long", "not-json", "too-deep", "not-an-object"]

_OPENING = tuple(f"<{name}>" for name in BLOCKS)
_CLOSING = tuple(f"</{name}>" for name in BLOCKS)


class ParsedCompletion(NamedTuple):
    """A completion, read once for all parts of a reward.

    Attributes:
        blocks: the first block of each kind as text.
        tags: how the four tags stand.
        pair_tags: the same for `<think>` and `<answer>` alone.
        scene: the decoded JSON object of the scene block; None where `scene_fault` says why.
        has_constants: the scene's JSON holds NaN or Infinity, which Python reads and the JSON standard refuses.
    """

    blocks: Completion
    tags: TagState
    pair_tags: TagState
    scene: dict[str, Any] | None
    scene_fault: SceneFault | None
    has_constants: bool = False


class DecodedScene(NamedTuple):
    """What `decode_scene` makes of a scene block."""

    scene: dict[str, Any] | None
    fault: SceneFault | None
    has_constants: bool = False


class _Block(NamedTuple):
    """Where the first block of a kind opens and closes, and how often its tags stand in the text.

    Attributes:
        start: place of the opening tag; -1 where there is none.
        end: place of the first closing tag after it; -1 where there is none.
    """

    start: int
    end: int
    openings: int
    closings: int


def parse_completion(text: str) -> ParsedCompletion:
    """Reads any text; see `ParsedCompletion`. Blocks are those of `stvqa.completion.parse`."""
    found = [_find(text, opening, closing) for opening, closing in zip(_OPENING, _CLOSING, strict=True)]
    texts = [
        None if block.end < 0 else text[block.start + len(opening) : block.end]
        for block, opening in zip(found, _OPENING, strict=True)
    ]
    blocks = Completion(*texts)
    return ParsedCompletion(blocks, _tag_state(found), _tag_state(found[2:]), *decode_scene(blocks.scene))


def decode_scene(text: str | None) -> DecodedScene:
    """The JSON object of a scene block, or why there is none. Of a key that stands twice the last one counts."""
    if text is None:
        return DecodedScene(None, "missing")
    if len(text) > LONGEST_SCENE or text.count("{") + text.count("[") > MOST_CONTAINERS:
        return DecodedScene(None, "too-long")
    constants: list[str] = []
    text = text.strip()  # also of the blanks that JSON does not know, such as a no-break space
    try:
        value = _decode_noting(constants, text) if "N" in text or "I" in text else json.loads(text)
    except RecursionError:
        return DecodedScene(None, "too-deep")
    except ValueError:  # JSONDecodeError, and whole numbers of thousands of digits
        return DecodedScene(None, "not-json")
    if not isinstance(value, dict):
        return DecodedScene(None, "not-an-object")
    return DecodedScene(value, None, bool(constants))


def _decode_noting(constants: list[str], text: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Decodes, noting the constants that are no JSON; making a decoder for it costs more than reading usual scenes."""

    def note(name: str) -> float:
        constants.append(name)
        return float(name)

    return json.loads(text, parse_constant=note)


def _find(text: str, opening: str, closing: str) -> _Block:
    start = text.find(opening)
    if start < 0:
        return _Block(-1, -1, 0, text.count(closing))
    return _Block(start, text.find(closing, start), text.count(opening, start), text.count(closing))


def _tag_state(blocks: Sequence[_Block]) -> TagState:
    """How the tags of some blocks stand, in the order in which the blocks are given."""
    place, in_order, repeated = 0, True, False
    for start, end, openings, closings in blocks:
        if end < 0:
            return "missing"
        repeated = repeated or openings > 1
        in_order = in_order and start >= place and closings == 1
        place = end
    if repeated:
        return "repeated"
    return "in-order" if in_order else "out-of-order"
