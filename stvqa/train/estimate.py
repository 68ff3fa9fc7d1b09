"""What a training will need, before it begins: parameters, memory against what is there, and time.

    need = estimate(recipe, speaker, prompt_tokens=1400)
    need.parameters, need.memory_bytes / 2**30, need.seconds_per_step

Parameters are counted exactly, from the config, without weights. Memory is the sum of what is known: weights,
gradients, AdamW's two moments, the reference model, and activations and cache by the usual formulas; the true peak
has been seen 20 % above and below such sums. Time comes from this machine's own speed at matrix products and copies,
and is right to a factor of two or three.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import get_peft_model
from transformers import AutoConfig, AutoModelForImageTextToText

from stvqa.errors import TrainingError
from stvqa.train.freezing import no_eyes, sees
from stvqa.train.loading import Speaker
from stvqa.train.options import figure
from stvqa.train.parts import lora_config
from stvqa.train.ranks import place_of_process
from stvqa.train.recipe import TrainRecipe

__all__ = ["Estimate", "Machine", "estimate", "machine", "precision_note", "refuse_what_cannot_run"]

_LARGEST_ON_CPU = 500_000_000
"""Parameters; a larger model would take minutes for each completion."""

_SHARE_OF_PEAK = 0.35
"""What training loops reach of a device's speed at large matrix products."""

_ON_EACH_DEVICE = ("activations", "logits", "cache")
"""Parts that every device has of its own, however the weights are spread."""

_MEMORY_FILE = Path("/proc/meminfo")

_SPREAD_BY = ("ACCELERATE_USE_DEEPSPEED", "ACCELERATE_USE_FSDP")
"""What accelerate's launcher sets where weights are spread over the devices."""


class Machine(NamedTuple):
    """What is there.

    Attributes:
        memory_bytes: free, of all GPUs of this process's node that a launcher would use, or of the main memory.
        flops: multiply-adds times two a second at matrix products, one device.
        copy_bytes: a second, one device.
    """

    name: str
    devices: int
    memory_bytes: int
    flops: float
    copy_bytes: float


class Estimate(NamedTuple):
    """What a training needs.

    Attributes:
        parameters / trainable: counted from the config.
        memory_bytes: over all devices.
        parts: the same by what it is for.
        tokens_per_step: prompt and completion tokens that one optimizer step learns from.
        seconds_per_step: of one optimizer step; None where the machine's speed was not measured.
        steps: optimizer steps of the whole training.
        adapters: whether adapters are trained, beside the whole model.
    """

    parameters: int
    trainable: int
    memory_bytes: int
    parts: dict[str, int]
    tokens_per_step: int
    seconds_per_step: float | None
    steps: int
    adapters: bool = False


def machine(*, measure: bool = True, launched: bool = True) -> Machine:
    """This machine; `measure` takes about half a second.

    Args:
        launched: whether a launcher is reckoned with, which uses all GPUs; without one a training uses the first.
    """
    if torch.cuda.is_available():
        devices = torch.cuda.device_count() if launched else 1
        free = _free_on_devices(devices)
        name, device, dtype, side = torch.cuda.get_device_name(0), "cuda", torch.bfloat16, 8192
    else:
        devices, name, device, dtype, side = 1, f"CPU, {os.cpu_count()} cores", "cpu", torch.float32, 1024
        free = _free_main_memory()
    if not measure:
        return Machine(name, devices, free, 0.0, 0.0)
    first = torch.ones(side, side, dtype=dtype, device=device)
    seconds = _timed(lambda: first @ first, device)
    copied = _timed(first.clone, device)
    return Machine(name, devices, free, 2 * side**3 / seconds, 2 * first.nbytes / copied)


def _free_on_devices(devices: int) -> int:
    """Bytes that are free on all of them.

    Asking takes some memory on the device asked, so each of several processes asks its own alone and takes the others
    for alike.
    """
    if place_of_process()[1] > 1:
        own = int(os.environ.get("LOCAL_RANK", "0"))
        return devices * int(torch.cuda.mem_get_info(own)[0])
    return sum(int(torch.cuda.mem_get_info(index)[0]) for index in range(devices))


def _free_main_memory() -> int:
    """Bytes that programs can have without others being swapped out; all there are where the system does not tell."""
    if _MEMORY_FILE.is_file():
        for line in _MEMORY_FILE.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _timed(work: Any, device: str) -> float:  # noqa: ANN401 (a callable)
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return max(best, 1e-6)


def estimate(recipe: TrainRecipe, speaker: Speaker, *, rows: int, prompt_tokens: float, here: Machine) -> Estimate:
    """Memory and time of the recipe's method.

    Args:
        rows: that are trained on.
        prompt_tokens: of a usual prompt, image tokens included.
        here: the machine; without measured speed, no time is given.

    Raises:
        InputError: the vision encoder is to be frozen, and is not known by name.
    """
    block = recipe.grpo if recipe.method == "grpo" else recipe.sft
    grpo = recipe.method == "grpo"
    counts = _parameters(speaker.path, recipe)
    text = AutoConfig.from_pretrained(speaker.path).get_text_config()
    if recipe.freeze_vision and not counts.seeing:
        raise no_eyes(speaker.path)
    parameters, trainable = counts.all, counts.trainable
    micro = int(figure(block, "per_device_train_batch_size", 8))
    accumulated = int(figure(block, "gradient_accumulation_steps", 1))
    said = int(figure(block, "max_completion_length", 512)) if grpo else 256
    length = prompt_tokens + said
    width = 4 if _is_full_precision(block) else 2
    layers = text.num_hidden_layers
    side = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    heads = text.num_key_value_heads * side
    # Kept for the backward pass: about 34 numbers a token, layer and hidden unit; with checkpointing two, and one
    # layer anew.
    kept = 34 * layers if block.get("gradient_checkpointing", True) is False else 2 * layers + 34
    generated = int(figure(block, "generation_batch_size", micro * figure(block, "steps_per_generation", accumulated)))
    generated = min(generated, recipe.generate_at_once or generated)
    parts = {
        "weights": parameters * width,
        "gradients": trainable * width,
        # With weights of 16 bits, all parameters need a copy of 32 bits beside the moments, as DeepSpeed keeps it.
        "optimizer": trainable * (12 if width == 2 and recipe.lora is None else 2 * width),
        "reference": parameters * width if grpo and block.get("beta", 0.0) and recipe.lora is None else 0,
        "activations": int(micro * length * text.hidden_size * kept * 2),
        "logits": int(micro * said * text.vocab_size * 4),
        "cache": int(generated * length * layers * heads * 2 * width) if grpo else 0,
    }
    tokens = int(micro * accumulated * here.devices * length)
    group = int(figure(block, "num_generations", 8)) if grpo else 1
    steps = int(figure(block, "max_steps", -1))
    if steps <= 0:
        epochs = figure(block, "num_train_epochs", 3.0)
        steps = max(1, round(rows * group * epochs / (micro * accumulated * here.devices)))
    seconds = None
    if here.flops:
        # Forward and backward three times the forward's two, once more for checkpointing; GRPO also prefills, scores
        # the
        # old and the reference policy, and decodes token by token, for which all weights are read each time.
        passes = 8 + (4 if grpo else 0) + (2 if parts["reference"] else 0)
        seconds = passes * parameters * tokens / here.devices / (here.flops * _SHARE_OF_PEAK)
        seconds += said * parts["weights"] / here.copy_bytes * 2 if grpo else 0.0
    adapters = recipe.lora is not None
    return Estimate(parameters, trainable, sum(parts.values()), parts, tokens, seconds, steps, adapters)


def refuse_what_cannot_run(need: Estimate, here: Machine, *, model: str) -> None:
    """Stops before a GPU hour is spent on what ends for lack of memory.

    Raises:
        TrainingError: no GPU for a model of this size, or less memory than is needed.
    """
    billions = need.parameters / 1e9
    if not torch.cuda.is_available() and need.parameters > _LARGEST_ON_CPU:
        raise TrainingError(
            f"{model} has {billions:.1f} billion parameters and there is no CUDA device here: run it on a machine "
            "with a GPU, or try everything with --model tiny"
        )
    # Adapters are trained with the whole model on each device, unless a launcher spreads it; a whole model is spread.
    whole = need.adapters and not any(os.environ.get(name) == "true" for name in _SPREAD_BY)
    own = sum(need.parts.get(name, 0) for name in _ON_EACH_DEVICE)
    wanted = need.memory_bytes * here.devices if whole else need.memory_bytes + own * (here.devices - 1)
    if wanted > here.memory_bytes:
        worst = max(need.parts, key=lambda name: need.parts[name])
        needed, worst_gib = wanted / 2**30, need.parts[worst] / 2**30
        raise TrainingError(
            f"{model} needs about {needed:.0f} GiB ({worst}: {worst_gib:.0f} GiB) and {here.name} x {here.devices} has "
            f"{here.memory_bytes / 2**30:.0f} GiB free: train adapters (--recipe grpo-lora-1gpu), lower max_pixels, "
            "per_device_train_batch_size or grpo.max_completion_length, or take more GPUs"
        )


def precision_note(recipe: TrainRecipe) -> str:
    """What is lost where parameters are trained in 16 bits without copies in 32; "" where nothing is."""
    block = recipe.grpo if recipe.method == "grpo" else recipe.sft
    if recipe.lora is not None or _is_full_precision(block) or any(os.environ.get(key) == "true" for key in _SPREAD_BY):
        return ""
    return (
        "the parameters are trained in 16 bits: launch it with DeepSpeed or FSDP, which keep copies of 32 bits, or set "
        "model_init_kwargs.dtype to float32; a step of learning rate 1e-6 is otherwise rounded away"
    )


class _Counts(NamedTuple):
    """Parameters: all but adapters, those of the vision encoder among them, and what is trained."""

    all: int
    seeing: int
    trainable: int


def _parameters(path: str, recipe: TrainRecipe) -> _Counts:
    """Counts them on a model without weights, with the adapters that peft lays on it."""
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(path))
    counts = [(sees(name), parameter.numel()) for name, parameter in model.named_parameters()]
    everything, seeing = sum(count for _, count in counts), sum(count for eyes, count in counts if eyes)
    adapters = lora_config(recipe)
    if adapters is not None:
        with torch.device("meta"):
            wrapped = get_peft_model(model, adapters)
        counts = [(sees(name), item.numel()) for name, item in wrapped.named_parameters() if item.requires_grad]
    trainable = sum(count for eyes, count in counts if not (eyes and recipe.freeze_vision))
    return _Counts(everything, seeing, trainable)


def _is_full_precision(block: dict[str, Any]) -> bool:
    kind = (block.get("model_init_kwargs") or {}).get("dtype", "float32")
    return str(kind) in ("float32", "None")
