from __future__ import annotations

import pytest
from tiny_trainings import recipe

from stvqa.errors import InputError
from stvqa.train import estimate as estimating
from stvqa.train import session
from stvqa.train.estimate import machine
from stvqa.train.lengths import prompt_lengths, usual_length
from stvqa.train.preparing import prepare


@pytest.fixture(scope="module")
def ready(run, tiny):
    return prepare(recipe("data.val_rows=4", model=str(tiny)), origin=str(run), tiny=tiny)


def test_the_refusal_reckons_with_the_real_prompts(ready, monkeypatch):
    seen = {}
    monkeypatch.setattr(session, "estimate", lambda *_, **named: seen.update(named))
    monkeypatch.setattr(session, "refuse_what_cannot_run", lambda *_, **__: None)
    session._refuse(ready)
    assert seen["prompt_tokens"] == usual_length(prompt_lengths(ready.data.train, ready.speaker)) < 100


def test_frozen_eyes_need_weights_alone(ready):
    here = machine(measure=False)
    counts = {"rows": 10, "prompt_tokens": 100.0, "here": here}
    whole = estimating.estimate(ready.recipe, ready.speaker, **counts)
    frozen = estimating.estimate(ready.recipe.model_copy(update={"freeze_vision": True}), ready.speaker, **counts)
    assert whole.trainable == whole.parameters == frozen.parameters
    assert 700_000 < whole.trainable - frozen.trainable < 900_000
    assert frozen.parts["weights"] == whole.parts["weights"]
    assert frozen.parts["gradients"] == 4 * frozen.trainable < whole.parts["gradients"]
    assert frozen.parts["optimizer"] == 8 * frozen.trainable < whole.parts["optimizer"]
    assert not frozen.adapters


def test_a_model_whose_eyes_have_no_known_name_is_told_before_its_weights_are_read(ready, monkeypatch):
    monkeypatch.setattr(estimating, "sees", lambda name: False)
    frozen = ready.recipe.model_copy(update={"freeze_vision": True})
    with pytest.raises(InputError, match=r"freeze_vision: no module of .* is called .*visual.*: leave it out"):
        estimating.estimate(frozen, ready.speaker, rows=10, prompt_tokens=100.0, here=machine(measure=False))


def test_memory_is_what_is_free(tmp_path, monkeypatch):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:       64000000 kB\nMemAvailable:   12000000 kB\n")
    monkeypatch.setattr(estimating, "_MEMORY_FILE", told)
    monkeypatch.setattr(estimating.torch.cuda, "is_available", lambda: False)
    assert machine(measure=False).memory_bytes == 12_000_000 * 1024
    monkeypatch.setattr(estimating, "_MEMORY_FILE", tmp_path / "none")
    assert machine(measure=False).memory_bytes > 12_000


def test_memory_of_gpus_is_what_is_free_on_each(monkeypatch):
    asked = []

    def free(index):
        asked.append(index)
        return (10 + index) << 30, 80 << 30

    cuda = estimating.torch.cuda
    monkeypatch.setattr(cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "device_count", lambda: 4)
    monkeypatch.setattr(cuda, "get_device_name", lambda index: "a GPU")
    monkeypatch.setattr(cuda, "mem_get_info", free)
    assert machine(measure=False).memory_bytes == 46 << 30
    asked.clear()
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "2")
    assert machine(measure=False).memory_bytes == 48 << 30
    assert asked == [2]
