"""run.json and stats.json: what a run was made of and what came of it.

{"stvqa": "0.1.0", "name": "demo", "seed": 7, "state": "complete",
 "recipe": {"name": "demo", "seed": 7, "stages": [{"stage": "load", "source": "demo"}, ...]},
 "versions": {"python": "3.11.7", "pydantic": "2.14.3"},
 "stages": [{"number": 1, "stage": "load", "folder": "01-load-3fa9c1d2", "hash": "3fa9c1d2...",
             "statistics": {"records_in": 200, "records_out": 198,
                            "rejected": {"image-too-small": 2}, "counts": {"mends.box-clipped": 3}, ...}}, ...]}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from stvqa.errors import InputError
from stvqa.store.atomic import atomic_file
from stvqa.store.checksums import checksum_of_table

__all__ = [
    "RUN_FILE",
    "STATISTICS_FILE",
    "CallsSummary",
    "Ended",
    "ModelUsage",
    "RunFile",
    "StageEntry",
    "StageStatistics",
    "common_reasons",
    "read_run_file",
    "read_statistics",
    "read_statistics_file",
    "write_statistics_file",
]

RUN_FILE = "run.json"
STATISTICS_FILE = "stats.json"
_SEAL = "checksum"
_REASONS_SHOWN = 3
_BYTES_MOST = 16_000_000
"""Bytes of the largest JSON file of a run that is read: stats.json names about 150,000 parts in so many."""


Ended = Literal["", "rows", "source", "budget", "error"]
"""Why a run went no further."""


class _Document(BaseModel):
    """A JSON file of a run. Unknown keys are kept out of the way, so that newer runs can still be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ModelUsage(_Document):
    """What one stage asked of one model, in this run and in those before it that were stopped.

    Attributes:
        calls: answers that were paid, once each.
        from_ledger: of the calls that the stage asked for, those answered before this run began.
        uncounted: answers for which the server gave no credible number of tokens; no `..._tokens` hold them.
        lost: tries that brought no answer and may be billed: no answer in time, a broken connection, a killed process.
        cached_tokens: input tokens that the provider had cached; among `input_tokens`.
        usd: of all of these, `uncounted` and `lost` at the most that they can have cost; None where the price is
            unknown.
        estimated_usd: the part of `usd` that is such an estimate.
        purposes: answers by purpose (`vote`, `blind`, ...).
    """

    calls: int = 0
    from_ledger: int = 0
    uncounted: int = 0
    lost: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float | None = None
    estimated_usd: float | None = None
    purposes: dict[str, int] = {}


class CallsSummary(_Document):
    """All calls that were ever paid in a run's folder, those of earlier recipes included.

    Attributes:
        interrupted: calls that were under way when a run was killed; at most so many may have been paid twice.
        uncounted / lost: as in `ModelUsage`; `lost` has those that were interrupted, too.
        usd: `uncounted` and `lost` at the most that they can have cost; None where a price is unknown.
        estimated_usd: the part of `usd` that is such an estimate.
        prices_as_known: the day up to which the author of the price list knew the prices.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    estimated_usd: float | None = None
    uncounted: int = 0
    lost: int = 0
    interrupted: int = 0
    prices_as_known: str = ""


class StageStatistics(_Document):
    """What one stage, or one of its partitions, did.

    Attributes:
        records_in: records read; for the first stage, images met (passed or refused).
        records_out: records written.
        parts: files they were written to.
        rejected: whole records refused, reason to how many.
        rejected_parts: parts of records refused (`scope="part"`), reason to how many.
        counts: whole numbers that add up over partitions (`mends.box-clipped`).
        figures: tables and figures of a stage that sees everything.
        calls / input_tokens / output_tokens / usd: paid calls; 0 where nothing is paid, `usd` None where unknown.
        estimated_usd: the part of `usd` that nobody counted, at most; see `ModelUsage`.
        models: the same by model.
        notes: sentences that a user should read, shown on the stage's line.
        seconds: work, summed over partitions; not part of any hash.
        checksums: name of each file to its sha256; empty in runs that were made before there were any.
        read: sha256 over the checksums of the parts that the stage read; empty for a stage that reads no parts.
    """

    records_in: int = 0
    records_out: int = 0
    parts: int = 1
    rejected: dict[str, int] = {}
    rejected_parts: dict[str, int] = {}
    counts: dict[str, int] = {}
    figures: dict[str, Any] = {}
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    estimated_usd: float | None = 0.0
    models: dict[str, ModelUsage] = {}
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    checksums: dict[str, str] = {}
    read: str = ""

    @property
    def rejected_share(self) -> float:
        """Records refused over records decided on (written or refused), 0 to 1."""
        refused = sum(self.rejected.values())
        return refused / (refused + self.records_out) if refused else 0.0


def common_reasons(rejected: dict[str, int]) -> str:
    """The commonest reasons with their numbers, as `no-objects 3, image-too-small 1`."""
    ordered = sorted(rejected.items(), key=lambda pair: (-pair[1], pair[0]))
    named = ", ".join(f"{reason} {count:,}" for reason, count in ordered[:_REASONS_SHOWN])
    rest = len(ordered) - _REASONS_SHOWN
    return named if rest <= 0 else f"{named}, {rest} more"


class StageEntry(_Document):
    """One stage of a run.

    Attributes:
        number: position in the recipe, from 1.
        folder: its folder below the run's.
        prompts: prompt name to sha256 of its text.
        statistics: None while the stage is not complete.
    """

    number: int
    stage: str
    folder: str
    hash: str
    prompts: dict[str, str] = {}
    statistics: StageStatistics | None = None


class RunFile(_Document):
    """run.json: the state of a run, rewritten whenever a stage ends.

    Attributes:
        recipe: as resolved, every default written out.
        versions: package to version, Python's among them.
        state: `running` until the last stage is complete (a killed run stays so); then `complete`, or `short`
            where rows are missing; `failed` where an error ended it; `pending` where calls were written to a file.
        ended: why it went no further: it had the `rows`, the `source` held no more, the `budget` was spent, or an
            `error` stopped it; empty while it runs.
        error: the message of a run that failed or fell short.
        calls: all calls of models that were paid in this folder; None where none was.
        dataset: hash of the stage whose parts `dataset/` holds, which an earlier recipe may have made; None: no set.
    """

    stvqa: str
    name: str
    seed: int
    state: Literal["running", "complete", "short", "failed", "pending"]
    ended: Ended = ""
    error: str = ""
    dataset: str | None = None
    calls: CallsSummary | None = None
    recipe: dict[str, Any]
    versions: dict[str, str]
    stages: tuple[StageEntry, ...] = ()

    @property
    def dataset_is_older(self) -> bool:
        """Whether `dataset/`, if it is there, was made by an earlier recipe than the one written here."""
        return all(entry.hash != self.dataset for entry in self.stages)

    def stage(self, name: str) -> StageEntry:
        """The entry of a stage by name.

        Raises:
            InputError: the run has no such stage.
        """
        for entry in self.stages:
            if entry.stage == name:
                return entry
        names = ", ".join(entry.stage for entry in self.stages)
        raise InputError(f"this run has no stage {name!r}; it has {names}")


_DocumentType = TypeVar("_DocumentType", bound=_Document)


def read_run_file(run: Path) -> RunFile:
    """run.json of a run folder.

    Raises:
        InputError: not a run folder, or its run.json is damaged.
    """
    if not run.is_dir():
        raise InputError(f"{run} is not a folder: name a run that `stvqa build` made")
    return _read(run / RUN_FILE, RunFile, "is not a run folder: name one that `stvqa build` made")


def read_statistics(folder: Path) -> StageStatistics:
    """stats.json of a complete stage folder.

    Raises:
        InputError: the stage is not complete, or the file is damaged.
    """
    return read_statistics_file(folder / STATISTICS_FILE)


def read_statistics_file(path: Path) -> StageStatistics:
    """The statistics of a stage or of one of its partitions.

    Raises:
        InputError: the file is missing, damaged, or was edited by hand.
    """
    statistics = _read(path, StageStatistics, "is not a complete stage: run `stvqa build` again")
    table = json.loads(path.read_bytes())
    if (statistics.checksums or _SEAL in table) and table.get(_SEAL) != checksum_of_table(table, without=_SEAL):
        raise InputError(f"{path} is not as it was written: run `stvqa build` again, which makes its stage again")
    return statistics


def write_statistics_file(path: Path, statistics: StageStatistics) -> None:
    """Writes statistics, with a checksum of themselves.

    Raises:
        StorageError: the file cannot be written.
    """
    table = json.loads(statistics.model_dump_json())
    table[_SEAL] = checksum_of_table(table, without=_SEAL)
    with atomic_file(path) as file:
        file.write(json.dumps(table, indent=2, ensure_ascii=False).encode() + b"\n")


def _read(path: Path, model: type[_DocumentType], missing: str) -> _DocumentType:
    if not path.is_file():
        raise InputError(f"{path.parent} {missing} ({path.name} is missing)")
    remedy = "delete it and run `stvqa build` again"
    try:
        if (size := path.stat().st_size) > _BYTES_MOST:
            raise InputError(f"{path} has {size:,} bytes, and {_BYTES_MOST:,} at most are read: {remedy}")
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path} is damaged: {remedy} ({error.errors()[0]['msg']})") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}: mend that and run the same command again") from error
