"""Kills a command again and again, lets it come to its end, and compares with one that nobody disturbed.

    python tests/support/model_server.py --port 8000 --brain teacher --latency 0.05 &
    python benchmarks/kills.py --times 20 --server http://127.0.0.1:8000/v1 --folder /tmp/kills -- \
        stvqa build --source demo --n 200 --teacher some-model --base-url http://127.0.0.1:8000/v1 --out {out}

`{out}` is replaced by the run's folder. At each kill the process is first stopped (SIGSTOP), so that what is in flight
can be counted: what the server is working on, and what it has answered and the ledger does not hold yet. Then all
of it gets SIGKILL. The finished sets are compared byte by byte.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SETTLED_SECONDS = 0.5
"""After a kill: all that the server was working on is answered."""
ARRIVED_SECONDS = 0.05
"""After a stop: all that was sent has reached the server."""


class Drill(NamedTuple):
    """What came of it.

    Attributes:
        kills: that struck before the command had ended.
        in_flight: calls in flight at the kills, summed.
        twice: answers that the server gave a second time.
        interrupted: calls that the ledger counted as under way at a kill.
    """

    kills: int
    in_flight: int
    twice: int
    interrupted: int


def counts(url: str) -> dict[str, Any]:
    """What the loopback server counted."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/control") as response:  # noqa: S310 (our own server)
        value: dict[str, Any] = json.load(response)
        return value


def ledger_number(ledger: Path, sql: str) -> int:
    """One number out of a ledger, 0 where there is none yet."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as it,
    ):
        return int(it.execute(sql).fetchone()[0])
    return 0


def drill(command: Sequence[str], *, url: str, ledger: Path, times: int, longest: float, seed: int = 5) -> Drill:
    """Kills a command `times` times at random moments, then runs it to its end.

    Args:
        command: starts where the one before was killed.
        url: of the loopback server.
        ledger: its file.
        times: kills at most; fewer where the command ends before.
        longest: seconds from one start to its kill, at most.
        seed: of the moments.
    """
    chance = random.Random(seed)
    kills = in_flight = 0
    began = counts(url)["billed"]
    for _ in range(times):
        lost = _lost(url, ledger, began)
        process = subprocess.Popen(  # noqa: S603 (the command of our own user)
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(chance.uniform(0.2, 1.0) * longest)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGSTOP)
            time.sleep(ARRIVED_SECONDS)
            seen = counts(url)
            replies = ledger_number(ledger, "select count(*) from replies")
            in_flight += seen["in_flight"] + max(0, seen["billed"] - began - replies - lost)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            time.sleep(SETTLED_SECONDS)
            continue
        break
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (same)
    interrupted = ledger_number(ledger, "select count(*) from losses where reason = 'interrupted'")
    return Drill(kills, in_flight, _lost(url, ledger, began), interrupted)


def _lost(url: str, ledger: Path, began: int) -> int:
    """Answers that the server gave and the ledger never got."""
    return int(counts(url)["billed"]) - began - ledger_number(ledger, "select count(*) from replies")


def digests(folder: Path) -> dict[str, str]:
    """sha256 of each file of a set's data, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "data").iterdir())}


def main() -> None:
    """Prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument(
        "--longest", type=float, default=12.0, metavar="SECONDS", help="from a start to its kill, at most"
    )
    parser.add_argument("--server", required=True, metavar="URL")
    parser.add_argument("--folder", type=Path, required=True, help="new; holds the two runs")
    parser.add_argument("command", nargs="+", help="after --; {out} is the run's folder")
    options = parser.parse_args()
    runs = {name: options.folder / name for name in ("killed", "whole")}
    commands = {name: [word.replace("{out}", str(out)) for word in options.command] for name, out in runs.items()}
    ledger = runs["killed"] / "ledger" / "ledger.sqlite"
    result = drill(commands["killed"], url=options.server, ledger=ledger, times=options.times, longest=options.longest)
    print(f"{result.kills} kills: {result.twice} answers given twice, {result.in_flight} calls in flight at the kills")
    print(f"  the ledger counted {result.interrupted} interrupted calls")
    before = counts(options.server)["billed"]
    subprocess.run(commands["whole"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (same)
    paid = counts(options.server)["billed"] - before
    held = ledger_number(ledger, "select count(*) from replies")
    print(f"  answers that the killed run holds: {held:,}; an undisturbed run paid for {paid:,}")
    same = digests(runs["killed"] / "dataset") == digests(runs["whole"] / "dataset")
    print(f"  the final sets are byte-equal: {same}")


if __name__ == "__main__":
    main()
