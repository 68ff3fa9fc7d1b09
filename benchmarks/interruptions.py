"""Interrupts build, verify, push and report at random moments, runs each again, and compares with an undisturbed run.

    python benchmarks/interruptions.py                  # 30 times SIGKILL and 30 times two Ctrl-C
    python benchmarks/interruptions.py --times 6 --seed 2

Models and Hub are the loopback servers of tests/support. The schedulers are `processes` and a Dask cluster of two
workers, started by hand. Exits with 1 where bytes differ, a command hangs or shows a traceback, a process is left
behind, or more was paid twice than was in flight.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from calls import ROOT, SERVER, model_server
from kills import ARRIVED_SECONDS, SETTLED_SECONDS, counts, ledger_number

CONCURRENCY = 8
ONE = ("--set", "generate.questions_per_call=1")
LONGEST_SECONDS = 60.0
"""From the signal to the end of the process; more is a hang."""
KINDS = ("build processes", "build cluster", "verify processes", "verify cluster", "push", "report")
SIGNALS = ("SIGKILL", "two Ctrl-C")


class Places(NamedTuple):
    """What all commands use.

    Attributes:
        model / hub / cluster: addresses.
        hub_files: what a repository of the Hub holds, by path (a function of its name).
        folder: of all runs.
    """

    model: str
    hub: str
    cluster: str
    hub_files: Callable[[str], dict[str, bytes]]
    folder: Path


class Struck(NamedTuple):
    """One interruption: what went wrong, and what it cost."""

    kind: str
    how: str
    in_flight: int
    twice: int
    faults: tuple[str, ...]


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A Dask scheduler and two workers of one thread, as a user starts them; gives the address."""
    dask = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": _environment()}
    with tempfile.TemporaryDirectory() as name:
        told = Path(name) / "scheduler.json"
        words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
        started = [subprocess.Popen([*dask, "scheduler", *words], **quiet)]  # noqa: S603 (our own words)
        try:
            while not told.exists():
                time.sleep(0.05)
            for _ in range(2):
                words = ["--scheduler-file", str(told), "--nthreads", "1", "--no-dashboard", "--local-directory", name]
                started.append(subprocess.Popen([*dask, "worker", *words], **quiet))  # noqa: S603 (same)
            yield str(json.loads(told.read_text())["address"])
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait()


def _environment(hub: str = "") -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "OPENAI_"))}
    paths = os.pathsep.join([str(ROOT), kept.get("PYTHONPATH", "")]).strip(os.pathsep)
    told = {"HF_ENDPOINT": hub, "HF_TOKEN": "hf_writer", "HF_HUB_DISABLE_XET": "1"} if hub else {}
    return {**kept, "PYTHONPATH": paths, "NO_PROXY": "127.0.0.1", **told}


def _command(kind: str, places: Places, run: Path) -> list[str]:
    """The words of one command; its run's folder is `run`, and its repository is called like that."""
    name, _, scheduler = kind.partition(" ")
    words = [sys.executable, "-m", "stvqa", name]
    asked = ["--base-url", places.model, "--concurrency", str(CONCURRENCY), "--no-report"]
    where = ["--scheduler", *([places.cluster] if scheduler == "cluster" else ["processes", "--workers", "2"])]
    if name == "build":
        what = ["--source", "demo", "--n", "40", "--teacher", "teacher", *ONE]
        return [*words, *what, "--out", str(run), *asked, *where]
    if name == "verify":
        return [*words, str(run), "--verifier", "reader", *asked, *where]
    if name == "push":
        return [*words, str(run), "--repo", f"me/{run.name}"]
    return [*words, str(run)]


def _result(kind: str, places: Places, run: Path) -> dict[str, bytes]:
    """What a command has made, in bytes."""
    command = kind.partition(" ")[0]
    if command == "report":
        return {"report.html": (run / "report.html").read_bytes()}
    if command == "push":
        files = places.hub_files(f"me/{run.name}")
        name = run.name.encode()
        return {path: data.replace(name, b"NAME") for path, data in files.items() if "provenance" not in path}
    return {str(path.relative_to(run)): path.read_bytes() for path in sorted((run / "dataset" / "data").iterdir())}


class Drill:
    """Interrupts commands, one after the other.

    Args:
        places: what they use.
        seed: of the moments.
    """

    def __init__(self, places: Places, *, seed: int) -> None:
        self._places = places
        self._chance = random.Random(seed)
        self._begun: dict[str, Path | None] = {}
        self._wanted: dict[str, dict[str, bytes]] = {}
        self._seconds: dict[str, float] = {}
        self._number = 0

    def undisturbed(self) -> None:
        """Makes what each command has to come to, and notes how long it takes."""
        built: Path | None = None
        verified: Path | None = None
        for kind in KINDS:
            begun = {"build": None, "verify": built}.get(kind.partition(" ")[0], verified)
            run = self._copy(begun)
            started = time.monotonic()
            done = self._run_to_end(kind, run)
            self._seconds[kind] = time.monotonic() - started
            if done.returncode:
                raise SystemExit(f"{kind}, undisturbed, ends with {done.returncode}: {done.stderr}")
            self._begun[kind], self._wanted[kind] = begun, _result(kind, self._places, run)
            if kind == "build processes":
                built = run
            elif kind == "verify processes":
                verified = run
            print(f"undisturbed {kind}: {self._seconds[kind]:.1f} s, {len(self._wanted[kind])} files", flush=True)

    def strike(self, kind: str, how: str) -> Struck:
        """Interrupts a command once at a random moment, then lets it come to its end."""
        longest = self._seconds[kind]
        while True:
            run = self._copy(self._begun[kind])
            ledger = run / "ledger" / "ledger.sqlite"
            before = self._balance(ledger)
            process = subprocess.Popen(  # noqa: S603 (our own words)
                _command(kind, self._places, run),
                env=_environment(self._places.hub),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=_interruptible,  # noqa: PLW1509 (no threads that hold locks here)
            )
            try:
                process.wait(self._chance.uniform(0.05, 1.0) * longest)
            except subprocess.TimeoutExpired:
                break
            process.communicate()
            longest *= 0.9  # it was faster than before
        in_flight, faults = self._interrupt(process, how, ledger=ledger, before=before)
        twice = self._balance(ledger) - before
        done = self._run_to_end(kind, run)
        faults += self._faults_of_the_end(kind, done, run)
        if twice > in_flight:
            faults.append(f"{twice} answers lost, {in_flight} in flight")
        return Struck(kind, how, in_flight, twice, tuple(faults))

    def _interrupt(
        self, process: subprocess.Popen[bytes], how: str, *, ledger: Path, before: int
    ) -> tuple[int, list[str]]:
        """Stops the process to count what is in flight, and sends the signal; gives that, and what went wrong."""
        group = how != "SIGKILL" or self._chance.random() < 0.5
        send = os.killpg if group else os.kill
        faults: list[str] = []
        with contextlib.suppress(ProcessLookupError):
            send(process.pid, signal.SIGSTOP)
            time.sleep(ARRIVED_SECONDS)
            in_flight = counts(self._places.model)["in_flight"] + max(0, self._balance(ledger) - before)
            if how == "SIGKILL":
                send(process.pid, signal.SIGKILL)
            else:
                send(process.pid, signal.SIGINT)
                send(process.pid, signal.SIGCONT)
                time.sleep(self._chance.uniform(0.0, 1.0))
                send(process.pid, signal.SIGINT)
                in_flight = CONCURRENCY  # what is under way at the second one is not counted by a stop
        try:
            _, errors = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            faults.append("hangs")
            os.killpg(process.pid, signal.SIGKILL)
            _, errors = process.communicate()
        # A shell shows 130 too for a process that a second Ctrl-C ended while Python was shutting down.
        wanted = (-signal.SIGKILL,) if how == "SIGKILL" else (130, -signal.SIGINT, 0)
        if process.returncode not in wanted:
            faults.append(f"exit {process.returncode}: {errors.decode(errors='replace')[-300:]}")
        if b"Traceback" in errors or b"Exception ignored" in errors:
            faults.append(f"traceback: {errors.decode(errors='replace')[-1500:]}")
        if _left_behind(process.pid):
            faults.append("a process is left behind")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(SETTLED_SECONDS)
        return in_flight, faults

    def _faults_of_the_end(self, kind: str, done: subprocess.CompletedProcess[str], run: Path) -> list[str]:
        if done.returncode:
            return [f"the second run ends with {done.returncode}: {done.stderr[-600:]}"]
        found, wanted = _result(kind, self._places, run), self._wanted[kind]
        differ = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        faults = [f"bytes differ: {', '.join(differ)}"] if differ else []
        left = [path.name for path in run.rglob("*.tmp")]
        return faults + ([f"left over: {', '.join(left)}"] if left else [])

    def _run_to_end(self, kind: str, run: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 (our own words)
            _command(kind, self._places, run),
            env=_environment(self._places.hub),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def _copy(self, begun: Path | None) -> Path:
        self._number += 1
        run = self._places.folder / f"run-{self._number:04}"
        if begun is not None:
            shutil.copytree(begun, run)
        return run

    def _balance(self, ledger: Path) -> int:
        """Answers that the server gave, less those that the ledger holds."""
        held = ledger_number(ledger, "select count(*) from replies")
        return int(counts(self._places.model)["billed"]) - held


def _interruptible() -> None:
    """A terminal's child takes Ctrl-C, also where this process was started with it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _left_behind(session: int) -> bool:
    """Whether processes of a session are still there some seconds after its first one ended."""
    end = time.monotonic() + 15.0
    while time.monotonic() < end:
        if not _members(session):
            return False
        time.sleep(0.1)
    return True


def _members(session: int) -> list[int]:
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, its_session = stat.read_text().rsplit(")", 1)[1].split()[:4]
            if int(its_session) == session and state != "Z":
                members.append(int(stat.parent.name))
    return members


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each fault and a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=30, help="of each signal")
    parser.add_argument("--seed", type=int, default=15)
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(SERVER.parent))
    hub_server = import_module("hub_server").HubServer

    struck: list[Struck] = []
    with (
        tempfile.TemporaryDirectory() as name,
        model_server("--brain", "studio", "--latency", "0.3") as model,
        cluster() as scheduler,
        hub_server() as hub,
    ):

        def files(repo: str) -> dict[str, bytes]:
            return dict(hub.repos[repo].files)

        drill = Drill(Places(model, hub.url, scheduler, files, Path(name)), seed=options.seed)
        drill.undisturbed()
        for how in SIGNALS:
            for number in range(options.times):
                one = drill.strike(KINDS[number % len(KINDS)], how)
                struck.append(one)
                for fault in one.faults:
                    print(f"FAULT {one.how}, {one.kind}: {fault}", flush=True)
    _print_table(struck)
    sys.exit(any(one.faults for one in struck))


def _print_table(struck: Sequence[Struck]) -> None:
    print(f"{'command':<18}{'signal':<12}{'struck':>7}{'in flight':>11}{'paid twice':>12}{'faults':>8}")
    groups = Counter((one.kind, one.how) for one in struck)
    for (kind, how), count in sorted(groups.items()):
        ones = [one for one in struck if (one.kind, one.how) == (kind, how)]
        in_flight, twice = (sum(getattr(one, name) for one in ones) for name in ("in_flight", "twice"))
        faults = sum(len(one.faults) for one in ones)
        print(f"{kind:<18}{how:<12}{count:>7}{in_flight:>11}{twice:>12}{faults:>8}")


if __name__ == "__main__":
    main()
