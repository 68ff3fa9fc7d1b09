"""Which trainings are asked for, in order, and what the earlier groups chose for the later ones.

    book = Book(settings, results)
    book.next_jobs()          # of the first group that is not complete; [] when all is done
    book.chosen.grpo          # "rate-1e-4", or None while tuning is not complete

Nothing is decided by hand: `tuning` and `choice` are settled by the rules below, from accuracy on `watch` alone.
"""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from miniature.results import Group, Result
from miniature.settings import Arm, RewardChoice, Settings
from stvqa.rewards.terms import DenseSettings

__all__ = ["CODE", "HACK_LIMIT", "Book", "Chosen", "Job", "digest_of", "first", "is_trained", "main_arms", "seeds_of"]

CODE = 2
"""Raised when the same settings give other figures than before."""

HACK_LIMIT = 0.15
"""Most that a degenerate completion may earn, under a reward that is to be the default, beyond answer and form."""


class Job(NamedTuple):
    """One training with all that it depends on.

    Attributes:
        arm: with the reward's settings written out.
        values: of the method's block, tuned ones included.
        digest: of all this and of data and warm start.
    """

    group: Group
    name: str
    arm: Arm
    seed: int
    values: dict[str, Any]
    digest: str


class Chosen(NamedTuple):
    """What was chosen so far; None where the results do not suffice yet.

    Attributes:
        grpo: name of the candidate; sft: the same for each arm of supervision.
        variant: name of the variant of `dense`.
    """

    grpo: str | None
    sft: dict[str, str] | None
    variant: str | None


class Book:
    """Settings and results side by side.

    Attributes:
        done: results that belong to jobs, by (group, name, seed).
        chosen: see `Chosen`.
    """

    def __init__(self, settings: Settings, results: Sequence[Result], *, warm_start: str | None = None) -> None:
        self.settings = settings
        self._found = {
            (item.group, item.arm, item.seed, item.digest): item
            for item in results
            if warm_start is None or item.warm_start == warm_start
        }
        self.done: dict[tuple[Group, str, int], Result] = {}
        self.chosen = Chosen(None, None, None)
        self._settle()

    def next_jobs(self) -> list[Job]:
        """What is left of the first group that is not complete."""
        for jobs in self._groups():
            left = [job for job in jobs if (job.group, job.name, job.seed) not in self.done]
            if left:
                return left
        return []

    def results(self, group: Group, name: str) -> list[Result]:
        """Those of one arm, by seed."""
        return [item for (of, arm, _), item in sorted(self.done.items()) if (of, arm) == (group, name)]

    def count(self, group: Group) -> int:
        """Trainings that a group asks for; of `main`, before there is a choice, as if the default stayed."""
        settings = self.settings
        if group == "tuning":
            return len(settings.tuning.grpo) * len(settings.tuning.grpo_arms) + len(settings.tuning.sft) * len(
                settings.tuning.sft_arms
            )
        if group == "choice":
            return len(settings.choice.seeds) * len(settings.choice.variants)
        arms = main_arms(settings, self.chosen.variant or first(settings.choice.variants))
        return sum(len(seeds_of(settings, arm)) for arm in arms.values())

    def _settle(self) -> None:
        for jobs in self._groups():
            for job in jobs:
                result = self._found.get((job.group, job.name, job.seed, job.digest))
                if result is not None:
                    self.done[job.group, job.name, job.seed] = result

    def _groups(self) -> Iterator[list[Job]]:
        """Group by group, as far as the choices before allow."""
        settings = self.settings
        yield _tuning_jobs(settings)
        tuning = settings.tuning
        grpo = self._candidate(tuning.grpo, tuning.grpo_arms)
        each = {arm: self._candidate(tuning.sft, [arm]) for arm in tuning.sft_arms}
        sft = {arm: candidate for arm, candidate in each.items() if candidate is not None}
        if grpo is None or len(sft) < len(each):
            return
        self.chosen = Chosen(grpo, sft, None)
        tuned = _Tuned(tuning.grpo[grpo], {arm: tuning.sft[candidate] for arm, candidate in sft.items()})
        yield _choice_jobs(settings, tuned)
        variant = self._variant()
        self.chosen = Chosen(grpo, sft, variant)
        if variant is not None:
            yield _main_jobs(settings, tuned, variant)

    def _candidate(self, candidates: Iterable[str], arms: Collection[str]) -> str | None:
        """The candidate with the highest accuracy on `watch`, averaged over the arms it was tried on."""
        means: dict[str, float] = {}
        for candidate in candidates:
            found = [self.done.get(("tuning", f"{arm}@{candidate}", self.settings.tuning.seed)) for arm in arms]
            if any(item is None for item in found):
                return None
            means[candidate] = statistics.fmean(item.looks["watch"]["accuracy"] for item in found if item)
        return max(means, key=lambda name: means[name])

    def _variant(self) -> str | None:
        """The variant of `dense` with the highest mean accuracy on `watch`, of those under which no hack pays."""
        choice = self.settings.choice
        means: dict[str, float] = {}
        for number, name in enumerate(choice.variants):
            found = [self.done.get(("choice", name, seed)) for seed in choice.seeds]
            if any(item is None for item in found):
                return None
            kept = [item for item in found if item is not None]
            if number == 0 or kept[0].looks["hacks"]["greatest"] <= HACK_LIMIT:
                means[name] = statistics.fmean(item.looks["watch"]["accuracy"] for item in kept)
        return max(means, key=lambda name: means[name])


def first(names: Mapping[str, Any]) -> str:
    """The first name of a table."""
    return next(iter(names))


def main_arms(settings: Settings, variant: str) -> dict[str, Arm]:
    """The arms of the comparison; where another variant of `dense` did best in the choice, that one is an arm too."""
    arms = dict(settings.main.arms)
    if variant != first(settings.choice.variants):
        reward = RewardChoice(name="dense", settings=settings.choice.variants[variant])
        arms[f"dense-{variant}"] = Arm(method="grpo", reward=reward, about="the variant that was best on `watch`")
    return arms


def seeds_of(settings: Settings, arm: Arm) -> tuple[int, ...]:
    """Seeds of an arm of the comparison; nothing is drawn where nothing is trained, so one will do."""
    return settings.main.seeds if is_trained(arm) else settings.main.seeds[:1]


def is_trained(arm: Arm) -> bool:
    """Whether an arm learns anything after the warm start."""
    return arm.method in ("grpo", "sft")


def _tuning_jobs(settings: Settings) -> list[Job]:
    tuning = settings.tuning
    tried: list[tuple[dict[str, Arm], dict[str, dict[str, Any]]]] = [
        (tuning.grpo_arms, tuning.grpo),
        (tuning.sft_arms, tuning.sft),
    ]
    return [
        _job(settings, "tuning", f"{name}@{candidate}", arm, tuning.seed, values)
        for arms, candidates in tried
        for candidate, values in candidates.items()
        for name, arm in arms.items()
    ]


class _Tuned(NamedTuple):
    """Values of the candidates that were taken: of GRPO, and of each arm of supervision."""

    grpo: dict[str, Any]
    sft: dict[str, dict[str, Any]]


def _choice_jobs(settings: Settings, tuned: _Tuned) -> list[Job]:
    return [
        _job(
            settings,
            "choice",
            name,
            Arm(method="grpo", reward=RewardChoice(name="dense", settings=variant)),
            seed,
            tuned.grpo,
        )
        for seed in settings.choice.seeds
        for name, variant in settings.choice.variants.items()
    ]


def _main_jobs(settings: Settings, tuned: _Tuned, variant: str) -> list[Job]:
    """Seed by seed, so that a run that is cut off has whole seeds to compare."""
    arms = main_arms(settings, variant)
    return [
        _job(settings, "main", name, arm, seed, tuned.sft[name] if arm.method == "sft" else tuned.grpo)
        for seed in settings.main.seeds
        for name, arm in arms.items()
        if seed in seeds_of(settings, arm)
    ]


def _job(settings: Settings, group: Group, name: str, arm: Arm, seed: int, tuned: dict[str, Any]) -> Job:
    arm = arm.model_copy(update={"reward": _written_out(arm.reward), "about": ""})
    training = settings.training
    values = {**(training.sft if arm.method == "sft" else training.grpo), **tuned} if is_trained(arm) else {}
    depends = {
        "code": CODE,
        "seed": [settings.seed, seed],
        "data": settings.data.model_dump(mode="json"),
        "warm_start": settings.warm_start.model_dump(mode="json"),
        "training": training.model_dump(mode="json", exclude={"grpo", "sft", "look_batch"}),
        "arm": arm.model_dump(mode="json"),
        "values": values,
        "group": group,
    }
    return Job(group, name, arm, seed, values, digest_of(depends))


def _written_out(reward: RewardChoice | None) -> RewardChoice | None:
    """With every setting of `dense`, so that a changed default is another reward."""
    if reward is None or reward.name != "dense":
        return reward
    return reward.model_copy(update={"settings": DenseSettings.model_validate(reward.settings).model_dump(mode="json")})


def digest_of(depends: Mapping[str, Any]) -> str:
    """sha256 of JSON values, 16 hex digits."""
    return hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:16]
