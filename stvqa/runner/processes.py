"""Partitions worked on in processes of this machine.

    with Processes(2) as processes:
        processes.run(tasks, on_done)

They are started afresh (spawn), once for all stages, with one BLAS thread each. They are deaf to Ctrl-C, which is the
parent's to handle, and end by themselves when the parent is killed.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self

import dask.multiprocessing
import pyarrow as pa

from stvqa.errors import StvqaError
from stvqa.logs import LogSettings, begin_log, current_log, logger_of
from stvqa.runner.folders import StageFolder
from stvqa.runner.local import compute
from stvqa.runner.semaphores import SHARED_MEMORY, named_semaphores, sweep_semaphores
from stvqa.runner.task import OnDone, PartitionTask, run_partition
from stvqa.terminal import write_plainly

__all__ = ["Processes"]

_logger = logger_of(__name__)

_ATTEMPTS = 3
"""How often partitions are tried whose worker process died; what is complete is not tried again."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Processes:
    """A pool of spawned processes, begun with the first task and again if one of them dies."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: _Pool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._close(at_once=kind is not None)

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Runs all tasks; see `Scheduler`.

        Raises:
            StvqaError: worker processes died again and again.
        """
        remaining = list(tasks)
        for _ in range(_ATTEMPTS):
            self._pool = self._pool or _Pool(self._count)
            try:
                compute(remaining, on_done, work=run_partition, scheduler=dask.multiprocessing.get, pool=self._pool)
            except BrokenProcessPool:
                self._close(at_once=True)
                _logger.warning("a worker process died: partitions that are not complete are tried again")
                remaining = [task for task in remaining if not _is_complete(task)]
            except BaseException:
                self._close(at_once=True)
                raise
            else:
                return
        reason = f"a worker process died {_ATTEMPTS} times, ended by the system, most often for want of memory"
        raise StvqaError(f"{reason}: run again with fewer --workers (now {self._count}); what is complete is kept")

    def _close(self, *, at_once: bool) -> None:
        if self._pool is None:
            return
        self._pool.close(at_once=at_once)
        self._pool = None


class _Pool(ProcessPoolExecutor):
    """Spawned workers that Ctrl-C does not reach: they inherit a mask that blocks it from their first instruction on.

    A handler set by the worker itself would come too late for a Ctrl-C during its start.
    """

    def __init__(self, count: int) -> None:
        sweep_semaphores()
        with _startable(), named_semaphores():
            super().__init__(
                count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare_worker,
                initargs=(current_log(),),
            )
        self._elder = set(multiprocessing.active_children())

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _startable(), _interrupts_held(), _one_thread_each():
            return super().submit(function, *args, **kwargs)

    def close(self, *, at_once: bool) -> None:
        """Ends the workers, `at_once` in the middle of what they do (they write nothing half)."""
        if at_once:
            for child in set(multiprocessing.active_children()) - self._elder:
                child.terminate()
        self.shutdown(cancel_futures=True)


@contextmanager
def _startable() -> Iterator[None]:
    """Turns the machine's refusal of processes, and of the semaphores between them, into one message.

    Raises:
        StvqaError: it refuses.
    """
    try:
        yield
    except OSError as error:
        raise StvqaError(
            f"this machine starts no worker processes ({error.strerror or error}): it lacks shared memory (of "
            f"{SHARED_MEMORY}), processes (`ulimit -u`) or open files (`ulimit -n`); mend that, take fewer --workers, "
            "or run the same command with --scheduler threads, which needs none of them"
        ) from error


def _is_complete(task: PartitionTask) -> bool:
    return StageFolder(Path(task.folder)).is_part_complete(task.number)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keeps Ctrl-C waiting for the length of the block; processes started inside never get one.

    They inherit the mask. The handler is needed beside it: the signal may reach another thread of this
    process, and Python would then interrupt the main thread halfway through the start of a worker.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
        if held and callable(handler):
            handler(held[0], None)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside use one BLAS thread each, unless the user's environment says otherwise."""
    added = [name for name in _THREAD_VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _prepare_worker(log: LogSettings | None) -> None:
    """Runs first in each worker process.

    Millions of small records come and go without cycles; the collector would go through them a thousand times.
    """
    write_plainly()
    if log is not None:
        begin_log(log)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    pa.set_cpu_count(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends this worker when its parent is gone: nobody else would tell it, after a SIGKILL."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
