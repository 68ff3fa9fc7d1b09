"""The benchmarks of rewards, on a few truths: what hacks earn, and that the worst completions have a score."""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from stvqa.rewards import REWARD_NAMES, find_reward


@pytest.fixture(scope="module")
def benchmark():
    """Imports a script of `benchmarks/` by name."""
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield import_module
    sys.path.remove(folder)


@pytest.fixture(scope="module")
def cases(benchmark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hacks")
    return list(islice(benchmark("hacks").gather([], folder, count=60, seed=4), 60))


def test_no_hack_passes_the_limit_under_dense_and_many_do_under_the_release(benchmark, cases):
    script = benchmark("hacks")
    dense, release = (script.earnings(find_reward(name), cases, seed=4) for name in ("dense", "paper-release"))
    assert len(cases) == 60
    assert [row.name for row in dense if row.name in script.CHECKED and row.greatest > script.LIMIT] == []
    assert {row.name for row in release if row.mean > script.LIMIT} >= {
        "full-image-boxes",
        "random-boxes",
        "shuffled-boxes",
    }


def test_tables_are_of_one_width(benchmark, cases):
    script = benchmark("hacks")
    earned = {"dense": script.earnings(find_reward("dense"), cases[:5], seed=4)}
    rows = [line for line in (*script.hack_table(earned, cases[:5]), *script.box_table(4)) if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4, 8}
    assert len(rows) == 2 + len(earned["dense"]) + 2 + 7


@pytest.mark.parametrize("name", REWARD_NAMES)
def test_the_worst_completions_have_a_score(benchmark, cases, name):
    script, reward = benchmark("rewards"), find_reward(name)
    truth = cases[0].truth
    for what, text in script.worst(truth).items():
        assert reward.score(text, truth).total is not None, what
    texts = [script.written(truth, np.random.default_rng(seed)) for seed in range(5)]
    assert all(score.format == 1 for score in reward.score_many(texts, [truth] * 5))
