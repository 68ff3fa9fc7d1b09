"""Candidates a second, and peak memory, from 1,000 to 30,000 scenes.

    python benchmarks/throughput.py                      # 1,000, 3,000, 10,000, 30,000 scenes, 2 workers
    python benchmarks/throughput.py --scenes 1000 3000

Demo scenes are written once as Visual Genome files without pictures; then each size is built in a process of
its own: load, prune, generate (`rules`), check. A candidate is a question that went through all four. Seconds are
wall-clock seconds of the stages, images not counted; memory is the sum of the resident sets of all processes
of the run, sampled ten times a second. Sizes are run in turn `--repeat` times and the median is shown, because
machines are noisy. `cpu ms` is the processor time of all processes for one candidate, start of workers included:
it hardly depends on what else the machine does, which `load` tells (jobs that want a core, this one's among them).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from stvqa.recipe import Recipe
from stvqa.runner import run_recipe
from stvqa.sources.demo.export import export_visual_genome
from stvqa.stages import STAGES
from stvqa.store import StageStatistics

SAMPLE_SECONDS = 0.1
STAGES_TIMED = ("load", "prune", "generate", "check")


class Measured(NamedTuple):
    """One run: candidates, wall seconds by stage, processor seconds and peak resident megabytes of all processes.

    `load` is the machine's load average over the last minute when the run ended.
    """

    candidates: int
    seconds: dict[str, float]
    cpu_seconds: float
    peak_mb: float
    load: float


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--root", type=Path, help="files of an earlier `stvqa demo --no-images`, to save time")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(**json.loads(options.child))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = options.root or write_files(Path(folder) / "vg", max(options.scenes))
        found: dict[int, list[Measured]] = {count: [] for count in options.scenes}
        for turn in range(options.repeat):
            for count in options.scenes:
                out = Path(folder) / f"run-{count}-{turn}"
                found[count].append(measured(root, out, count, options.workers))
        show(found, options.workers)


def write_files(root: Path, count: int) -> Path:
    """The input, not timed."""
    print(f"writing {count:,} scenes ...", file=sys.stderr)
    export_visual_genome(count=count, seed=5, out=root, images=False)
    return root


def measured(root: Path, out: Path, count: int, workers: int) -> Measured:
    """One build in a process of its own."""
    parameters = {"root": str(root), "out": str(out), "count": count, "workers": workers}
    command = [sys.executable, __file__, "--child", json.dumps(parameters)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (this very script)
        peak = Peak(process.pid)
        before = cpu_seconds(resource.RUSAGE_CHILDREN)
        output, _ = process.communicate()
        megabytes = peak.stop()
    if process.returncode:
        raise SystemExit(process.returncode)
    result = json.loads(output.splitlines()[-1])
    spent = cpu_seconds(resource.RUSAGE_CHILDREN) - before - result["cpu_before"]
    return Measured(result["candidates"], result["seconds"], spent, megabytes, os.getloadavg()[0])


def cpu_seconds(who: int) -> float:
    """Processor time of this process or of all that it waited for, theirs included."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def child(*, root: str, out: str, count: int, workers: int) -> None:
    """Builds and prints what run.json says."""
    stages = (
        STAGES["load"].model_validate({"source": "vg", "root": root, "limit": count, "missing_images": "placeholder"}),
        STAGES["prune"](),
        STAGES["generate"](),
        STAGES["check"].model_validate({"images": False}),
    )
    cpu_before = cpu_seconds(resource.RUSAGE_SELF)
    clock = StageClock()
    recipe = Recipe(name="throughput", seed=1, stages=stages)
    run_recipe(recipe, out=Path(out), scheduler="processes", workers=workers, progress=clock)
    candidates = clock.candidates
    print(json.dumps({"candidates": candidates, "seconds": clock.seconds, "cpu_before": cpu_before}))


class StageClock:
    """Wall-clock seconds of each stage: from the end of the one before, start of workers and index included."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.candidates = 0
        self._last = time.perf_counter()

    def note(self, text: str) -> None:
        """Nothing to note."""

    def begin(self, label: str, *, total: int, done: int) -> None:
        """Nothing to note."""

    def advance(self) -> None:
        """Nothing to note."""

    def calls(self, done: int, total: int) -> None:
        """Nothing to note."""

    def end(self, label: str, *, statistics: StageStatistics, reused: bool) -> None:
        """Notes the stage's time; what goes into the last stage is the number of candidates."""
        del reused
        now = time.perf_counter()
        self.seconds[label.rsplit(maxsplit=1)[-1]] = now - self._last
        self._last, self.candidates = now, statistics.records_in

    def close(self) -> None:
        """Nothing to note."""


class Peak:
    """Samples the resident memory of a process and all its descendants."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.highest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Ends sampling; the peak in megabytes."""
        self._stop.set()
        self._thread.join()
        return self.highest

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.highest = max(self.highest, sum(resident_mb(pid) for pid in family(self.pid)))


def family(pid: int) -> list[int]:
    """The process and all its descendants (Linux)."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found.extend(parents.get(member, []))
    return found


def resident_mb(pid: int) -> float:
    """Resident set in megabytes; 0 for a process that has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def show(found: dict[int, list[Measured]], workers: int) -> None:
    """One line a size, medians."""
    print(f"{workers} workers; seconds are wall-clock, medians of {len(next(iter(found.values())))} runs")
    heads = "".join(f"{name:>10}" for name in STAGES_TIMED)
    print(f"{'scenes':>8}{'candidates':>12}{heads}{'total s':>10}{'per s':>9}{'cpu ms':>9}{'peak MB':>9}{'load':>7}")
    for count, runs in found.items():
        seconds = {name: statistics.median(run.seconds[name] for run in runs) for name in STAGES_TIMED}
        total = sum(seconds.values())
        columns = "".join(f"{seconds[name]:>10.1f}" for name in STAGES_TIMED)
        candidates = runs[0].candidates
        cpu = 1000 * statistics.median(run.cpu_seconds for run in runs) / candidates
        peak, load = (statistics.median(getattr(run, name) for run in runs) for name in ("peak_mb", "load"))
        speed = f"{total:>10.1f}{candidates / total:>9,.0f}{cpu:>9.3f}"
        print(f"{count:>8,}{candidates:>12,}{columns}{speed}{peak:>9.0f}{load:>7.1f}")


if __name__ == "__main__":
    main()
