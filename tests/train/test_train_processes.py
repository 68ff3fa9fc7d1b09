"""Two processes on the CPU, as a launcher starts them: one model, one report, and going on with as many alone."""

from __future__ import annotations

import os
import subprocess
import sys

from transformers import AutoModelForImageTextToText

from stvqa.train.state import read_train_file
from stvqa.train.watch import read_curves

SETTINGS = (
    "data.val_rows=4",
    "warm_start.steps=2",
    "sft.per_device_train_batch_size=2",
    "grpo.per_device_train_batch_size=4",
    "grpo.num_generations=4",
    "grpo.max_completion_length=24",
    "grpo.max_steps=10",
    "grpo.save_steps=5",
)


def launched(checkout, run, tiny, out, *words, processes):
    settings = [word for text in SETTINGS for word in ("--set", text)]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    command = [*launcher, "-m", "stvqa", "train", run, "--recipe", "grpo-tiny", "--model", tiny, "--out", out]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    whole = [*map(str, command), *settings, *words]
    return subprocess.run(whole, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_two_processes_train_one_model(checkout, run, tiny, tmp_path):
    done = launched(checkout, run, tiny, tmp_path / "two", processes=2)
    assert done.returncode == 0, done.stderr
    assert "grpo-tiny is meant for 1 processes and 2 run: an update takes 2 prompts instead of 1" in done.stderr
    file = read_train_file(tmp_path / "two")
    assert (file.state, file.processes) == ("complete", 2)
    assert sum(p.numel() for p in AutoModelForImageTextToText.from_pretrained(tmp_path / "two" / "model").parameters())
    steps = [point.step for point in read_curves(tmp_path / "two") if point.phase == "grpo" and "loss" in point.values]
    assert steps == list(range(1, 11))
    page = (tmp_path / "two" / "report.html").read_text()
    assert "None were measured: the training ran on several processes" in page
    assert "The last completions that were kept of training" in page
    (tmp_path / "two" / "train.json").write_text(file.model_copy(update={"state": "failed"}).model_dump_json())
    alone = launched(checkout, run, tiny, tmp_path / "two", "--resume", processes=1)
    assert alone.returncode != 0
    assert "it ran on 2 processes and now on 1" in alone.stderr
