"""What came of one arm and seed: a small JSON file, written whole or not at all.

    results/main/dense-1.json
    {"group": "main", "arm": "dense", "seed": 1, "digest": "9f3c...", "looks": {"unseen": {"accuracy": 0.71, ...}}, ...}

The digest is of all settings that the figures depend on. A file with another digest than that of the training that is
asked for counts as not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from stvqa.errors import InputError
from stvqa.records import Record
from stvqa.store.atomic import write_json

__all__ = [
    "Group",
    "Result",
    "SetFigures",
    "WarmStartResult",
    "read_results",
    "read_warm_start",
    "write_result",
    "write_warm_start",
]

Group = Literal["tuning", "choice", "main"]


class Result(Record):
    """One training and what the model can do after it.

    Attributes:
        digest: of the settings, 16 hex digits; warm_start: of the weights that it began with.
        device: `cpu` or `cuda`; machine: its name.
        seconds_training / seconds_looking: by the clock.
        looks: figures by set (`watch`, or `unseen`, `harder`, `given-right`, `given-wrong`), see `miniature.measuring`;
            `hacks` in the group `choice`.
        right: of each set, in the order of its questions, `1` for a right answer and `0` for a wrong one.
        categories: accuracy by set and category.
        first / last: means of what was logged over the first and the last tenth of the steps.
        curve: the same over all of it; `step` and the figures have one entry for each of some thirty stretches.
    """

    group: Group
    arm: str
    seed: int
    digest: str
    warm_start: str
    device: str
    machine: str
    threads: int
    versions: dict[str, str]
    seconds_training: float
    seconds_looking: float
    looks: dict[str, dict[str, float]]
    right: dict[str, str] = {}
    categories: dict[str, dict[str, float]] = {}
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    curve: dict[str, list[float | None]] = {}


class SetFigures(Record):
    """What a set is, before anything is asked.

    Attributes:
        chance: accuracy of guessing among the options.
        boxes: objects of a truth, mean.
        rows_by_category / chance_by_category: the same by category.
    """

    rows: int
    chance: float
    boxes: float
    rows_by_category: dict[str, int] = {}
    chance_by_category: dict[str, float] = {}


class WarmStartResult(Record):
    """The warm start that the results share.

    Attributes:
        digest: of its weights; settings: digest of what it was made by.
        curve: looks at rows of `watch` on the way, with the step.
        sets: of what was made beside it, by name; labels: what verification found in the wrong ones.
    """

    digest: str
    settings: str
    device: str
    machine: str
    threads: int
    seconds: float
    steps: int
    parameters: int
    curve: list[dict[str, float]] = Field(default_factory=list)
    sets: dict[str, SetFigures] = {}
    labels: dict[str, int] = {}


def write_result(folder: Path, result: Result) -> Path:
    """Writes the file of an arm and seed.

    Raises:
        StorageError: it cannot be written.
    """
    path = folder / result.group / f"{result.arm}-{result.seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, result)
    return path


def read_results(folder: Path) -> list[Result]:
    """All results in a folder, in the order of their names.

    Raises:
        InputError: a file is no result.
    """
    return [_read(path) for group in ("tuning", "choice", "main") for path in sorted((folder / group).glob("*.json"))]


def _read(path: Path) -> Result:
    try:
        return Result.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            f"{path} is no result ({error.errors()[0]['msg']}): remove it, and its arm runs again"
        ) from error


def write_warm_start(folder: Path, result: WarmStartResult) -> None:
    """Writes warm-start.json.

    Raises:
        StorageError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "warm-start.json", result)


def read_warm_start(folder: Path) -> WarmStartResult | None:
    """What is known of the warm start; None before it is made."""
    path = folder / "warm-start.json"
    return WarmStartResult.model_validate_json(path.read_bytes()) if path.is_file() else None
