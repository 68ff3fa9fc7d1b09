from __future__ import annotations

import errno
import hashlib
import resource
from pathlib import Path
from types import SimpleNamespace

import datasets
import pytest
from tiny_trainings import recipe
from transformers import AutoModelForImageTextToText

from stvqa.errors import InputError, StorageError, TrainingError
from stvqa.rewards import find_reward
from stvqa.store.atomic import storage_errors, write_json
from stvqa.train import session
from stvqa.train.card import write_model_card
from stvqa.train.data import load_training_data
from stvqa.train.disk import full_disk_told
from stvqa.train.guard import told_training_errors
from stvqa.train.merging import save_model
from stvqa.train.preparing import prepare
from stvqa.train.recipe import DataSettings
from stvqa.train.state import begin, digests_of, read_train_file
from stvqa.train.tiny import make_tiny


@pytest.fixture(scope="module")
def ready(run, tiny):
    return prepare(recipe("data.val_rows=4", model=str(tiny)), origin=str(run), tiny=tiny)


def test_a_tiny_model_made_of_other_things_is_made_anew(run, tmp_path):
    def digest(*settings):
        made = recipe(*settings, model="tiny", prompt="question")
        path = Path(prepare(made, origin=str(run), tiny=tmp_path / "tiny").model) / "model.safetensors"
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns

    first = digest("seed=1")
    assert digest("seed=1") == first
    assert digest("seed=2")[0] != first[0]
    assert digest("seed=1")[0] == first[0]


def test_going_on_notices_another_template_and_another_reward_of_ones_own(ready, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("brevity_reward.py").write_text("def brevity(completion, truth):\n    return 1.0\n")
    reward = find_reward("brevity_reward.brevity")
    files = digests_of("train", reward)
    assert list(files) == ["the prompt template train", "the file of the reward brevity_reward.brevity"]
    begin(tmp_path, ready.recipe, ready.data, model="m", files=files, resume=False)
    begin(tmp_path, ready.recipe, ready.data, model="m", files=files, resume=True)
    Path("brevity_reward.py").write_text("def brevity(completion, truth):\n    return 2.0\n")
    with pytest.raises(InputError, match=r"the file of the reward brevity_reward\.brevity has changed"):
        begin(tmp_path, ready.recipe, ready.data, model="m", files=digests_of("train", reward), resume=True)
    with pytest.raises(InputError, match="the prompt template train has changed"):
        begin(tmp_path, ready.recipe, ready.data, model="m", files={**files, next(iter(files)): "0"}, resume=True)
    assert digests_of("question", find_reward("dense")) == {}


def test_a_refused_training_leaves_the_tiny_model_of_the_one_that_is_there(run, tmp_path):
    def begun(*settings, resume=False):
        made = recipe("warm_start.steps=0", "grpo.max_steps=1", *settings, model="tiny", prompt="question")
        return session.train(made, origin=str(run), out=tmp_path, resume=resume, say=lambda _: None)

    begun()
    weights = tmp_path / "tiny" / "model.safetensors"
    before = weights.read_bytes()
    with pytest.raises(StorageError, match="holds a training already"):
        begun("seed=9")
    with pytest.raises(InputError, match="seed was 7 and is 9"):
        begun("seed=9", resume=True)
    (tmp_path / "tiny" / "made-of.json").write_text('{"seed": 7, "texts": "of another version"}')
    with pytest.raises(InputError, match="made of other rows or another prompt"):
        begun(resume=True)
    assert weights.read_bytes() == before


def test_what_is_done_with_solved_rows_may_be_changed_until_the_first_checkpoint(ready, tmp_path):
    def begun(made, **how):
        return begin(tmp_path, made, ready.data, model="m", files={}, difficulty=2, **how)

    keeping = ready.recipe.model_copy(update={"data": ready.recipe.data.model_copy(update={"solved": "keep"})})
    begun(ready.recipe, resume=False)
    assert begun(keeping, resume=True).recipe["data"]["solved"] == "keep"
    assert read_train_file(tmp_path).recipe_hash == keeping.digest()
    (tmp_path / "grpo" / "checkpoint-2").mkdir(parents=True)
    begun(keeping, resume=True)
    with pytest.raises(InputError, match=r"data\.solved was 'keep' and is 'drop'"):
        begun(ready.recipe, resume=True)


def test_rows_may_not_be_changed_after_a_warm_start_on_them(ready, tmp_path):
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    (tmp_path / "warm-start" / "model").mkdir(parents=True)
    keeping = ready.recipe.model_copy(update={"data": ready.recipe.data.model_copy(update={"solved": "keep"})})
    with pytest.raises(InputError, match=r"data\.solved was 'drop' and is 'keep'"):
        begin(tmp_path, keeping, ready.data, model="m", files={}, resume=True)


def test_a_full_disk_under_compiled_code_is_one_message(ready, tmp_path):
    model = AutoModelForImageTextToText.from_pretrained(ready.model)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))  # the weights take seven
    try:
        with pytest.raises(StorageError, match="the disk is full"), full_disk_told(tmp_path):
            model.save_pretrained(tmp_path)
        with pytest.raises(StorageError, match="the disk is full"):
            make_tiny(tmp_path / "tiny", ["a cup left of a dog"], seed=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_any_fault_is_noted_in_the_training(run, tiny, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(session, "save_model", broken)
    made = recipe("grpo.max_steps=1", model=str(tiny), prompt="question")
    with pytest.raises(RuntimeError):
        session.train(made, origin=str(run), out=tmp_path, say=lambda _: None)
    file = read_train_file(tmp_path)
    assert (file.state, file.error) == ("failed", "a fault of ours")


def test_a_full_disk_does_not_hide_what_went_wrong_first(ready, tmp_path, monkeypatch):
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)

    def full(path, value):
        raise StorageError(f"cannot write {path}: the disk is full")

    before = (tmp_path / "train.json").read_bytes()
    monkeypatch.setattr(session, "write_json", full)
    session._note_failure(tmp_path, TrainingError("the loss is no number"))
    assert (tmp_path / "train.json").read_bytes() == before
    monkeypatch.undo()
    session._note_failure(tmp_path, TrainingError("the loss is no number"))
    assert "the loss is no number" in (tmp_path / "train.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("tiny", "license: other\nlicense_name: that-of-the-data\n"),
        (
            "Qwen/Qwen2.5-VL-3B-Instruct",
            (
                "license: other\nlicense_name: that-of-the-base-model\n"
                "license_link: https://huggingface.co/Qwen/Qwen2.5-VL-3B-Instruct\n"
            ),
        ),
        ("/models/mine", "license: other\nlicense_name: that-of-the-base-model\n"),
    ],
)
def test_the_card_names_a_licence(ready, tmp_path, base, told):
    file = begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    card = write_model_card(tmp_path, file.model_copy(update={"recipe": {**file.recipe, "model": base}}), tmp_path)
    assert told in card.read_text().split("---")[1]


def test_another_number_of_processes_is_told_once_there_are_steps(ready, tmp_path, monkeypatch):
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    assert read_train_file(tmp_path).processes == 1
    monkeypatch.setenv("WORLD_SIZE", "2")
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=True)
    assert read_train_file(tmp_path).processes == 2
    (tmp_path / "grpo" / "checkpoint-2").mkdir(parents=True)
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=True)
    monkeypatch.setenv("WORLD_SIZE", "1")
    with pytest.raises(InputError, match="it ran on 2 processes and now on 1"):
        begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=True)


def test_a_model_folder_without_weights_is_no_model(ready, tmp_path):
    accelerator = SimpleNamespace(is_main_process=True)
    trainer = SimpleNamespace(save_model=lambda folder: None, accelerator=accelerator)
    with pytest.raises(TrainingError, match=r"holds no weights .*start the same command with --resume"):
        save_model(trainer, ready.speaker, tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    save_model(trainer, ready.speaker, tmp_path)


def test_a_failed_training_that_is_gone_on_with_runs_again(ready, tmp_path):
    file = begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    write_json(tmp_path / "train.json", file.model_copy(update={"state": "failed", "error": "a NaN"}))
    begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=True)
    assert (read_train_file(tmp_path).state, read_train_file(tmp_path).error) == ("running", "")


def test_a_full_disk_in_a_training_says_to_resume(tmp_path):
    with (
        pytest.raises(StorageError, match="run the same command again with --resume, which goes on"),
        told_training_errors(),
        storage_errors(tmp_path),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(StorageError, match="no permission to write there: choose another"),
        told_training_errors(),
        storage_errors(tmp_path),
    ):
        raise OSError(errno.EACCES, "Permission denied")


def test_a_full_disk_while_pictures_are_unpacked_names_the_cache(run, monkeypatch):
    def full(*_, **__):
        raise datasets.exceptions.DatasetGenerationError("an error occurred") from OSError(
            errno.ENOSPC, "No space left"
        )

    monkeypatch.setattr(datasets, "load_dataset", full)
    with pytest.raises(StorageError, match=r"cannot be unpacked into .*HF_DATASETS_CACHE"):
        load_training_data(str(run), DataSettings(), needs_scene=True, seed=1)


@pytest.mark.parametrize("steps", [0, 5])
def test_an_adapter_on_a_warm_start_is_not_said_to_be_one_of_the_base(ready, tmp_path, steps):
    file = begin(tmp_path, ready.recipe, ready.data, model="m", files={}, resume=False)
    changed = {**file.recipe, "model": "Qwen/Qwen2.5-VL-3B-Instruct", "warm_start": {"steps": steps}}
    (tmp_path / "adapter_config.json").write_text("{}")
    card = write_model_card(tmp_path, file.model_copy(update={"recipe": changed}), tmp_path).read_text()
    assert ("base_model: Qwen" in card) == (steps == 0)
    assert ("It stands on the warm start" in card) == (steps > 0)
