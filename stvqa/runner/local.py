"""Partitions worked on in this process: in this thread, or in a pool of threads.

Synchronous().run(tasks, on_done)
with Threads(2) as threads:
    threads.run(tasks, on_done)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any, Self

import dask
import dask.local
import dask.threaded
from dask.callbacks import Callback

from stvqa.runner.task import OnDone, PartitionDone, PartitionTask, run_partition

__all__ = ["Synchronous", "Threads", "compute"]


class Synchronous:
    """One partition after the other in this thread."""

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Runs all tasks; see `Scheduler`."""
        compute(tasks, on_done, work=run_partition, scheduler=dask.local.get_sync)


class Threads:
    """A pool of threads. An interruption stops them between two records."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="stvqa")
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Runs all tasks; see `Scheduler`."""
        work = partial(run_partition, stop=self._stop)
        try:
            compute(tasks, on_done, work=work, scheduler=dask.threaded.get, pool=self._pool)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)


def compute(
    tasks: Sequence[PartitionTask],
    on_done: OnDone,
    *,
    work: Callable[[PartitionTask], PartitionDone],
    scheduler: Callable[..., Any],
    pool: Executor | None = None,
) -> None:
    """One Dask task a partition, each sent when a worker is free.

    Args:
        scheduler: Dask's own function; for a name it would import `distributed` first, which takes half a second.
    """
    delayed = dask.delayed(work, pure=False, traverse=False)
    with Callback(posttask=lambda _key, done, *_: on_done(done)):
        dask.compute(
            *(delayed(task) for task in tasks), scheduler=scheduler, pool=pool, chunksize=1, optimize_graph=False
        )
