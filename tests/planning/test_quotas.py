from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.planning import DEFAULT_SHARES, cell_targets, quota_table
from stvqa.records import CATEGORIES, LEVELS

CELLS = [(category, level) for category in CATEGORIES for level in LEVELS]


def by_category(cells):
    found = Counter()
    for (category, _level), count in cells.items():
        found[category] += count
    return found


def test_with_plenty_the_shares_are_met_exactly():
    quotas = cell_targets(1600, dict.fromkeys(CELLS, 10_000))
    assert by_category(quotas.cells) == {name: 800 if name == "relation" else 100 for name in CATEGORIES}
    levels = Counter()
    for (_category, level), count in quotas.cells.items():
        levels[level] += count
    assert levels == {"easy": 640, "medium": 640, "hard": 320}
    assert (quotas.no_evidence, quotas.short) == ((), {})


def test_a_category_without_evidence_gives_its_share_to_the_others():
    supply = {cell: 0 if cell[0] == "depth" else 10_000 for cell in CELLS}
    quotas = cell_targets(1500, supply)
    assert quotas.no_evidence == ("depth",)
    assert by_category(quotas.cells) == {
        name: 0 if name == "depth" else 800 if name == "relation" else 100 for name in CATEGORIES
    }


def test_a_short_category_is_taken_whole_and_said():
    supply = {cell: 5 if cell[0] == "reach" else 10_000 for cell in CELLS}
    quotas = cell_targets(1600, supply)
    assert by_category(quotas.cells)["reach"] == 15
    assert quotas.short == {"reach": 85}
    assert sum(quotas.cells.values()) == 1600


def test_levels_bend_to_the_supply():
    supply = {cell: 50 if cell[1] == "hard" else 10_000 for cell in CELLS}
    quotas = cell_targets(1600, supply)
    hard = sum(count for (_category, level), count in quotas.cells.items() if level == "hard")
    assert hard <= 9 * 50
    assert sum(quotas.cells.values()) == 1600


@given(
    st.integers(1, 3000),
    st.lists(st.integers(0, 200), min_size=27, max_size=27),
    st.lists(st.integers(0, 5), min_size=9, max_size=9).filter(any),
)
def test_never_more_than_there_is_and_all_that_can_be_had(count, numbers, shares):
    supply = dict(zip(CELLS, numbers, strict=True))
    weights = dict(zip(CATEGORIES, map(float, shares), strict=True))
    quotas = cell_targets(count, supply, shares=weights)
    assert all(0 <= quotas.cells[cell] <= supply[cell] for cell in CELLS)
    usable = sum(supply[cell] for cell in CELLS if weights[cell[0]])
    assert sum(quotas.cells.values()) == min(count, usable)
    assert sum(quotas.wanted.values()) == count


def test_default_shares_are_half_relation_and_the_rest_even():
    assert DEFAULT_SHARES["relation"] == 0.5
    assert sum(DEFAULT_SHARES.values()) == pytest.approx(1)
    assert len({share for name, share in DEFAULT_SHARES.items() if name != "relation"}) == 1


def test_the_table_says_what_is_missing_and_why():
    table = quota_table({"relation": 10, "depth": 5}, {"relation": 10}, {"depth": "no evidence", "relation": "no"})
    lines = {line.split()[0]: line for line in table.splitlines()}
    assert lines["depth"].split()[1:] == ["5", "0", "5", "no", "evidence"]
    assert lines["relation"].split()[1:] == ["10", "10", "0"]
