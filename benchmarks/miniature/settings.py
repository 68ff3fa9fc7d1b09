"""The settings of the experiment, one YAML file, and which trainings they ask for.

    settings = read_settings(Path("benchmarks/miniature/settings.yaml"))
    settings.main.arms["dense"].reward.name       # "dense"

Every key is checked; an unknown one is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from stvqa.errors import InputError
from stvqa.records import Record

__all__ = [
    "Arm",
    "Choice",
    "DataSettings",
    "MainGroup",
    "Manner",
    "RewardChoice",
    "Settings",
    "TrainingSettings",
    "Tuning",
    "WarmStartSettings",
    "read_settings",
]

AskedCategory = Literal["relation", "instance_location", "size", "depth", "distance", "existence"]


class RewardChoice(Record):
    """Which reward an arm is trained with.

    Attributes:
        name: of `stvqa.rewards`, or `paper-ungated` (`miniature.ungated`).
        settings: of `dense`.
    """

    name: str
    settings: dict[str, Any] = {}


class Arm(Record):
    """One way of going on from the warm start.

    Attributes:
        method: `none` leaves it as it is; `thinking` too, but its thought is begun for it whenever it is looked at.
        reward: of GRPO.
        target: what SFT learns to say: the whole completion, or the answer alone.
        graphs: what the truth's scene holds: what the question needs (`focus`), or all there is (`whole`).
        labels: the answers trained on: as they are; a share of them `wrong`; or those `verified` of these.
        about: one line for the page.
    """

    method: Literal["none", "thinking", "sft", "grpo"]
    reward: RewardChoice | None = None
    target: Literal["scene", "answer"] = "scene"
    graphs: Literal["focus", "whole"] = "focus"
    labels: Literal["right", "wrong", "verified"] = "right"
    about: str = ""

    @model_validator(mode="after")
    def _reward_where_there_is_one(self) -> Arm:
        if (self.method == "grpo") != (self.reward is not None):
            raise ValueError(f"method {self.method} and reward {self.reward} do not go together: grpo has a reward")
        return self


_ROUNDING = 1e-6

Manner = Literal["thinking", "unthinking", "sceneless"]


class DataSettings(Record):
    """The scenes and questions.

    Attributes:
        warm_scenes / pool_scenes: of the warm start, and of everything after it; up to three questions a scene.
        warm_alone: share of the warm start's scenes that hold one thing: where nothing can be mixed up, a model learns
            where things are before it has learned which is which.
        watch / unseen / harder: questions of the sets that are looked at, one a scene; `test` has as many as `unseen`.
            Choices look at `watch` alone.
        given: questions of `test` that are also answered by sampling, and with a graph put into the model's mouth.
        things / harder_things: fewest and most things of a scene.
        wrong_labels: share of the pool's answers that is made wrong.
    """

    warm_scenes: int = Field(ge=1)
    pool_scenes: int = Field(ge=1)
    warm_alone: float = Field(default=0.4, ge=0, lt=1)
    watch: int = Field(ge=1)
    unseen: int = Field(ge=1)
    harder: int = Field(ge=1)
    given: int = Field(ge=1)
    categories: tuple[AskedCategory, ...] = Field(min_length=4)
    things: tuple[int, int] = (2, 4)
    harder_things: tuple[int, int] = (5, 6)
    wrong_labels: float = Field(default=0.15, gt=0, lt=1)


class WarmStartSettings(Record):
    """The supervised start that all arms share.

    Attributes:
        seeing_steps: the first of its steps, in which a tiny model with random weights is only asked what is in the
            image, and learns to name all things with their boxes.
        whole_share: share of its rows that are told the whole scene instead of the focus graph, so that a policy
            knows both.
        manners: how questions are told in the last `mixed_steps`, all with right answers, by their shares: `thinking`
            in whole completions, as before, `unthinking` in ones that draw the scene and do not think about it,
            `sceneless` in ones that neither draw nor think. A policy knows them all then; which is worth while is for
            the training that follows to teach.
        steps: all of them, until boxes overlap.
        look_every / looked_at: steps between looks, and rows of `watch` in one.
        hidden_rate: step size of Muon, which moves the matrices of hidden layers; the rest goes by `sft`.
        sft: for SFTConfig.
    """

    seeing_steps: int = Field(ge=0)
    whole_share: float = Field(ge=0, le=1)
    manners: dict[Manner, Annotated[float, Field(gt=0)]] = {"thinking": 1.0}
    mixed_steps: int = Field(default=0, ge=0)
    steps: int = Field(ge=1)
    look_every: int = Field(ge=1)
    looked_at: int = Field(ge=1)
    hidden_rate: float = Field(gt=0)
    sft: dict[str, Any]

    @model_validator(mode="after")
    def _steps_and_shares_add_up(self) -> WarmStartSettings:
        if self.seeing_steps + self.mixed_steps > self.steps:
            raise ValueError(
                f"seeing_steps {self.seeing_steps} and mixed_steps {self.mixed_steps} are more than steps {self.steps}"
            )
        if abs(sum(self.manners.values()) - 1) > _ROUNDING:
            raise ValueError(f"the shares of manners add up to {sum(self.manners.values()):g}, not to 1")
        if (self.mixed_steps > 0) != (len(self.manners) > 1):
            raise ValueError("several manners and mixed_steps go together: give both or neither")
        return self


class TrainingSettings(Record):
    """What all arms share after the warm start.

    Attributes:
        steps / prompts: optimizer steps, and questions in each; the same questions in the same order for every arm of
            a seed.
        completions: of each question, for GRPO.
        freeze_vision: the eyes stay as the warm start made them, in all arms.
        tokens / look_tokens: most tokens of a completion, in training and in looks.
        look_batch: completions at once when a model is looked at.
        grpo / sft: for GRPOConfig and SFTConfig; what `tuning` chose is laid over them.
    """

    steps: int = Field(ge=1)
    prompts: int = Field(ge=1)
    completions: int = Field(ge=2)
    freeze_vision: bool = False
    tokens: int = Field(ge=16)
    look_tokens: int = Field(ge=16)
    look_batch: int = Field(default=64, ge=1)
    grpo: dict[str, Any]
    sft: dict[str, Any]


class Tuning(Record):
    """Step size and the like, chosen on a seed of its own by accuracy on `watch`, before anything is compared.

    Attributes:
        grpo: candidates by name, laid over the block of that name; the one with the highest mean over `grpo_arms` is
            taken by all arms with GRPO, the first of equals.
        sft: the same, but each of `sft_arms`, which are those of the comparison, takes the one that is best for it.
    """

    seed: int
    grpo_arms: dict[str, Arm] = Field(min_length=1)
    sft_arms: dict[str, Arm] = Field(min_length=1)
    grpo: dict[str, dict[str, Any]] = Field(min_length=1)
    sft: dict[str, dict[str, Any]] = Field(min_length=1)


class Choice(Record):
    """The default of `dense`: variants by name (settings of the reward), the first being the default as it stands."""

    seeds: tuple[int, ...] = Field(min_length=1)
    variants: dict[str, dict[str, Any]] = Field(min_length=1)


class MainGroup(Record):
    """The comparison."""

    seeds: tuple[int, ...] = Field(min_length=1)
    arms: dict[str, Arm] = Field(min_length=1)


class Settings(Record):
    """The file.

    Attributes:
        seed: of data, tiny model and warm start.
    """

    name: str
    seed: int
    data: DataSettings
    warm_start: WarmStartSettings
    training: TrainingSettings
    tuning: Tuning
    choice: Choice
    main: MainGroup

    @model_validator(mode="after")
    def _seeds_differ(self) -> Settings:
        groups = [(self.tuning.seed,), self.choice.seeds, self.main.seeds]
        seeds = [seed for group in groups for seed in group]
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed stands in two groups, or twice in one: what is chosen must be confirmed on others")
        return self

    @model_validator(mode="after")
    def _supervision_is_tuned(self) -> Settings:
        untuned = {name for name, arm in self.main.arms.items() if arm.method == "sft"} - set(self.tuning.sft_arms)
        if untuned:
            raise ValueError(f"tuning.sft_arms lacks {', '.join(sorted(untuned))}, which main.arms compares")
        return self


def read_settings(path: Path) -> Settings:
    """The settings of a file.

    Raises:
        InputError: it cannot be read, or a key or value is wrong.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Settings.model_validate(values)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg']}") from error
