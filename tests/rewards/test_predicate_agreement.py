from __future__ import annotations

import pytest

from stvqa.rewards.predicates import predicate_agreement


@pytest.mark.parametrize(
    ("predicted", "true", "swapped", "agreement"),
    [
        ("on", "on", False, "same"),
        ("is sitting on", "sitting on", False, "same"),
        ("beside", "next to", False, "same"),
        ("to the left of", "left of", False, "same"),
        ("right of", "left of", True, "same"),
        ("left of", "left of", True, "other"),
        ("near", "near", True, "same"),
        ("on", "sitting on", False, "kin"),
        ("near", "next to", False, "kin"),
        ("above", "over", False, "kin"),
        ("above", "below", False, "other"),
        ("left of", "above", False, "other"),
        ("left of", "right of", False, "other"),
        ("holding", "left of", False, "other"),
        ("", "on", False, "other"),
        ("xyzzy", "xyzzy", False, "same"),
        ("on " * 100, "on", False, "other"),
    ],
)
def test_agreement(predicted, true, swapped, agreement):
    assert predicate_agreement(predicted, true, swapped=swapped) == agreement
