from __future__ import annotations

import json
import subprocess
import sys

import pytest
from training_sets import write_set


def stvqa(*words, cwd, **environment):
    import os

    command = [sys.executable, "-m", "stvqa", "train", *words]
    settings = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **environment}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    pytest.importorskip("trl")
    return write_set(tmp_path_factory.mktemp("cli") / "runs" / "small", train=24, val=4)


def test_check_prints_tokens_and_the_table_of_rewards(run):
    done = stvqa(str(run), "--model", "tiny", "--check", cwd=run)
    assert done.returncode == 0, done.stderr
    for text in ("prompt tokens", "image tokens", "pixel cap", "box-flood", "all checks passed"):
        assert text in done.stdout
    assert not (run / "train").exists()


def test_check_exits_1_where_one_fails_and_json_says_which(run):
    done = stvqa(str(run), "--model", "tiny", "--check", "--json", "--set", "grpo.max_completion_length=8", cwd=run)
    assert done.returncode == 1
    assert "max_completion_length = 8" in json.loads(done.stdout)["failures"][0]


@pytest.mark.slow
def test_a_training_ends_with_a_model_and_a_report(run, tmp_path):
    from transformers import AutoModelForImageTextToText

    settings = ["warm_start.steps=2", "grpo.max_steps=1", "grpo.max_completion_length=16", "data.val_rows=2"]
    words = [word for text in settings for word in ("--set", text)]
    done = stvqa(str(run), "--model", "tiny", "--out", str(tmp_path / "out"), "--json", *words, cwd=run)
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
def test_mistakes_are_one_message(run, tmp_path, words, message):
    done = stvqa(str(run), "--out", str(tmp_path / "out"), *words, cwd=run)
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
    done = stvqa(str(run), "--model", "tiny", cwd=run, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "training needs trl, which is not installed: pip install 'stvqa[train]'" in done.stderr
