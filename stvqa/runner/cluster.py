"""Partitions worked on by a Dask cluster that somebody else started.

    with open_cluster("tcp://host:8786", tell=print) as cluster:     # 2 workers with 8 threads at tcp://host:8786
        cluster.run(tasks, on_done)

Its workers see the run folder and the source under the same paths. What of them can be known is looked at before any
work: whether there are some, what versions they have, whether they see the folder.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from distributed import Client, Future, KilledWorker

from stvqa.errors import StorageError, StvqaError
from stvqa.logs import logger_of
from stvqa.runner.cluster_connect import connect, quiet_dask
from stvqa.runner.cluster_log import Listener
from stvqa.runner.cluster_worker import (
    COMPARED,
    UNSEEN,
    comparable,
    differences,
    folder_trouble,
    named,
    other_versions,
    put_probe,
    run_on_worker,
    silent,
    unseen,
    unwritable,
)
from stvqa.runner.task import OnDone, PartitionDone, PartitionTask
from stvqa.store.atomic import storage_errors

__all__ = ["Cluster", "open_cluster"]

_logger = logger_of(__name__)

Tell = Callable[[str], object]

_CLOSE_SECONDS = 5
_WORKERS_SECONDS = 30.0
"""How long a run waits for the first worker, and for another one when all have gone."""
_LOOK_SECONDS = 1.0
_NO_ANSWER = "no answer"


@contextmanager
def open_cluster(address: str, *, tell: Tell) -> Iterator[Cluster]:
    """A cluster by the address of its scheduler.

    Raises:
        StvqaError: no scheduler answers, it has no workers, or they have other versions than this program.
    """
    with quiet_dask():
        client = connect(address)
        try:
            cluster = Cluster(client, address=address, tell=tell)
            cluster.wait_for_workers()
            cluster.check_versions()
            yield cluster
        finally:
            with suppress(Exception):  # the scheduler may be gone; the first error is the one to tell
                client.close(timeout=_CLOSE_SECONDS)


class Cluster:
    """Tasks on a cluster; Dask tries those again whose worker died."""

    def __init__(self, client: Client, *, address: str, tell: Tell) -> None:
        self._client = client
        self._address = address
        self._tell = tell
        self._expected: dict[str, str] = {}
        self._without_workers_since: float | None = None

    def wait_for_workers(self) -> None:
        """Waits for the first worker, and says how many there are.

        Raises:
            StvqaError: none came in time.
        """
        while not (threads := self._threads()):
            self._wait_without_workers()
            time.sleep(_LOOK_SECONDS)
        self._without_workers_since = None
        workers = "1 worker" if len(threads) == 1 else f"{len(threads):,} workers"
        _logger.info("workers: %s", ", ".join(sorted(threads)))
        self._tell(f"{workers} with {sum(threads.values()):,} threads at {self._address}")

    def check_versions(self) -> None:
        """Compares what scheduler and workers have installed with what this program has.

        Raises:
            StvqaError: something differs, told once for all workers where it does.
        """
        found = self._client.get_versions(packages=list(COMPARED))
        self._expected = comparable(found["client"]["packages"])
        needed = {name: self._expected[name] for name in ("dask", "distributed")}
        told: dict[str, list[str]] = defaultdict(list)
        for address, versions in found["workers"].items():
            told[", ".join(differences(self._expected, comparable(versions["packages"])))].append(address)
        problems = [f"{named(workers)} {_have(workers)} {what}" for what, workers in sorted(told.items()) if what]
        scheduler = ", ".join(differences(needed, comparable(found["scheduler"]["packages"])))
        if scheduler:
            problems.insert(0, f"the scheduler at {self._address} has {scheduler}")
        if problems:
            raise StvqaError(other_versions("; ".join(problems)))

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Runs all tasks; see `Scheduler`.

        Raises:
            StvqaError: workers died of a task, all workers or the scheduler went away, or workers do not see the run's
                folder; and what the tasks raise.
        """
        self._check_folder(Path(tasks[0].work))
        token = os.urandom(4).hex()
        keys = [f"stvqa-{task.stage_class.name}-{task.number}-{token}" for task in tasks]
        listener = Listener(self._client, topic=f"stvqa-log-{token}")
        futures = self._client.map(
            run_on_worker, tasks, expected=self._expected, log=listener.log, key=keys, pure=False
        )
        ended: SimpleQueue[Future] = SimpleQueue()
        for future in futures:
            future.add_done_callback(ended.put)
        by_key = dict(zip(keys, tasks, strict=True))
        try:
            while by_key:
                future = self._next(ended)
                done = self._result(future, by_key[future.key])
                if done is None:
                    self._check_alive()
                    future.add_done_callback(ended.put)
                    continue
                self._without_workers_since = None
                del by_key[future.key]
                on_done(done)
        finally:
            with suppress(Exception):  # as above
                self._client.cancel(futures, force=True)
                listener.close(tasks=len(tasks) - len(by_key))

    def _next(self, ended: SimpleQueue[Future]) -> Future:
        """The next task that came to an end, as long as there is somebody to bring it there."""
        while True:
            try:
                return ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                self._check_alive()

    def _check_alive(self) -> None:
        if self._client.status != "running":
            raise self._scheduler_is_gone()
        if self._threads():
            self._without_workers_since = None
        else:
            self._wait_without_workers()

    def _threads(self) -> Mapping[str, int]:
        """Threads of each worker, by its address."""
        try:
            return dict(self._client.nthreads())
        except (OSError, ValueError, RuntimeError) as error:
            raise self._scheduler_is_gone() from error

    def _wait_without_workers(self) -> None:
        """Says once that workers are missing; raises where they have been for too long."""
        if self._without_workers_since is None:
            self._without_workers_since = time.monotonic()
            limit = f"at most {_WORKERS_SECONDS:.0f} s"
            _logger.warning("no workers at %s", self._address)
            self._tell(f"waiting for workers at {self._address}: 0 of at least 1, {limit}")
        elif time.monotonic() - self._without_workers_since >= _WORKERS_SECONDS:
            raise StvqaError(
                f"the Dask scheduler at {self._address} has no workers, for {_WORKERS_SECONDS:.0f} s: start some with "
                f"`dask worker {self._address}`, then run the same command again, which goes on where it stopped"
            )

    def _check_folder(self, work: Path) -> None:
        """Whether every worker sees the run's folder and may write there.

        Raises:
            StorageError: some do not, or do not say; told once for all of them.
        """
        token = os.urandom(8).hex()
        with storage_errors(work):
            put_probe(work, token=token)
        asked = dict.fromkeys(self._threads())
        answers: dict[str, object] = asked | self._client.run(folder_trouble, str(work), token, on_error="return")
        here = self._threads()
        told: dict[tuple[bool, str], list[str]] = defaultdict(list)
        for address, answer in answers.items():
            if isinstance(answer, str):
                told[True, answer].append(address)
            elif address in here:  # one that left is not missed
                told[False, _reason(answer)].append(address)
        told.pop((True, ""), None)
        if told:
            raise StorageError(
                "; ".join(
                    _folder_message(named(workers), work.parent, why, has_answered=has_answered)
                    for (has_answered, why), workers in sorted(told.items())
                )
            )

    def _result(self, future: Future, task: PartitionTask) -> PartitionDone | None:
        """The result of a task that came to its end; None where its worker died with it, so that Dask runs it again."""
        try:
            done: PartitionDone = future.result(timeout=_LOOK_SECONDS)
        except TimeoutError:
            if future.status == "error":
                raise  # of the task itself
            return None
        except KilledWorker as error:
            raise _died(error, task) from error
        except (CancelledError, OSError) as error:
            if isinstance(error, OSError) and self._client.status == "running":
                raise  # of the task itself
            raise self._scheduler_is_gone() from error
        return done

    def _scheduler_is_gone(self) -> StvqaError:
        return StvqaError(
            f"the Dask scheduler at {self._address} went away: start it and its workers, then run the same command "
            "again, which goes on where it stopped; what is complete is kept"
        )


def _died(error: KilledWorker, task: PartitionTask) -> StvqaError:
    count = error.allowed_failures + 1
    workers = "1 worker" if count == 1 else f"{count:,} workers"
    return StvqaError(
        f"partition {task.number} of stage {task.stage_class.name}: {workers} died that had it, or it and others, to "
        f"do, the last one at {error.last_worker.address}; most often they lack memory: look at its log, start "
        "workers with fewer threads or more memory (`--nthreads`, `--memory-limit`), and run the same command again; "
        "what is complete is kept"
    )


def _reason(answer: object) -> str:
    """Why a worker did not answer, on one line."""
    if answer is None:
        return _NO_ANSWER
    return " ".join(f"{type(answer).__name__}: {answer}".removesuffix(": ").split())


def _folder_message(names: str, folder: Path, why: str, *, has_answered: bool) -> str:
    if not has_answered:
        return silent(names, folder, why)
    return unseen(names, folder) if why == UNSEEN else unwritable(names, folder, why)


def _have(workers: Sequence[str]) -> str:
    return "has" if len(workers) == 1 else "have"
