from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version

from fake_stages import Gather, Load, Scale

from stvqa.recipe import Recipe, stage_hashes


def digests(*, seed=1, load=None, scale=None):
    recipe = Recipe(name="x", seed=seed, stages=(Load(**(load or {})), Scale(**(scale or {})), Gather()))
    return [item.digest for item in stage_hashes(recipe)]


def same(first, second):
    return [a == b for a, b in zip(first, second, strict=True)]


def test_a_change_reruns_its_stage_and_what_follows():
    base = digests()
    assert same(base, digests()) == [True, True, True]
    assert same(base, digests(scale={"factor": 3})) == [True, False, False]
    assert same(base, digests(load={"version_of_data": "2"})) == [False, False, False]
    assert same(base, digests(seed=2)) == [False, False, False]


def test_what_does_not_change_the_output_is_not_in_the_hash():
    changed = digests(scale={"sleep_seconds": 1.0, "max_rejected_share": 0.1}, load={"max_rejected_share": 0.9})
    assert digests() == changed


def test_code_and_prompts_are_in_the_hash(monkeypatch):
    base = digests()
    monkeypatch.setattr(Scale, "prompts", lambda _: {"user": "Ask."})
    asked = digests()
    assert same(base, asked) == [True, False, False]
    monkeypatch.setattr(Scale, "version", 2)
    assert same(asked, digests()) == [True, False, False]


def test_versions_are_in_the_hash(monkeypatch):
    base = digests()
    real = version

    def with_numpy(number):
        return lambda name: number if name == "numpy" else real(name)

    major, minor = real("numpy").split(".")[:2]
    monkeypatch.setattr("stvqa.recipe.hashes.version", with_numpy(f"{major}.{minor}.99"))
    assert digests() == base
    monkeypatch.setattr("stvqa.recipe.hashes.version", with_numpy(f"{major}.{int(minor) + 1}.0"))
    assert same(base, digests()) == [False, False, False]
    monkeypatch.setattr("stvqa.recipe.hashes.version", real)
    monkeypatch.setattr("stvqa.recipe.hashes.__version__", "0.1.1")
    assert same(base, digests()) == [False, False, False]


def test_hashes_do_not_depend_on_the_process(checkout):
    script = (
        "from fake_stages import *; from stvqa.recipe import *;"
        "print(stage_hashes(Recipe(name='x', seed=1, stages=(Load(), Scale(), Gather())))[2].digest)"
    )
    path = os.pathsep.join([str(checkout / "tests" / "support"), str(checkout)])
    for salt in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        assert done.stdout.strip() == digests()[2]
