from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from tiny_trainings import recipe

from stvqa.errors import TrainingError
from stvqa.train.lengths import prompt_lengths
from stvqa.train.parity import _vllm, refuse_other_sizes
from stvqa.train.preparing import prepare


@pytest.fixture(scope="module")
def ready(run, tiny):
    return prepare(recipe("data.val_rows=4", model=str(tiny)), origin=str(run), tiny=tiny)


def test_vllm_gets_the_token_ids_and_pictures_that_trl_hands_it(ready, monkeypatch):
    asked = []

    class Engine:
        def __init__(self, **options):
            assert "mm_processor_kwargs" not in options  # TRL gives none either

        def generate(self, rows, sampling):
            asked.extend(rows)
            return [SimpleNamespace(outputs=[SimpleNamespace(token_ids=(5, 6))]) for _ in rows]

    fake = SimpleNamespace(LLM=Engine, SamplingParams=lambda **options: options)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    examples = ready.data.train[:2]
    assert _vllm(ready, examples) == [[5, 6], [5, 6]]
    for row, item, length in zip(asked, examples, prompt_lengths(examples, ready.speaker), strict=True):
        ids = row["prompt_token_ids"]
        assert (len(ids), ids.count(ready.speaker.processor.image_token_id)) == (length.all, length.image)
        assert row["multi_modal_data"]["image"].size == (item.width, item.height)


def test_a_pixel_cap_that_vllm_would_not_know_of_is_refused(run, tiny, ready):
    refuse_other_sizes(ready)
    capped = prepare(recipe("max_pixels=3136", model=str(tiny)), origin=str(run), tiny=tiny)
    with pytest.raises(TrainingError, match=r"2 tokens under the recipe's min_pixels and max_pixels and 12 in vLLM"):
        refuse_other_sizes(capped)
