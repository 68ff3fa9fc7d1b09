from __future__ import annotations

import pytest
from fake_stages import TABLE, Gather, Load, Scale

from stvqa.errors import RecipeError
from stvqa.planning import DEFAULT_SHARES, LEVEL_SHARES
from stvqa.recipe import Recipe, load_recipe, parse_setting

TEXT = """
name: tiny
seed: 3
stages:
  - stage: load
    partitions_wanted: 2
  - stage: scale
    factor: 4
    bounds: {low: 5}
  - stage: gather
"""


class Reload(Load):
    name = "reload"


def write(tmp_path, text=TEXT):
    path = tmp_path / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def load(tmp_path, text=TEXT, *settings, **options):
    parsed = [parse_setting(setting) for setting in settings]
    return load_recipe(write(tmp_path, text), parsed, table=TABLE, **options)


def refusal(tmp_path, text=TEXT, *settings):
    with pytest.raises(RecipeError) as caught:
        load(tmp_path, text, *settings)
    return str(caught.value)


def test_a_recipe_is_read_and_resolved(tmp_path):
    recipe = load(tmp_path)
    assert recipe.seed == 3
    assert recipe.stages[1] == Scale(factor=4, bounds={"low": 5})
    resolved = recipe.resolved()
    assert resolved["stages"][0]["stage"] == "load"
    assert resolved["stages"][1]["bounds"] == {"low": 5, "high": 1_000_000}
    assert resolved["stages"][2]["keep"] == 12


def test_settings_are_typed_and_the_last_one_wins(tmp_path):
    recipe = load(tmp_path, TEXT, "scale.factor=5", "scale.factor=6", "scale.bounds.high=9", "load.source=7up", seed=11)
    assert recipe.seed == 11
    assert recipe.stages[1].factor == 6
    assert recipe.stages[1].bounds.model_dump() == {"low": 5, "high": 9}
    assert recipe.stages[0].source == "7up"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT.replace("factor", "facter"), ["tiny.yaml", "stage scale", "'facter'", "did you mean 'factor'"]),
        (TEXT.replace("low: 5", "lo: 5"), ["stage scale", "'bounds.lo'", "did you mean 'low'"]),
        (TEXT.replace("stage: scale", "stage: scael"), ["unknown stage 'scael'", "did you mean 'scale'", "gather"]),
        (TEXT.replace("seed:", "sead:"), ["unknown key 'sead'", "did you mean 'seed'"]),
        (TEXT.replace("factor: 4", "factor: many"), ["stage scale", "factor = 'many'", "integer"]),
        (TEXT.replace("wanted: 2", "wanted: -2"), ["stage load", "partitions_wanted = -2", "greater"]),
        (TEXT.replace("seed: 3", "seed: three"), ["seed = 'three'", "integer"]),
        (TEXT.replace("factor: 4", "factor: 4\n    factor: 5"), ["line 9", "'factor' stands twice"]),
        (TEXT.replace("stage: gather", "stage: scale"), ["stage scale stands more than once"]),
        ("name: x\nstages:\n  - stage: scale\n", ["first stage reads a source"]),
        ("name: x\nstages: []\n", ["'stages' is a list"]),
        ("name: x\nstages: [load]\n", ["entry 1", "'load'"]),
        ("- 1", ["holds no recipe"]),
        ("a: [", ["not valid YAML"]),
        ("", ["holds no recipe"]),
    ],
)
def test_mistakes_are_named_with_file_stage_and_remedy(tmp_path, text, expected):
    message = refusal(tmp_path, text)
    for words in expected:
        assert words in message


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("scael.factor=5", "did you mean 'scale'"),
        ("scale.facter=5", "did you mean 'factor'"),
        ("scale.factor=many", "factor = 'many'"),
        ("scale.stage=3", "--set scale.stage=3: `stage` is the stage's name"),
        ("scale.factor.more=5", "it has no keys of its own"),
        ("scale.bounds.hi=5", "unknown key 'bounds.hi'"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, setting, expected):
    assert expected in refusal(tmp_path, TEXT, setting)


@pytest.mark.parametrize("text", ["scale", "scale=4", "=4", "scale.=4", ".factor=4", "scale.factor", "a.b=[1"])
def test_settings_of_another_shape(text):
    with pytest.raises(RecipeError, match="--set"):
        parse_setting(text)


def test_unknown_recipes(tmp_path):
    with pytest.raises(RecipeError, match="is not a file"):
        load_recipe(str(tmp_path / "none.yaml"), table=TABLE)
    with pytest.raises(RecipeError, match="there is no recipe 'stvqa-8k'"):
        load_recipe("stvqa-8k", table=TABLE)


def test_stages_that_do_not_fit_together():
    with pytest.raises(ValueError, match="can only be the first"):
        Recipe(name="x", stages=(Load(), Reload()))
    with pytest.raises(ValueError, match="stands more than once"):
        Recipe(name="x", stages=(Load(), Gather(), Gather()))
    with pytest.raises(ValueError, match="String should match pattern"):
        Recipe(name="../x", stages=(Load(),))


def test_what_plan_and_select_are_told_must_agree():
    settings = [parse_setting("plan.shares={relation: 1}")]
    told_otherwise = [*settings, parse_setting("select.shares={relation: 1, size: 1}")]
    with pytest.raises(RecipeError, match=r"plan\.shares is .* and select\.shares is .*give both the same"):
        load_recipe("demo", told_otherwise)
    both = [*settings, parse_setting("select.shares={relation: 1}")]
    assert load_recipe("demo", both) == load_recipe("demo", settings)


@pytest.mark.parametrize("stage", ["plan", "select"])
@pytest.mark.parametrize(
    ("setting", "told", "usual"),
    [
        ("shares={relation: 1, distance: 2}", {"relation": 1, "distance": 2}, DEFAULT_SHARES),
        ("levels={easy: 1}", {"easy": 1}, LEVEL_SHARES),
        ("questions_per_image=3", 3, 12),
    ],
)
def test_what_one_stage_is_told_holds_for_all_that_must_agree(stage, setting, told, usual):
    name = setting.partition("=")[0]
    stages = {item.name: item for item in load_recipe("demo", [parse_setting(f"{stage}.{setting}")]).stages}
    assert getattr(stages["plan"], name) == getattr(stages["select"], name) == told
    as_usual = {item.name: item for item in load_recipe("demo").stages}
    assert getattr(as_usual["plan"], name) == getattr(as_usual["select"], name) == usual


@pytest.mark.parametrize(
    "setting",
    [
        "plan.shares={relation: 0}",
        "plan.shares={relation: -1}",
        "plan.shares={}",
        "plan.levels={easy: .inf}",
        "prune.options=[5]",
        "prune.options=[]",
        "plan.reserve=.inf",
        "prune.min_area_share=0.7",
        "prune.margins.area_ratio=2",
    ],
)
def test_values_that_no_set_can_be_made_with_are_refused(setting):
    with pytest.raises(RecipeError):
        load_recipe("demo", [parse_setting(setting)])


def test_the_teacher_decides_which_class_does_the_stage_and_what_the_plan_knows_is_not_told_twice():
    by_rules = load_recipe("demo")
    assert type(by_rules.stages[3]).__name__ == "Generate"
    assert by_rules.stages[2].questions_per_call is None
    by_model = load_recipe("demo", [parse_setting("generate.teacher=gpt-4.1-mini"), parse_setting("plan.reserve=3")])
    plan, generate = by_model.stages[2:4]
    assert type(generate).__name__ == "GenerateByModel"
    assert (generate.n, generate.shares, generate.levels) == (plan.n, plan.shares, plan.levels)
    assert plan.questions_per_call == generate.questions_per_call == 4
    resolved = by_model.resolved()["stages"]
    assert (resolved[2]["questions_per_call"], resolved[3]["n"]) == (4, 200)
    with pytest.raises(RecipeError, match=r"plan\.n is 200 and generate\.n is 3"):
        load_recipe("demo", [parse_setting("generate.teacher=x"), parse_setting("generate.n=3")])
    with pytest.raises(RecipeError, match="unknown key 'surplus'"):
        load_recipe("demo", [parse_setting("generate.surplus=1")])
