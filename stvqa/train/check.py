"""`stvqa train --check`: whether reward, prompt, frame, pixels and memory fit, before a weight is read.

report = check(prepare(recipe, origin="runs/demo", tiny=Path("/tmp/tiny")))
report.failures        # (): all is well
print(report.text())
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from stvqa.errors import StvqaError
from stvqa.rewards import REWARD_NAMES, find_reward
from stvqa.train.data import Example
from stvqa.train.earnings import Earning, Probe, earn, earnings_table, verdict
from stvqa.train.estimate import Estimate, Machine, estimate, machine, precision_note, refuse_what_cannot_run
from stvqa.train.lengths import PromptLength, prompt_lengths, spread, token_faults, usual_length
from stvqa.train.options import figure
from stvqa.train.parts import check_blocks, processes_note
from stvqa.train.preparing import Prepared
from stvqa.train.ranks import place_of_process

__all__ = ["CheckReport", "check"]

_PROBED = 64
"""Rows whose truths and hacks are scored."""


class CheckReport(NamedTuple):
    """What was found.

    Attributes:
        lines: what is shown, in order.
        earnings: every reward on truth and hacks.
        failures: what has to be put right, a sentence each; empty: the training may begin.
        figures: the same as numbers, for `--json`.
    """

    lines: tuple[str, ...]
    earnings: tuple[Earning, ...]
    failures: tuple[str, ...]
    figures: dict[str, Any]

    def text(self) -> str:
        """For people."""
        table = earnings_table(self.earnings)
        end = [f"FAILED: {text}" for text in self.failures] or ["all checks passed"]
        return "\n".join([*self.lines, "", *table, "", *end])


def check(ready: Prepared) -> CheckReport:
    """Runs every check on a prepared training.

    Raises:
        RecipeError: a block of the recipe that TRL does not take or that the rows do not do for.
    """
    check_blocks(ready.recipe, rows=len(ready.data.train), val=len(ready.data.val))
    lengths = prompt_lengths(ready.data.train, ready.speaker)
    failures = [*token_faults(ready.data, ready.speaker), *_room(ready, lengths)]
    probed = spread(ready.data.train, _PROBED)
    earned = _earned(ready, probed)
    found = verdict(ready.reward, earned[ready.reward.name])
    failures += found.failures
    here = machine()
    need = estimate(
        ready.recipe,
        ready.speaker,
        rows=len(ready.data.train),
        prompt_tokens=usual_length(lengths),
        here=here,
    )
    lines = [*_data_lines(ready), *_token_lines(ready, lengths), *_cost_lines(need, here, ready.model)]
    notes = (
        precision_note(ready.recipe),
        processes_note(ready.recipe, place_of_process()[1]),
        _left_out(earned),
        *found.notes,
    )
    lines += [f"  note: {note}" for note in notes if note]
    earnings = tuple(item for items in earned.values() for item in items)
    figures = {
        "prompt_tokens": _three([length.all for length in lengths]),
        "image_tokens": _three([length.image for length in lengths]),
        "parameters": need.parameters,
        "memory_bytes": need.memory_bytes,
        "seconds_per_step": need.seconds_per_step,
        "dropped": dict(ready.data.dropped),
        "failures": failures,
        "earnings": [item._asdict() for item in earnings],
    }
    return CheckReport(tuple(lines), earnings, tuple(failures), figures)


def _room(ready: Prepared, lengths: Sequence[PromptLength]) -> list[str]:
    """Whether prompts and answers fit into the model, and truths into the answer's limit."""
    recipe, tokenizer = ready.recipe, ready.speaker.tokenizer
    wording = ready.speaker.wording
    told = wording.answer if recipe.method == "sft" and recipe.target == "answer" else wording.completion
    said = [len(tokenizer(told(item))["input_ids"]) for item in spread(ready.data.train, _PROBED)]
    longest = max(length.all for length in lengths)
    text = ready.speaker.config.get("text_config") or ready.speaker.config
    places = int(text.get("max_position_embeddings") or 1 << 30)
    found: list[str] = []
    limit = int(figure(recipe.grpo, "max_completion_length", 512)) if recipe.method == "grpo" else max(said)
    if longest + limit > places:
        found.append(
            f"the longest prompt ({longest} tokens) and {limit} tokens of answer pass the model's {places} places"
        )
    over = sum(length > limit for length in said) / len(said)
    if over > 0.05:
        found.append(
            f"{over:.0%} of the truths take more than grpo.max_completion_length = {limit} tokens (the longest "
            f"{max(said)}): no completion could earn the full reward"
        )
    most = figure(recipe.sft, "max_length", math.inf)
    supervised = recipe.method == "sft" or recipe.warm_start.steps > 0
    if supervised and longest + max(said) > most:
        found.append(
            f"sft.max_length = {most:g} would cut prompts of up to {longest} tokens with answers of up to {max(said)}: "
            "leave it out"
        )
    return found


def _earned(ready: Prepared, probed: Sequence[Example]) -> dict[str, list[Earning]]:
    """The truth and every hack by reward; the recipe's own comes first, with its settings."""
    own = ready.recipe.reward.name
    rewards = [ready.reward, *(find_reward(name) for name in REWARD_NAMES if name != own)]
    wording = ready.speaker.wording
    probes = [Probe(wording.truth(item), wording.prompt(item)) for item in probed]
    return {reward.name: earn(reward, probes, seed=ready.recipe.seed) for reward in rewards}


def _left_out(earned: Mapping[str, Sequence[Earning]]) -> str:
    """Which rewards could not be tried; "" where all were."""
    names = [name for name, items in earned.items() if not items]
    if not names:
        return ""
    return f"no row that was looked at has a scene, which {', '.join(names)} would compare: left out below"


def _data_lines(ready: Prepared) -> list[str]:
    data = ready.data
    lines = [f"{data.origin}: {len(data.train):,} rows to train on, {len(data.val):,} of val to look at"]
    lines += [f"  left out: {count:,} rows, {why}" for why, count in data.dropped.items()]
    return [*lines, *(f"  note: {text}" for text in data.notes)]


def _token_lines(ready: Prepared, lengths: Sequence[PromptLength]) -> list[str]:
    images = ready.speaker.processor.image_processor
    factor = images.patch_size * images.merge_size
    low, high = images.size["shortest_edge"], images.size["longest_edge"]
    first = ready.data.train[0]
    wording = ready.speaker.wording
    return [
        f"model {ready.model}: {ready.speaker.config.get('model_type')}, {type(ready.speaker.processor).__name__}",
        f"  prompt tokens  {_in_words(_three([item.all for item in lengths]))}",
        f"  image tokens   {_in_words(_three([item.image for item in lengths]))}",
        f"  pixel cap      {low:,} to {high:,} pixels, tokens of {factor} x {factor}: at most {high // factor**2:,}",
        f"  box frame      {wording.frame.kind}: {wording.frame.in_words(first.width, first.height)}",
        f"  prompt         {wording.template}; the first begins: {wording.prompt(first)[:90]!r}",
    ]


class _Three(NamedTuple):
    """Smallest, middle and largest of some numbers."""

    least: int
    median: int
    most: int


def _three(values: Sequence[int]) -> _Three:
    return _Three(min(values), round(statistics.median(values)), max(values))


def _in_words(three: _Three) -> str:
    return f"min {three.least:,}, median {three.median:,}, max {three.most:,}"


def _cost_lines(need: Estimate, here: Machine, model: str) -> list[str]:
    size = 2**30 if need.memory_bytes >= 2**30 else 2**20
    unit = "GiB" if size == 2**30 else "MiB"
    parts = ", ".join(f"{name} {value / size:.1f}" for name, value in need.parts.items() if value)
    lines = [
        f"{need.parameters:,} parameters, {need.trainable:,} trained",
        f"  memory         about {need.memory_bytes / size:.1f} {unit} ({parts})",
        f"  here           {here.name} x {here.devices}, {here.memory_bytes / 2**30:.0f} GiB free",
    ]
    try:
        refuse_what_cannot_run(need, here, model=model)
    except StvqaError as error:
        return [*lines, f"  note: it would not begin here: {error}"]
    if need.seconds_per_step is not None:
        hours = need.seconds_per_step * need.steps / 3600
        lines.append(
            f"  time           about {need.seconds_per_step:.1f} s a step, {need.steps:,} steps, {hours:.1f} h in all "
            "(to a factor of three)"
        )
    return lines
