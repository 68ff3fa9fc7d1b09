from __future__ import annotations

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
import torch
from tiny_trainings import recipe, run_training, weights_of

from stvqa.errors import InputError, RecipeError, StorageError, TrainingError
from stvqa.hub import prepare_model
from stvqa.rewards import PARTS
from stvqa.train import merge_adapter, model_files, read_train_file
from stvqa.train.difficulty import measure_difficulty
from stvqa.train.freezing import freeze_vision, sees
from stvqa.train.grpo import GuardedGRPOTrainer, fields_of
from stvqa.train.guard import last_checkpoint
from stvqa.train.preparing import prepare
from stvqa.train.watch import read_curves

REWARDS = ("dense", "paper", "paper-release", "sparse")


@pytest.fixture(scope="module")
def warm(run, tiny, tmp_path_factory):
    """The tiny model after 20 supervised steps, and what came of them."""
    out = tmp_path_factory.mktemp("sft") / "out"
    outcome, lines = run_training(run, tiny, out, "sft.max_steps=20", "sft.logging_steps=1", method="sft")
    return outcome, lines


@pytest.fixture(scope="module")
def whole(run, warm, tmp_path_factory):
    """Five steps of GRPO in one go, with a checkpoint at the third."""
    out = tmp_path_factory.mktemp("grpo") / "out"
    settings = ("grpo.max_steps=5", "grpo.save_steps=3", "grpo.save_total_limit=9", "grpo.beta=0.01")
    outcome, _ = run_training(run, warm[0].model, out, *settings)
    return outcome, settings


def test_supervised_steps_lower_the_loss_and_leave_a_model_that_loads(warm):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    outcome, _ = warm
    losses = [point.values["loss"] for point in read_curves(outcome.folder) if "loss" in point.values]
    assert len(losses) == 20
    assert losses[-1] < 0.8 * losses[0]
    AutoModelForImageTextToText.from_pretrained(outcome.model)
    AutoProcessor.from_pretrained(outcome.model)
    assert read_train_file(outcome.folder).state == "complete"


@pytest.mark.parametrize("reward", REWARDS)
def test_five_steps_with_each_reward(run, warm, tmp_path, reward):
    settings = ("grpo.max_steps=5", "grpo.num_generations=4")
    outcome, lines = run_training(run, warm[0].model, tmp_path / "out", *settings, **{"reward.name": reward})
    points = [point for point in read_curves(outcome.folder) if point.phase == "grpo" and "parts/total" in point.values]
    assert [point.step for point in points] == [1, 2, 3, 4, 5]
    for point in points:
        assert {"parts/format", "parts/total_spread", "groups/no_spread", "completions/mean_length"} <= set(
            point.values
        )
        assert all(math.isfinite(value) for value in point.values.values())
        assert point.values["reward"] == pytest.approx(point.values["parts/total"], abs=1e-6)
    assert set(outcome.results) == {"start", "end"}
    assert any("before training, on 2 unseen rows" in line for line in lines)


@pytest.mark.parametrize(("method", "more"), [("sft", ()), ("grpo", ("grpo.beta=0.01",)), ("grpo", ("lora.rank=4",))])
def test_frozen_eyes_stay_as_they_are_while_the_rest_moves(run, warm, tmp_path, method, more):
    settings = ("freeze_vision=true", f"{method}.max_steps=2", f"{method}.learning_rate=0.001", *more)
    paid = {"reward.name": "training_sets.its_letters"} if method == "grpo" else {}
    outcome, _ = run_training(run, warm[0].model, tmp_path / "out", *settings, method=method, **paid)
    if "lora.rank=4" in more:
        adapters = weights_of(outcome.model)
        on_eyes = [weights for name, weights in adapters.items() if sees(name) and "lora_B" in name]
        assert on_eyes
        assert all(not weights.any() for weights in on_eyes)
        assert any(weights.any() for name, weights in adapters.items() if "lora_B" in name)
        return
    before, after = weights_of(warm[0].model), weights_of(outcome.model)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert not any(sees(name) for name in moved)
    assert sum(sees(name) for name in before) > 40


def test_the_warm_start_trains_the_eyes_that_are_frozen_afterwards(run, tiny, tmp_path):
    settings = ("freeze_vision=true", "warm_start.steps=2", "grpo.max_steps=1")
    outcome, _ = run_training(run, tiny, tmp_path / "out", *settings)
    start, warm_start = weights_of(tiny), weights_of(outcome.folder / "warm-start" / "model")
    assert any(sees(name) and not torch.equal(start[name], warm_start[name]) for name in start)
    end = weights_of(outcome.model)
    assert all(torch.equal(end[name], warm_start[name]) for name in end if sees(name))


def test_a_model_whose_eyes_have_no_known_name_is_told():
    with pytest.raises(InputError, match=r"freeze_vision: no module of Linear is called .*visual"):
        freeze_vision(torch.nn.Linear(2, 2))


def test_going_on_from_step_three_gives_the_same_step_five(run, warm, whole, tmp_path):
    outcome, settings = whole
    out = tmp_path / "out"
    # A training that was killed after its third step: its folder as it stood then.
    import shutil

    shutil.copytree(outcome.folder, out)
    shutil.rmtree(out / "model")
    shutil.rmtree(out / "grpo" / "checkpoint-5")
    file = json.loads((out / "train.json").read_text())
    (out / "train.json").write_text(json.dumps({**file, "state": "running"}))
    again, lines = run_training(run, warm[0].model, out, *settings, resume=True)
    assert any("going on from" in line and "checkpoint-3" in line for line in lines)
    first, second = weights_of(outcome.model), weights_of(again.model)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    steps = [point.step for point in read_curves(out) if "parts/total" in point.values]
    assert steps == [1, 2, 3, 4, 5]


def test_the_best_model_is_kept_and_loaded_at_the_end(run, warm, tmp_path):
    settings = (
        "sft.max_steps=6",
        "sft.eval_strategy=steps",
        "sft.eval_steps=2",
        "sft.save_steps=2",
        "sft.learning_rate=0.01",
    )
    best = ("sft.load_best_model_at_end=true", "sft.greater_is_better=true", "sft.save_total_limit=2")
    outcome, _ = run_training(run, warm[0].model, tmp_path / "out", *settings, *best, method="sft")
    kept = sorted(path.name for path in (outcome.folder / "sft").glob("checkpoint-*"))
    state = json.loads((outcome.folder / "sft" / "checkpoint-6" / "trainer_state.json").read_text())
    chosen = state["best_global_step"]
    assert chosen == 2  # the greatest loss: an older one than rotation would keep
    assert kept == ["checkpoint-2", "checkpoint-6"]
    found, wanted = weights_of(outcome.model), weights_of(outcome.folder / "sft" / f"checkpoint-{chosen}")
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_changed_config_is_refused_and_its_keys_are_named(run, warm, whole):
    outcome, settings = whole
    with pytest.raises(InputError, match=r"grpo\.beta was 0\.01 and is 0\.5; seed was 7 and is 8") as caught:
        run_training(run, warm[0].model, outcome.folder, *settings, "grpo.beta=0.5", "seed=8", resume=True)
    assert "grpo.max_steps" not in str(caught.value)


def test_a_folder_in_use_is_not_written_over(run, warm, whole, tmp_path):
    outcome, settings = whole
    with pytest.raises(StorageError, match=r"holds a training already: go on with it by --resume"):
        run_training(run, warm[0].model, outcome.folder, *settings)
    with pytest.raises(InputError, match=r"no training in .* to go on with"):
        run_training(run, warm[0].model, tmp_path / "new", *settings, resume=True)


def test_a_complete_training_is_left_alone(run, warm, whole):
    outcome, settings = whole
    before = (outcome.model / "model.safetensors").stat().st_mtime_ns
    _, lines = run_training(run, warm[0].model, outcome.folder, *settings, resume=True)
    assert any("nothing is left to do" in line for line in lines)
    assert (outcome.model / "model.safetensors").stat().st_mtime_ns == before


def test_completions_are_kept_with_image_truth_and_parts(run, warm, tmp_path):
    outcome, _ = run_training(run, warm[0].model, tmp_path / "out", "grpo.max_steps=10")
    table = pq.read_table(outcome.folder / "completions" / "grpo-000010.parquet")
    assert table.num_rows == 4
    row = table.to_pylist()[0]
    assert row["images"]["bytes"].startswith(b"\x89PNG")
    assert row["truth"].startswith("<observe>")
    assert {"prompt", "completion", "row_id", "step", *PARTS} <= set(row)
    import datasets

    loaded = datasets.Dataset.from_parquet(str(outcome.folder / "completions" / "grpo-000010.parquet"))
    assert loaded[0]["images"].size == (160, 120)


def test_card_and_report_tell_what_was_done(whole):
    outcome, _ = whole
    card = (outcome.model / "README.md").read_text()
    file = read_train_file(outcome.folder)
    assert card.startswith("---\nlibrary_name: transformers")
    for text in (file.recipe_hash, file.data.fingerprint, "## Licence", "| accuracy |", "max_steps: 5"):
        assert text in card
    page = outcome.report.read_text()
    assert page.count("<svg") >= 8
    assert page.count("data:image/jpeg;base64,") == 2
    assert "<script" not in page
    assert "http" not in page.split("</style>")[1]


def test_what_goes_to_the_hub_is_the_model_and_how_it_came_to_be(whole, tmp_path):
    outcome, _ = whole
    files = model_files(outcome.folder)
    assert {"README.md", "model.safetensors", "tokenizer.json", "training/train.json", "training/report.html"} <= set(
        files
    )
    assert not any("checkpoint" in name for name in files)
    assert model_files(outcome.model) == files
    sent = prepare_model(files, repo="me/tiny").files
    assert sent.keys() == files.keys() - {"README.md"}
    made = [item for item in sent.values() if isinstance(item, bytes)]
    assert made
    assert not any(str(outcome.folder.parent).encode() in data for data in made)
    with pytest.raises(InputError, match="is no folder of a training"):
        model_files(tmp_path)


def test_adapters_are_saved_loaded_gone_on_with_and_merged(run, warm, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText

    settings = ("lora.rank=4", "lora.alpha=8", "sft.max_steps=3", "sft.learning_rate=0.01", "sft.warmup_steps=0")
    outcome, _ = run_training(run, warm[0].model, tmp_path / "out", *settings, method="sft")
    assert (outcome.model / "adapter_config.json").is_file()
    assert not (outcome.model / "model.safetensors").exists()
    base = AutoModelForImageTextToText.from_pretrained(warm[0].model)
    ids = torch.tensor([[5, 6, 7, 8]])
    plain = base(input_ids=ids).logits
    adapted = PeftModel.from_pretrained(base, outcome.model).eval()
    wanted = adapted(input_ids=ids).logits
    merged = AutoModelForImageTextToText.from_pretrained(merge_adapter(outcome.model, tmp_path / "merged")).eval()
    assert torch.allclose(merged(input_ids=ids).logits, wanted, atol=1e-4)
    assert not torch.allclose(plain, wanted, atol=1e-4)
    assert (outcome.model / "README.md").read_text().startswith("---\nlibrary_name: peft")
    with pytest.raises(InputError, match="holds no adapter"):
        merge_adapter(warm[0].model, tmp_path / "none")


def test_adapters_under_grpo_start_from_a_merged_warm_start(run, tiny, tmp_path):
    settings = ("lora.rank=4", "warm_start.steps=2", "grpo.max_steps=2", "grpo.save_steps=1", "grpo.beta=0.01")
    outcome, _ = run_training(run, tiny, tmp_path / "out", *settings)
    assert (outcome.folder / "warm-start" / "model" / "model.safetensors").is_file()
    config = json.loads((outcome.model / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(outcome.folder / "warm-start" / "model")
    assert last_checkpoint(outcome.folder / "grpo").name == "checkpoint-2"


def test_a_loss_that_is_no_number_stops_before_it_is_learned_from(run, warm, tmp_path, monkeypatch):
    from trl import GRPOTrainer

    real = GRPOTrainer.compute_loss

    def diverging(self, model, inputs, *args, **kwargs):
        loss = real(self, model, inputs, *args, **kwargs)
        return loss * float("nan") if self.state.global_step == 3 else loss

    monkeypatch.setattr(GRPOTrainer, "compute_loss", diverging)
    out = tmp_path / "out"
    with pytest.raises(TrainingError, match=r"the loss is nan at step 4: .* last good checkpoint is .*checkpoint-2"):
        run_training(run, warm[0].model, out, "grpo.max_steps=6", "grpo.save_steps=2")
    kept = last_checkpoint(out / "grpo")
    assert kept.name == "checkpoint-2"
    assert all(bool(torch.isfinite(value).all()) for value in weights_of(kept).values())
    file = read_train_file(out)
    assert file.state == "failed"
    assert "diverged" in file.error


def test_a_full_disk_at_a_checkpoint_leaves_the_one_before(run, warm, tmp_path, monkeypatch):
    import errno

    from transformers import Trainer

    real = Trainer._save_optimizer_and_scheduler

    def full(self, output_dir):
        if self.state.global_step == 4:
            raise OSError(errno.ENOSPC, "No space left on device", output_dir)
        real(self, output_dir)

    monkeypatch.setattr(Trainer, "_save_optimizer_and_scheduler", full)
    out = tmp_path / "out"
    with pytest.raises(
        StorageError, match=r"checkpoint-4: the disk is full; the last good checkpoint is .*checkpoint-2"
    ):
        run_training(run, warm[0].model, out, "grpo.max_steps=6", "grpo.save_steps=2")
    assert sorted(path.name for path in (out / "grpo").glob("checkpoint-*")) == ["checkpoint-2"]
    file = read_train_file(out)
    assert (file.state, list(file.results)) == ("failed", ["start"])  # what was noted on the way stays


def test_a_half_written_checkpoint_is_never_gone_on_from(tmp_path):
    for step in (2, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert last_checkpoint(tmp_path) is None
    (tmp_path / "checkpoint-2" / "complete.json").write_text("{}")
    assert last_checkpoint(tmp_path).name == "checkpoint-2"


def test_a_step_larger_than_the_set_is_refused(run, warm, tmp_path):
    with pytest.raises(RecipeError, match="a step takes 50 rows and the set has 40"):
        run_training(run, warm[0].model, tmp_path / "out", "grpo.per_device_train_batch_size=100", "warm_start.steps=1")
    assert not (tmp_path / "out" / "warm-start").exists()  # nothing was spent before it was told


def test_completions_are_sampled_in_pieces(run, warm, tmp_path, monkeypatch):
    sizes = []
    sample = GuardedGRPOTrainer.__mro__[2]._generate_single_turn

    def noting(self, prompt_ids, images, fields, *options, **named):
        found = sample(self, prompt_ids, images, fields, *options, **named)
        grid = fields["image_grid_thw"]
        assert len(prompt_ids) == len(images) == len(grid) == len(found[0])
        assert fields["pixel_values"].shape[0] == int(grid.prod(-1).sum())
        sizes.append(len(prompt_ids))
        return found

    monkeypatch.setattr(GuardedGRPOTrainer.__mro__[2], "_generate_single_turn", noting)
    settings = ("grpo.steps_per_generation=2", "grpo.max_steps=2", "generate_at_once=3")
    outcome, _ = run_training(run, warm[0].model, tmp_path / "out", *settings)
    assert sizes == [3, 3, 2]
    assert read_train_file(outcome.folder).state == "complete"


def test_pieces_of_images_of_several_sizes():
    grid = torch.tensor([[1, 2, 2], [1, 4, 2], [1, 2, 4]])
    fields = {"pixel_values": torch.arange(20), "image_grid_thw": grid, "mm_token_type_ids": [[0], [1], [0, 1]]}
    first, last = fields_of(fields, slice(0, 2)), fields_of(fields, slice(2, 4))
    assert first["pixel_values"].tolist() == list(range(12))
    assert last["pixel_values"].tolist() == list(range(12, 20))
    assert last["mm_token_type_ids"] == [[0, 1]]
    assert last["image_grid_thw"].tolist() == [[1, 2, 4]]


def test_a_difficulty_pass_drops_what_is_always_or_never_solved(run, warm, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"always or never solved in 2 tries.*data\.solved=keep"):
        run_training(run, warm[0].model, out, "grpo.max_completion_length=2", "grpo.max_steps=1", difficulty=2)
    table = pq.read_table(out / "difficulty.parquet")
    assert table.column_names == ["split", "row_id", "solved", "tries", "pass_at_k"]
    assert table["solved"].to_pylist() == [0] * 40
    for tries in (0, 3):  # the rows would be others than those that the training was begun with
        with pytest.raises(InputError, match=f"--difficulty was 2 and is {tries}"):
            run_training(
                run,
                warm[0].model,
                out,
                "grpo.max_completion_length=2",
                "grpo.max_steps=1",
                difficulty=tries,
                resume=True,
            )


def test_a_difficulty_pass_is_told_in_the_training_and_what_is_solved_stays_out(run, warm, tmp_path, monkeypatch):
    def solve(model, ready, start, *, tries):
        rows = ready.data.train[start : start + 8]
        return {item.row_id: number % (tries + 1) for number, item in enumerate(rows)}

    monkeypatch.setattr("stvqa.train.difficulty._solve", solve)
    outcome, lines = run_training(run, warm[0].model, tmp_path / "out", "grpo.max_steps=1", difficulty=2)
    # Of each piece of 8 rows, numbers 0, 3 and 6 are never solved, 2 and 5 always.
    assert any("10 rows always solved, 15 never, of 40" in line for line in lines)
    data = read_train_file(outcome.folder).data
    assert data.rows == 15
    assert (data.dropped["train: always-solved"], data.dropped["train: never-solved"]) == (10, 15)
    assert not (outcome.folder / "difficulty").exists()


def test_a_difficulty_pass_is_shared_by_processes_and_goes_on(run, warm, tmp_path, monkeypatch):
    ready = prepare(recipe(model=str(warm[0].model)), origin=str(run), tiny=tmp_path)
    here, worked = threading.local(), []

    def solve(model, ready, start, *, tries):
        worked.append((here.place, start))
        if len(worked) == 3:
            raise OSError("the machine went away")
        return {item.row_id: start % (tries + 1) for item in ready.data.train[start : start + 8]}

    def measure(place, processes):
        here.place, here.processes = place, processes
        return measure_difficulty(ready, tmp_path, tries=4, say=lambda _: None)

    monkeypatch.setattr("stvqa.train.difficulty._solve", solve)
    # Models of transformers cannot be loaded by two threads at once, and none is asked here.
    weightless = SimpleNamespace(from_pretrained=lambda _: torch.nn.Identity())
    monkeypatch.setattr("stvqa.train.difficulty.AutoModelForImageTextToText", weightless)
    monkeypatch.setattr("stvqa.train.ranks.place_of_process", lambda: (here.place, here.processes))
    monkeypatch.setattr("stvqa.train.difficulty.place_of_process", lambda: (here.place, here.processes))
    with pytest.raises(OSError, match="went away"):
        measure(0, 1)
    with ThreadPoolExecutor(2) as pool:
        main, other = pool.map(measure, (0, 1), (2, 2))
    assert main == other == {item.row_id: row // 8 * 8 % 5 for row, item in enumerate(ready.data.train)}
    assert sorted(worked[:3]) == [(0, 0), (0, 8), (0, 16)]
    assert sorted(worked[3:]) == [(0, 16), (0, 32), (1, 24)]


def test_supervised_answers_alone(run, tiny, tmp_path):
    settings = ("target=answer", "sft.max_steps=2")
    outcome, _ = run_training(run, tiny, tmp_path / "out", *settings, method="sft")
    assert outcome.results["end"]["rows"] == 2


def test_a_warm_start_comes_before_grpo(run, tiny, tmp_path):
    outcome, lines = run_training(run, tiny, tmp_path / "out", "warm_start.steps=2", "grpo.max_steps=1")
    assert set(outcome.results) == {"warm-start", "end"}
    assert any("warm start: 2 supervised steps" in line for line in lines)
    assert {point.phase for point in read_curves(outcome.folder)} == {"warm-start", "grpo"}
