"""Partitions worked on by a Dask cluster that somebody else started.

    with open_cluster("tcp://host:8786", tell=print) as cluster:     # 2 workers with 8 threads at tcp://host:8786
        cluster.run(tasks, on_done)

Its workers see the run folder and the source under the same paths. What of them can be known is looked at before any
work: whether there are some, what versions they have, whether they see the folder.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from distributed import Client, Future, KilledWorker, Security
from distributed.core import rpc

from stvqa.errors import StorageError, StvqaError
from stvqa.logs import current_log, logger_of
from stvqa.runner.cluster_worker import (
    COMPARED,
    UNSEEN,
    SentLog,
    comparable,
    differences,
    folder_trouble,
    named,
    other_versions,
    put_probe,
    run_on_worker,
    unseen,
    unwritable,
)
from stvqa.runner.task import OnDone, PartitionDone, PartitionTask
from stvqa.store.atomic import storage_errors

__all__ = ["Cluster", "open_cluster"]

_logger = logger_of(__name__)

Tell = Callable[[str], object]

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 5
_SAID_LETTERS = 200
_WORKERS_SECONDS = 30.0
"""How long a run waits for the first worker, and for another one when all have gone."""
_LOOK_SECONDS = 1.0
_LOGGERS = ("distributed", "tornado", "asyncio")


@contextmanager
def open_cluster(address: str, *, tell: Tell) -> Iterator[Cluster]:
    """A cluster by the address of its scheduler.

    Raises:
        StvqaError: no scheduler answers, it has no workers, or they have other versions than this program.
    """
    with _quiet_dask():
        client = _connect(address)
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
        log = self._listen(topic=f"stvqa-log-{token}")
        futures = self._client.map(run_on_worker, tasks, expected=self._expected, log=log, key=keys, pure=False)
        ended: SimpleQueue[Future] = SimpleQueue()
        for future in futures:
            future.add_done_callback(ended.put)
        by_key = dict(zip(keys, tasks, strict=True))
        try:
            while by_key:
                future = self._next(ended)
                on_done(self._result(future, by_key.pop(future.key)))
        finally:
            with suppress(Exception):  # as above
                self._client.cancel(futures, force=True)
                if log is not None:
                    self._client.unsubscribe_topic(log.topic)

    def _listen(self, *, topic: str) -> SentLog | None:
        """Takes what workers log into this program's log, where there is one."""
        settings = current_log()
        if settings is None:
            return None
        self._client.subscribe_topic(topic, _log_event)
        return SentLog(topic, logging.getLevelNamesMapping()[settings.level.upper()])

    def _next(self, ended: SimpleQueue[Future]) -> Future:
        """The next task that came to an end, as long as there is somebody to bring it there."""
        while True:
            try:
                future = ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                self._check_alive()
            else:
                self._without_workers_since = None
                return future

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
        """Whether every worker sees the run's folder and may write there."""
        token = os.urandom(8).hex()
        with storage_errors(work):
            put_probe(work, token=token)
        answers: dict[str, str] = self._client.run(folder_trouble, str(work), token, on_error="ignore")
        troubles: dict[str, list[str]] = defaultdict(list)
        for address, trouble in answers.items():
            troubles[trouble].append(address)
        troubles.pop("", None)
        if troubles:
            raise StorageError(
                "; ".join(
                    unseen(named(workers), work.parent)
                    if why == UNSEEN
                    else unwritable(named(workers), work.parent, why)
                    for why, workers in sorted(troubles.items())
                )
            )

    def _result(self, future: Future, task: PartitionTask) -> PartitionDone:
        try:
            return self._waited_result(future)
        except KilledWorker as error:
            raise StvqaError(
                f"partition {task.number} of stage {task.stage_class.name}: {error.allowed_failures + 1} workers died "
                f"that had it, or it and others, to do, the last one at {error.last_worker.address}; most often they "
                "lack memory: look at that worker's log, start workers with fewer threads or more memory "
                "(`--nthreads`, `--memory-limit`), and run the same command again; what is complete is kept"
            ) from error
        except (CancelledError, OSError) as error:
            if isinstance(error, OSError) and self._client.status == "running":
                raise  # of the task itself
            raise self._scheduler_is_gone() from error

    def _waited_result(self, future: Future) -> PartitionDone:
        """The result of a task that came to its end; where its worker died with it, Dask runs the task again."""
        while True:
            try:
                done: PartitionDone = future.result(timeout=_LOOK_SECONDS)
            except TimeoutError:
                self._check_alive()
            else:
                return done

    def _scheduler_is_gone(self) -> StvqaError:
        return StvqaError(
            f"the Dask scheduler at {self._address} went away: start it and its workers, then run the same command "
            "again, which goes on where it stopped; what is complete is kept"
        )


def _connect(address: str) -> Client:
    """A client; Dask's own would wait for minutes where something else listens, and end with tracebacks."""
    try:
        kind = asyncio.run(asyncio.wait_for(_kind_of_server(address), _CONNECT_SECONDS))
    except TimeoutError as error:
        raise _no_scheduler(address, f"it says nothing for {_CONNECT_SECONDS} s") from error
    except Exception as error:  # whatever listens there may say anything
        raise _no_scheduler(address, str(error).partition("\n")[0][:_SAID_LETTERS] or type(error).__name__) from error
    if kind != "Scheduler":
        raise _no_scheduler(address, f"it is a {kind.lower()} of Dask")
    with warnings.catch_warnings():  # of versions, which are compared here by name
        warnings.simplefilter("ignore")
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)


def _log_event(event: tuple[object, Mapping[str, object]]) -> None:
    """Logs a record of a worker."""
    record = logging.makeLogRecord(dict(event[1]))
    logging.getLogger(record.name).handle(record)


async def _kind_of_server(address: str) -> str:
    """`Scheduler`, `Worker` or `Nanny`."""
    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=_CONNECT_SECONDS, connection_args=arguments) as server:
        return str((await server.identity())["type"])


def _no_scheduler(address: str, why: str) -> StvqaError:
    return StvqaError(f"--scheduler {address}: no Dask scheduler answers there ({why}): check the address")


def _have(workers: Sequence[str]) -> str:
    return "has" if len(workers) == 1 else "have"


@contextmanager
def _quiet_dask() -> Iterator[None]:
    """Keeps Dask's own log, with its tracebacks, off the screen: what goes wrong is told in one message."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _LOGGERS]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
