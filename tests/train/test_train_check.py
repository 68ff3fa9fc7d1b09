from __future__ import annotations

import json

import pytest
from training_sets import write_paper_set
from truths import truth
from vision_processors import qwen3_vl, qwen25_vl

from stvqa.errors import InputError, RecipeError
from stvqa.rewards import find_reward
from stvqa.train import check, load_train_recipe, parse_train_setting, prepare
from stvqa.train.earnings import Probe, earn, earnings_table


@pytest.fixture(scope="module")
def processors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processors")
    return {"qwen25": qwen25_vl(folder / "qwen25"), "qwen3": qwen3_vl(folder / "qwen3")}


def ready(run, tiny, *settings, recipe="grpo-tiny", model=None, **overrides):
    chosen = load_train_recipe(
        recipe, [parse_train_setting(text) for text in settings], overrides={"model": str(model or tiny), **overrides}
    )
    return prepare(chosen, origin=str(run), tiny=tiny)


def test_the_tiny_model_passes(run, tiny):
    report = check(ready(run, tiny))
    assert report.failures == ()
    assert "all checks passed" in report.text()
    assert report.figures["image_tokens"] == (12, 12, 12)
    best = {item.reward: item.mean for item in report.earnings if item.completion == "truth"}
    assert best == pytest.approx({"dense": 1.0, "paper": 1.0, "paper-release": 1.0, "sparse": 1.0})
    beyond = [item.beyond for item in report.earnings if item.reward == "dense" and item.completion != "truth"]
    assert max(beyond) <= 0.15


@pytest.mark.parametrize("reward", ["dense", "paper", "paper-release", "sparse"])
def test_every_reward_passes_with_its_own_prompt(run, tiny, reward):
    report = check(ready(run, tiny, **{"reward.name": reward}))
    assert report.failures == ()
    assert ("a policy would find it" in report.text()) == reward.startswith("paper")


@pytest.mark.parametrize(
    ("name", "frame", "tokens"),
    # 160 x 120 pixels: Qwen2.5-VL rounds to 168 x 112, 6 x 4 tokens; Qwen3-VL's least area makes it 320 x 224, 10 x 7.
    [("qwen25", "resized-pixels", 24), ("qwen3", "thousandths", 70)],
)
def test_published_processors_pass_with_real_image_tokens(run, processors, name, frame, tokens):
    made = ready(run, None, "max_pixels=null", recipe="grpo-lora-1gpu", model=processors[name])
    report = check(made)
    assert report.failures == ()
    assert made.speaker.wording.frame.kind == frame
    assert report.figures["image_tokens"] == (tokens, tokens, tokens)
    assert report.figures["parameters"] > 3e9
    assert made.speaker.wording.frame.in_words(160, 120) in made.speaker.wording.prompt(made.data.train[0])
    assert "no CUDA device here" in report.text()


def test_the_pixel_cap_of_the_recipe_reaches_processor_and_frame(run, processors):
    made = ready(run, None, "max_pixels=12544", recipe="grpo-lora-1gpu", model=processors["qwen25"])
    assert made.speaker.processor.image_processor.size["longest_edge"] == 12544
    assert made.speaker.wording.frame.size(160, 120) == (112, 84)
    assert check(made).failures == ()


def test_a_processor_that_cuts_image_tokens_fails(run, processors):
    made = ready(run, None, recipe="grpo-lora-1gpu", model=processors["qwen3"])
    processor = made.speaker.processor
    whole = processor.apply_chat_template

    def cut(conversation, **options):
        found = whole(conversation, **options)
        if options.get("tokenize"):
            found["input_ids"] = [ids[-40:] for ids in found["input_ids"]]
        return found

    processor.apply_chat_template = cut
    failures = check(made).failures
    assert any("image tokens" in text and "would not match" in text for text in failures)


def test_a_reward_that_pays_for_anything_fails(run, tiny):
    report = check(ready(run, tiny, **{"reward.name": "training_sets.always_one"}))
    assert report.failures == (
        "reward training_sets.always_one gives the truth and every hack the same: nothing can be learned",
    )
    assert "note: reward training_sets.always_one gives the completion “empty” 1.00 beyond its answer" in report.text()


def test_a_reward_of_ones_own_on_another_scale_passes(run, tiny):
    report = check(ready(run, tiny, **{"reward.name": "training_sets.ten_for_the_answer"}))
    assert report.failures == ()
    found = {item.completion: item for item in report.earnings if item.reward == "training_sets.ten_for_the_answer"}
    assert (found["truth"].mean, found["truth"].beyond) == pytest.approx((10, 0.4))
    assert (found["empty"].mean, found["empty"].beyond) == (0, 0)
    assert found["box-flood"].beyond == pytest.approx(0.4)


def test_a_reward_of_ones_own_that_pays_a_hack_more_than_the_truth_fails(run, tiny):
    report = check(ready(run, tiny, **{"reward.name": "training_sets.best_without_words"}))
    assert report.failures == (
        "reward training_sets.best_without_words gives the completion “empty” more than the truth",
    )


def test_none_is_no_zero(run, tiny):
    report = check(ready(run, tiny, **{"reward.name": "training_sets.silent_on_hacks"}))
    assert report.failures == (
        (
            "reward training_sets.silent_on_hacks gives None for all completions “all-letters”: "
            "a training would learn nothing"
        ),
    )
    row = next(line for line in report.text().splitlines() if line.startswith("  all-letters"))
    assert row.split()[1:3] == ["n/a", "(40)"]


def test_rewards_of_scenes_that_cannot_use_the_truths_are_told_and_do_not_fail(tmp_path):
    hyphened = Probe(truth({"t-shirt.1": (100, 100, 200, 200)}), "Where?")
    plain = Probe(truth({"cup.1": (100, 100, 200, 200)}), "Where?")
    first, *_ = earn(find_reward("paper-release"), [hyphened, plain], seed=0)
    assert first == ("paper-release", "truth", pytest.approx(1), pytest.approx(0.4), 2, 1)
    assert "1.00 / +0.40 (1 n/a)" in earnings_table([first])[1]


@pytest.mark.parametrize(
    ("settings", "overrides"),
    [((), {"reward.name": "sparse"}), (("target=answer",), {"method": "sft"})],
)
def test_a_set_without_scenes_is_tried_with_what_needs_none(tmp_path, tiny, settings, overrides):
    folder = write_paper_set(tmp_path / "set", rows=30, scenes=False)
    made = ready(folder, tiny, *settings, **overrides)
    assert len(made.data.train) + len(made.data.val) == 30
    report = check(made)
    assert report.failures == ()
    assert "dense" not in {item.reward for item in report.earnings}
    found = {item.completion: item.mean for item in report.earnings if item.reward == "sparse"}
    assert found == {"truth": 1, "empty": 0, "all-letters": 0.5, "copied-prompt": 0}
    assert "no row that was looked at has a scene" in report.text()


def test_truths_that_do_not_fit_the_answers_limit_fail(run, tiny):
    failures = check(ready(run, tiny, "grpo.max_completion_length=20")).failures
    assert any("grpo.max_completion_length = 20" in text for text in failures)


def test_prompts_that_are_too_long_are_left_out_and_then_missed(run, tiny):
    with pytest.raises(InputError, match="longer than 20 tokens, image tokens included"):
        ready(run, tiny, "data.max_prompt_tokens=20")


def test_a_model_without_eyes_is_refused(run, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen2", "vocab_size": 100}))
    with pytest.raises(InputError, match=r"'qwen2', which sees no images"):
        ready(run, None, model=tmp_path)


def test_a_model_that_is_not_there_is_refused(run):
    with pytest.raises(InputError, match="there is no model"):
        ready(run, None, model="./no/such/folder")


def test_another_frame_can_be_asked_for_and_an_unknown_one_is_refused(run, tiny):
    made = ready(run, tiny, "frame=thousandths")
    assert made.speaker.wording.frame.size(160, 120) == (1000, 1000)
    assert check(made).failures == ()
    with pytest.raises(InputError, match="no box frame 'metres'"):
        ready(run, tiny, "frame=metres")


def test_a_set_smaller_than_a_step_is_told(run, tiny):
    with pytest.raises(RecipeError, match=r"a step takes 128 rows and the set has 40 .*grpo\.steps_per_generation"):
        check(ready(run, tiny, recipe="grpo-paper-3b"))


@pytest.mark.parametrize(
    ("block", "settings"),
    [("grpo", ("grpo.eval_strategy=epoch",)), ("sft", ("warm_start.steps=3", "sft.eval_strategy=epoch"))],
)
def test_evaluations_without_rows_are_told(run, tiny, block, settings):
    with pytest.raises(RecipeError, match=rf"{block}\.eval_strategy = epoch looks at rows of val .*data\.val_rows = 0"):
        check(ready(run, tiny, "data.val_rows=0", *settings))
    check(ready(run, tiny, "data.val_rows=0"))
