"""Values of a recipe's blocks, and what a launch or a model's own config lays over them."""

from __future__ import annotations

import pytest
from accelerate.utils import DeepSpeedPlugin
from tiny_trainings import recipe
from transformers import AutoModelForImageTextToText
from trl import GRPOConfig

from stvqa.errors import InputError, RecipeError, TrainingError
from stvqa.train import session
from stvqa.train.check import check
from stvqa.train.estimate import Machine, estimate
from stvqa.train.feeding import grpo_table
from stvqa.train.lengths import prompt_lengths
from stvqa.train.looking import generate
from stvqa.train.options import as_meant, figure, sampling_options
from stvqa.train.parts import check_blocks, checked_config, refuse_scattered_weights
from stvqa.train.preparing import prepare


@pytest.fixture(scope="module")
def ready(run, tiny):
    return prepare(recipe("data.val_rows=4", model=str(tiny)), origin=str(run), tiny=tiny)


def test_numbers_without_a_dot_are_numbers(tmp_path):
    """YAML 1.1 reads `1e-6` as a text."""
    made = recipe("grpo.learning_rate=1e-6", "grpo.beta=4e-2", "grpo.max_steps=1e1")
    assert made.grpo["learning_rate"] == "1e-6"
    config = checked_config(GRPOConfig, "grpo", made.grpo, recipe=made, output=tmp_path)
    assert (config.learning_rate, config.beta, config.max_steps) == (1e-6, 0.04, 10)
    assert isinstance(config.max_steps, int)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("grpo.max_steps=ten", r"grpo\.max_steps is the text 'ten': it has to be a whole number"),
        ("grpo.max_steps=1e-1", r"grpo\.max_steps is the text '1e-1': it has to be a whole number"),
        ("grpo.temperature=hot", r"grpo\.temperature is the text 'hot': it has to be a number"),
        ("grpo.beta=infinity", r"grpo\.beta is the text 'infinity': it has to be a number"),
        ("grpo.use_vllm=perhaps", r"grpo\.use_vllm is the text 'perhaps': it has to be true or false"),
        ("sft.learning_rate=fast", r"sft\.learning_rate is the text 'fast'"),
        ("grpo.per_device_train_batch_size=many", r"grpo\.per_device_train_batch_size is the text 'many'"),
    ],
)
def test_texts_for_numbers_are_refused_before_anything_is_read_by_them(run, tiny, tmp_path, setting, message):
    made = recipe(setting, model=str(tiny))
    with pytest.raises(RecipeError, match=message):
        check_blocks(made, rows=1000, val=4)
    with pytest.raises(RecipeError, match=message):
        session.train(made, origin=str(run), out=tmp_path, say=lambda _: None)


def test_figures_of_a_block():
    assert figure({"a": None}, "a", 3) == figure({}, "a", 3) == 3
    assert figure({"a": "1e2"}, "a", 3) == 100
    with pytest.raises(RecipeError, match="a is True"):
        figure({"a": True}, "a", 3)
    assert as_meant(GRPOConfig, "grpo", {"lr_scheduler_type": "cosine", "eval_steps": None}) == {
        "lr_scheduler_type": "cosine",
        "eval_steps": None,
    }
    assert sampling_options({"top_p": 0.9, "min_p": None, "beta": 0.1}) == {"top_p": 0.9}


def test_options_that_trl_takes_as_null_do_not_stop_an_estimate(ready):
    here = Machine("cpu", 1, 1 << 34, 0.0, 0.0)
    known = estimate(ready.recipe, ready.speaker, rows=9, prompt_tokens=99, here=here)
    block = {**ready.recipe.grpo, "max_completion_length": None, "steps_per_generation": None}
    made = ready.recipe.model_copy(update={"grpo": block})
    assert estimate(made, ready.speaker, rows=9, prompt_tokens=99, here=here).memory_bytes > known.memory_bytes


def test_weights_that_stage_3_would_leave_in_pieces_are_refused():
    with pytest.raises(TrainingError, match="add --zero3_save_16bit_model true"):
        refuse_scattered_weights(DeepSpeedPlugin(zero_stage=3))
    refuse_scattered_weights(DeepSpeedPlugin(zero_stage=3, zero3_save_16bit_model=True))
    gathers = {"stage": 3, "stage3_gather_16bit_weights_on_model_save": True}
    file = {"zero_optimization": gathers, "train_batch_size": "auto", "train_micro_batch_size_per_gpu": 1}
    refuse_scattered_weights(DeepSpeedPlugin(hf_ds_config=file))
    refuse_scattered_weights(DeepSpeedPlugin(zero_stage=2))
    refuse_scattered_weights(None)


def test_pictures_are_not_copied_for_a_training(ready, tmp_path):
    """A selection of rows laid beside a new column would be written out whole by `datasets`."""
    some = ready.data.train[1::2]
    table = grpo_table(ready.data, some, ready.speaker, first=5)
    assert table.column_names == ["place"]
    assert not table.cache_files
    row = table[1]
    assert row["place"] == 6
    assert row["image"].size == (some[1].width, some[1].height)
    assert row["prompt"][0]["content"] == ready.speaker.wording.prompt(some[1])


def test_a_models_own_penalty_does_not_count(ready):
    """TRL samples without it, and looks have to see the same policy."""
    model = AutoModelForImageTextToText.from_pretrained(ready.model)
    asked = ready.data.train[:2]
    plain = generate(model, ready.speaker, ready.data, asked, tokens=24).texts
    model.generation_config.repetition_penalty = 5.0
    assert generate(model, ready.speaker, ready.data, asked, tokens=24).texts == plain
    punished = generate(model, ready.speaker, ready.data, asked, tokens=24, options={"repetition_penalty": 5.0}).texts
    assert punished != plain


def test_weights_that_cannot_be_read_are_told(run, tiny, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for path in tiny.iterdir():
        if path.suffix != ".safetensors":
            (folder / path.name).write_bytes(path.read_bytes())
    made = recipe("warm_start.steps=0", model=str(folder))
    with pytest.raises(InputError, match=r"the weights of .*model cannot be read"):
        session.train(made, origin=str(run), out=tmp_path / "missing", say=lambda _: None)
    whole = (tiny / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"the weights of .*model cannot be read"):
        session.train(made, origin=str(run), out=tmp_path / "cut", say=lambda _: None)


@pytest.mark.parametrize(
    ("settings", "fails"),
    [
        (("method=sft", "target=scene"), True),
        (("warm_start.steps=2",), True),
        (("warm_start.steps=0",), False),
    ],
)
def test_check_sees_answers_that_supervision_would_cut(ready, run, tiny, settings, fails):
    longest = max(length.all for length in prompt_lengths(ready.data.train, ready.speaker))
    made = recipe(*settings, f"sft.max_length={longest + 5}", model=str(tiny))
    report = check(prepare(made, origin=str(run), tiny=tiny))
    assert any("sft.max_length" in text for text in report.failures) == fails, report.failures
