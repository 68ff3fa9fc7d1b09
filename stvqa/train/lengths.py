"""How long prompts become, before any picture is opened: text by the tokenizer, image tokens by the resize rule.

lengths = prompt_lengths(data.train, speaker)
lengths[0].text, lengths[0].image         # 212, 391
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion.frames import resized
from stvqa.errors import InputError
from stvqa.train.data import Example, TrainingData
from stvqa.train.feeding import picture_of
from stvqa.train.loading import Speaker

__all__ = ["PromptLength", "prompt_lengths", "spread", "token_faults", "usual_length", "within_length"]

_TOKENISED = 8
"""Rows whose picture is really run through the processor."""


class PromptLength(NamedTuple):
    """Tokens of one prompt: the turn's text with its markers, and the image."""

    text: int
    image: int

    @property
    def all(self) -> int:
        """Of the whole prompt."""
        return self.text + self.image


def prompt_lengths(examples: Sequence[Example], speaker: Speaker) -> list[PromptLength]:
    """Lengths in order.

    Raises:
        InputError: the resize refuses a picture.
    """
    around = speaker.processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": ""}]}], add_generation_prompt=True
    )
    frame = len(speaker.tokenizer(around, add_special_tokens=False)["input_ids"]) - 1  # one placeholder for the image
    texts = [speaker.wording.prompt(item) for item in examples]
    counted = speaker.tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    return [
        PromptLength(frame + len(ids), _image_tokens(item, speaker))
        for item, ids in zip(examples, counted, strict=True)
    ]


def usual_length(lengths: Sequence[PromptLength]) -> float:
    """Tokens of the prompt in the middle."""
    return statistics.median(length.all for length in lengths)


def _image_tokens(example: Example, speaker: Speaker) -> int:
    images = speaker.processor.image_processor
    factor = int(images.patch_size) * int(images.merge_size)
    low, high = images.size["shortest_edge"], images.size["longest_edge"]
    size = resized(example.width, example.height, factor=factor, min_pixels=low, max_pixels=high)
    return (size.width // factor) * (size.height // factor)


def spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Rows from all over the set, the same every time."""
    drawn = sorted(examples, key=lambda item: hashlib.sha256(f"{item.row_id}/{item.row}".encode()).digest())
    return drawn[:count]


def token_faults(data: TrainingData, speaker: Speaker) -> list[str]:
    """Real pictures through the real processor: tokens as foreseen, none cut, resized as the frame takes it.

    Returns:
        At most three sentences about what does not fit; empty where all does.
    """
    found: list[str] = []
    probed = spread(data.train, _TOKENISED)
    frame = speaker.wording.frame
    for item, foreseen in zip(probed, prompt_lengths(probed, speaker), strict=True):
        seen = speaker.tokens(item, picture_of(data, item))
        if seen.image != seen.expected:
            found.append(
                f"the processor leaves {seen.image} of {seen.expected} image tokens in the prompt of row "
                f"{item.row_id}: image and text would not match; raise the tokenizer's model_max_length or "
                "lower max_pixels"
            )
        elif seen.all != foreseen.all:
            found.append(f"the prompt of row {item.row_id} has {seen.all} tokens, not {foreseen.all} as foreseen")
        size = frame.size(item.width, item.height)
        if frame.kind == "resized-pixels" and size != (seen.width, seen.height):
            found.append(
                f"the processor resizes row {item.row_id} to {seen.width} x {seen.height}, the frame says "
                f"{size.width} x {size.height}: boxes would be off"
            )
    return found[:3]


def within_length(data: TrainingData, speaker: Speaker, *, most: int) -> TrainingData:
    """The rows whose prompts are short enough; the others are counted.

    Raises:
        InputError: none is.
    """
    dropped = dict(data.dropped)

    def kept(items: Sequence[Example]) -> list[Example]:
        found: list[Example] = []
        for item, length in zip(items, prompt_lengths(items, speaker), strict=True):
            if length.all <= most:
                found.append(item)
                continue
            key = f"{item.split}: prompt-too-long"
            dropped[key] = dropped.get(key, 0) + 1
        return found

    train, val = kept(data.train), kept(data.val)
    if not train:
        raise InputError(
            f"every prompt of {data.origin} is longer than {most:,} tokens, image tokens included: lower max_pixels, "
            "or raise data.max_prompt_tokens"
        )
    return data._replace(train=train, val=val, dropped=dict(sorted(dropped.items())))
