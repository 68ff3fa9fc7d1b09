from __future__ import annotations

import pytest

from stvqa.errors import RecipeError
from stvqa.recipe import load_recipe
from stvqa.resources import resource_folder
from stvqa.train.parts import checked_config, processes_note
from stvqa.train.recipe import build_train_recipe, load_train_recipe, parse_train_setting

NAMES = sorted(path.stem for path in resource_folder("pipelines").glob("*.yaml") if "\nmethod:" in path.read_text())
GRPO = {"name": "x", "method": "grpo", "model": "tiny"}


def test_the_recipes_of_the_issue_are_there():
    assert {"grpo-paper-3b", "grpo-paper-7b", "grpo-lora-1gpu", "grpo-tiny", "sft-paper"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_makes_a_config_of_trl(name, tmp_path):
    from trl import GRPOConfig, SFTConfig

    recipe = load_train_recipe(name)
    blocks = {"grpo": GRPOConfig, "sft": SFTConfig}
    for block, kind in blocks.items():
        # bf16 is for the machines that the recipe is for
        values = {key: value for key, value in getattr(recipe, block).items() if key != "bf16"}
        if values:
            config = checked_config(kind, block, values, recipe=recipe, output=tmp_path)
            assert config.seed == recipe.seed
            assert config.remove_unused_columns is False


def test_the_papers_figures():
    recipe = load_train_recipe("grpo-paper-3b")
    block = recipe.grpo
    assert recipe.processes == 4
    micro = block["per_device_train_batch_size"] * recipe.processes
    assert micro * block["steps_per_generation"] == 512 * block["num_generations"]
    assert micro * block["gradient_accumulation_steps"] == 128 * block["num_generations"]
    assert block["max_steps"] == 75 * 4
    assert (block["learning_rate"], block["beta"], block["epsilon"], block["epsilon_high"]) == (1e-6, 0.01, 0.2, 0.3)
    assert (recipe.min_pixels, recipe.max_pixels) == (512**2, 2048**2)
    assert recipe.lora is None
    seven = load_train_recipe("grpo-paper-7b").grpo
    assert seven["per_device_train_batch_size"] * seven["steps_per_generation"] * 4 == 512 * 8


def test_recipes_of_the_two_commands_are_told_apart():
    with pytest.raises(RecipeError, match=r"recipe for `stvqa train`.*stvqa train --recipe grpo-tiny"):
        load_recipe("grpo-tiny")
    with pytest.raises(RecipeError, match=r"recipe for `stvqa build`.*stvqa build --recipe demo"):
        load_train_recipe("demo")
    with pytest.raises(RecipeError, match=r"did you mean 'demo'.*known: demo, stvqa-7k") as caught:
        load_recipe("demoo")
    assert "grpo" not in str(caught.value)
    with pytest.raises(RecipeError, match="did you mean 'grpo-tiny'") as caught:
        load_train_recipe("grpo-tin")
    assert "stvqa-7k" not in str(caught.value)


def test_settings_win_over_options_and_options_over_the_file():
    recipe = load_train_recipe(
        "grpo-tiny",
        [
            parse_train_setting("grpo.max_steps=3"),
            parse_train_setting("seed=5"),
            parse_train_setting("reward.name=paper"),
        ],
        overrides={"reward.name": "sparse", "model": "some/model"},
    )
    assert (recipe.grpo["max_steps"], recipe.seed, recipe.reward.name, recipe.model) == (3, 5, "paper", "some/model")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metod": "grpo"}, "unknown key 'metod'; did you mean 'method'"),
        ({"method": "ppo"}, "method = 'ppo'"),
        ({"data": {"overlp": "drop"}}, "unknown key 'data.overlp'; did you mean 'overlap'"),
        ({"grpo": {"output_dir": "x"}}, "grpo.output_dir is decided by the command"),
        ({"sft": {"disable_tqdm": False}}, "sft.disable_tqdm is decided by the command"),
        ({"min_pixels": 200_000, "max_pixels": 100_000}, "min_pixels 200000 is above"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(change, message):
    with pytest.raises(RecipeError, match=message):
        build_train_recipe({**GRPO, **change}, origin="here")


def test_an_option_that_trl_does_not_know_or_refuses(tmp_path):
    from trl import GRPOConfig

    recipe = build_train_recipe(GRPO, origin="here")
    with pytest.raises(
        RecipeError, match=r"grpo\.lerning_rate is no option of GRPOConfig; did you mean 'learning_rate'"
    ):
        checked_config(GRPOConfig, "grpo", {"lerning_rate": 1}, recipe=recipe, output=tmp_path)
    with pytest.raises(RecipeError, match=r"GRPOConfig refuses the block 'grpo'.*at least 2 generations"):
        checked_config(GRPOConfig, "grpo", {"num_generations": 1}, recipe=recipe, output=tmp_path)


@pytest.mark.parametrize("text", ["seed", "=3", "grpo.=3"])
def test_settings_of_another_shape_are_refused(text):
    with pytest.raises(RecipeError, match="write it as"):
        parse_train_setting(text)


def test_the_hash_depends_on_every_value():
    one = build_train_recipe(GRPO, origin="here")
    other = build_train_recipe({**GRPO, "grpo": {"beta": 0.1}}, origin="here")
    assert one.digest() != other.digest()
    assert one.digest() == build_train_recipe(dict(GRPO), origin="there").digest()


def test_what_a_recipe_of_four_processes_becomes_with_others():
    recipe = load_train_recipe("grpo-paper-3b")
    assert processes_note(recipe, 4) == ""
    one, three = processes_note(recipe, 1), processes_note(recipe, 3)
    assert "meant for 4 processes and 1 run: an update takes 32 prompts instead of 128" in one
    settings = [parse_train_setting(text.strip()) for text in one.split("--set ")[1:]]
    again = load_train_recipe("grpo-paper-3b", settings)
    assert processes_note(again, 1) == ""  # who did as it says is not told to do it once more
    same = again.grpo
    for name in ("gradient_accumulation_steps", "steps_per_generation"):
        assert same[name] == 4 * recipe.grpo[name]
    assert "96 prompts instead of 128" in three
    assert "--set" not in three
    assert processes_note(load_train_recipe("grpo-tiny"), 1) == ""


def test_what_a_recipe_of_few_settings_becomes_with_other_processes():
    block = {"per_device_train_batch_size": 2, "num_generations": 8}
    plain = build_train_recipe({**GRPO, "processes": 4, "grpo": block}, origin="here")
    assert processes_note(plain, 8).endswith("an update takes 2 prompts instead of 1")
    assert processes_note(plain, 2).endswith(
        "0.5 prompts instead of 1. For the same: --set processes=2 --set grpo.gradient_accumulation_steps=2"
    )
    steps = build_train_recipe(
        {**GRPO, "processes": 4, "grpo": {**block, "gradient_accumulation_steps": 2}}, origin="here"
    )
    assert processes_note(steps, 8).endswith("--set processes=8 --set grpo.gradient_accumulation_steps=1")
