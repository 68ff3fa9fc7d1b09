"""One yardstick for all arms, whatever they were trained with: in training, and on sets that none was trained on.

    look(model, speaker, unseen, tokens=192, batch=64).figures["accuracy"]
    look(..., opened=[with_boxes_exchanged(item) for item in rows])      # answers to a wrong graph

Accuracy is the share of questions whose right option is named; a completion without tags is an answer as a whole. A
graph is right here when its boxes overlap the true ones by half or more, on average.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from stvqa.completion import parse
from stvqa.rewards import Score, find_reward
from stvqa.rewards.answers import names_right_option
from stvqa.train.data import Example, TrainingData
from stvqa.train.feeding import picture_of
from stvqa.train.loading import Speaker
from stvqa.train.scoring import ScoreBook, text_of
from stvqa.train.wording import Wording

__all__ = ["RIGHT_GRAPH", "Look", "MeasuringBook", "Yardstick", "beginning_of", "is_right", "look"]

_MATCHING = {
    "format_weight": 0.1,
    "count_weight": 0.05,
    "accuracy_weight": 0.5,
    "spatial_weight": 0.35,
    "relation_share": 0.3,
    "overlap": "ciou",
    "tail": "near",
    "tail_share": 0.15,
    "blind_limit": 0.6,
    "label_floor": 0.7,
    "kin_credit": 0.5,
    "gate": "accuracy",
}
"""The settings of `dense` by which boxes are matched for all arms, written out: a changed default moves nothing."""

_FIRST_WORD = "Centres"
"""Of `stvqa.train.thoughts`; one token of its own."""

RIGHT_GRAPH = 0.5
"""Mean IoU over the true objects from which on a graph is called right."""


class Look(NamedTuple):
    """What a model did on some rows.

    Attributes:
        figures: means; see `Yardstick.figures`, and `length` in tokens and `finished`.
        by_category: accuracy.
        right: `1` or `0` for each row.
    """

    figures: dict[str, float]
    by_category: dict[str, float]
    right: str


class Yardstick(NamedTuple):
    """Measures completions of rows against right labels and focus graphs."""

    book: ScoreBook

    @classmethod
    def of(cls, examples: Sequence[Example], wording: Wording) -> Yardstick:
        """For these rows; `place` counts through them."""
        return cls(ScoreBook(find_reward("dense", settings=_MATCHING), examples, wording, keep=0))

    def right(self, texts: Sequence[str], places: Sequence[int]) -> list[bool]:
        """Which completions name the right option."""
        return [is_right(text, self.book.examples[place]) for text, place in zip(texts, places, strict=True)]

    def figures(self, texts: Sequence[str], places: Sequence[int]) -> dict[str, float]:
        """Means over completions.

        Returns:
            accuracy, format (all four blocks, well formed), mean_iou (0 without a graph), boxes of completions with
            a graph, right_graph (a share), and the accuracy where the own graph is right (`accuracy_right_graph`) and
            where it is wrong or missing (`accuracy_wrong_graph`); what cannot be measured is left out.
        """
        right, scores = self.right(texts, places), self.book.scores(texts, places)
        overlaps = [score.details.mean_iou or 0.0 for score in scores]
        good = [value >= RIGHT_GRAPH for value in overlaps]
        found = {
            "accuracy": [float(value) for value in right],
            "format": [score.format or 0.0 for score in scores],
            "mean_iou": overlaps,
            "boxes": _boxes(scores),
            "right_graph": [float(value) for value in good],
            "accuracy_right_graph": [float(value) for value, well in zip(right, good, strict=True) if well],
            "accuracy_wrong_graph": [float(value) for value, well in zip(right, good, strict=True) if not well],
        }
        return {name: statistics.fmean(values) for name, values in found.items() if values}


def _boxes(scores: Sequence[Score]) -> list[float]:
    return [float(score.details.objects) for score in scores if score.details.objects is not None]


def is_right(text: str, example: Example) -> bool:
    """Whether a completion names the right option and no other."""
    answer = parse(text).answer
    if answer is None and "<" not in text:
        answer = text
    gold = parse(example.gold).answer or ""
    return names_right_option(answer, gold=gold, options=example.options)


class MeasuringBook(ScoreBook):
    """The reward of an arm, which lays the yardstick to every completion beside it.

    Args:
        yardstick: over the same rows as they are, while the book's own rows may have wrong labels or whole graphs.
    """

    def __init__(self, book: ScoreBook, yardstick: Yardstick) -> None:
        super().__init__(book.reward, book.examples, book.wording, keep=0)
        self.yardstick = yardstick

    def __call__(self, *, completions: Sequence[Any], place: Sequence[int], **others: Any) -> list[float | None]:
        """As the book; what is measured goes to `log_metric`."""
        log_metric = others.get("log_metric")
        if log_metric is not None:
            texts = [text_of(completion) for completion in completions]
            for name, value in self.yardstick.figures(texts, place).items():
                log_metric(f"measured/{name}", value)
        return super().__call__(completions=completions, place=place, **others)


def look(
    model: Any,  # noqa: ANN401 (a model of transformers)
    speaker: Speaker,
    data: TrainingData,
    *,
    tokens: int,
    batch: int,
    temperature: float = 0.0,
    opened: Sequence[Example] = (),
    thinking: bool = False,
) -> Look:
    """Completions of all rows of a set, one each.

    Args:
        tokens: most of a completion; batch: rows at once.
        temperature: at which they are sampled; 0 for greedy ones.
        opened: the same rows with the graphs that the completions are made to begin with; none are where it is empty.
        thinking: whether each is made to think, by the first word of a thought after what it says before one.
    """
    yardstick = Yardstick.of(data.train, speaker.wording)
    texts: list[str] = []
    lengths: list[int] = []
    finished: list[bool] = []
    for start in range(0, len(data.train), batch):
        piece = data.train[start : start + batch]
        given = [beginning_of(speaker, item) for item in opened[start : start + batch]] or [""] * len(piece)
        beginnings = given
        said, ended = _complete(model, speaker, data, piece, beginnings, tokens=tokens, temperature=temperature)
        if thinking:
            beginnings = [_up_to_thought(first + rest) for first, rest in zip(beginnings, said, strict=True)]
            said, ended = _complete(model, speaker, data, piece, beginnings, tokens=tokens, temperature=temperature)
        whole = [first + rest for first, rest in zip(beginnings, said, strict=True)]
        own = [text[len(first) :] for first, text in zip(given, whole, strict=True)]
        texts += whole
        lengths += [len(ids) for ids in speaker.tokenizer(own)["input_ids"]]
        finished += ended
    places = range(len(data.train))
    figures = yardstick.figures(texts, places)
    figures |= {"length": statistics.fmean(lengths), "finished": statistics.fmean(finished)}
    groups: dict[str, list[bool]] = defaultdict(list)
    answers = yardstick.right(texts, places)
    for item, right in zip(data.train, answers, strict=True):
        groups[item.category].append(right)
    by_category = {name: round(statistics.fmean(values), 5) for name, values in sorted(groups.items())}
    outcomes = "".join("01"[right] for right in answers)
    return Look({name: round(value, 5) for name, value in figures.items()}, by_category, outcomes)


def beginning_of(speaker: Speaker, example: Example) -> str:
    """The completion of the truth up to the end of its scene.

    And to the end of the token in which that lies: after half a token, a model would have to go on from one that it has
    never met there.
    """
    text = speaker.wording.completion(example)
    end = text.index("</scene>") + len("</scene>")
    offsets = speaker.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    return text[: next(stop for _, stop in offsets if stop >= end)]


def _up_to_thought(text: str) -> str:
    """What was said before thinking, and the first word of the thoughts that the warm start knows."""
    before, _, _ = text.partition("<think>")
    return f"{before}<think>{_FIRST_WORD}"


def _complete(
    model: Any,  # noqa: ANN401 (as above)
    speaker: Speaker,
    data: TrainingData,
    examples: Sequence[Example],
    beginnings: Sequence[str],
    *,
    tokens: int,
    temperature: float,
) -> tuple[list[str], list[bool]]:
    """Texts after the beginnings, and whether each ended by itself."""
    pictures = [picture_of(data, item) for item in examples]
    turns = [speaker.messages(item, picture) for item, picture in zip(examples, pictures, strict=True)]
    asked = speaker.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    texts = [question + beginning for question, beginning in zip(asked, beginnings, strict=True)]
    inputs = speaker.processor(text=texts, images=pictures, return_tensors="pt", padding=True, padding_side="left").to(
        model.device
    )
    tokenizer = speaker.tokenizer
    how: dict[str, Any] = {"do_sample": False}
    if temperature:
        how = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    model.eval()
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=tokens, pad_token_id=tokenizer.pad_token_id, **how)
    said = ids[:, inputs["input_ids"].shape[1] :]
    ends = {tokenizer.eos_token_id, tokenizer.pad_token_id}
    return tokenizer.batch_decode(said, skip_special_tokens=True), [row[-1].item() in ends for row in said]
