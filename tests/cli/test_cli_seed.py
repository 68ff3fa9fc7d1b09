"""Which scenes the demo source is asked for: from N and the seed, however the source was named."""

from __future__ import annotations

import pytest

from stvqa.cli.build import _recipe
from stvqa.recipe import stage_hashes

NOTHING = {"source": None, "root": None, "missing_images": None}
DEMO = {**NOTHING, "source": "demo"}


def built(name="demo", *, n=40, seed=None, options=NOTHING, settings=()):
    return _recipe(name, n=n, seed=seed, options=options, teacher=None, verifiers=[], settings=list(settings))


def load(name="demo", **options):
    return built(name, **options).stages[0]


@pytest.mark.parametrize("seed", [None, 7, 9])
@pytest.mark.parametrize("n", [40, 5000])
def test_the_recipe_and_the_option_mean_the_same(n, seed):
    by_option = built(n=n, seed=seed, options=DEMO)
    assert stage_hashes(built(n=n, seed=seed)) == stage_hashes(by_option)
    assert by_option.seed == by_option.stages[0].scene_seed == (seed or 7)
    assert load("stvqa-7k", n=n, seed=seed, options=DEMO) == by_option.stages[0]


def test_the_default_seed_named_changes_nothing():
    assert stage_hashes(built(options=DEMO, seed=7)) == stage_hashes(built(options=DEMO))


def test_scenes_follow_from_rows():
    assert (load(n=4).limit, load(n=5000).limit) == (60, 2500)


def test_what_is_set_wins():
    stage = load(seed=9, settings=["load.limit=3", "load.scene_seed=1"])
    assert (stage.limit, stage.scene_seed) == (3, 1)
    assert load(seed=9, settings=["load.limit=3"]).scene_seed == 9


def test_a_recipe_file_of_the_users_own_is_taken_at_its_word(tmp_path):
    file = tmp_path / "mine.yaml"
    stages = "".join(f"  - stage: {name}\n" for name in ("prune", "plan", "generate", "check", "select", "package"))
    file.write_text(f"name: mine\nseed: 4\nstages:\n  - stage: load\n    source: demo\n    limit: 11\n{stages}")
    stage = load(str(file), n=400)
    assert (stage.limit, stage.scene_seed) == (11, 4)


def test_other_sources_are_left_alone():
    stage = load("stvqa-7k", n=10, seed=9, options={**NOTHING, "source": "gqa"})
    assert (stage.limit, stage.scene_seed) == (None, 0)
