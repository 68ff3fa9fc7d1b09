"""The reward as TRL calls it: one scorer for training and evaluation, every part logged, samples kept.

    book = ScoreBook(reward, examples, wording, keep=16)
    book(prompts=..., completions=..., place=[0, 0, 3, 3], log_metric=...)      # [0.31, 0.0, None, None]

A truth that cannot be used gives None, which TRL leaves out of the loss; it is never taken for a bad completion.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from stvqa.rewards import PARTS, Reward, Score, Truth
from stvqa.train.data import Example
from stvqa.train.wording import Wording

__all__ = ["Kept", "ScoreBook", "figures_of", "text_of"]

Metric = Callable[[str, float], None]


class Kept(NamedTuple):
    """A completion that will be written down: where it came up and what it was worth."""

    step: int
    phase: str
    place: int
    completion: str
    score: Score


class ScoreBook:
    """Scores completions and keeps account.

    Args:
        reward: see `stvqa.rewards`.
        examples: rows of train, then of val; `place` counts through both.
        wording: says in which frame boxes are.
        keep: completions of each step that are kept for the log, whole groups first.

    Attributes:
        kept: what was kept since it was last taken.
        seconds: spent here, scoring and logging together.
    """

    __name__ = "reward"  # TRL names its columns by it

    def __init__(self, reward: Reward, examples: Sequence[Example], wording: Wording, *, keep: int) -> None:
        self.reward = reward
        self.examples = examples
        self.wording = wording
        self.keep = keep
        self.kept: list[Kept] = []
        self.seconds = 0.0
        self._truths: dict[int, Truth] = {}

    def truth(self, place: int) -> Truth:
        """The truth of a row, in the model's frame; read once."""
        if place not in self._truths:
            self._truths[place] = self.wording.truth(self.examples[place])
        return self._truths[place]

    def scores(self, texts: Sequence[str], places: Sequence[int]) -> list[Score]:
        """Scores of completions of the rows at `places`."""
        return self.reward.score_many(texts, [self.truth(place) for place in places])

    def __call__(
        self,
        *,
        completions: Sequence[Any],
        place: Sequence[int],
        log_metric: Metric | None = None,
        trainer_state: Any = None,  # noqa: ANN401 (of transformers)
        **_: Any,
    ) -> list[float | None]:
        """Total rewards, in order; parts, spreads and counts go to `log_metric`."""
        start = time.perf_counter()
        texts = [text_of(completion) for completion in completions]
        scores = self.scores(texts, place)
        if log_metric is not None:
            for name, value in figures_of(scores, place).items():
                log_metric(name, value)
        step = int(getattr(trainer_state, "global_step", 0))
        self._keep(step, texts, place, scores)
        self.seconds += time.perf_counter() - start
        return [score.total for score in scores]

    def _keep(self, step: int, texts: Sequence[str], places: Sequence[int], scores: Sequence[Score]) -> None:
        if any(item.step == step and item.phase == "train" for item in self.kept):
            return  # a step of several calls (gradient accumulation) keeps the first one's
        order = sorted(range(len(texts)), key=lambda index: places.index(places[index]))[: self.keep]
        self.kept += [Kept(step, "train", places[index], texts[index], scores[index]) for index in order]

    def take(self) -> list[Kept]:
        """What was kept, which is then forgotten here."""
        taken, self.kept = self.kept, []
        return taken


def text_of(completion: Any) -> str:  # noqa: ANN401 (a string, or messages)
    """The text of a completion as TRL hands it over."""
    if isinstance(completion, str):
        return completion
    content = completion[-1].get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def figures_of(scores: Sequence[Score], places: Sequence[int]) -> dict[str, float]:
    """What is logged of a batch: means and spreads within groups of each part, and counts of what was said.

    A spread is the standard deviation over the completions of one row, averaged over rows. `no_spread` is the share of
    rows whose completions all earned the same, from which nothing is learned. `scene/boxes` and `scene/relations` are
    means over the completions that have a readable scene; `scene/mean_iou` is over all that were scored, 0 for one
    without, as before and after the training.
    """
    found: dict[str, float] = {}
    for part in PARTS:
        values = [(place, getattr(score, part)) for place, score in zip(places, scores, strict=True)]
        groups: dict[int, list[float]] = defaultdict(list)
        for place, value in values:
            if value is not None:
                groups[place].append(value)
        if not groups:
            continue
        found[f"parts/{part}"] = statistics.fmean(value for group in groups.values() for value in group)
        spreads = [statistics.pstdev(group) for group in groups.values() if len(group) > 1]
        if spreads:
            found[f"parts/{part}_spread"] = statistics.fmean(spreads)
        if spreads and part == "total":
            found["groups/no_spread"] = sum(spread < 1e-6 for spread in spreads) / len(spreads)
    for name, said in (("scene/boxes", "objects"), ("scene/relations", "triples")):
        numbers = [value for score in scores if (value := getattr(score.details, said)) is not None]
        if numbers:
            found[name] = statistics.fmean(numbers)
    overlaps = [score.details.mean_iou or 0.0 for score in scores if score.count is not None]
    if overlaps:
        found["scene/mean_iou"] = statistics.fmean(overlaps)
    found["truth/unusable"] = sum(score.total is None for score in scores) / len(scores)
    return found
