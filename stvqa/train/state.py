"""train.json: what a training is made of, so that going on with it is going on with the same.

{"stvqa": "0.1.0", "recipe": {"method": "grpo", "model": "tiny", ...}, "recipe_hash": "9d2e...",
 "data": {"origin": "runs/demo", "fingerprint": "77c0...", "rows": 360, "val": 40, "dropped": {}},
 "versions": {"torch": "2.15.0", "trl": "1.16.0"}, "state": "running", "results": {}}
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from stvqa import __version__
from stvqa.errors import InputError, StorageError
from stvqa.prompts import load_prompt
from stvqa.rewards import Reward
from stvqa.rewards.custom import CustomReward
from stvqa.store.atomic import write_json
from stvqa.train.data import TrainingData
from stvqa.train.ranks import place_of_process
from stvqa.train.recipe import TrainRecipe
from stvqa.train.wording import BARE

__all__ = ["TRAIN_FILE", "DataEntry", "TrainFile", "begin", "digests_of", "read_train_file", "standing"]

TRAIN_FILE = "train.json"
_OPEN = ("data.solved",)
"""Keys that may be changed until the first checkpoint: solved rows are decided about after a difficulty pass."""
_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


class DataEntry(BaseModel):
    """The set as it was used."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    origin: str
    fingerprint: str
    rows: int
    val: int
    dropped: dict[str, int] = {}
    notes: tuple[str, ...] = ()


class TrainFile(BaseModel):
    """What a training was made of and what came of it.

    Attributes:
        model: where the weights came from that it began with.
        files: sha256, 16 hex digits, of what the recipe only names: the prompt template, the user's own reward.
        difficulty: tries a row of the difficulty pass; 0 for none.
        processes: that train together; 0 where it was not noted.
        results: figures before and after, by phase (`start`, `warm-start`, `end`).
        output: the finished model's folder, relative to the training's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stvqa: str
    recipe: dict[str, Any]
    recipe_hash: str
    model: str
    data: DataEntry
    versions: dict[str, str]
    files: dict[str, str] = {}
    difficulty: int = 0
    processes: int = 0
    state: Literal["running", "complete", "failed"] = "running"
    error: str = ""
    results: dict[str, dict[str, float]] = {}
    output: str = ""


def begin(
    folder: Path,
    recipe: TrainRecipe,
    data: TrainingData,
    *,
    model: str,
    files: Mapping[str, str],
    resume: bool,
    difficulty: int = 0,
    write: bool = True,
) -> TrainFile:
    """The file of a new training, or that of the one that is gone on with.

    Args:
        model: where the weights come from.
        files: see `digests_of`.
        resume: go on with the training in the folder.
        difficulty: tries a row of the difficulty pass, which decides over rows as the recipe does.
        write: whether this process keeps the file; others, started at the same time, take what it will hold.

    Raises:
        InputError: there is nothing to go on with, or what is asked for is not what is there; the keys are named.
        StorageError: a training is in the folder already and is not to be gone on with.
    """
    found = standing(folder, recipe, resume=resume, difficulty=difficulty, write=write)
    entry = DataEntry(
        origin=data.origin,
        fingerprint=data.fingerprint,
        rows=len(data.train),
        val=len(data.val),
        dropped=dict(data.dropped),
        notes=tuple(data.notes),
    )
    made = TrainFile(
        stvqa=__version__,
        recipe=recipe.resolved(),
        recipe_hash=recipe.digest(),
        model=model,
        data=entry,
        versions=_versions(),
        files=dict(files),
        difficulty=difficulty,
        processes=place_of_process()[1],
    )
    path = folder / TRAIN_FILE
    if found is None:
        if write:
            write_json(path, made)
        return made
    _refuse_mixing(folder, _other_data(found, made))
    # Before the first step these may differ, see `standing`.
    again: dict[str, Any] = {name: getattr(made, name) for name in ("recipe", "recipe_hash", "processes")}
    if found.state == "failed":
        again |= {"state": "running", "error": ""}
    going_on = found.model_copy(update=again)
    if write and going_on != found:
        write_json(path, going_on)
    return going_on


def standing(folder: Path, recipe: TrainRecipe, *, resume: bool, difficulty: int, write: bool) -> TrainFile | None:
    """The file of the training that a folder holds and that may be gone on with; None where it holds none.

    Takes no data, so that it can be asked before anything is made in the folder.

    Raises:
        InputError: there is nothing to go on with, or it was begun with another recipe; the keys are named.
        StorageError: a training is in the folder already and is not to be gone on with.
    """
    there = (folder / TRAIN_FILE).is_file()
    found = read_train_file(folder) if there and (resume or write) else None
    if resume and found is None:
        raise InputError(f"there is no training in {folder} to go on with: leave --resume out")
    if found is None:
        return None
    if not resume:
        raise StorageError(f"{folder} holds a training already: go on with it by --resume, or name another --out")
    changed = _changes(found.recipe, recipe.resolved(), but=() if _has_steps(folder) else _OPEN)
    if _has_steps(folder) and found.processes not in (0, place_of_process()[1]):
        changed.append(f"it ran on {found.processes} processes and now on {place_of_process()[1]}")
    if found.difficulty != difficulty:
        changed.append(f"--difficulty was {found.difficulty} and is {difficulty}")
    _refuse_mixing(folder, changed)
    return found


def _has_steps(folder: Path) -> bool:
    """Whether anything of a training was kept beside its settings and its difficulty pass."""
    return any(folder.glob("*/checkpoint-*")) or (folder / "warm-start" / "model").exists()


def _refuse_mixing(folder: Path, changed: Sequence[str]) -> None:
    if changed:
        raise InputError(
            f"the training in {folder} was begun with other settings, so going on with it would mix two: "
            f"{'; '.join(changed)}. Give the same ones, or begin anew with another --out"
        )


def _other_data(before: TrainFile, now: TrainFile) -> list[str]:
    """What was changed of rows and files since a training was begun, a phrase each."""
    old, new = before.data.fingerprint, now.data.fingerprint
    found = [f"the rows of {now.data.origin} (fingerprint {old}, now {new})"] if old != new else []
    return found + [f"{name} has changed" for name, kept in before.files.items() if now.files.get(name, kept) != kept]


def digests_of(template: str, reward: Reward) -> dict[str, str]:
    """Digests of the files that a recipe only names, by what they are: the prompt template, the user's own reward."""
    texts: dict[str, bytes] = {}
    if template != BARE:
        texts[f"the prompt template {template}"] = load_prompt(template, "user").encode()
    if isinstance(reward, CustomReward):
        source = inspect.getsourcefile(inspect.unwrap(reward.function)) if inspect.isroutine(reward.function) else None
        if source is not None and Path(source).is_file():
            texts[f"the file of the reward {reward.name}"] = Path(source).read_bytes()
    return {name: hashlib.sha256(text).hexdigest()[:16] for name, text in texts.items()}


def read_train_file(folder: Path) -> TrainFile:
    """train.json of a training's folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = folder / TRAIN_FILE
    if not path.is_file():
        raise InputError(f"{folder} is no folder of a training ({TRAIN_FILE} is missing)")
    try:
        return TrainFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path} is damaged ({error.errors()[0]['msg']}): begin anew with another --out") from error


def _changes(
    before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "", *, but: Sequence[str] = ()
) -> list[str]:
    """Keys whose values differ, a phrase each."""
    found: list[str] = []
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += _changes(old, new, f"{prefix}{key}.", but=but)
        elif old != new and f"{prefix}{key}" not in but:
            found.append(f"{prefix}{key} was {old!r} and is {new!r}")
    return found


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
