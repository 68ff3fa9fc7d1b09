"""Means over seeds with 95 % intervals, and differences paired by seed.

    mean_of({1: 0.70, 2: 0.72, 3: 0.71})                          # Interval(mean=0.71, low=0.685, high=0.735, seeds=3)
    difference({1: 0.70, 2: 0.72}, {1: 0.65, 2: 0.66})            # of seeds that both have

Intervals are Student's t over seeds. A seed decides the questions trained on, their order and what is sampled; warm
start and test questions are the same for all, so what these would vary by is not in the intervals.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import NamedTuple

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


def difference(first: Mapping[int, float], second: Mapping[int, float]) -> Interval | None:
    """Of the first over the second, seed by seed; None where no seed is in both."""
    return mean_of({seed: first[seed] - second[seed] for seed in sorted(first) if seed in second})
