"""A few cases of every fuzz target; `python benchmarks/fuzz all --minutes 10` runs many."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

CASES = {"sources": 8, "replies": 40, "rows": 15, "recipes": 40, "run-folders": 10}


@pytest.mark.parametrize("name", CASES)
def test_whatever_is_read_the_outcome_is_success_or_one_message(name, sandbox):
    from fuzz.targets import open_target

    target = open_target(name, sandbox)

    @settings(
        max_examples=CASES[name],
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=target.cases)
    def holds(case):
        assert target.hold(case, sandbox)

    holds()


def json_values():
    plain = st.none() | st.booleans() | st.integers() | st.text()
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(data=st.data(), value=json_values())
def test_edits_leave_the_value_that_they_began_with_alone(data, value):
    import copy

    from fuzz.mutation import edited_json

    before = copy.deepcopy(value)
    edited = data.draw(edited_json(value))
    assert value == before
    assert edited.edits
