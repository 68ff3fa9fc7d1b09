from __future__ import annotations

from collections import Counter

import pytest
from scenes import scene

from stvqa.records import Prospect
from stvqa.stages.contract import StageContext
from stvqa.stages.plan import Plan
from stvqa.stages.prune import Prune
from stvqa.store import write_part

NAMES = ("cup", "dog", "car", "tree", "lamp", "boat", "clock", "man")


def prospects(tmp_path, images=30):
    parts = []
    for number in range(images):
        boxes = {
            f"{name}.1": (
                (n * 137 + number * 53) % 900,
                (n * 211 + number * 89) % 900,
                (n * 137 + number * 53) % 900 + 60,
                (n * 211 + number * 89) % 900 + 90 - 5 * n,
            )
            for n, name in enumerate(NAMES)
        }
        made = list(Prune().run(iter([scene(boxes, image_id=f"test:{number}")]), StageContext(seed=1)))
        parts.append(tmp_path / f"part-{number:05d}.parquet")
        write_part(parts[-1], made, model=Prospect)
    return parts


def plan(parts, **parameters):
    context = StageContext(seed=parameters.pop("seed", 1))
    batches = list(Plan(**parameters).run(parts, context))
    return [item for batch in batches for item in batch], batches, context


def test_quotas_go_to_what_there_is_evidence_for(tmp_path):
    chosen, batches, context = plan(prospects(tmp_path), n=100, reserve=1.5, rows_per_part=40)
    assert len(chosen) == 150
    assert [len(batch) for batch in batches] == [40, 40, 40, 30]
    counts = Counter(item.category for item in chosen)
    assert counts["relation"] > 2 * max(counts[name] for name in ("size", "distance", "existence"))
    assert set(context.figures["no_evidence"]) == {"reach", "depth", "orientation", "count"}
    assert context.figures["planned"]["relation"] == counts["relation"]


def test_the_order_is_that_of_the_parts_and_images_keep_together(tmp_path):
    chosen, _, _ = plan(prospects(tmp_path), n=60, reserve=1)
    order = [int(item.image_id.split(":")[1]) for item in chosen]
    assert order == sorted(order)


def test_no_image_gives_more_than_its_share(tmp_path):
    chosen, _, _ = plan(prospects(tmp_path, images=4), n=100, reserve=1, questions_per_image=7)
    assert Counter(item.image_id for item in chosen) == dict.fromkeys((f"test:{n}" for n in range(4)), 7)


def test_the_seed_decides(tmp_path):
    parts = prospects(tmp_path)
    assert plan(parts, n=40)[0] == plan(parts, n=40)[0]
    assert plan(parts, n=40)[0] != plan(parts, n=40, seed=2)[0]


def test_shares_can_be_set(tmp_path):
    chosen, _, _ = plan(prospects(tmp_path), n=40, shares={"size": 1, "distance": 3}, reserve=1)
    assert Counter(item.category for item in chosen) == {"size": 10, "distance": 30}


@pytest.mark.parametrize("scale", [1e-300, 0.005, 1, 250, 1e300])
def test_the_scale_of_shares_and_levels_decides_nothing(tmp_path, monkeypatch, scale):
    """Pools so small that every candidate of them is needed."""
    monkeypatch.setattr("stvqa.stages.plan._POOL_LEAST", 1)
    monkeypatch.setattr("stvqa.stages.plan._POOL_FACTOR", 3)
    parts = prospects(tmp_path)
    shares, levels = {"relation": 0.5, "distance": 0.25, "size": 0.25}, {"easy": 0.5, "medium": 0.25, "hard": 0.25}
    told = [{key: value * scale for key, value in one.items()} for one in (shares, levels)]
    expected, _, _ = plan(parts, n=100, reserve=1, shares=shares, levels=levels)
    chosen, _, _ = plan(parts, n=100, reserve=1, shares=told[0], levels=told[1])
    assert chosen == expected
    assert len(chosen) == 100


def test_what_goes_to_another_category_finds_its_candidates_kept(tmp_path, monkeypatch):
    """Without evidence for depth all of its share goes to the one category that asks for next to nothing."""
    monkeypatch.setattr("stvqa.stages.plan._POOL_LEAST", 1)
    chosen, _, context = plan(prospects(tmp_path), n=90, reserve=1, shares={"depth": 0.99, "relation": 0.01})
    assert context.figures["no_evidence"] == ["depth"] or context.figures["no_evidence"] == ("depth",)
    assert Counter(item.category for item in chosen) == {"relation": 90}
