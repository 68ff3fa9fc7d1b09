"""How fast are calls made, what do faults cost, and is anything paid twice?

    python benchmarks/calls.py speed      # 2,000 calls of 200 ms, 64 at once, beside a loop of one at a time
    python benchmarks/calls.py beside --other ../before --times 5  # speed of another checkout and this, in turns
    python benchmarks/calls.py faults     # 20 % malformed, 10 % 429, 5 % 500, 2 % dropped
    python benchmarks/calls.py kills      # twenty times SIGKILL in the middle of waves

All against the loopback model server of tests/support, in a process of its own, over real HTTP.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import openai
from kills import counts, drill
from PIL import Image
from pydantic import BaseModel

from stvqa.records import ImageReference
from stvqa.runner.calls import SourcePictures
from stvqa.teachers.calls import CallFailure, CallOptions, CallRequest, Message, Picture, Reply, read_reply
from stvqa.teachers.calls.opening import open_calls

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "tests" / "support" / "model_server.py"
LATENCY_SECONDS = 0.2
AT_ONCE = 64
_MEASURED = re.compile(r"^(.*?): .* s, (\d+) a second, ([\d.]+) ms CPU each", re.MULTILINE)


class Vote(BaseModel):
    """What a reply should be."""

    letter: str


@contextlib.contextmanager
def model_server(*options: str) -> Iterator[str]:
    """The loopback server in a process of its own; gives its URL."""
    command = [sys.executable, str(SERVER), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own script)
        assert process.stdout is not None, "stdout is a pipe"
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def request(number: int, *, image: Path | None = None, schema: bool = False) -> CallRequest:
    """A vote, about an image of 800 x 600 pixels where there is one."""
    images = () if image is None else (Picture(ImageReference(kind="file", location=str(image)), 800, 600),)
    text = f"Question {number}: which one is nearer to the camera?\n(A) the red cube\n(B) the green cone"
    messages = (Message("system", "Answer with the letter of the right option."), Message("user", text, images))
    return CallRequest("verify", "vote", "served", messages, 60, schema=Vote if schema else None)


def speed(count: int) -> None:
    """Calls a second beside the ideal and beside a loop of one at a time, in one run."""
    for name, photos in (("text", 0), ("four calls an image", count // 4)):
        with model_server("--latency", str(LATENCY_SECONDS), "--brain", "echo") as url:
            alone = _loop(url, 40)
            with tempfile.TemporaryDirectory() as folder:
                images: list[Path] = [_photo(Path(folder) / f"{number}.jpg", number) for number in range(photos)]
                asked = [request(number, image=images[number // 4] if images else None) for number in range(count)]
                options = CallOptions(base_url=url, concurrency=AT_ONCE)
                with open_calls(options, folder=Path(folder), pictures=SourcePictures()) as calls:
                    started, used = time.perf_counter(), time.process_time()
                    outcomes = calls.answer(asked)
                    took, used = time.perf_counter() - started, time.process_time() - used
            assert all(isinstance(outcome, Reply) for outcome in outcomes), "every call is answered"
            rate, ideal = count / took, AT_ONCE / LATENCY_SECONDS
            print(
                f"{name}: {count:,} calls in {took:.2f} s, {rate:.0f} a second, {used / count * 1000:.2f} ms CPU each"
            )
            print(
                f"  {rate / ideal:.1%} of the ideal {ideal:.0f} a second; {rate / alone:.1f} times a loop ({alone:.2f})"
            )


def beside(other: Path, times: int, count: int) -> None:
    """Medians of `speed` of two checkouts, run in turns: on a machine with other work, single figures say little."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for _ in range(times):
        for name, folder in (("other", other.resolve()), ("this", ROOT)):
            command = [sys.executable, str(folder / "benchmarks" / "calls.py"), "speed", "--count", str(count)]
            environment = os.environ | {"PYTHONPATH": str(folder)}
            told = subprocess.check_output(command, text=True, env=environment, cwd=folder)  # noqa: S603 (our own script)
            for kind, rate, used in _MEASURED.findall(told):
                found[kind, name].append((float(rate), float(used)))
    for (kind, name), figures in sorted(found.items()):
        rate, used = (median(column) for column in zip(*figures, strict=True))
        share = rate * LATENCY_SECONDS / AT_ONCE
        print(f"{kind}, {name}: {rate:.0f} a second, {share:.1%} of the ideal, {used:.2f} ms CPU each ({times} runs)")


def _photo(path: Path, seed: int) -> Path:
    """A JPEG of 800 x 600 pixels with as much in it as a photograph."""
    noise = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((800, 600), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def _loop(url: str, count: int) -> float:
    """Calls a second of the plain client, one at a time."""
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        started = time.perf_counter()
        for number in range(count):
            text = request(number).messages[1].text
            client.chat.completions.create(model="served", messages=[{"role": "user", "content": text}], max_tokens=60)
        return count / (time.perf_counter() - started)


def faults(count: int) -> None:
    """All calls come to an answer, and the server's bill is the ledger's."""
    rates = ("malformed=0.2", "rate-limited=0.1", "server-error=0.05", "dropped=0.02")
    options = [word for rate in rates for word in ("--fault", rate)]
    with model_server("--latency", "0.02", "--brain", "echo", *options) as url, tempfile.TemporaryDirectory() as folder:
        chosen = CallOptions(base_url=url, concurrency=AT_ONCE, backoff_seconds=0.1)
        with open_calls(chosen, folder=Path(folder), pictures=SourcePictures()) as calls:
            started = time.perf_counter()
            outcomes = calls.answer([request(number, schema=True) for number in range(count)])
            took = time.perf_counter() - started
            summary = calls.summary()
        seen = counts(url)
    answered = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
    fitting = sum(_fits(outcome) for outcome in answered)
    print(f"{count:,} calls in {took:.1f} s: {len(answered):,} answered, {fitting:,} of them as the schema wants")
    print(f"  the server saw {seen['received']:,} calls, faults {seen['faults']}")
    print(f"  billed by the server {seen['billed']:,}, in the ledger {summary.calls:,}; twice: {seen['billed_twice']}")
    print(f"  input tokens {seen['input_tokens']:,} and {summary.input_tokens:,}")
    print(f"  output tokens {seen['output_tokens']:,} and {summary.output_tokens:,}")


def _fits(reply: Reply) -> bool:
    try:
        read_reply(reply.text, Vote)
    except Exception:  # noqa: BLE001 (counted)
        return False
    return True


def kills(count: int, times: int) -> None:
    """A process that makes waves of calls is killed again and again, then let to its end."""
    options = ("--latency", "0.05", "--brain", "echo", "--fault", "rate-limited=0.02")
    with model_server(*options) as url, tempfile.TemporaryDirectory() as name:
        killed, whole = (_waves(url, Path(name) / run, count) for run in ("killed", "whole"))
        ledger = Path(name) / "killed" / "ledger.sqlite"
        result = drill(killed, url=url, ledger=ledger, times=times, longest=4.0)
        answers = [subprocess.check_output(command, text=True) for command in (killed, whole)]  # noqa: S603 (this script)
    print(f"{result.kills} kills over {count:,} calls, 16 at once: {result.twice} answers given twice,")
    print(
        f"  {result.in_flight} calls in flight at the kills, {result.interrupted} counted as interrupted in the ledger"
    )
    print(f"  final answers equal to those of an undisturbed run: {answers[0] == answers[1]}")


def _waves(url: str, folder: Path, count: int) -> list[str]:
    return [sys.executable, __file__, "waves", "--url", url, "--folder", str(folder), "--count", str(count)]


def waves(url: str, folder: Path, count: int) -> None:
    """What is killed: three waves, each depending on the one before."""
    options = CallOptions(base_url=url, concurrency=16, backoff_seconds=0.05)
    with open_calls(options, folder=folder, pictures=SourcePictures()) as calls:
        texts: list[str] = []
        for wave in range(3):
            asked = [request(number)._replace(sample=wave, seed=len(texts)) for number in range(count // 3)]
            texts += [_text(outcome) for outcome in calls.answer(asked)]
        print(json.dumps(texts))


def _text(outcome: Reply | CallFailure) -> str:
    return outcome.text if isinstance(outcome, Reply) else f"{outcome.reason}: {outcome.detail}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "beside", "faults", "kills", "waves"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--other", type=Path, help="of `beside`: a checkout to compare with")
    options = parser.parse_args(arguments)
    if options.what == "speed":
        speed(options.count)
    elif options.what == "beside":
        beside(options.other, options.times, options.count)
    elif options.what == "faults":
        faults(options.count)
    elif options.what == "kills":
        kills(options.count, options.times)
    else:
        waves(options.url, options.folder, options.count)


if __name__ == "__main__":
    main()
