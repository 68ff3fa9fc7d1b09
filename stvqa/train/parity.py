"""Whether vLLM says what transformers says: the same prompts and pictures, greedy, both engines.

    verdict = compare([[5, 6, 7]], [[5, 6, 8]])        # Parity(prompts=1, first_equal=1.0, tokens_equal=0.67)
    refuse_unless_equal(ready)                         # before a training with grpo.use_vllm

Some versions of TRL and vLLM expand image tokens twice, or lose the picture, without an error; rollouts are then of
another question than the one that is learned from. So the probe hands vLLM what TRL does: token ids that the recipe's
own processor made, image tokens among them, and the picture as it is stored. Two sound engines agree on nearly every
first token, and on most of those after it (sums are rounded in another order, and after the first difference the texts
part).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForImageTextToText

from stvqa.errors import TrainingError
from stvqa.train.data import Example
from stvqa.train.feeding import picture_of
from stvqa.train.lengths import prompt_lengths
from stvqa.train.loading import load_speaker
from stvqa.train.preparing import Prepared

__all__ = ["Parity", "compare", "refuse_other_sizes", "refuse_unless_equal"]

_PROMPTS = 8
_TOKENS = 24
_LEAST_FIRST, _LEAST_ALL = 0.85, 0.6


class Parity(NamedTuple):
    """How far two engines agree.

    Attributes:
        first_equal: share of prompts whose first token is the same.
        tokens_equal: share of tokens before the first difference, of the longer answer, averaged over prompts.
    """

    prompts: int
    first_equal: float
    tokens_equal: float

    @property
    def holds(self) -> bool:
        """Whether the two may be taken for one."""
        return self.first_equal >= _LEAST_FIRST and self.tokens_equal >= _LEAST_ALL


def compare(ours: Sequence[Sequence[int]], theirs: Sequence[Sequence[int]]) -> Parity:
    """Agreement of greedy token ids, prompt by prompt."""
    shares, firsts = [], []
    for one, other in zip(ours, theirs, strict=True):
        same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
        common = min(len(one), len(other)) if same is None else same
        shares.append(common / max(len(one), len(other), 1))
        firsts.append(common > 0)
    return Parity(len(shares), sum(firsts) / max(1, len(firsts)), sum(shares) / max(1, len(shares)))


def refuse_unless_equal(ready: Prepared) -> Parity:
    """Runs the probe; needs a GPU and vLLM.

    Raises:
        TrainingError: vLLM is not installed, would see pictures of another size, or does not agree with transformers.
    """
    if importlib.util.find_spec("vllm") is None:
        raise TrainingError("grpo.use_vllm: vllm is not installed; pip install vllm, or leave it false")
    refuse_other_sizes(ready)
    examples = ready.data.train[:_PROMPTS]
    found = compare(_transformers(ready, examples), _vllm(ready, examples))
    if not found.holds:
        raise TrainingError(
            f"grpo.use_vllm: greedy answers of vLLM and transformers part ({found.first_equal:.0%} of first tokens "
            f"equal, {found.tokens_equal:.0%} of all): this pair of versions would train on other rollouts than it "
            "learns from; set grpo.use_vllm=false, or try other versions of vllm and trl"
        )
    return found


def refuse_other_sizes(ready: Prepared) -> None:
    """TRL starts vLLM with the processor of the model's folder, whatever pixel cap the recipe lays over it.

    Raises:
        TrainingError: the recipe's cap resizes a row's picture to another size than the model's own.
    """
    recipe, speaker = ready.recipe, ready.speaker
    uncapped = recipe.model_copy(update={"min_pixels": None, "max_pixels": None})
    own = load_speaker(ready.model, uncapped, style=speaker.wording.style)
    pairs = zip(
        prompt_lengths(ready.data.train, speaker), prompt_lengths(ready.data.train, own), ready.data.train, strict=True
    )
    for ours, theirs, item in pairs:
        if ours.image != theirs.image:
            raise TrainingError(
                f"grpo.use_vllm: the picture of row {item.row_id} is {ours.image} tokens under the recipe's min_pixels "
                f"and max_pixels and {theirs.image} in vLLM, which TRL does not tell of them: leave both out, write "
                "them into preprocessor_config.json of a model folder, or set grpo.use_vllm=false"
            )


def _tokenized(ready: Prepared, item: Example) -> Any:  # noqa: ANN401 (a batch of transformers)
    speaker = ready.speaker
    return speaker.processor.apply_chat_template(
        [speaker.messages(item, picture_of(ready.data, item))],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        processor_kwargs={"return_tensors": "pt"},
    )


def _transformers(ready: Prepared, examples: Sequence[Example]) -> list[list[int]]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForImageTextToText.from_pretrained(ready.model, dtype=torch.bfloat16).to(device).eval()
    found = []
    for item in examples:
        inputs = _tokenized(ready, item).to(device)
        with torch.no_grad():
            ids = model.generate(**inputs, max_new_tokens=_TOKENS, do_sample=False, repetition_penalty=1.0)
        found.append([int(token) for token in ids[0, inputs["input_ids"].shape[1] :]])
    del model
    if device == "cuda":
        torch.cuda.empty_cache()
    return found


def _vllm(ready: Prepared, examples: Sequence[Example]) -> list[list[int]]:
    vllm = importlib.import_module("vllm")
    engine = vllm.LLM(model=ready.model, dtype="bfloat16", max_model_len=8192, gpu_memory_utilization=0.5)
    sampling = vllm.SamplingParams(temperature=0.0, max_tokens=_TOKENS)
    asked = [
        {
            "prompt_token_ids": _tokenized(ready, item)["input_ids"][0].tolist(),
            "multi_modal_data": {"image": picture_of(ready.data, item)},
        }
        for item in examples
    ]
    return [list(answer.outputs[0].token_ids) for answer in engine.generate(asked, sampling)]
