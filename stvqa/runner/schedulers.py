"""Where partitions are worked on: this thread, threads, processes, or a Dask cluster.

with open_scheduler("processes", workers=2) as scheduler:
    scheduler.run(tasks, on_done=take)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from dask.system import CPU_COUNT

from stvqa.errors import RecipeError
from stvqa.runner.cluster_address import check_address, is_address, meant_address
from stvqa.runner.local import Synchronous, Threads
from stvqa.runner.processes import Processes
from stvqa.runner.task import OnDone, PartitionTask

__all__ = ["Scheduler", "open_scheduler"]


class Scheduler(Protocol):
    """Runs tasks, in any order."""

    def run(self, tasks: Sequence[PartitionTask], on_done: OnDone) -> None:
        """Returns when all tasks are complete; `on_done` is called after each, in the calling thread.

        After an error nobody of this machine is at work on the tasks any more. Workers of a cluster may be: they can
        write nothing once the tasks' work folder is gone.
        """


@contextmanager
def open_scheduler(
    name: str, *, workers: int | None, tell: Callable[[str], object] = lambda _line: None
) -> Iterator[Scheduler]:
    """A scheduler by its name on the command line.

    Args:
        name: `sync`, `threads`, `processes`, or the address of a Dask scheduler (`tcp://host:8786`).
        workers: threads or processes; None for one a core. Ignored by `sync` and by clusters.
        tell: told in words of a cluster's workers, and of waiting for them.

    Raises:
        RecipeError: an unknown name, an address that is none, or fewer than one worker.
        StvqaError: no Dask scheduler answers at the address, it has no workers, or they have other versions.
    """
    if workers is not None and workers < 1:
        raise RecipeError(f"--workers {workers}: at least one worker is needed, or leave it out for one a core")
    count = workers or CPU_COUNT
    if name == "sync":
        yield Synchronous()
    elif name == "threads":
        with Threads(count) as threads:
            yield threads
    elif name == "processes":
        with Processes(count) as processes:
            yield processes
    elif is_address(name):
        check_address(name)
        from stvqa.runner.cluster import open_cluster  # noqa: PLC0415 (half a second that only clusters need)

        with open_cluster(name, tell=tell) as cluster:
            yield cluster
    else:
        known = "sync, threads, processes, or the address of a Dask scheduler (tcp://host:8786)"
        raise RecipeError(f"--scheduler {name}: write {known}{meant_address(name)}")
