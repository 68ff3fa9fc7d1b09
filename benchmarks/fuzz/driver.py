"""Runs one target for a time, collects what it finds, once a fault, and goes on.

The work is done in a process of its own (`drive`); where a case ends that process, the one beside it (`supervise`)
counts it as found and starts another with the next seed. What is known lies in `known.json` of the folder of findings.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import FlakyFailure

from fuzz.found import Found, fault_of
from fuzz.limits import TooLong, TooMuch
from fuzz.sandbox import Sandbox
from fuzz.targets import open_target

__all__ = ["Round", "Tally", "attempt", "drive", "run_round", "supervise"]

_CASES_A_ROUND = 100
_SHRINKING_SECONDS = 30.0
_ADDRESS_SPACE_BYTES = 12 * 2**30
_STUCK_SECONDS = 400.0
_KNOWN = "known.json"
_RUNNING = "running.txt"


class Tally(NamedTuple):
    """How many cases ended how, and how often each fault was met."""

    outcomes: Counter[str]
    found: Counter[str]


class _Unknown(Exception):  # noqa: N818 (tells hypothesis to shrink)
    """A fault that was not known when the round began."""


def attempt(hold: Any, case: object, sandbox: Sandbox) -> str | Found:  # noqa: ANN401 (any target's)
    """The outcome of a case in words, or what was found."""
    try:
        return str(hold(case, sandbox))
    except Found as found:
        return found
    except TooLong as late:
        return Found("too long", fault_of(late).place, fault_of(late).detail)
    except TooMuch as much:
        return Found("too much memory", "", str(much))
    except Exception as error:  # noqa: BLE001 (what the target did not expect is what it looks for)
        return fault_of(error)


class Round:
    """One round of hypothesis: ends at the first unknown fault, with its smallest case."""

    def __init__(self, target: Any, sandbox: Sandbox, *, known: set[str], folder: Path, until: float) -> None:  # noqa: ANN401
        self.target = target
        self.sandbox = sandbox
        self.known = known
        self.folder = folder
        self.until = until
        self.tally = Tally(Counter(), Counter())
        self.new: str | None = None
        self.shrink_until = 0.0

    def case(self, case: object) -> None:
        """One case."""
        now = time.monotonic()
        if now > (self.shrink_until if self.new else self.until):
            return
        told = repr(case)
        (self.folder / _RUNNING).write_text(told, errors="backslashreplace")
        outcome = attempt(self.target.hold, case, self.sandbox)
        if not isinstance(outcome, Found):
            self.tally.outcomes[outcome] += not self.new
            return
        signature = outcome.signature
        if self.new is None:
            self.tally.found[signature] += 1
        if signature in self.known or (self.new and signature != self.new):
            return
        if self.new is None:
            self.new, self.shrink_until = signature, now + _SHRINKING_SECONDS
        _save(self.folder, outcome, told)
        raise _Unknown(signature)


def drive(name: str, sandbox: Sandbox, *, seconds: float, seed: int, save: Path) -> None:
    """Runs a target until the time is over."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, resource.RLIM_INFINITY))
    folder = save / name
    target = open_target(name, sandbox)
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        known = set(_read_known(folder)["found"])
        one = Round(target, sandbox, known=known, folder=folder, until=until)
        run_round(one, seed=seed * 100_003 + number)
        _add_known(folder, one.tally)
        number += 1


def run_round(one: Round, *, seed: int) -> None:
    """Runs a round to its end: the time is over, all cases are run, or an unknown fault has its smallest case."""
    rounds = settings(
        max_examples=_CASES_A_ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    try:
        _seeded(seed, rounds, one)()
    except (_Unknown, FlakyFailure):
        return


def _seeded(number: int, rounds: settings, one: Round) -> Any:  # noqa: ANN401 (hypothesis gives a function of its own)
    @seed(number)
    @rounds
    @given(case=one.target.cases)
    def run(case: object) -> None:
        one.case(case)

    return run


def _save(folder: Path, found: Found, told: str) -> None:
    """Keeps a case of a fault; hypothesis comes to the smallest one at last."""
    name = "".join(letter if letter.isalnum() else "-" for letter in found.signature)[:120]
    text = f"{found.signature}\n\n{told}\n\n{found.detail}\n"
    (folder / f"{name}.txt").write_text(text, errors="backslashreplace")


def _read_known(folder: Path) -> dict[str, dict[str, int]]:
    path = folder / _KNOWN
    return json.loads(path.read_text()) if path.exists() else {"outcomes": {}, "found": {}}


def _add_known(folder: Path, tally: Tally) -> None:
    known = _read_known(folder)
    for name, counts in tally._asdict().items():
        known[name] = dict(Counter(known[name]) + counts)
    (folder / _KNOWN).write_text(json.dumps(known, indent=1))


def supervise(name: str, *, minutes: float, seed: int, save: Path) -> int:
    """Runs a target in processes of its own until the time is over, and prints the table.

    Returns:
        How many faults were found.
    """
    folder = save / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    until, restarts = time.monotonic() + minutes * 60, 0
    while (left := until - time.monotonic()) > 1:
        words = [
            name,
            "--minutes",
            str(left / 60),
            "--seed",
            str(seed + 1_000 * restarts),
            "--save",
            str(save),
            "--inside",
        ]
        code, told = _run_inside([sys.executable, str(Path(__file__).parent), *words], seconds=left + _STUCK_SECONDS)
        restarts += 1
        if code and not _note_end(folder, code, told):
            break
    return _print_table(name, folder)


def _run_inside(command: list[str], *, seconds: float) -> tuple[int, str]:
    """Exit code of the process and what it said at last; one that does not end is killed."""
    try:
        process = subprocess.run(command, check=False, capture_output=True, timeout=seconds)  # noqa: S603 (our own)
    except subprocess.TimeoutExpired as late:
        return -9, (late.stderr or b"").decode(errors="replace")
    return process.returncode, process.stderr.decode(errors="replace")


def _note_end(folder: Path, code: int, words: str) -> bool:
    """Notes the case that ended a process; whether there was one."""
    running = folder / _RUNNING
    if not running.exists():
        print(f"the target could not begin:\n{words}")
        return False
    found = Found(f"the process ended with {code}", _innermost(words), words)
    _save(folder, found, running.read_text())
    _add_known(folder, Tally(Counter(), Counter([found.signature])))
    running.unlink()
    return True


def _innermost(words: str) -> str:
    """Of a dump of all frames, the line of the innermost one of stvqa."""
    lines = [line for line in words.splitlines() if "/stvqa/" in line]
    return lines[0].strip()[-80:] if lines else words.strip()[-80:]


def _print_table(name: str, folder: Path) -> int:
    known = _read_known(folder)
    cases = sum(known["outcomes"].values()) + sum(known["found"].values())
    print(f"\n{name}: {cases:,} cases")
    for outcome, count in sorted(known["outcomes"].items(), key=lambda item: -item[1]):
        print(f"  {count:>7,}  {outcome}")
    print(f"  {len(known['found'])} faults" + (f", each with its smallest case in {folder}:" if known["found"] else ""))
    for signature, count in sorted(known["found"].items(), key=lambda item: -item[1]):
        print(f"  {count:>7,}  {signature}")
    sys.stdout.flush()
    return len(known["found"])
