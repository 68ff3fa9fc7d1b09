"""A Dask scheduler and its workers as processes of their own on loopback, as a user would start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class DaskCluster:
    """One scheduler; workers come and go."""

    def __init__(self, folder, *, allowed_failures=3):
        self.folder = folder
        self.workers = []
        file = folder / "scheduler.json"
        environment = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        self.scheduler = self._start("scheduler", *options, environment=environment)
        wait_until(lambda: file.is_file() and file.read_text(encoding="utf-8").endswith("}"))
        self.address = json.loads(file.read_text(encoding="utf-8"))["address"]

    def start_worker(self, *, before=(), path=()):
        """Starts a worker with one thread, without waiting for it.

        Args:
            before: words of a command that starts it.
            path: folders that its Python looks into first.
        """
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--death-timeout", "60")
        worker = self._start("worker", self.address, *options, before=before, path=path)
        self.workers.append(worker)
        return worker

    def close(self):
        """Ends everything."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, kind, *options, before=(), path=(), environment=None):
        places = [*map(str, path), str(ROOT), str(ROOT / "tests" / "support")]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [*before, sys.executable, "-m", "dask", kind, *options],
                cwd=self.folder,
                env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(places)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@contextmanager
def dask_cluster(folder, *, workers=0, allowed_failures=3):
    """A cluster that ends with the block; its workers are started, not waited for."""
    cluster = DaskCluster(folder, allowed_failures=allowed_failures)
    try:
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.close()


def wait_until(condition, *, seconds=60.0):
    """Waits for something that must come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
