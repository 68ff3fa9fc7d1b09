"""The package `fuzz` stands in `benchmarks/`, which is no part of the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

if str(CHECKOUT / "benchmarks") not in sys.path:
    sys.path.insert(0, str(CHECKOUT / "benchmarks"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    from fuzz.sandbox import Sandbox

    with Sandbox(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened
