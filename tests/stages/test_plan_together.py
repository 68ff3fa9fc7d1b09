"""Planned questions of few images, for calls that ask for several of one image."""

from __future__ import annotations

from collections import Counter

import pytest
from prospects import demo_scenes, planned_parts, prospects_of

from stvqa.planning import CANDIDATE_COLUMNS, Candidate, enough_images
from stvqa.records import Prospect
from stvqa.store import read_part


@pytest.fixture(scope="module")
def pool():
    return prospects_of(*demo_scenes(60))


def plan(tmp_path, pool, **options):
    return [item for part in planned_parts(tmp_path, pool, **options) for item in read_part(part, model=Prospect)]


def test_as_few_images_as_fill_the_calls(tmp_path, pool):
    apart = plan(tmp_path / "apart", pool, n=50, questions_per_call=None)
    together = plan(tmp_path / "together", pool, n=50, questions_per_call=4)
    assert len(apart) == len(together) == 100
    one, other = (Counter(item.image_id for item in found) for found in (apart, together))
    assert len(other) < len(one)
    assert max(other.values()) == 4
    assert Counter(other.values())[4] > len(other) / 2


def test_the_quotas_hold_all_the_same(tmp_path, pool):
    apart = plan(tmp_path / "apart", pool, n=50, questions_per_call=1)
    together = plan(tmp_path / "together", pool, n=50, questions_per_call=4)
    one, other = (Counter(item.category for item in found) for found in (apart, together))
    assert all(abs(one[name] - other[name]) <= 2 for name in one | other)


def test_few_images_give_more_than_one_call_each(tmp_path, pool):
    images = sorted({item.image_id for item in pool})[:5]
    few = plan(tmp_path, [item for item in pool if item.image_id in images], n=20)
    assert len(few) == 40
    assert max(Counter(item.image_id for item in few).values()) <= 12


def test_the_seed_decides_which(tmp_path, pool):
    one, other = (plan(tmp_path / str(seed), pool, n=20, seed=seed) for seed in (1, 2))
    assert {item.image_id for item in one} != {item.image_id for item in other}


def test_images_with_what_is_rare_are_all_taken():
    def item(image, category):
        values = {"image_id": image, "category": category, "level": "easy", "rating": 5, "form": "f"}
        return Candidate(f"{image}/{category}", *({**values, "option_count": 2, "topic": "", "shortcuts": ""}[name] for name in CANDIDATE_COLUMNS))  # fmt: skip

    pool = [item(f"i{n}", "size") for n in range(200)] + [item(f"i{n}", "reach") for n in range(0, 200, 50)]
    found = enough_images(pool, {("size", "easy"): 20, ("reach", "easy"): 4}, per_image=4, seed=3)
    assert {f"i{n}" for n in range(0, 200, 50)} <= found
    assert 7 <= len(found) <= 40
