"""How much memory and time hostile inputs take: each of `fuzz.attacks` in a process of its own, as a user runs it.

    python benchmarks/fuzz memory [--only reply]

Fails where one takes more than 1 GB, says nothing for more than 60 s, or ends otherwise than with success or one
message.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from fuzz.attacks import ATTACKS, Attack, Ground
from fuzz.bombs import BombServer
from fuzz.hostile import KEY
from fuzz.targets.contract import support

__all__ = ["drill"]

_ROOT = Path(__file__).resolve().parents[2]
_MOST_MEGABYTES: Final = 1_000.0
_LONGEST_SILENCE_SECONDS: Final = 60.0
_KILLED_SECONDS: Final = 400.0
_LETTERS_SHOWN = 110


class Measured(NamedTuple):
    """What one command took.

    Attributes:
        megabytes: most that it, or a process of its own, had in memory.
        first: seconds until its first word.
        silence: the longest time without a word, its end included.
        last: its last line.
        is_fault: it says that it is at fault itself, or shows a traceback.
    """

    megabytes: float
    first: float
    silence: float
    seconds: float
    code: int
    last: str
    is_fault: bool

    @property
    def fault(self) -> str:
        """What does not hold; "" where all does."""
        if self.megabytes > _MOST_MEGABYTES:
            return "memory"
        if self.silence > _LONGEST_SILENCE_SECONDS:
            return "silence"
        return "fault" if self.is_fault or self.code not in (0, 1) else ""


def drill(only: str = "") -> int:
    """Runs all attacks whose name holds a text, prints the table, and gives the number of those that took too much."""
    failed = 0
    print(f"{'':<46}{'MB':>7}{'first':>7}{'silent':>8}{'total s':>9}{'exit':>6}  last line", flush=True)
    with _ground() as ground:
        for attack in ATTACKS:
            if only not in attack.name:
                continue
            taken = _measured(attack, ground)
            failed += bool(taken.fault)
            times = (
                f"{taken.megabytes:>7,.0f}{taken.first:>7.1f}{taken.silence:>8.1f}{taken.seconds:>9.1f}{taken.code:>6}"
            )
            mark = f"  << {taken.fault}" if taken.fault else ""
            print(f"{attack.name:<46}{times}  {taken.last[:_LETTERS_SHOWN]}{mark}", flush=True)
    print(f"{failed} of them take too much, or end badly")
    return failed


@contextlib.contextmanager
def _ground() -> Iterator[Ground]:
    hubs = support("hub_server")
    bomb = next(item for item in ATTACKS if item.name == "recipe: an alias bomb")
    with tempfile.TemporaryDirectory(prefix="stvqa-memory-") as name, hubs.HubServer() as hub, BombServer() as server:
        folder = Path(name)
        words = ["build", "--source", "demo", "--n", "4", "--set", "load.limit=6", "--scheduler", "sync", "--no-report"]
        taken = _run([*words, "--out", str(folder / "run")], folder, hub="")
        if taken.code:
            raise RuntimeError(taken.last)
        bomb.prepare(folder, Ground(folder, "", ""))
        card = b"---\n" + (folder / "recipe.yaml").read_bytes() + b"\n---\nA card.\n"
        hub.add("me/bomb", {"README.md": card})
        yield Ground(folder / "run", server.url, hub.url)


def _measured(attack: Attack, ground: Ground) -> Measured:
    with tempfile.TemporaryDirectory(prefix="stvqa-memory-") as name:
        folder = Path(name)
        words = [word.replace("RUN/", f"{folder}/run/") for word in attack.prepare(folder, ground)]
        return _run(words, folder, hub=ground.hub)


def _run(words: list[str], folder: Path, *, hub: str) -> Measured:
    """Runs stvqa, and reads what it says as it comes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "OPENAI_"))}
    told = {"HF_ENDPOINT": hub, "HF_TOKEN": "hf_writer", "HF_HUB_DISABLE_XET": "1"} if hub else {}
    paths = {"PYTHONPATH": str(_ROOT), "HOME": str(folder), "TMPDIR": str(folder), "NO_PROXY": "127.0.0.1"}
    taken = folder / "taken.txt"
    launcher = [sys.executable, "-S", str(Path(__file__).with_name("launch.py")), str(taken), str(_KILLED_SECONDS)]
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 (our own words)
        [*launcher, sys.executable, "-m", "stvqa", *words],
        cwd=folder,
        env={**kept, **told, **paths, "OPENAI_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, moments = _listen(process)
    process.wait()
    ended = time.monotonic()
    kibibytes, code = taken.read_text().split()
    gaps = [after - before for before, after in zip([started, *moments], [*moments, ended], strict=True)]
    lines = [line for line in re.split(r"[\r\n]+", said.decode(errors="replace")) if line.strip()]
    return Measured(
        megabytes=int(kibibytes) * 1024 / 1e6,
        first=gaps[0],
        silence=max(gaps),
        seconds=ended - started,
        code=int(code),
        last=ascii(lines[-1])[1:-1] if lines else "(nothing)",
        is_fault=any("fault of stvqa" in line or "Traceback (most" in line for line in lines),
    )


def _listen(process: subprocess.Popen[bytes]) -> tuple[bytes, list[float]]:
    """All that a process says, and when."""
    assert process.stdout is not None, "stdout is a pipe"
    said = b""
    moments: list[float] = []
    with process.stdout:
        while some := os.read(process.stdout.fileno(), 65_536):
            said += some
            moments.append(time.monotonic())
    return said, moments
