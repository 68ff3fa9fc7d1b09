from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tiny_trainings import recipe

from stvqa.errors import InputError, StorageError, TrainingError
from stvqa.rewards import find_reward
from stvqa.train import session
from stvqa.train.card import write_model_card
from stvqa.train.preparing import prepare
from stvqa.train.state import begin, digests_of


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
