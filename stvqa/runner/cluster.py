"""Partitions worked on by a Dask cluster that somebody else started.

    with open_cluster("tcp://host:8786", tell=print) as cluster:     # 2 workers with 8 threads at tcp://host:8786
        cluster.run(tasks, on_done)

Its workers see the run folder and the source under the same paths. What of them can be known is looked at before any
work: whether there are some, what versions they have, whether they see both folders.
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
from stvqa.runner.cluster_asking import (
    ANSWER_SECONDS,
    GONE,
    IMPORT_SECONDS,
    ask_workers,
    reason_of,
    versions_of_workers,
)
from stvqa.runner.cluster_connect import connect, quiet_dask
from stvqa.runner.cluster_log import Listener
from stvqa.runner.cluster_watch import Watch
from stvqa.runner.cluster_worker import (
    COMPARED,
    comparable,
    differences,
    folder_message,
    folder_trouble,
    landmarks_of,
    named,
    no_answer,
    other_versions,
    own_versions,
    put_probe,
    run_on_worker,
    silent_about,
)
from stvqa.runner.task import OnDone, PartitionDone, PartitionTask
from stvqa.store.atomic import storage_errors

__all__ = ["Cluster", "open_cluster"]

_logger = logger_of(__name__)

Tell = Callable[[str], object]

_CLOSE_SECONDS = 5
_LOOK_SECONDS = 1.0


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
        self._watch = Watch(client, address=address, tell=tell)

    def wait_for_workers(self) -> None:
        """Waits for the first worker, and says how many there are.

        Raises:
            StvqaError: none came in time, or the scheduler does not answer.
        """
        with self._answering():
            while not (threads := self._watch.threads()):
                self._watch.wait_without_workers()
                time.sleep(_LOOK_SECONDS)
        self._watch.has_finished()
        workers = "1 worker" if len(threads) == 1 else f"{len(threads):,} workers"
        _logger.info("workers: %s", ", ".join(sorted(threads)))
        self._tell(f"{workers} with {sum(threads.values()):,} threads at {self._address}")

    def check_versions(self) -> None:
        """Compares what workers have installed with what this program has; of the scheduler, `connect` does so.

        Raises:
            StvqaError: something differs, or workers do not answer; told once for all workers of which it is true.
        """
        with self._answering():
            on_workers = versions_of_workers(self._client, COMPARED)
        self._expected = own_versions()
        told: dict[str, list[str]] = defaultdict(list)
        silent: dict[str, list[str]] = defaultdict(list)
        for address, packages in on_workers.items():
            if isinstance(packages, Mapping):
                told[", ".join(differences(self._expected, comparable(packages)))].append(address)
            else:
                silent[reason_of(packages)].append(address)
        if silent:
            raise StvqaError("; ".join(no_answer(named(workers), why) for why, workers in sorted(silent.items())))
        problems = [f"{named(workers)} {_have(workers)} {what}" for what, workers in sorted(told.items()) if what]
        if problems:
            raise StvqaError(other_versions("; ".join(problems)))

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Runs all tasks; see `Scheduler`.

        Raises:
            StvqaError: workers died of a task, all workers or the scheduler went away, or workers do not see the run's
                folder or the source's; and what the tasks raise.
        """
        self._check_folders(Path(tasks[0].work), tasks[0].sees)
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
        self._watch.begin()
        try:
            while by_key:
                future = self._next(ended)
                done = self._result(future, by_key[future.key])
                if done is None:
                    self._watch.look()
                    future.add_done_callback(ended.put)
                    continue
                self._watch.has_finished()
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
                self._watch.look()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turns the silence of the scheduler, and its end, into a message."""
        try:
            yield
        except TimeoutError as error:
            raise self._watch.scheduler_is_silent(ANSWER_SECONDS) from error
        except GONE as error:
            raise self._watch.scheduler_is_gone() from error

    def _check_folders(self, work: Path, sees: Sequence[str]) -> None:
        """Whether every worker sees the run's folder, may write there, and sees the source's folders.

        Raises:
            StorageError: some do not, or do not say; told once for all of them.
        """
        token = os.urandom(8).hex()
        with storage_errors(work):
            put_probe(work, token=token)
        landmarks = {folder: landmarks_of(Path(folder)) for folder in sees}
        with self._answering():
            answers = ask_workers(self._client, folder_trouble, str(work), token, landmarks, seconds=IMPORT_SECONDS)
        told: dict[str, list[str]] = defaultdict(list)
        silent: dict[str, list[str]] = defaultdict(list)
        for address, answer in answers.items():
            if isinstance(answer, str):
                told[answer].append(address)
            else:
                silent[reason_of(answer)].append(address)
        told.pop("", None)
        problems = [folder_message(named(workers), work.parent, why) for why, workers in sorted(told.items())]
        problems += [silent_about(named(workers), work.parent, why) for why, workers in sorted(silent.items())]
        if problems:
            raise StorageError("; ".join(problems))

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
            raise self._watch.scheduler_is_gone() from error
        return done


def _died(error: KilledWorker, task: PartitionTask) -> StvqaError:
    count = error.allowed_failures + 1
    workers = "1 worker" if count == 1 else f"{count:,} workers"
    return StvqaError(
        f"partition {task.number} of stage {task.stage_class.name}: {workers} died that had it, or it and others, to "
        f"do, the last one at {error.last_worker.address}; most often they lack memory: look at its log, start "
        "workers with fewer threads or more memory (`--nthreads`, `--memory-limit`), and run the same command again; "
        "what is complete is kept"
    )


def _have(workers: Sequence[str]) -> str:
    return "has" if len(workers) == 1 else "have"
