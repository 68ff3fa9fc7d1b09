"""Where partitions are worked on: this thread, threads, processes, or a Dask cluster.

    with open_scheduler("processes", workers=2) as scheduler:
        scheduler.run(tasks, on_done=bar.update)

Processes are started afresh (spawn), once for all stages, with one BLAS thread each. They are deaf to
Ctrl-C, which is the parent's to handle, and end by themselves when the parent is killed.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import dask
import dask.local
import dask.multiprocessing
import dask.threaded
import pyarrow as pa
from dask.callbacks import Callback
from dask.system import CPU_COUNT

from stvqa.errors import RecipeError, StvqaError
from stvqa.runner.folders import StageFolder
from stvqa.runner.task import PartitionTask, run_partition

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Scheduler", "open_scheduler"]

OnDone = Callable[[], None]

_ATTEMPTS = 3
"""How often partitions are tried whose worker process died; what is complete is not tried again."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_CLUSTER_TIMEOUT_SECONDS = 10


class Scheduler(Protocol):
    """Runs tasks, in any order."""

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Returns when all tasks are complete; `on_done` is called after each, in the calling thread.

        After an error nobody is at work on the tasks any more, so that the folder may be given to others.
        """


@contextmanager
def open_scheduler(name: str, *, workers: int | None) -> Iterator[Scheduler]:
    """A scheduler by its name on the command line.

    Args:
        name: `sync`, `threads`, `processes`, or the address of a Dask scheduler (`tcp://host:8786`).
        workers: threads or processes; None for one a core. Ignored by `sync` and by clusters.

    Raises:
        RecipeError: an unknown name, or fewer than one worker.
        StvqaError: nothing answers at the address.
    """
    if workers is not None and workers < 1:
        raise RecipeError(f"--workers {workers}: at least one worker is needed, or leave it out for one a core")
    count = workers or CPU_COUNT
    if name == "sync":
        yield _Synchronous()
    elif name == "threads":
        with _Threads(count) as threads:
            yield threads
    elif name == "processes":
        with _Processes(count) as processes:
            yield processes
    elif "://" in name:
        with _cluster(name) as cluster:
            yield cluster
    else:
        known = "sync, threads, processes, or the address of a Dask scheduler (tcp://host:8786)"
        raise RecipeError(f"--scheduler {name}: write {known}")


class _Synchronous:
    """One partition after the other in this thread."""

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        _compute(tasks, on_done, work=run_partition, scheduler=dask.local.get_sync)


class _Threads:
    """A pool of threads. An interruption stops them between two records."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="stvqa")
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        work = partial(run_partition, stop=self._stop)
        try:
            _compute(tasks, on_done, work=work, scheduler=dask.threaded.get, pool=self._pool)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)


class _Processes:
    """A pool of spawned processes, begun with the first task and again if one of them dies."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: _Pool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._close(at_once=kind is not None)

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        remaining = list(tasks)
        for _ in range(_ATTEMPTS):
            self._pool = self._pool or _Pool(self._count)
            try:
                _compute(remaining, on_done, work=run_partition, scheduler=dask.multiprocessing.get, pool=self._pool)
            except BrokenProcessPool:
                self._close(at_once=True)
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
        super().__init__(count, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)
        self._elder = set(multiprocessing.active_children())

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _interrupts_held(), _one_thread_each():
            return super().submit(function, *args, **kwargs)

    def close(self, *, at_once: bool) -> None:
        """Ends the workers, `at_once` in the middle of what they do (they write nothing half)."""
        if at_once:
            for child in set(multiprocessing.active_children()) - self._elder:
                child.terminate()
        self.shutdown(cancel_futures=True)


def _compute(
    tasks: Sequence[PartitionTask],
    on_done: OnDone,
    *,
    work: Callable[[PartitionTask], None],
    scheduler: Callable[..., Any],
    pool: Executor | None = None,
) -> None:
    """One Dask task a partition, each sent when a worker is free.

    Args:
        scheduler: Dask's own function; for a name it would import `distributed` first, which takes half a second.
    """
    delayed = dask.delayed(work, pure=False, traverse=False)
    with Callback(posttask=lambda *_: on_done()):
        dask.compute(
            *(delayed(task) for task in tasks), scheduler=scheduler, pool=pool, chunksize=1, optimize_graph=False
        )


@contextmanager
def _cluster(address: str) -> Iterator[Scheduler]:
    """A Dask cluster that somebody else started; its workers see the run folder under the same path."""
    from distributed import Client  # noqa: PLC0415 (half a second that only clusters need)

    try:
        client = Client(address, timeout=_CLUSTER_TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StvqaError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}): check the address"
        ) from error
    with client:
        yield _Cluster(client)


class _Cluster:
    """Tasks on a cluster; Dask tries those again whose worker died."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        from distributed import as_completed  # noqa: PLC0415 (see _cluster)

        futures = self._client.map(run_partition, tasks, pure=False)
        try:
            for future in as_completed(futures, loop=self._client.loop):
                future.result()
                on_done()
        finally:
            self._client.cancel(futures)


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


def _prepare_worker() -> None:
    """Runs first in each worker process.

    Millions of small records come and go without cycles; the collector would go through them a thousand times.
    """
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
