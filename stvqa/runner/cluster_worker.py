"""What a worker of a Dask cluster does for a partition, and what it is asked before: versions, and the folders.

    client.submit(run_on_worker, task, expected)

A worker may join when the run is under way, so each task looks at these things itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from distributed import get_worker
from distributed.versions import get_versions

from stvqa.errors import StorageError, StvqaError
from stvqa.recipe.hashes import LIBRARIES
from stvqa.runner.cluster_log import SentLog, sent
from stvqa.runner.task import PartitionDone, PartitionTask, run_partition

__all__ = [
    "COMPARED",
    "UNSEEN",
    "comparable",
    "differences",
    "folder_message",
    "folder_trouble",
    "landmarks_of",
    "named",
    "no_answer",
    "other_versions",
    "own_versions",
    "put_probe",
    "run_on_worker",
    "silent_about",
]

COMPARED = ("stvqa", "python", "dask", "distributed", *LIBRARIES)
"""What has to agree with the program that sends the work: it understands the tasks, and decides the bytes."""

UNSEEN = "unseen"
_UNSEEN_SOURCE = "unseen source "
_LANDMARKS = 5
_PROBE = "probe"
_SECONDS_BETWEEN_LOOKS = 1.0
_MISSING = "none"
_NAMED = 5


def comparable(packages: Mapping[str, Any]) -> dict[str, str]:
    """What is compared, from the `packages` of Dask's `get_versions`: major and minor number, of stvqa all of it."""
    found = {name: str(packages.get(name) or _MISSING) for name in COMPARED}
    return {name: text if name == "stvqa" else ".".join(text.split(".")[:2]) for name, text in found.items()}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """`dask 2025.1, not 2026.8` for each that differs; what the program itself does not know of is not compared."""
    return [
        f"no {name}, which has to be {wanted}" if found[name] == _MISSING else f"{name} {found[name]}, not {wanted}"
        for name, wanted in expected.items()
        if wanted not in (_MISSING, found[name])
    ]


def other_versions(told: str) -> str:
    """The message for a worker, or several, with other versions."""
    return f"{told}: install the same versions there as here, and start the workers again"


def no_answer(names: str, reason: str) -> str:
    """The message for workers, or one, that did not answer when they were asked for their versions."""
    return (
        f"{names} could not be asked ({reason}): a worker that is stopped or cut off has to be started again, or taken "
        "off the cluster"
    )


def unseen(names: str, folder: Path) -> str:
    """The message for workers, or one, that lack the run's folder."""
    return (
        f"the run folder {folder} is not there for {names}: workers have to see it under the same path, so choose one "
        "on a disk that all machines share with --out"
    )


def unseen_source(names: str, folder: str) -> str:
    """The message for workers, or one, that lack a folder of the source, or have another one of that name."""
    return (
        f"the source's folder {folder} is not there for {names}, or holds other files: workers have to see it under "
        "the same path, so put it on a disk that all machines share and name it there with --root"
    )


def silent_about(names: str, folder: Path, reason: str) -> str:
    """The message for workers, or one, that did not say whether they may write in the run's folder."""
    return (
        f"{names} could not be asked about the run folder {folder} ({reason}): look at the log there, and start the "
        "workers again"
    )


def folder_message(names: str, folder: Path, trouble: str) -> str:
    """The message for what `folder_trouble` said of workers, or of one.

    Args:
        folder: of the run.
    """
    if trouble == UNSEEN:
        return unseen(names, folder)
    if trouble.startswith(_UNSEEN_SOURCE):
        return unseen_source(names, trouble.removeprefix(_UNSEEN_SOURCE))
    return f"{names} cannot write in the run folder {folder} ({trouble}): start workers as a user who may"


def landmarks_of(folder: Path) -> tuple[str, ...]:
    """Names of a few things in a folder of the source, by which a worker recognises it."""
    with suppress(OSError), os.scandir(folder) as entries:
        return tuple(entry.name for entry in islice(entries, _LANDMARKS))
    return ()


def put_probe(work: Path, *, token: str) -> None:
    """Leaves a file by which workers recognise the work folder of this run.

    Raises:
        OSError: it cannot be written.
    """
    (work / _PROBE).write_text(token, encoding="utf-8")


def folder_trouble(work: str, token: str, landmarks: Mapping[str, Sequence[str]]) -> str:
    """Runs on a worker: what is wrong with the folders that it has to see, for `folder_message`; "" where nothing is.

    Args:
        landmarks: folders of the source, with names of what lies in them.
    """
    try:
        if (Path(work) / _PROBE).read_text(encoding="utf-8") != token:
            return UNSEEN
    except OSError:
        return UNSEEN
    own = Path(work) / f"{_PROBE}-{os.urandom(8).hex()}.work"
    try:
        own.mkdir()
        own.rmdir()
    except OSError as error:
        return error.strerror or str(error)
    return next((f"{_UNSEEN_SOURCE}{folder}" for folder, names in landmarks.items() if not _sees(folder, names)), "")


def _sees(folder: str, names: Sequence[str] = ()) -> bool:
    return Path(folder).is_dir() and all(os.path.lexists(os.path.join(folder, name)) for name in names)  # noqa: PTH118 (follows no link)


def run_on_worker(task: PartitionTask, expected: Mapping[str, str], log: SentLog | None = None) -> PartitionDone:
    """Runs on a worker: one partition, until the run that sent it has ended.

    Args:
        expected: versions, as `comparable` gives them.
        log: None where nobody asked for one.

    Raises:
        StvqaError: this worker has other versions, or does not see the run's folder; and as `run_partition`.
        Interrupted: the run has ended; nobody hears of it.
    """
    address = get_worker().address
    if different := differences(expected, own_versions()):
        raise StvqaError(other_versions(f"the worker at {address} has {', '.join(different)}"))
    work = Path(task.work)
    if not work.is_dir():
        raise StorageError(unseen(f"the worker at {address}", work.parent))
    for folder in task.sees:
        if not _sees(folder):
            raise StorageError(unseen_source(f"the worker at {address}", folder))
    with sent(log, number=task.number):
        return run_partition(task, stop=_Ended(work))


@lru_cache(maxsize=1)
def own_versions() -> dict[str, str]:
    """What this process has installed, as `comparable` gives it."""
    return comparable(get_versions(COMPARED)["packages"])


class _Ended:
    """Says that a run has ended: its work folder is gone. Looks once a second, since the disk may be far."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._ended = False
        self._looked = time.monotonic()

    def is_set(self) -> bool:
        """True from the first look after the end."""
        if not self._ended and time.monotonic() - self._looked >= _SECONDS_BETWEEN_LOOKS:
            self._looked = time.monotonic()
            self._ended = not self._work.is_dir()
        return self._ended


def named(workers: Iterable[str]) -> str:
    """Workers by their addresses: `the worker at tcp://...`, or `the workers at ..., ... and 3 more`."""
    addresses: Sequence[str] = sorted(workers)
    shown = ", ".join(addresses[:_NAMED]) + (f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else "")
    return f"the worker at {shown}" if len(addresses) == 1 else f"the workers at {shown}"
