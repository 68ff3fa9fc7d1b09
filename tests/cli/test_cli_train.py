from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from training_sets import write_set

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}:{module}")
    for module in ("transformers", "trl", "torch", "peft", "accelerate", "huggingface_hub", "datasets")
    for kind in ("FutureWarning", "DeprecationWarning", "UserWarning")
]


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def stvqa(capsys, monkeypatch, run):
    """The command in this process: importing torch once is enough."""
    from stvqa.cli import main

    monkeypatch.chdir(run)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def called(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["train", *words])
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    yield called
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("cli") / "runs" / "small", train=24, val=4)


def test_check_prints_tokens_and_the_table_of_rewards(stvqa, run):
    done = stvqa(str(run), "--model", "tiny", "--check")
    assert done.returncode == 0, done.stderr
    for text in ("prompt tokens", "image tokens", "pixel cap", "box-flood", "all checks passed"):
        assert text in done.stdout
    assert not (run / "train").exists()


def test_check_exits_1_where_one_fails_and_json_says_which(stvqa, run):
    done = stvqa(str(run), "--model", "tiny", "--check", "--json", "--set", "grpo.max_completion_length=8")
    assert done.returncode == 1
    assert "max_completion_length = 8" in json.loads(done.stdout)["failures"][0]


@pytest.mark.slow
def test_a_training_ends_with_a_model_and_a_report(stvqa, run, tmp_path):
    from transformers import AutoModelForImageTextToText

    settings = ["warm_start.steps=2", "grpo.max_steps=1", "grpo.max_completion_length=16", "data.val_rows=2"]
    words = [word for text in settings for word in ("--set", text)]
    done = stvqa(str(run), "--model", "tiny", "--out", str(tmp_path / "out"), "--json", *words)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    AutoModelForImageTextToText.from_pretrained(result["model"])
    assert "<svg" in (tmp_path / "out" / "report.html").read_text() or result["results"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--recipe", "demo"], "recipe for `stvqa build`"),
        (["--model", "tiny", "--set", "grpo.lr=1"], "grpo.lr is no option of GRPOConfig"),
        (["--model", "tiny", "--reward", "dens"], "dens"),
        (["--model", "tiny", "--report-to", "wandb"], "--report-to wandb: it is not installed"),
        (["--model", "./not/there"], "there is no model ./not/there"),
    ],
)
def test_mistakes_are_one_message(stvqa, run, tmp_path, words, message):
    done = stvqa(str(run), "--out", str(tmp_path / "out"), *words)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_missing_extra_is_told_before_anything_else(run, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'trl' else real(name, package)\n"
    )
    command = [sys.executable, "-m", "stvqa", "train", str(run), "--model", "tiny"]
    settings = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=run, capture_output=True, text=True, check=False, env=settings)
    assert done.returncode == 1
    assert "training needs trl, which is not installed: pip install 'stvqa[train]'" in done.stderr


@pytest.mark.parametrize(
    ("reward", "difficulty", "name"),
    [
        (None, 0, "grpo-tiny"),
        ("sparse", 0, "grpo-tiny-sparse"),
        (None, 4, "grpo-tiny-difficulty4"),
        ("mine.brevity", 2, "grpo-tiny-mine.brevity-difficulty2"),
    ],
)
def test_trainings_of_different_kinds_have_different_folders(tmp_path, monkeypatch, reward, difficulty, name):
    from stvqa.cli.runs import find_training
    from stvqa.cli.train import _default_folder
    from stvqa.train import load_train_recipe

    monkeypatch.chdir(tmp_path)
    recipe = load_train_recipe("grpo-tiny")
    folder = _default_folder(str(tmp_path), recipe, reward=reward, difficulty=difficulty)
    assert folder == tmp_path / "train" / name
    on_hub = _default_folder("me/set", recipe, reward=reward, difficulty=difficulty)
    on_hub.mkdir(parents=True)
    (on_hub / "train.json").write_text("{}")
    assert find_training(None) == find_training(on_hub.parent) == find_training(on_hub) == on_hub
