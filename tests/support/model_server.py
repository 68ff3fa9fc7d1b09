"""A model server on loopback, for tests and for trying things out without a provider. Real HTTP, no model.

    python tests/support/model_server.py --port 8000 --brain guesser
    stvqa build ... --teacher some-model --base-url http://127.0.0.1:8000/v1

It answers `/v1/chat/completions`, `/v1/models`, `/v1/files` and `/v1/batches` like the OpenAI API, and goes wrong
on command (`--fault malformed=0.2 --fault rate-limited=0.1 --trait images=false`). `GET /control` gives its counts.
In tests:

    with ModelServer(brain=always_a, faults=Faults(rates={"server-error": 0.1})) as server:
        ...                          # server.url, server.counts
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from model_api import Counts, ModelApi
from model_brains import Brain, ChatCall, Truth, always_a, blind, echo, guesser, honest
from model_faults import FAULTS, Faults, Traits
from model_http import serve
from studio_brain import studio
from teacher_brain import teacher

__all__ = ["BRAINS", "ChatCall", "Faults", "ModelServer", "Traits", "main", "truths_of"]

BRAINS: Mapping[str, Callable[[argparse.Namespace], Brain]] = {
    "always-a": lambda _: always_a,
    "blind": lambda _: blind,
    "echo": lambda _: echo,
    "guesser": lambda options: guesser(options.seed),
    "honest": lambda options: honest(truths_of(options.truth), otherwise=guesser(options.seed)),
    "studio": lambda options: studio(seed=options.seed),
    "teacher": lambda options: teacher(seed=options.seed),
}
"""Brains by the name that the command line knows them by."""


class ModelServer:
    """A server in a thread of this process, from `with` to its end.

    Attributes:
        api: brain, faults, traits and counts; may be changed while it runs.
    """

    def __init__(self, *, brain: Brain = echo, faults: Faults | None = None, traits: Traits | None = None) -> None:
        self.api = ModelApi(brain=brain, faults=faults or Faults(), traits=traits or Traits())
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """For `--base-url`."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def counts(self) -> Counts:
        return self.api.counts

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await serve(self.api.handle, port=0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()


def truths_of(path: Path | None) -> list[Truth]:
    """What is true: the rows of a set that `stvqa build` made (a run or a dataset folder), or a JSON file of
    `{"question": "answer"}`.
    """
    if path is None:
        raise SystemExit("--brain honest needs --truth: a run, a dataset folder, or a JSON file of question to answer")
    if path.is_file():
        table = json.loads(path.read_text(encoding="utf-8"))
        return [Truth(question, answer) for question, answer in table.items()]
    return list(_truths_of_set(path))


def _truths_of_set(path: Path) -> Any:
    import io

    from PIL import Image, ImageOps

    from stvqa.geometry.image_hash import difference_hash
    from stvqa.store.dataset import read_dataset

    folder = path / "dataset" if (path / "dataset").is_dir() else path
    for published in read_dataset(folder):
        row = published.row
        with Image.open(io.BytesIO(published.image)) as image:
            plain, mirrored = difference_hash(image), difference_hash(ImageOps.mirror(image))
        yield Truth(row.question_only, row.answer_text_only, plain, mirrored)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--brain", choices=sorted(BRAINS), default="guesser")
    parser.add_argument("--truth", type=Path, help="of the honest brain: a run, a dataset folder or a JSON file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help=", ".join(FAULTS))
    parser.add_argument("--trait", action="append", default=[], metavar="NAME=JSON", help="see model_faults.Traits")
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    rates = {name: float(share) for name, _, share in (text.partition("=") for text in options.fault)}
    if unknown := sorted(set(rates) - set(FAULTS)):
        raise SystemExit(f"--fault {unknown[0]}: known are {', '.join(FAULTS)}")
    traits = {name: json.loads(value) for name, _, value in (text.partition("=") for text in options.trait)}
    api = ModelApi(
        brain=BRAINS[options.brain](options),
        faults=Faults(rates=rates, seed=options.seed),
        traits=Traits(latency_seconds=options.latency, **traits),
    )
    server = await serve(api.handle, port=options.port)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


def main(arguments: list[str] | None = None) -> None:
    """Serves until Ctrl-C."""
    try:
        asyncio.run(_serve(_parse(arguments)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
