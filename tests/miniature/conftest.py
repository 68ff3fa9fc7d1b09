"""The package `miniature` stands in `benchmarks/`, which is no part of the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

if str(CHECKOUT / "benchmarks") not in sys.path:
    sys.path.insert(0, str(CHECKOUT / "benchmarks"))


@pytest.fixture(scope="session")
def small():
    """The settings of two minutes."""
    from miniature.settings import read_settings

    return read_settings(CHECKOUT / "benchmarks" / "miniature" / "small.yaml")


@pytest.fixture(scope="session")
def small_sets(small, tmp_path_factory):
    """Its sets, with the wrong labels."""
    from miniature.labels import make_wrong
    from miniature.scenes import make_sets

    folder = tmp_path_factory.mktemp("sets")
    make_sets(folder, small)
    make_wrong(folder / "pool", folder / "pool-wrong", share=small.data.wrong_labels, seed=small.seed)
    return folder
