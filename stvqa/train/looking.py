"""Greedy answers to rows of val, with the scorer that training uses: what a model can do before and after.

seen = look(model, speaker, book, data, places, batch=16, tokens=256)
seen.figures["accuracy"], seen.figures["mean_iou"]
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from stvqa.completion import parse
from stvqa.rewards import Score
from stvqa.rewards.answers import names_right_option
from stvqa.train.data import TrainingData
from stvqa.train.feeding import picture_of
from stvqa.train.loading import Speaker
from stvqa.train.scoring import ScoreBook

__all__ = ["Look", "Sample", "generate", "is_right", "look"]


class Sample(NamedTuple):
    """One completion and its score.

    Attributes:
        place: the row, as in the score book.
    """

    place: int
    completion: str
    right: bool
    score: Score


class Look(NamedTuple):
    """What a model did on the rows that were looked at.

    Attributes:
        figures: `accuracy` (the right option named, whatever the format), `mean_iou` (over true objects, 0 where
            no scene can be read), `length` in tokens, `finished` (share that ended by themselves), and the
            reward's parts; all 0 to 1 but the length.
    """

    figures: dict[str, float]
    samples: Sequence[Sample]


class Generated(NamedTuple):
    """Texts in order, with their lengths in tokens and whether they ended by themselves."""

    texts: list[str]
    lengths: list[int]
    finished: list[bool]


def look(
    model: Any,  # noqa: ANN401 (a model of transformers, or one wrapped by peft)
    speaker: Speaker,
    book: ScoreBook,
    data: TrainingData,
    places: Sequence[int],
    *,
    batch: int,
    tokens: int,
    penalty: float = 1.0,
) -> Look:
    """Greedy completions of the rows at `places`.

    Args:
        batch: rows at once.
        tokens: most tokens of a completion.
        penalty: of repetition, as training samples with it.
    """
    options = {"repetition_penalty": penalty}
    samples: list[Sample] = []
    lengths: list[int] = []
    finished: list[bool] = []
    for start in range(0, len(places), batch):
        piece = places[start : start + batch]
        asked = [book.examples[place] for place in piece]
        made = generate(model, speaker, data, asked, tokens=tokens, options=options)
        lengths += made.lengths
        finished += made.finished
        for place, text, score in zip(piece, made.texts, book.scores(made.texts, piece), strict=True):
            samples.append(Sample(place, text, is_right(text, book, place), score))
    return Look(_figures(samples, lengths, finished), samples)


def is_right(text: str, book: ScoreBook, place: int) -> bool:
    """Whether a completion names the right option and no other."""
    truth = book.truth(place)
    return names_right_option(parse(text).answer, gold=truth.answer, options=truth.options)


def generate(
    model: Any,  # noqa: ANN401 (as above)
    speaker: Speaker,
    data: TrainingData,
    examples: Sequence[Any],
    *,
    tokens: int,
    temperature: float = 0.0,
    repeats: int = 1,
    options: Mapping[str, Any] | None = None,
) -> Generated:
    """Completions of rows, each `repeats` times in a row; greedy at temperature 0.

    Args:
        options: of `generate` in transformers, laid over TRL's defaults. What a model's own generation config says
            does not count, as it does not for TRL: Qwen2.5-VL's has a repetition penalty, which punishes the
            keys of a scene.
    """
    turns = [speaker.messages(item, picture_of(data, item)) for item in examples for _ in range(repeats)]
    inputs = speaker.processor.apply_chat_template(
        turns,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        processor_kwargs={"return_tensors": "pt", "padding": True, "padding_side": "left"},
    ).to(model.device)
    sampling: dict[str, Any] = {"do_sample": False, "repetition_penalty": 1.0}
    if temperature:
        sampling |= {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    sampling |= options or {}
    tokenizer = speaker.tokenizer
    was_training = model.training
    model.eval()
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=tokens, pad_token_id=tokenizer.pad_token_id, **sampling)
    model.train(was_training)
    said = ids[:, inputs["input_ids"].shape[1] :]
    ends = {tokenizer.eos_token_id, tokenizer.pad_token_id}
    lengths = [int((row != tokenizer.pad_token_id).sum()) for row in said]
    finished = [bool(row[-1].item() in ends) for row in said]
    return Generated(tokenizer.batch_decode(said, skip_special_tokens=True), lengths, finished)


def _figures(samples: Sequence[Sample], lengths: Sequence[int], finished: Sequence[bool]) -> dict[str, float]:
    if not samples:
        return {}
    found = {
        "rows": float(len(samples)),
        "accuracy": statistics.fmean(item.right for item in samples),
        "mean_iou": statistics.fmean(item.score.details.mean_iou or 0.0 for item in samples),
        "length": statistics.fmean(lengths),
        "finished": statistics.fmean(finished),
    }
    for part in ("format", "count", "spatial", "total"):
        values = [value for item in samples if (value := getattr(item.score, part)) is not None]
        if values:
            found[part] = statistics.fmean(values)
    return {name: round(value, 5) for name, value in found.items()}
