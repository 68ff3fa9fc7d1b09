from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest
import torch
from peft import get_peft_model
from PIL import Image
from tiny_trainings import recipe, run_training
from transformers import AutoModelForImageTextToText
from trl import GRPOConfig

from stvqa.completion import ORIGINAL_PIXELS
from stvqa.errors import RecipeError, TrainingError
from stvqa.rewards import Score, find_reward
from stvqa.train.curves import XY, series, svg_curve, trend
from stvqa.train.estimate import Estimate, Machine, estimate, precision_note, refuse_what_cannot_run
from stvqa.train.lengths import prompt_lengths
from stvqa.train.parity import compare
from stvqa.train.parts import check_blocks, checked_config, devices_note, lora_config
from stvqa.train.preparing import prepare
from stvqa.train.report import draw_boxes, write_report
from stvqa.train.scoring import Kept, figures_of, text_of
from stvqa.train.state import begin
from stvqa.train.watch import CURVES, Watcher, forget_after, read_curves, write_completions


@pytest.fixture(scope="module")
def ready(run, tiny):
    return prepare(recipe("data.val_rows=4", model=str(tiny)), origin=str(run), tiny=tiny)


def test_prompts_say_the_question_and_completions_are_paid_in_full(ready):
    wording = ready.speaker.wording
    for item in ready.data.train[:10]:
        assert wording.prompt(item) == item.question
        score = ready.reward.score(wording.completion(item), wording.truth(item))
        assert score.total == pytest.approx(1.0)
        assert wording.answer(item) == f"({item.letter}) {item.options['AB'.index(item.letter)]}"


@pytest.mark.parametrize(
    ("question", "boxes", "thought"),
    [
        ("Is there a cup?", {}, "There is none."),
        ("Where is it?", {"cup.1": [0, 0, 20, 10]}, "Centres: cup at (10, 5)."),
        # In the order of the question; beside the one named last, which is what "relative to" asks.
        (
            "Where is the Dog relative to the cup?",
            {"cup.1": [0, 0, 20, 10], "dog.1": [40, 40, 60, 60]},
            "Centres: dog at (50, 50), cup at (10, 5). From cup: dog below and to the right, taller.",
        ),
        (
            "Where is the cup relative to the dog?",
            {"cup.1": [0, 0, 20, 10], "dog.1": [40, 40, 60, 60]},
            "Centres: cup at (10, 5), dog at (50, 50). From dog: cup above and to the left, less tall.",
        ),
        # What is not asked about is placed, and told beside nothing; options name nothing.
        (
            "Which is taller, the dog or the tall lamp?\n(A) The cat\n(B) The tall lamp",
            {"cat.1": [0, 0, 20, 10], "tall_lamp.1": [40, 0, 60, 10], "dog.1": [0, 0, 20, 10]},
            "Centres: dog at (10, 5), tall lamp at (50, 5), cat at (10, 5). From tall lamp: dog to the left, as tall.",
        ),
        # Where the question names one, the others are told beside it.
        (
            "What is to the left of the cup?\n(A) The dog\n(B) The cat",
            {"dog.1": [0, 0, 20, 10], "cup.1": [40, 0, 60, 10], "cat.1": [60, 0, 70, 20]},
            (
                "Centres: cup at (50, 5), dog at (10, 5), cat at (65, 10). "
                "From cup: dog to the left, as tall; cat below and to the right, taller."
            ),
        ),
        # A name within another, or within a word, is not named; one of several forms is.
        (
            "Where are the traffic cones in the carpet relative to the men?",
            {
                "cone.1": [0, 0, 20, 10],
                "car.1": [0, 0, 9, 9],
                "man.1": [40, 0, 60, 10],
                "traffic_cone.1": [40, 40, 60, 60],
            },
            (
                "Centres: traffic cone at (50, 50), man at (50, 5), cone at (10, 5), car at (4, 4). "
                "From man: traffic cone below, taller."
            ),
        ),
        (
            "How many people are there?",
            {"girl.1": [0, 0, 20, 10], "man.1": [40, 0, 60, 10]},
            "Centres: girl at (10, 5), man at (50, 5). From man: girl to the left, as tall.",
        ),
        # Where the question names none, all are.
        (
            "How many are there?",
            {"cup.1": [0, 0, 20, 10], "dog.1": [40, 0, 60, 10], "cat.1": [0, 0, 20, 10]},
            (
                "Centres: cup at (10, 5), dog at (50, 5), cat at (10, 5). "
                "From cat: cup at the same place, as tall; dog to the right, as tall."
            ),
        ),
        (
            "How many cups are there?",
            {f"cup.{number}": [0, 0, 20, 10 * number] for number in range(1, 6)},
            "Centres: cup.1 at (10, 5), cup.2 at (10, 10), cup.3 at (10, 15), cup.4 at (10, 20), cup.5 at (10, 25).",
        ),
    ],
)
def test_the_thought_is_about_what_is_asked(ready, question, boxes, thought):
    scene = {"objects": [{"id": name, "bbox": box} for name, box in boxes.items()], "relationships": []}
    example = ready.data.train[0]._replace(question=question)
    gold = f"<scene>{json.dumps(scene)}</scene>\n<answer>{example.letter}</answer>"
    wording = ready.speaker.wording._replace(frame=ORIGINAL_PIXELS)
    told = wording.completion(example._replace(gold=gold))
    assert f"<think>{thought}</think>" in told
    assert ready.reward.score(told, wording.truth(example._replace(gold=gold))).total == pytest.approx(1.0)


def test_foreseen_lengths_are_the_real_ones(ready):
    from stvqa.train.feeding import picture_of

    for item, length in zip(ready.data.train[:4], prompt_lengths(ready.data.train[:4], ready.speaker), strict=True):
        seen = ready.speaker.tokens(item, picture_of(ready.data, item))
        assert (seen.all, seen.image) == (length.all, length.image)


def test_the_score_book_scores_train_and_val_by_place_and_knows_unusable_truths(ready):
    book, first = ready.book, len(ready.data.train)
    texts = [ready.speaker.wording.completion(book.examples[place]) for place in (0, first)]
    logged = {}
    rewards = book(
        completions=[[{"role": "assistant", "content": text}] for text in texts],
        place=[0, first],
        log_metric=logged.__setitem__,
        trainer_state=SimpleNamespace(global_step=3),
    )
    assert rewards == pytest.approx([1.0, 1.0])
    assert logged["parts/total"] == pytest.approx(1.0)
    assert logged["scene/boxes"] == 2
    assert [kept.step for kept in book.take()] == [3, 3]
    assert book.take() == []


def test_spreads_are_within_groups():
    scores = [Score(total=value, accuracy=value) for value in (0.0, 1.0, 0.5, 0.5)]
    figures = figures_of(scores, [7, 7, 9, 9])
    assert figures["parts/total"] == 0.5
    assert figures["parts/total_spread"] == 0.25
    assert figures["groups/no_spread"] == 0.5
    assert "parts/spatial" not in figures
    assert figures_of([Score(fault="no scene")], [1]) == {"truth/unusable": 1.0}


def test_the_mean_iou_of_a_batch_counts_completions_without_a_scene(ready):
    truth, completion = ready.book.truth(0), ready.speaker.wording.completion(ready.data.train[0])
    scores = ready.reward.score_many([completion, "junk", "junk", "junk"], [truth] * 4)
    figures = figures_of(scores, [0] * 4)
    assert figures["scene/mean_iou"] == pytest.approx(0.25)
    assert figures["scene/boxes"] == len(truth.scene.ids)
    assert "scene/mean_iou" not in figures_of(find_reward("sparse").score_many(["junk"], [truth]), [0])


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("plain", "plain"),
        ([{"role": "assistant", "content": "said"}], "said"),
        ([{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], "ab"),
        ([{"role": "assistant", "content": None}], ""),
    ],
)
def test_text_of_a_completion(completion, text):
    assert text_of(completion) == text


def test_boxes_are_drawn_where_they_are_and_nonsense_is_not(ready):
    item = ready.data.train[0]
    truth = ready.speaker.wording.truth(item)
    picture = Image.new("RGB", (item.width, item.height), "white")
    right = draw_boxes(picture, ready.speaker.wording.completion(item), truth)
    assert right.size == (320, 240)
    x1, y1, x2, _ = (side * 320 / truth.size.width for side in truth.scene.boxes[0].tolist())
    assert right.getpixel((round((x1 + x2) / 2), round(y1))) != (255, 255, 255)
    for bad in ("", "<scene>{}</scene>", '<scene>{"objects": [{"id": 3, "bbox": [1, 2, NaN, 1e999]}, 5]}</scene>'):
        draw_boxes(picture, bad, truth)


def test_curves_and_trends(tmp_path):
    lines = [{"phase": "grpo", "step": step, "reward": step / 10} for step in range(1, 21)]
    text = "\n".join(json.dumps(line) for line in lines) + '\n{"phase": "grpo", "st'
    (tmp_path / CURVES).write_text(text)
    points = read_curves(tmp_path)
    assert len(points) == 20
    found = trend(points, "grpo", "reward")
    assert found == pytest.approx((0.2, 1.9))
    assert trend(points, "sft", "reward") is None
    drawn = svg_curve(series(points, "grpo", "reward"), title="a < b")
    assert drawn.count("<polyline") == 2
    assert "a &lt; b" in drawn
    forget_after(tmp_path / CURVES, "grpo", 5)
    assert [point.step for point in read_curves(tmp_path)] == [1, 2, 3, 4, 5]


def test_time_is_counted_on_from_a_training_that_was_cut_off(ready, tmp_path):
    line = {"phase": "grpo", "step": 2, "loss": 1.0, "seconds": 1000.0, "reward_time_share": 0.5}
    (tmp_path / CURVES).write_text(json.dumps(line) + "\n")
    watcher = Watcher(tmp_path, "grpo", book=ready.book, data=ready.data, every=10)
    state = SimpleNamespace(is_world_process_zero=True, global_step=2, max_steps=9)
    watcher.on_train_begin(None, state, None)
    state.global_step = 3
    watcher.on_log(None, state, None, {"loss": 1.0})
    last = read_curves(tmp_path)[-1].values
    assert 1000 <= last["seconds"] < 1100
    assert last["reward_time_share"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("settings", "multiple"),
    [
        (("grpo.steps_per_generation=4", "grpo.save_steps=10"), 4),
        (("grpo.num_iterations=3", "grpo.save_steps=10"), 3),
        (("grpo.steps_per_generation=6", "grpo.gradient_accumulation_steps=4", "grpo.save_steps=10"), 3),
        (("grpo.steps_per_generation=4", "grpo.save_steps=0.05", "grpo.max_steps=200"), 4),
    ],
)
def test_checkpoints_between_two_updates_from_one_generation_are_refused(settings, multiple):
    with pytest.raises(RecipeError, match=f"set grpo.save_steps to a multiple of {multiple}$"):
        check_blocks(recipe(*settings), rows=1000, val=2)
    check_blocks(recipe(*settings, f"grpo.save_steps={multiple}"), rows=1000, val=2)
    check_blocks(recipe(*settings, "grpo.save_strategy=no"), rows=1000, val=2)


def test_no_is_the_word_for_what_yaml_reads_as_false(tmp_path):
    made = recipe("grpo.eval_strategy=no", "grpo.save_strategy=no")
    assert made.grpo["eval_strategy"] is False
    config = checked_config(GRPOConfig, "grpo", made.grpo, recipe=made, output=tmp_path)
    assert (config.eval_strategy, config.save_strategy) == ("no", "no")


def test_one_of_several_gpus_is_used_without_a_launcher(monkeypatch):
    assert devices_note() == ""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert devices_note().startswith("one of 4 GPUs is used")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert devices_note() == ""


def test_completions_are_written_where_one_generation_serves_several_steps(ready, tmp_path):
    watcher = Watcher(tmp_path, "grpo", book=ready.book, data=ready.data, every=10)
    for step in range(1, 42):
        if step % 4 == 1:  # four updates a generation, as in the recipes of the paper
            ready.book(completions=["hello"], place=[0], trainer_state=SimpleNamespace(global_step=step - 1))
        watcher.on_step_end(None, SimpleNamespace(is_world_process_zero=True, global_step=step), None)
    written = sorted(path.name for path in (tmp_path / "completions").iterdir())
    assert written == [f"grpo-{step:06d}.parquet" for step in (13, 21, 33, 41)]


def test_completions_of_an_evaluation_are_not_taken_for_those_of_the_next_step(ready, tmp_path):
    state = SimpleNamespace(is_world_process_zero=True, global_step=10)
    watcher = Watcher(tmp_path, "grpo", book=ready.book, data=ready.data, every=10)
    ready.book(completions=["of val"], place=[len(ready.data.train)], trainer_state=state)
    watcher.on_evaluate(None, state, None)
    ready.book(completions=["of train"], place=[0], trainer_state=state)
    assert [item.completion for item in ready.book.take()] == ["of train"]


def test_engines_are_compared_up_to_the_first_difference():
    found = compare([[1, 2, 3, 4], [5, 6]], [[1, 2, 9, 4], [5, 6]])
    assert found == (2, 1.0, 0.75)
    assert found.holds
    assert not compare([[1, 2]], [[3, 2]]).holds


def test_vllm_that_is_not_installed_is_told(run, tiny, tmp_path):
    with pytest.raises(TrainingError, match="vllm is not installed"):
        run_training(run, tiny, tmp_path / "out", "grpo.use_vllm=true")


def test_memory_is_the_sum_of_its_parts_and_adapters_need_less(run, tiny, ready):
    here = Machine("a GPU", 1, 1 << 40, 1e12, 1e11)
    whole = estimate(ready.recipe, ready.speaker, rows=40, prompt_tokens=100, here=here)
    small = estimate(recipe("lora.rank=4", model=str(tiny)), ready.speaker, rows=40, prompt_tokens=100, here=here)
    assert whole.memory_bytes == sum(whole.parts.values())
    assert whole.trainable == whole.parameters
    model = AutoModelForImageTextToText.from_pretrained(tiny)
    with_adapters = get_peft_model(model, lora_config(recipe("lora.rank=4")))
    assert small.trainable == with_adapters.get_nb_trainable_parameters()[0] < 0.5 * whole.trainable
    assert any("visual" in name and "qkv" in name for name, _ in with_adapters.named_parameters() if "lora" in name)
    assert small.memory_bytes < whole.memory_bytes
    assert whole.seconds_per_step > 0
    assert math.isfinite(whole.seconds_per_step)


def test_what_cannot_run_is_refused_with_its_size():
    here = Machine("a GPU", 1, 24 << 30, 0.0, 0.0)
    big = Estimate(8_300_000_000, 8_300_000_000, 90 << 30, {"optimizer": 60 << 30, "weights": 30 << 30}, 0, None, 1)
    with pytest.raises(TrainingError, match=r"8\.3 billion parameters and there is no CUDA device|about 90 GiB"):
        refuse_what_cannot_run(big, here, model="Qwen/Qwen2.5-VL-7B-Instruct")
    small = big._replace(parameters=1_000_000)
    with pytest.raises(TrainingError, match=r"about 90 GiB \(optimizer: 60 GiB\).*24 GiB.*grpo-lora-1gpu"):
        refuse_what_cannot_run(small, here, model="x")


def test_adapters_have_to_fit_into_each_device_and_caches_are_there_on_each(monkeypatch):
    four = Machine("a GPU", 4, 96 << 30, 0.0, 0.0)
    adapters = Estimate(1_000_000, 1000, 30 << 30, {"weights": 20 << 30, "cache": 10 << 30}, 0, None, 1, True)
    with pytest.raises(TrainingError, match="about 120 GiB"):
        refuse_what_cannot_run(adapters, four, model="x")
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    refuse_what_cannot_run(adapters, four, model="x")
    spread = adapters._replace(adapters=False)  # trainable below parameters: the eyes are frozen
    refuse_what_cannot_run(spread, four, model="x")
    with pytest.raises(TrainingError, match="about 100 GiB"):
        refuse_what_cannot_run(
            spread._replace(memory_bytes=40 << 30, parts={"weights": 20 << 30, "cache": 20 << 30}), four, model="x"
        )


def test_sixteen_bits_without_copies_are_told(monkeypatch):
    kind = "grpo.model_init_kwargs={dtype: bfloat16}"
    assert "launch it with DeepSpeed or FSDP" in precision_note(recipe(kind))
    assert precision_note(recipe()) == ""
    assert precision_note(recipe(kind, "lora.rank=4")) == ""
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    assert precision_note(recipe(kind)) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.39, "0.39"), (7.099, "7.1"), (0.0172, "0.0172"), (0.0009541, "9.5e-04"), (12345.6, "1.2e+04")],
)
def test_numbers_beside_an_axis_have_room(value, text):
    picture = svg_curve([XY(1, value), XY(2, value * 2)], title="total")
    assert f'class="end">{text}</text>' in picture


def test_a_line_that_a_crash_cut_off_takes_no_other_with_it(ready, tmp_path):
    (tmp_path / CURVES).write_text('{"phase": "grpo", "step": 1, "loss": 0.5}\n{"phase": "gr')
    watcher = Watcher(tmp_path, "grpo", book=ready.book, data=ready.data, every=10)
    state = SimpleNamespace(global_step=1, is_world_process_zero=True, max_steps=9)
    watcher.on_train_begin(None, state, None)
    state.global_step = 2
    watcher.on_log(None, state, None, logs={"loss": 0.4})
    assert [(point.step, point.values["loss"]) for point in read_curves(tmp_path)] == [(1, 0.5), (2, 0.4)]


def test_a_report_without_looks_shows_what_training_kept(ready, tmp_path):
    wording = ready.speaker.wording
    kept = [
        Kept(10, "grpo", place, text, ready.reward.score(text, ready.book.truth(place)))
        for place in (0, 0, 1)
        for text in (wording.completion(ready.data.train[place]),)
    ]
    write_completions(
        tmp_path / "completions" / "grpo-000010.parquet", kept, book=ready.book, data=ready.data, phase="grpo", step=10
    )
    file = begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    page = write_report(tmp_path / "report.html", file, ready.data, ready.book, ()).read_text()
    assert "The last completions that were kept of training, on images it was trained on" in page
    assert page.count('class="sample"') == 2
    assert page.count('<b class="right">right</b>, reward 1.00') == 2
