"""Which predicted object is which true one, how good each pair is, and which triples agree.

    case = Case(scene, true, size, pairs=candidates(scene.labels, true.labels, similarity, 0.7))
    [measured] = measure([case], DenseSettings())        # Measured(quality=[0.81, 0.4], iou=[0.85, 0.5])
    assign(case, measured.quality)                       # [0, 1], places among the candidate pairs

Only pairs whose names are alike enough are candidates, so that most scenes need no assignment problem to be solved.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stvqa.completion import FrameSize
from stvqa.rewards.overlap import iou
from stvqa.rewards.predicates import Agreement, predicate_agreement
from stvqa.rewards.scenes import Scene, taking_part, usable
from stvqa.rewards.similarity import Similarity, label_similarities
from stvqa.rewards.terms import DenseSettings, blind_credits, box_credits

__all__ = [
    "Candidates",
    "Case",
    "Measured",
    "assign",
    "candidates",
    "f1",
    "invented_share",
    "measure",
    "relation_f1",
]

Array = NDArray[np.float64]

_MOST_BETWEEN = 16
"""Predicted predicates between one ordered pair of objects that are compared; all are counted."""

_MOST_PREDICATES = 256
"""Predicted predicates of one completion that are compared, pair by pair in the order of the truth, or as many as the
truth has if these are more: looking up words that nobody has seen takes time."""

_MOST_PAIRS = 16_384
"""Candidate pairs of one completion: those of the first objects, so that a flood of boxes of one name ends in time.
A hundred objects of one name against a hundred true ones are 10,000."""

_MOST_KEPT = 256
"""Names times true names of which the pairs are remembered: those of usual scenes, so that floods take no memory."""


class Candidates(NamedTuple):
    """Pairs of objects whose names are alike enough; one entry a pair in each list.

    Attributes:
        rows: predicted object.
        columns: true object.
        labels: similarity of their names, up to 1.
        exclusive: no object stands in two pairs.
    """

    rows: list[int]
    columns: list[int]
    labels: list[float]
    exclusive: bool


class Case(NamedTuple):
    """A well-formed completion's scene and the truth it is held against; `size` is what boxes are divided by."""

    scene: Scene
    true: Scene
    size: FrameSize
    pairs: Candidates


class Measured(NamedTuple):
    """Quality and IoU of each candidate pair of one case; 0 for boxes that are not usable."""

    quality: list[float]
    iou: list[float]


def candidates(
    labels: tuple[str, ...], true_labels: tuple[str, ...], similarity: Similarity, floor: float
) -> Candidates:
    """The pairs with a similarity of at least `floor`; of the first objects (`taking_part`), or as many of them
    as have `_MOST_PAIRS` pairs together; those beyond match nothing, and count as all others in what there is.

    A name stands for the true names that it is nearest to alone: where the truth has a chair and a stool, "chair" is no
    stool, though it may be one where there is only a stool.
    """
    find = _kept_candidates if len(labels) * len(true_labels) <= _MOST_KEPT else _candidates
    return find(labels, true_labels, similarity, floor)


def _candidates(
    labels: tuple[str, ...], true_labels: tuple[str, ...], similarity: Similarity, floor: float
) -> Candidates:
    table = label_similarities(labels[: taking_part(len(true_labels))], true_labels, similarity)
    nearest = table.max(axis=1, keepdims=True, initial=floor)
    rows, columns = np.nonzero(table >= nearest)
    if len(rows) > _MOST_PAIRS:
        kept = rows < rows[_MOST_PAIRS]
        rows, columns = rows[kept], columns[kept]
    exclusive = len(np.unique(rows)) == len(rows) and len(np.unique(columns)) == len(columns)
    return Candidates(rows.tolist(), columns.tolist(), np.minimum(table[rows, columns], 1.0).tolist(), exclusive)


_kept_candidates = lru_cache(maxsize=4096)(_candidates)


def measure(cases: Sequence[Case], settings: DenseSettings) -> list[Measured]:
    """Measures the candidate pairs of all cases in one go; truths that several cases share are prepared once."""
    truths: dict[int, int] = {}
    true_boxes, true_scales, boxes, scales = [], [], [], []
    first, second, start, true_start = [], [], 0, 0
    for case in cases:
        offset = truths.get(id(case.true))
        if offset is None:
            offset = truths[id(case.true)] = true_start
            true_boxes.append(case.true.boxes)
            true_scales.append(case.size * 2)
            true_start += len(case.true.boxes)
        boxes.append(case.scene.boxes)
        scales.append(case.size * 2)
        first += [start + row for row in case.pairs.rows]
        second += [offset + column for column in case.pairs.columns]
        start += len(case.scene.boxes)
    if not first:
        return [Measured([], []) for _ in cases]
    ours, theirs = _in_shares(boxes, scales), np.clip(_in_shares(true_boxes, true_scales), 0, 1)
    good = usable(ours)[first]
    inside, true_inside = np.clip(np.nan_to_num(ours[first]), 0, 1)[good], theirs[second][good]
    blind = blind_credits(theirs, settings)[second][good]
    quality, shares = np.zeros(len(first)), np.zeros(len(first))
    quality[good] = box_credits(inside, true_inside, settings, blind=blind)
    shares[good] = iou(inside, true_inside)
    return _by_case(cases, quality.tolist(), shares.tolist())


def _in_shares(boxes: Sequence[Array], scales: Sequence[tuple[int, ...]]) -> Array:
    """All boxes in shares of their image, shape (all, 4)."""
    with np.errstate(over="ignore"):
        repeats = [len(group) for group in boxes]
        return np.asarray(np.concatenate(boxes) / np.repeat(np.array(scales, dtype=np.float64), repeats, axis=0))


def _by_case(cases: Sequence[Case], quality: list[float], shares: list[float]) -> list[Measured]:
    """Cuts the figures of all pairs into cases, and weighs qualities by the names."""
    measured, start = [], 0
    for case in cases:
        end = start + len(case.pairs.rows)
        weighed = [label * value for label, value in zip(case.pairs.labels, quality[start:end], strict=True)]
        measured.append(Measured(weighed, shares[start:end]))
        start = end
    return measured


def assign(case: Case, worth: Sequence[float]) -> list[int]:
    """The one-to-one choice among the candidate pairs with the greatest sum of worth.

    Args:
        case: its pairs are chosen from.
        worth: of each candidate pair, at least 0; pairs worth nothing are not chosen.

    Returns:
        Places of the chosen pairs among the candidates.
    """
    if case.pairs.exclusive:
        return [pair for pair, value in enumerate(worth) if value > 0]
    rows, columns = case.pairs.rows, case.pairs.columns
    matrix = np.zeros((max(rows) + 1, len(case.true.ids)))
    matrix[rows, columns] = worth
    pairs = np.full(matrix.shape, -1)
    pairs[rows, columns] = np.arange(len(rows))
    chosen = pairs[linear_sum_assignment(matrix, maximize=True)].tolist()
    return [pair for pair in chosen if pair >= 0 and worth[pair] > 0]


def f1(agreed: float, both: int) -> float:
    """Twice what agrees over what there is on both sides, in [0, 1]; 1 where there is nothing on either."""
    return 2 * agreed / both if both else 1.0


def relation_f1(case: Case, quality: Sequence[float], chosen: Sequence[int], *, kin_credit: float) -> float | None:
    """F1 of the triples in [0, 1]; None where the truth has none.

    A predicted triple agrees with a true one when both its ends are matched to that one's ends and the predicates
    agree; it then counts as the geometric mean of the qualities of its ends. The inverse predicate between swapped ends
    agrees as well. Each triple, predicted or true, agrees with one other at most: where the truth says both "a left of
    b" and "b right of a", so must the prediction. Triples of the truth with an end that is none of its objects can be
    neither met nor missed: they do not count, nor does a prediction that repeats one. Any other predicted triple
    counts, so that inventing costs, also between objects that were never named.
    """
    wanted = _by_ends(case.true, {name: place for place, name in enumerate(case.true.ids)})
    if not wanted:
        return None
    pairs, ids = case.pairs, case.scene.ids
    said = _by_ends(case.scene, {ids[pairs.rows[pair]]: pairs.columns[pair] for pair in chosen})
    worth = {pairs.columns[pair]: quality[pair] for pair in chosen}
    agreed, left = 0.0, max(_MOST_PREDICATES, len(case.true.triples))
    for first, second in dict.fromkeys((min(ends), max(ends)) for ends in wanted):
        told = _between(said, first, second, most=_MOST_BETWEEN)[:left]
        left -= len(told)
        if told:
            credit = _predicate_credit(told, _between(wanted, first, second), kin_credit=kin_credit)
            agreed += math.sqrt(worth[first] * worth[second]) * credit
    return f1(agreed, _number_of_triples(case) + sum(map(len, wanted.values())))


def invented_share(case: Case) -> float:
    """What made-up triples are of all that could be said, in [0, 1), where the truth has no triple.

    There is no F1 with nothing to agree with: it would be 0 for one made-up triple as for a hundred, and one is no
    reason to lose all. n / (n + true objects) grows with each: a triple for each object, as scenes usually have, is a
    half, and a flood of them is all.
    """
    number = _number_of_triples(case)
    return number / (number + len(case.true.ids)) if number else 0.0


def _number_of_triples(case: Case) -> int:
    """Triples of the completion that count; see `relation_f1`."""
    true_ids = set(case.true.ids)
    idle = {triple for triple in case.true.triples if not {triple.subject, triple.object} <= true_ids}
    return sum(triple not in idle for triple in case.scene.triples)


def _by_ends(scene: Scene, places: dict[str, int]) -> dict[tuple[int, int], list[str]]:
    """Predicates by the true objects that their ends stand for; triples with other ends are left out."""
    found: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for triple in scene.triples:
        subject, target = places.get(triple.subject), places.get(triple.object)
        if subject is not None and target is not None:
            found[subject, target].append(triple.predicate)
    return dict(found)


class _Said(NamedTuple):
    """A predicate between two objects; `backwards` from the second to the first."""

    text: str
    backwards: bool


def _between(
    triples: Mapping[tuple[int, int], list[str]], first: int, second: int, *, most: int | None = None
) -> list[_Said]:
    """What is said of two objects in either direction, at most so many in each."""
    found = [_Said(text, False) for text in triples.get((first, second), ())[:most]]
    if first != second:
        found += [_Said(text, True) for text in triples.get((second, first), ())[:most]]
    return found


def _predicate_credit(said: list[_Said], wanted: list[_Said], *, kin_credit: float) -> float:
    """Sum of credits of predicates matched one to one: the same ones before kin, and in the same direction first."""
    total, left = 0.0, list(wanted)
    for level, credit in (("same", 1.0), ("kin", kin_credit)):
        for swapped in (False, True):
            unused = []
            for item in said:
                match = next((true for true in left if _agree(item, true, swapped=swapped) == level), None)
                if match is None:
                    unused.append(item)
                    continue
                left.remove(match)
                total += credit
            said = unused
    return total


def _agree(said: _Said, true: _Said, *, swapped: bool) -> Agreement | None:
    """How two predicates agree whose ends are swapped, or are not; None for the other case."""
    if (said.backwards != true.backwards) != swapped:
        return None
    return predicate_agreement(said.text, true.text, swapped=swapped)
