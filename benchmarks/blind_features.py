"""What the text-only adversaries of `blind.py` see of a question.

    item = Item("Which is taller, the man or the dog?", ("The man", "The dog"), 0, "size", "demo:0-3")
    pair_features(item)[0][:3]   # ["o|man", "o=|man", "k=2|man"]

Articles are left out; numbers count as digits, whether written in words or figures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from stvqa.errors import InputError

__all__ = ["Item", "Summaries", "load_items", "pair_features", "summaries"]

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_ARTICLES = frozenset({"the", "a", "an"})
_NUMBERS = dict(zip("zero one two three four five six seven eight nine ten".split(), range(11), strict=True))  # noqa: SIM905
_SMOOTHING = 8.0
"""How many uninformative questions a rate from training is mixed with."""


class Item(NamedTuple):
    """A question as the adversaries get it; `category` and `image_id` are for folds and tables alone.

    Attributes:
        answer: index of the right option.
    """

    question: str
    options: tuple[str, ...]
    answer: int
    category: str
    image_id: str


_COLUMNS = ["question_only", "options", "answer_only", "category", "image_id"]


def load_items(directory: Path) -> list[Item]:
    """Reads `data/train-*.parquet` and `data/val-*.parquet` of a set, text columns only.

    Raises:
        InputError: no such file, or a row whose answer is no letter of its options.
    """
    paths = sorted([*directory.glob("data/train-*.parquet"), *directory.glob("data/val-*.parquet")])
    if not paths:
        raise InputError(f"{directory} holds no data/train-*.parquet: give the folder of a finished set")
    items = []
    for path in paths:
        for row in pq.read_table(path, columns=_COLUMNS).to_pylist():
            answer = ord(row["answer_only"]) - ord("A") if len(row["answer_only"]) == 1 else -1
            if not 0 <= answer < len(row["options"]):
                raise InputError(f"{path.name}: {row['answer_only']!r} is no letter of {row['options']}")
            items.append(
                Item(row["question_only"], tuple(row["options"]), answer, row["category"], str(row["image_id"]))
            )
    return items


def _words(text: str) -> list[str]:
    found = (str(_NUMBERS.get(word, word)) for word in _WORD.findall(text.lower()))
    return [word for word in found if word not in _ARTICLES]


def _grams(words: list[str]) -> list[str]:
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def _template(question: list[str], options: Sequence[list[str]]) -> str:
    """Returns the question with all words of its options masked: "which is taller _ or _"."""
    named = {word for option in options for word in option}
    return " ".join("_" if word in named else word for word in question)


def _number(words: list[str]) -> float:
    digits = [word for word in words if word.isdigit()]
    return float(digits[0]) if len(digits) == 1 else float("nan")


def _mention(option: list[str], question: list[str]) -> int:
    """Returns where the option's words first stand in the question, or -1."""
    for start in range(len(question) - len(option) + 1):
        if question[start : start + len(option)] == option:
            return start
    return -1


def _likeness(one: list[str], other: list[str]) -> float:
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 1.0


def _rank(values: Sequence[float], place: int) -> float:
    """Returns the share of the other values that are below, ties half; 0.5 where there is none to compare."""
    mine = values[place]
    others = [value for index, value in enumerate(values) if index != place]
    if np.isnan(mine) or not others:
        return 0.5
    return sum((value < mine) + (value == mine) / 2 for value in others) / len(others)


def _or_minus_one(value: float) -> float:
    return -1.0 if np.isnan(value) else value


class _Shape(NamedTuple):
    """How an option stands among the others, whatever it says; -1 where a value does not apply."""

    position: float
    options: float
    length_rank: float
    length: float
    number: float
    number_rank: float
    number_middle: float
    in_question: float
    mention_rank: float
    likeness: float
    likeness_rank: float
    alphabet_rank: float


def _shapes(question: list[str], options: Sequence[list[str]]) -> list[_Shape]:
    lengths = [float(len(" ".join(option))) for option in options]
    numbers = [_number(option) for option in options]
    known = [number for number in numbers if not np.isnan(number)]
    mentions = [float(_mention(option, question)) for option in options]
    asked = set(question)
    likenesses = [
        float(np.mean([_likeness(option, other) for index, other in enumerate(options) if index != place]))
        for place, option in enumerate(options)
    ]
    order = sorted(range(len(options)), key=lambda place: options[place])
    return [
        _Shape(
            position=float(place),
            options=float(len(options)),
            length_rank=_rank(lengths, place),
            length=lengths[place],
            number=_or_minus_one(numbers[place]),
            number_rank=_rank(numbers, place),
            number_middle=_or_minus_one(abs(numbers[place] - float(np.median(known))) if known else np.nan),
            in_question=float(np.mean([word in asked for word in option])) if option else 0.0,
            mention_rank=_rank(mentions, place) if mentions[place] >= 0 else -1.0,
            likeness=likenesses[place],
            likeness_rank=_rank(likenesses, place),
            alphabet_rank=order.index(place) / max(1, len(options) - 1),
        )
        for place, option in enumerate(options)
    ]


def pair_features(item: Item) -> list[list[str]]:
    """Returns for every option its features as words, for hashing.

    Words and pairs of words of the option, alone and crossed with: the number of options, the words and pairs
    of words of the question, its template, the words of the other options; and the option's shape, alone and
    crossed with the template and its first words.
    """
    question = _words(item.question)
    options = [_words(option) for option in item.options]
    template = _template(question, options)
    opening = " ".join(template.split()[:3])
    asked = [*_grams(question), f"T:{template}", f"O:{opening}"]
    shapes = _shapes(question, options)
    features = []
    for place, option in enumerate(options):
        grams = [*_grams(option), "=" + " ".join(option)]
        others = {word for index, other in enumerate(options) if index != place for word in other} - set(option)
        texts = [f"o|{gram}" for gram in grams]
        texts += [f"k={len(options)}|{gram}" for gram in grams]
        texts += [f"q:{word}|{gram}" for word in asked for gram in grams]
        texts += [f"x:{word}|{gram}" for word in others for gram in grams]
        texts += [f"x:{opening}:{word}|{own}" for word in others for own in option]
        shape = [f"s:{name}={round(value, 1)}" for name, value in shapes[place]._asdict().items()]
        texts += [f"{part}|{given}" for part in shape for given in ("", f"k={len(options)}", opening, template)]
        features.append(texts)
    return features


def _keys(item: Item) -> list[list[str]]:
    """Returns for every option the texts whose success in training is looked up."""
    question = _words(item.question)
    options = [_words(option) for option in item.options]
    template = _template(question, options)
    named = {word for option in options for word in option}
    rest = [word for word in question if word not in named]
    choice = " / ".join(sorted(" ".join(option) for option in options))
    keys = []
    for option, shape in zip(options, _shapes(question, options), strict=True):
        text = " ".join(option)
        keys.append(
            [
                f"o|{text}",
                f"t|{template}|{text}",
                f"c|{choice}|{text}",
                f"w|{' '.join(option[-1:])}|{template}",
                f"r|{' '.join(rest[-2:])}|{text}",
                f"n|{template}|{shape.number_rank:.2f}|{shape.options}",
                f"m|{template}|{shape.mention_rank:.2f}|{shape.options}",
                f"l|{template}|{shape.likeness_rank:.2f}|{shape.options}",
                f"p|{shape.position}|{shape.options}",
            ]
        )
    return keys


class _Rates:
    """How much more often than by chance options with a key were right in training."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._gain: dict[str, float] = defaultdict(float)
        self._seen: dict[str, float] = defaultdict(float)
        for item in items:
            for place, keys in enumerate(_keys(item)):
                for key in keys:
                    self._gain[key] += (place == item.answer) - 1 / len(item.options)
                    self._seen[key] += 1

    def of(self, item: Item) -> list[list[float]]:
        """Returns for every option the rate of every key, 0 where it was never seen."""
        return [
            [self._gain.get(key, 0.0) / (self._seen.get(key, 0.0) + _SMOOTHING) for key in keys] for keys in _keys(item)
        ]


class Summaries(NamedTuple):
    """Dense features of options.

    Attributes:
        train, test: one row an option, in the questions' order.
        rising: for each column whether it tells how often such options were right in training.
    """

    train: Floats
    test: Floats
    rising: npt.NDArray[np.bool_]


def summaries(train: Sequence[Item], test: Sequence[Item], *, inner: npt.NDArray[np.int64]) -> Summaries:
    """Returns what gradient boosting sees of all options of `train` and `test`.

    The rates of a training question come from the other `inner` folds, so that none has seen its own answer.
    """
    rows: list[list[list[float]]] = [[] for _ in train]
    for fold in sorted(set(inner.tolist())):
        rates = _Rates([item for item, other in zip(train, inner, strict=True) if other != fold])
        for place in np.flatnonzero(inner == fold).tolist():
            rows[place] = _dense(train[place], rates)
    rates = _Rates(train)
    seen = [row for question in rows for row in question]
    unseen = [row for item in test for row in _dense(item, rates)]
    rising = np.arange(len(unseen[0])) >= len(_Shape._fields)
    return Summaries(np.array(seen, dtype=np.float64), np.array(unseen, dtype=np.float64), rising)


def _dense(item: Item, rates: _Rates) -> list[list[float]]:
    """Returns for every option its shape, its rates, and the rates less the best one of the other options."""
    question = _words(item.question)
    shapes = _shapes(question, [_words(option) for option in item.options])
    own = np.array(rates.of(item))
    rows = []
    for place, shape in enumerate(shapes):
        others = np.delete(own, place, axis=0)
        rows.append([*shape, *own[place], *(own[place] - others.max(axis=0))])
    return rows
