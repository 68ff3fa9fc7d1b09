"""The one command: makes what is missing, runs what is not done, and writes the page from the result files.

    main(["--minutes", "60", "--workers", "2"])      # 0; the next call goes on

With `--minutes`, no arm is begun that would not end in time (by the longest one so far), and the warm start stops at a
checkpoint.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import NamedTuple

from miniature.jobs import Book, Job
from miniature.page import write_page
from miniature.results import Result, read_results, read_warm_start, write_result
from miniature.settings import Settings, read_settings
from stvqa.errors import StvqaError

__all__ = ["main"]

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[1]


class _Places(NamedTuple):
    """Where things are read and written.

    Attributes:
        work: sets, models and checkpoints; results: small files to be kept; page: written from them.
    """

    settings: Path
    work: Path
    results: Path
    page: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs; 0 when it ended well, complete or not, and 1 with one message for what a user can mend."""
    options = _options(arguments)
    places = _places(options)
    deadline = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    try:
        settings = read_settings(places.settings)
        if not options.page_only:
            _run(places, settings, workers=options.workers, threads=options.threads, deadline=deadline)
        write_page(places.page, settings, places.results)
    except StvqaError as error:
        print(f"miniature: {error}", file=sys.stderr)
        return 1
    print(f"results: {places.results}\npage: {places.page}")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="miniature", description="The paper's claims in miniature, with error bars")
    parser.add_argument("--settings", type=Path, default=_HERE / "settings.yaml")
    parser.add_argument("--out", type=Path, help="everything goes there, instead of into the checkout")
    parser.add_argument("--minutes", type=float, default=0, help="stop after these, between arms [default: never]")
    parser.add_argument("--workers", type=int, default=1, help="arms at once")
    parser.add_argument("--threads", type=int, default=0, help="of each worker [default: the cores, shared evenly]")
    parser.add_argument("--page-only", action="store_true", help="write the page from the results that are there")
    return parser.parse_args(arguments)


def _places(options: argparse.Namespace) -> _Places:
    out: Path | None = options.out
    if out is None:
        work, page = _CHECKOUT / "runs" / "miniature", _CHECKOUT / "docs" / "miniature.md"
        return _Places(options.settings, work, _HERE / "results", page)
    return _Places(options.settings, out / "work", out / "results", out / "miniature.md")


def _run(places: _Places, settings: Settings, *, workers: int, threads: int, deadline: float) -> None:
    """All that is not done, or as much as time allows."""
    threads = threads or max(1, (os.cpu_count() or 1) // workers)
    _limit_threads(threads * workers)
    known = read_warm_start(places.results)
    if known is not None and not Book(settings, read_results(places.results), warm_start=known.digest).next_jobs():
        print(f"all of it stands in {places.results}: to run it again, name another folder with --out")
        return
    from miniature.workbench import prepare  # noqa: PLC0415 (torch reads its threads when it is imported)

    _quiet()
    if not prepare(places.work, places.results, settings, workers=workers, deadline=deadline):
        print("time is up in the warm start; the same command goes on")
        return
    warm_start = read_warm_start(places.results)
    assert warm_start is not None
    crew = _Crew(places, workers=workers, threads=threads, deadline=deadline)
    while True:
        book = Book(settings, read_results(places.results), warm_start=warm_start.digest)
        jobs = book.next_jobs()
        if not jobs:
            print("all is done")
            return
        print(f"{jobs[0].group}: {len(jobs)} of {book.count(jobs[0].group)} trainings left", flush=True)
        if not crew.run(jobs):
            print("time is up; the same command goes on")
            return


class _Crew:
    """Runs jobs, in this process or in several.

    Attributes:
        longest: seconds of the longest job so far.
    """

    def __init__(self, places: _Places, *, workers: int, threads: int, deadline: float) -> None:
        self.places, self.workers, self.threads, self.deadline = places, workers, threads, deadline
        self.longest = 0.0

    def run(self, jobs: Sequence[Job]) -> bool:
        """Runs jobs in order; False where time ran out before all of them."""
        waiting = list(jobs)
        for result in self._one_by_one(waiting) if self.workers == 1 else self._together(waiting):
            seconds = result.seconds_training + result.seconds_looking
            self.longest = max(self.longest, seconds)
            accuracy = next(figures["accuracy"] for figures in result.looks.values())
            print(
                f"  {result.group}/{result.arm}, seed {result.seed}: accuracy {accuracy:.3f}, {seconds:.0f} s",
                flush=True,
            )
        return not waiting

    def _late(self) -> bool:
        return time.monotonic() + self.longest > self.deadline

    def _one_by_one(self, waiting: list[Job]) -> Iterator[Result]:
        _open(self.places, self.threads)
        while waiting and not self._late():
            yield _work(waiting.pop(0))

    def _together(self, waiting: list[Job]) -> Iterator[Result]:
        at_work: set[Future[Result]] = set()
        with ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=_open, initargs=(self.places, self.threads)
        ) as pool:
            while at_work or (waiting and not self._late()):
                while waiting and len(at_work) < self.workers and not self._late():
                    at_work.add(pool.submit(_work, waiting.pop(0)))
                finished, at_work = wait(at_work, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()


_OPEN: dict[str, object] = {}
"""What a process has opened: places and workbench, once."""


def _open(places: _Places, threads: int) -> None:
    if _OPEN.get("places") == places:
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_threads(threads)
    import torch  # noqa: PLC0415 (after its threads are set)

    from miniature.workbench import open_workbench  # noqa: PLC0415 (same)

    _quiet()
    torch.set_num_threads(threads)
    _OPEN.update(places=places, bench=open_workbench(places.work, read_settings(places.settings)))


def _end_with_parent() -> None:
    """A worker whose parent was killed would train on for nobody, and take the cores of the run that comes after."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: Job) -> Result:
    from miniature.training import run_job  # noqa: PLC0415 (as above)
    from miniature.workbench import Workbench  # noqa: PLC0415 (same)

    bench, places = _OPEN["bench"], _OPEN["places"]
    assert isinstance(bench, Workbench)
    assert isinstance(places, _Places)
    result = run_job(bench, job)
    write_result(places.results, result)
    return result


def _quiet() -> None:
    """No bars of every model that is loaded."""
    import datasets  # noqa: PLC0415 (slow to import)
    from transformers.utils import logging  # noqa: PLC0415 (same)

    datasets.disable_progress_bars()
    logging.disable_progress_bar()


def _limit_threads(threads: int) -> None:
    """Before torch is imported; afterwards `torch.set_num_threads` decides."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
