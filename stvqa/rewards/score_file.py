"""Scores a JSON Lines file of completions, in bounded memory.

A line to score, and what becomes of it:

    {"completion": "<observe>...", "gold": "<scene>{...}</scene><answer>(B) Left</answer>",
     "image_width": 640, "image_height": 480}
    {"format": 1.0, "count": 1.0, "accuracy": 1.0, "spatial": 0.62, "total": 0.867}

`options`, a list of the option texts, may stand in a line as well; then the letter of the gold answer stands for its
text and the other way round. Other keys are ignored. A part that is not known is null. Boxes are in pixels of the
original image.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from stvqa.errors import InputError
from stvqa.records import Record
from stvqa.rewards.score import PARTS, Reward, Score
from stvqa.rewards.truth import Truth, read_truth
from stvqa.store import atomic_file
from stvqa.store.ownership import refuse_foreign_file

__all__ = ["ScoreSummary", "score_file"]

_BATCH = 512
_MOST_PIXELS = 1_000_000


class ScoreSummary(Record):
    """What was scored.

    Attributes:
        lines: how many.
        means: of each part, over the lines where it is known; None where it never is.
        unusable: why lines have no total, and how many of them.
    """

    lines: int
    means: dict[str, float | None]
    unusable: dict[str, int]


class _Line(NamedTuple):
    """One line, read."""

    completion: str
    truth: Truth


def score_file(source: Path, target: Path, reward: Reward) -> ScoreSummary:
    """Scores every line of `source` into `target`, one line each and in order.

    Raises:
        InputError: `source` cannot be read, or one of its lines is not what it has to be; the message names the line.
            `target` is then left as it was. Also where both are one file, whose completions would be lost.
        StorageError: `target` cannot be written, or holds something else than scores.
    """
    if source.resolve() == target.resolve():
        raise InputError(f"--in and --out are both {source}: name another file for the scores")
    refuse_foreign_file(target, is_ours=_are_scores, what="a file of scores")
    lines = _lines(source)
    sums: defaultdict[str, float] = defaultdict(float)
    known: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    count = 0
    with atomic_file(target) as file:
        while batch := list(islice(lines, _BATCH)):
            scores = reward.score_many([line.completion for line in batch], [line.truth for line in batch])
            for score in scores:
                parts = _parts(score)
                file.write(json.dumps(parts).encode() + b"\n")
                for name, value in parts.items():
                    if value is not None:
                        known[name] += 1
                        sums[name] += value
                if score.total is None:
                    unusable[score.fault or "no reason given"] += 1
            count += len(batch)
    means = {name: sums[name] / known[name] if known[name] else None for name in PARTS}
    return ScoreSummary(lines=count, means=means, unusable=dict(unusable.most_common()))


def _are_scores(head: bytes) -> bool:
    """Whether a file begins with a line of scores."""
    try:
        line = json.loads(head.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.keys() == set(PARTS)


def _parts(score: Score) -> dict[str, float | None]:
    return {name: getattr(score, name) for name in PARTS}


def _lines(source: Path) -> Iterator[_Line]:
    try:
        with source.open("rb") as file:
            empty = 0
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    empty = empty or number
                    continue
                if empty:
                    raise InputError(f"line {empty} of {source} is empty: every line has to be a JSON object")
                yield _read_line(raw, f"line {number} of {source}")
    except OSError as error:
        raise InputError(f"cannot read {source} ({error.strerror}): give a file of JSON lines with --in") from error


def _read_line(raw: bytes, where: str) -> _Line:
    try:
        values = json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}): every line has to be a JSON object") from error
    if not isinstance(values, dict):
        raise InputError(f"{where} is a JSON {type(values).__name__}, not an object with the key completion")
    completion, gold = _text(values, "completion", where), _text(values, "gold", where)
    width, height = _side(values, "image_width", where), _side(values, "image_height", where)
    options = values.get("options") or []
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise InputError(f"{where}: options is {options!r}, it has to be a list of texts, or be left out")
    return _Line(completion, _truth(gold, width, height, tuple(options)))


@lru_cache(maxsize=256)
def _truth(gold: str, width: int, height: int, options: tuple[str, ...]) -> Truth:
    """Groups of completions follow each other, and share their truth."""
    return read_truth(gold, image_width=width, image_height=height, options=options)


def _text(values: dict[str, Any], key: str, where: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise InputError(f"{where}: {key} is {_shown(values, key)}, it has to be a text")
    return value


def _side(values: dict[str, Any], key: str, where: str) -> int:
    value = values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= _MOST_PIXELS and value % 1 == 0:
        return int(value)
    raise InputError(
        f"{where}: {key} is {_shown(values, key)}, it has to be a whole number of pixels, 1 to {_MOST_PIXELS:,}"
    )


def _shown(values: dict[str, Any], key: str) -> str:
    return repr(values[key])[:80] if key in values else "missing"
