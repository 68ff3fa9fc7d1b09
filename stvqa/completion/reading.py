"""Reads a completion as a model wrote it: its blocks, how its tags stand, and the JSON of its scene.

    parsed = parse_completion(text)
    parsed.blocks.answer            # "(B) To the left"
    parsed.tags                     # "in-order"
    parsed.scene                    # {"objects": [...], "relationships": [...]}, or None and
    parsed.scene_fault              # "not-json"

Nothing that a model can write makes it raise, and its time is bounded: what JSON there is, is read once, and only up
to `LONGEST_SCENE` characters. What a good scene is, each reward says for itself (`stvqa.rewards.formats`).
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from stvqa.completion.tags import BLOCKS, Completion, parse

__all__ = ["LONGEST_SCENE", "ParsedCompletion", "SceneFault", "TagState", "parse_completion"]

LONGEST_SCENE = 262_144
"""Characters of a scene block that are read; 2,048 tokens are about 8,000. A longer scene counts as unreadable."""

TagState = Literal["in-order", "out-of-order", "repeated", "missing"]
"""`in-order`: each tag opens once and closes once, block after block; `out-of-order`: all four blocks are there, but
in another order, nested, or with a closing tag too many; `repeated`: one opens twice; `missing`: one is not there."""

SceneFault = Literal["missing", "too-long", "not-json", "too-deep", "not-an-object"]


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


def parse_completion(text: str) -> ParsedCompletion:
    """Reads any text; see `ParsedCompletion`."""
    blocks = parse(text)
    decoded = decode_scene(blocks.scene)
    tags = _tag_state(text, BLOCKS)
    pair = "in-order" if tags == "in-order" else _tag_state(text, BLOCKS[2:])
    return ParsedCompletion(blocks, tags, pair, *decoded)


def decode_scene(text: str | None) -> DecodedScene:
    """The JSON object of a scene block, or why there is none. Of a key that stands twice the last one counts."""
    if text is None:
        return DecodedScene(None, "missing")
    if len(text) > LONGEST_SCENE:
        return DecodedScene(None, "too-long")
    constants: list[str] = []
    try:
        value = _DECODER.decode(text) if "N" not in text and "I" not in text else _decode_with(constants, text)
    except RecursionError:
        return DecodedScene(None, "too-deep")
    except ValueError:  # JSONDecodeError, and whole numbers of thousands of digits
        return DecodedScene(None, "not-json")
    if not isinstance(value, dict):
        return DecodedScene(None, "not-an-object")
    return DecodedScene(value, None, bool(constants))


_DECODER = json.JSONDecoder()


def _decode_with(constants: list[str], text: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Decodes, noting the constants that are no JSON; making a decoder costs more than usual scenes do."""

    def note(name: str) -> float:
        constants.append(name)
        return float(name)

    return json.loads(text, parse_constant=note)


def _tag_state(text: str, names: tuple[str, ...]) -> TagState:
    """How the tags of `names` stand in the text."""
    openings = [text.count(f"<{name}>") for name in names]
    if not all(openings):
        return "missing"
    if max(openings) > 1:
        return "repeated"
    place, in_order = 0, True
    for name in names:
        start = text.find(f"<{name}>")
        end = text.find(f"</{name}>", start)
        if end < 0:
            return "missing"
        in_order = in_order and start >= place and text.count(f"</{name}>") == 1
        place = end
    return "in-order" if in_order else "out-of-order"
