"""Means over seeds, and differences paired by seed and question, with 95 % intervals.

    mean_of({1: 0.70, 2: 0.72, 3: 0.71})                # Interval(mean=0.71, low=0.685, high=0.735, seeds=3)
    difference({1: "1101", 2: "1111"}, {1: "1001", 2: "1011"})       # of right (1) and wrong (0) answers

A seed decides the questions trained on, their order and what is sampled. The interval of a mean is Student's t over
seeds alone. That of a difference is over seeds and test questions both, which are crossed: other seeds on the same
questions would tell nothing of luck with these questions. What one warm start and one family of scenes would vary by is
in neither.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

__all__ = ["Interval", "difference", "mean_of"]

_CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean and its interval; `low` and `high` are None where one seed allows none."""

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def half(self) -> float | None:
        """Half its width."""
        return None if self.high is None else self.high - self.mean


def mean_of(values: Mapping[int, float]) -> Interval | None:
    """Over seeds; None where there is none."""
    if not values:
        return None
    numbers = list(values.values())
    mean = statistics.fmean(numbers)
    if len(numbers) < 2:
        return Interval(mean, None, None, 1)
    quantile = float(student.ppf((1 + _CONFIDENCE) / 2, len(numbers) - 1))
    half = quantile * statistics.stdev(numbers) / math.sqrt(len(numbers))
    return Interval(mean, mean - half, mean + half, len(numbers))


def difference(first: Mapping[int, str], second: Mapping[int, str]) -> Interval | None:
    """Of the first over the second, in accuracy, seed by seed and question by question.

    Two-way random effects without replication: with the mean squares of seeds, questions and the rest, the variance of
    the mean is (MS_seeds + MS_questions - MS_rest) / (seeds x questions), with Satterthwaite's degrees of freedom; not
    less than seeds or questions alone would make it, since estimates of variance may fall below 0.

    Args:
        first / second: by seed, `1` or `0` for each question, in the same order.

    Returns:
        None where no seed is in both; without an interval where one is.
    """
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    table = np.array([[int(one) - int(other) for one, other in zip(first[s], second[s], strict=True)] for s in seeds])
    mean = float(table.mean())
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return Interval(mean, None, None, rows)
    by_seed, by_question = table.mean(axis=1), table.mean(axis=0)
    rest = table - by_seed[:, None] - by_question[None, :] + mean
    squares = np.array(
        [columns * by_seed.var(ddof=1), rows * by_question.var(ddof=1), (rest**2).sum() / ((rows - 1) * (columns - 1))]
    )
    degrees = np.array([rows - 1, columns - 1, (rows - 1) * (columns - 1)])
    whole = max(squares[0] + squares[1] - squares[2], squares[0], squares[1])
    if whole == 0:
        return Interval(mean, mean, mean, rows)
    quantile = float(student.ppf((1 + _CONFIDENCE) / 2, max(1.0, whole**2 / float((squares**2 / degrees).sum()))))
    half = quantile * math.sqrt(whole / (rows * columns))
    return Interval(mean, mean - half, mean + half, rows)
