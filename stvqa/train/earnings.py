"""What the truth and degenerate completions earn under a reward, and whether a policy could learn from that.

earned = earn(find_reward("sparse"), [Probe(truth, prompt)], seed=0)
earned[0]                                # Earning(reward="sparse", completion="truth", mean=1.0, beyond=0.0, ...)
verdict(find_reward("sparse"), earned)   # Verdict(failures=(), notes=())
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import parse_completion
from stvqa.rewards import Reward, Score, Truth, render_truth
from stvqa.rewards.answers import names_right_option
from stvqa.rewards.custom import CustomReward
from stvqa.rewards.formats import read_strictly
from stvqa.rewards.hacks import hacks

__all__ = ["HACK_LIMIT", "Earning", "Probe", "Verdict", "earn", "earnings_table", "verdict"]

HACK_LIMIT = 0.15
"""What a degenerate completion may earn, on average, beyond its answer and its form, of 1."""

_PAID_IN_FULL = 1 - 1e-3
"""What the truth has to earn on average. `paper-release` keeps back 1e-8 over a box's share of the image, which shows
for boxes of a few pixels."""

_PUBLISHED = ("paper", "paper-release")
"""Rewards kept as they were published, with the holes that the table shows."""


class Probe(NamedTuple):
    """A truth and the text that asks for it."""

    truth: Truth
    prompt: str


class Earning(NamedTuple):
    """What one kind of completion earns under one reward.

    Attributes:
        mean: total reward, averaged over the rows that have one; None where no row has.
        beyond: the same without what its answer and its form earn. Of a reward of the user's own, whose scale is not
            known, as a share of what the truth earns; None where that is nothing, or less.
        rows: that were probed.
        unknown: rows of these for which the reward gave None.
    """

    reward: str
    completion: str
    mean: float | None
    beyond: float | None
    rows: int
    unknown: int


class Verdict(NamedTuple):
    """What the earnings of a reward say, a sentence each: what has to be put right, and what is worth knowing."""

    failures: tuple[str, ...]
    notes: tuple[str, ...]


class _Case(NamedTuple):
    text: str
    truth: Truth


def earn(reward: Reward, probes: Sequence[Probe], *, seed: int) -> list[Earning]:
    """The truth first, then every hack; rewards that compare scenes take part with the rows that have one.

    Returns:
        Nothing where no row can be probed.
    """
    made: defaultdict[str, list[_Case]] = defaultdict(list)
    for truth, prompt in probes:
        if reward.style == "scene" and truth.scene is None:
            continue
        said = truth if reward.style == "scene" else truth._replace(scene=None)
        made["truth"].append(_Case(render_truth(said), truth))
        for hack in hacks(truth, prompt=prompt, seed=seed):
            made[hack.name].append(_Case(hack.text, truth))
    found: list[Earning] = []
    for name, cases in made.items():
        scores = reward.score_many([case.text for case in cases], [case.truth for case in cases])
        found.append(_earning(reward, name, cases, scores, best=found[0].mean if found else None))
    return found


def _earning(
    reward: Reward, name: str, cases: Sequence[_Case], scores: Sequence[Score], *, best: float | None
) -> Earning:
    known = [(case, score, score.total) for case, score in zip(cases, scores, strict=True) if score.total is not None]
    unknown = len(cases) - len(known)
    if not known:
        return Earning(reward.name, name, None, None, len(cases), unknown)
    mean = statistics.fmean(total for _, _, total in known)
    scale = (mean if name == "truth" else best) if isinstance(reward, CustomReward) else 1.0
    beyond = None
    if scale is not None and scale > 0:
        owed = statistics.fmean(_answer_and_form(reward, case, score) for case, score, _ in known)
        beyond = mean / scale - owed
    return Earning(reward.name, name, mean, beyond, len(cases), unknown)


def _answer_and_form(reward: Reward, case: _Case, score: Score) -> float:
    """What a score owes to its answer and its form; a part that the reward does not tell is looked up here."""
    settings = getattr(reward, "settings", None)
    form_weight = getattr(settings, "format_weight", 0.5 if reward.style == "sparse" else 0.1)
    answer_weight = getattr(settings, "accuracy_weight", 0.5)
    parsed = parse_completion(case.text)
    form, answer = score.format, score.accuracy
    if form is None:
        well_formed = parsed.pair_tags == "in-order" if reward.style == "sparse" else not read_strictly(parsed).fault
        form = float(well_formed)
    if answer is None:
        truth = case.truth
        answer = float(names_right_option(parsed.blocks.answer, gold=truth.answer, options=truth.options))
    return float(form_weight * form + answer_weight * answer)


def verdict(reward: Reward, earned: Sequence[Earning]) -> Verdict:
    """Whether the truth earns the most, and no hack too much.

    A reward of the user's own may be on any scale and may pay for other things than scenes, so it has only to give no
    hack more than the truth, and not everything the same.
    """
    silent = [item.completion for item in earned if item.mean is None]
    if silent:
        return Verdict(
            (f"reward {reward.name} gives None for all completions “{silent[0]}”: a training would learn nothing",), ()
        )
    if not earned:
        return Verdict((), ())
    best = earned[0].mean
    assert best is not None
    failures = [
        f"reward {reward.name} gives the completion “{item.completion}” more than the truth"
        for item in earned[1:]
        if item.mean is not None and item.mean > best + 1e-9
    ]
    paid = [
        f"reward {reward.name} gives the completion “{item.completion}” {item.beyond:.2f} beyond its answer and "
        f"form, more than {HACK_LIMIT}: a policy would find it"
        for item in earned[1:]
        if item.beyond is not None and item.beyond > HACK_LIMIT
    ]
    if isinstance(reward, CustomReward):
        if all(item.mean is not None and abs(item.mean - best) <= 1e-9 for item in earned):
            failures.append(f"reward {reward.name} gives the truth and every hack the same: nothing can be learned")
        return Verdict(tuple(failures), tuple(paid))
    if best < _PAID_IN_FULL:
        failures.insert(
            0,
            f"reward {reward.name} gives the truth itself {best:.3f} of 1: its prompt, frame or parser does not fit",
        )
    if reward.name in _PUBLISHED:
        return Verdict(tuple(failures), tuple(paid))
    return Verdict((*failures, *paid), ())


def earnings_table(earned: Sequence[Earning]) -> list[str]:
    """Completions down, rewards across; `n/a` where a reward gave no number, with how many rows that was."""
    rewards = list(dict.fromkeys(item.reward for item in earned))
    cells = {(item.completion, item.reward): item for item in earned}
    names = list(dict.fromkeys(item.completion for item in earned))
    head = f"{'reward, and beyond answer and form':<36}" + "".join(f"{name:>24}" for name in rewards)
    lines = [head]
    for name in names:
        shown = [cells.get((name, reward)) for reward in rewards]
        lines.append(f"  {name:<34}" + "".join(f"{'' if item is None else _cell(item):>24}" for item in shown))
    return lines


def _cell(item: Earning) -> str:
    if item.mean is None:
        return f"n/a ({item.unknown})"
    beyond = "n/a" if item.beyond is None else f"{item.beyond:+.2f}"
    return f"{item.mean:.2f} / {beyond}" + (f" ({item.unknown} n/a)" if item.unknown else "")
