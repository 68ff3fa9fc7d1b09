"""The training recipe: method, model, reward and data, as data. A YAML file in `pipelines/` that names a `method`.

    recipe = load_train_recipe("grpo-tiny", [parse_setting("grpo.max_steps=5")], overrides={"model": "runs/tiny"})

`grpo:` and `sft:` go to TRL's `GRPOConfig` and `SFTConfig` untouched, so every option of those is one of the recipe.
What the command fills in itself (folders, seed, logging) may not stand there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from stvqa.errors import RecipeError
from stvqa.recipe import Setting, describe_invalid, find_recipe, parse_setting, read_recipe_file
from stvqa.recipe.settings import laid_over
from stvqa.records import Category, Level, Record

__all__ = [
    "DataSettings",
    "LoraSettings",
    "RewardSettings",
    "TrainRecipe",
    "WarmStart",
    "build_train_recipe",
    "load_train_recipe",
    "parse_train_setting",
]

Method = Literal["grpo", "sft"]

_OURS = (
    "output_dir", "report_to", "seed", "data_seed", "log_completions", "remove_unused_columns", "run_name",
    "disable_tqdm",
)  # fmt: skip
"""Options of TRL's configs that the command decides."""


class RewardSettings(Record):
    """Which reward, and its parameters.

    Attributes:
        name: `dense`, `paper`, `paper-release`, `sparse`, or the dotted name of a function of your own.
        similarity: how labels are compared: `vocabulary`, `exact` or `spacy`.
        settings: parameters of the reward, laid over its defaults (`format_weight`, `tail_share`, ...).
    """

    name: str = "dense"
    similarity: str = "vocabulary"
    settings: dict[str, Any] = {}


class DataSettings(Record):
    """What of the set is trained on.

    Attributes:
        train_split / val_split: the set's splits that are trained on and looked at. `val` also stands for `validation`
            and `dev`; a set may do without it, and then rows of train are set aside.
        categories / levels: rows of others are left out, and counted; empty: all are in.
        val_rows: rows of `val` that are looked at in an evaluation, drawn from the seed.
        max_prompt_tokens: rows with longer prompts, image tokens included, are left out, and counted.
        overlap: what becomes of rows of `val` whose image is in `train` too: `refuse` to train, or `drop` them.
        solved: with a difficulty pass, rows that the base model always or never solves are left out:
            they give no signal (`drop`), or kept (`keep`).
    """

    train_split: str = Field(default="train", min_length=1)
    val_split: str = Field(default="val", min_length=1)
    categories: tuple[Category, ...] = ()
    levels: tuple[Level, ...] = ()
    val_rows: int = Field(default=200, ge=0)
    max_prompt_tokens: int = Field(default=6144, ge=16)
    overlap: Literal["refuse", "drop"] = "refuse"
    solved: Literal["drop", "keep"] = "drop"


class LoraSettings(Record):
    """Low-rank adapters through peft.

    Attributes:
        target_modules: as peft takes them; `all-linear` is every linear layer but the output layer (the
            paper: "all modules"), those of the vision encoder too, which `freeze_vision` leaves as they are.
    """

    rank: int = Field(default=64, ge=1)
    alpha: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"


class WarmStart(Record):
    """Supervised steps before GRPO, on completions rendered from the truth. For models that know no format yet.

    Attributes:
        steps: 0 for none, as in the paper.
    """

    steps: int = Field(default=0, ge=0)


class TrainRecipe(Record):
    """What `stvqa train` does.

    Attributes:
        method: `grpo` or `sft`.
        model: a Hub id, a model folder, or `tiny` for one made on the spot.
        target: what SFT learns to say: `answer` as in the paper, or the whole `scene` graph and the answer.
        prompt: name of the template in `prompts/` that the question is put into; `question` for the question alone.
        frame: of the boxes; `auto` takes the one that the model family speaks.
        max_pixels / min_pixels: of the image after the processor's resize; None: the processor's own.
        lora: None trains the parameters themselves.
        freeze_vision: in the phase of `method`, the vision encoder (in the Qwen-VL families with its projector) stays
            as it is, adapters on it too; a warm start before that trains it. Rewards say little about what it should
            see, and a step size that moves the text can wear it out (dev/LOG.md).
        generate_at_once: completions that GRPO samples together on one device, which decides over the memory of their
            cache; None: all of a generation. It changes no result but by what is drawn.
        processes: that the batch sizes of `grpo` are meant for; with others, a note says what becomes of an update.
        grpo / sft: for GRPOConfig and SFTConfig.
    """

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = 0
    method: Method
    model: str = Field(min_length=1)
    reward: RewardSettings = RewardSettings()
    data: DataSettings = DataSettings()
    target: Literal["answer", "scene"] = "scene"
    prompt: str = "auto"
    frame: str = "auto"
    max_pixels: int | None = Field(default=None, ge=28 * 28)
    min_pixels: int | None = Field(default=None, ge=28 * 28)
    lora: LoraSettings | None = None
    freeze_vision: bool = False
    warm_start: WarmStart = WarmStart()
    generate_at_once: int | None = Field(default=None, ge=1)
    processes: int | None = Field(default=None, ge=1)
    grpo: dict[str, Any] = {}
    sft: dict[str, Any] = {}

    @model_validator(mode="after")
    def _blocks_leave_ours_alone(self) -> Self:
        for block in ("grpo", "sft"):
            for key in _OURS:
                if key in getattr(self, block):
                    raise ValueError(
                        f"{block}.{key} is decided by the command (--out, --report-to, seed): leave it out"
                    )
        if self.min_pixels and self.max_pixels and self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels {self.min_pixels} is above max_pixels {self.max_pixels}")
        return self

    def resolved(self) -> dict[str, Any]:
        """The recipe as JSON values, every default written out."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """sha256 of the resolved recipe, 16 hex digits; what the model card names."""
        return hashlib.sha256(json.dumps(self.resolved(), sort_keys=True).encode()).hexdigest()[:16]


def load_train_recipe(
    name: str, settings: Iterable[Setting] = (), *, overrides: Mapping[str, Any] | None = None
) -> TrainRecipe:
    """Reads a training recipe, lays options and settings over it and checks every key.

    Args:
        name: a name in `pipelines/`, or the path of a YAML file.
        settings: see `parse_train_setting`; they win over `overrides`.
        overrides: values of top-level keys or dotted ones (`reward.name`), laid over the file before `settings`.

    Raises:
        RecipeError: no such recipe, a recipe for `stvqa build`, an unknown key, or a value that does not fit.
    """
    path = find_recipe(name, kind="train")
    values = read_recipe_file(path, kind="train")
    values.setdefault("name", path.stem)
    for key, value in (overrides or {}).items():
        values = laid_over(values, tuple(key.split(".")), Setting(key.split(".")[0], (), value, f"--{key} {value}"))
    for setting in settings:
        values = laid_over(values, (setting.stage, *setting.keys), setting)
    return build_train_recipe(values, origin=str(path))


def parse_train_setting(text: str) -> Setting:
    """Reads `KEY=VALUE` or `BLOCK.KEY=VALUE`; the value is read as YAML.

    Raises:
        RecipeError: another shape, or a value that is no YAML.
    """
    path, equals, value = text.partition("=")
    if "." in path:
        return parse_setting(text)
    origin = f"--set {text}"
    if not equals or not path.strip():
        raise RecipeError(f"{origin}: write it as KEY=VALUE, for example --set grpo.max_steps=20")
    return parse_setting(f"recipe.{path.strip()}={value}")._replace(stage=path.strip(), keys=(), origin=origin)


def build_train_recipe(values: Mapping[str, Any], *, origin: str) -> TrainRecipe:
    """A recipe from its values, with one sentence about the first thing wrong.

    Raises:
        RecipeError: an unknown key, or a value that does not fit.
    """
    try:
        return TrainRecipe.model_validate(dict(values))
    except ValidationError as error:
        raise RecipeError(f"{origin}: {describe_invalid(error.errors()[0], TrainRecipe)}") from error
