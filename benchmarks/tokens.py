"""Input tokens for each accepted row, counted on the prompts that were really sent, text and images.

    python benchmarks/tokens.py                              # demo scenes written as Visual Genome files, 200 rows
    python benchmarks/tokens.py --rows 400 --seed 3
    python benchmarks/tokens.py --root ../shared/vg/v1.2 --rows 25

The default recipe (`stvqa-7k`) with its teacher and, with `--verifier`, a verifier; both are played by the loopback
server of the tests: the teacher makes `--mistakes` (share of entries, repaired or replaced), the verifier is honest.
Every request is recorded as it came over HTTP. Beside it stands what the same requests would have cost with the
whole scene graph of each image in place of what its items ask about, and with one question a call.

Text is counted by the rules by which OpenAI's tokenizers cut text into pieces (words with the space before them, up to
three digits, marks, spaces before digits alone), one token a piece, and one for every six letters of a longer word.
No vocabulary is needed; for English words and numbers the count is a few percent too high. Images are counted by
OpenAI's published formulas: 1.62 for each patch of 32 x 32 pixels (gpt-4.1-mini), 85 and 170 for each tile of
512 x 512 (gpt-4o).
"""

from __future__ import annotations

import argparse
import io
import math
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageOps

from stvqa.geometry import difference_hash
from stvqa.recipe import Recipe, load_recipe, parse_setting
from stvqa.records import SceneGraph
from stvqa.runner import RunSummary, run_recipe
from stvqa.sources.demo.export import export_visual_genome
from stvqa.sources.opening import open_source
from stvqa.teachers.calls import CallOptions
from stvqa.teachers.llm import read_questions

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from model_brains import ChatCall, Truth, guesser, honest  # type: ignore[import-not-found]
from model_server import ModelServer  # type: ignore[import-not-found]
from teacher_brain import teacher  # type: ignore[import-not-found]

_PIECE = re.compile(r"[^\r\nA-Za-z0-9]?[A-Za-z]+|\d{1,3}| ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
_LONG_WORD, _LETTERS_A_TOKEN = 9, 6
_A_MESSAGE = 4
_OBJECT = re.compile(r'^(\S+\.\d+)(?: "[^"]+")?: (-?\d+ -?\d+ -?\d+ -?\d+)', re.MULTILINE)


def text_tokens(text: str) -> int:
    """Tokens of a text, a few percent too many; see the module."""
    found = 0
    for piece in _PIECE.findall(text):
        letters = sum(letter.isalpha() for letter in piece)
        found += 1 if letters <= _LONG_WORD else math.ceil(letters / _LETTERS_A_TOKEN)
    return found


def image_tokens(model: str, width: int, height: int) -> int:
    """Tokens of an image of so many pixels."""
    if "4.1-mini" in model:
        return round(1.62 * min(1536, math.ceil(width / 32) * math.ceil(height / 32)))
    return 85 + 170 * math.ceil(width / 512) * math.ceil(height / 512)


class Sent(NamedTuple):
    """One request as the server got it: its model, its texts, and the sizes of its images."""

    kind: str
    model: str
    texts: tuple[str, ...]
    images: tuple[tuple[int, int], ...]

    @property
    def text(self) -> int:
        """Tokens of the texts."""
        return sum(text_tokens(text) + _A_MESSAGE for text in self.texts)

    @property
    def image(self) -> int:
        """Tokens of the images."""
        return sum(image_tokens(self.model, *size) for size in self.images)


class Recorder:
    """A brain that plays both parts and keeps what it was sent.

    Attributes:
        sent: requests in the order of arrival.
    """

    def __init__(self, *, mistakes: float, seed: int) -> None:
        kinds = ("wrong-answer", "malformed-program", "words-swapped", "missing")
        self._teacher = teacher(dict.fromkeys(kinds, mistakes / len(kinds)), seed=seed)
        self._guesser = guesser(seed)
        self._truths: dict[tuple[str, str], Truth] = {}
        self._honest: tuple[int, Callable[[ChatCall], str]] = (0, self._guesser)
        self.sent: list[Sent] = []

    def __call__(self, call: ChatCall) -> str:
        """Answers as whoever was asked."""
        teaching = "Items:\n" in call.last
        kind = (
            ("repair" if "were refused" in call.last else "question")
            if teaching
            else "vote"
            if call.images
            else "blind"
        )
        opened = [Image.open(io.BytesIO(image)) for image in call.images]
        sizes = tuple((image.width, image.height) for image in opened)
        self.sent.append(Sent(kind, call.model, tuple(text for text in (call.system, call.user) if text), sizes))
        if not teaching:
            return self._verdict(call)
        reply: str = self._teacher(call)
        hashes = [(difference_hash(image), difference_hash(ImageOps.mirror(image))) for image in opened] or [("", "")]
        for written in read_questions(reply).written.values():
            truth = Truth(written.question, written.options[written.right % len(written.options)], *hashes[0])
            self._truths[truth.question, truth.image_hash] = truth
        return reply

    def _verdict(self, call: ChatCall) -> str:
        if not call.images:
            return str(self._guesser(call))
        if self._honest[0] != len(self._truths):
            self._honest = (len(self._truths), honest(self._truths.values(), otherwise=self._guesser))
        return self._honest[1](call)


class Whole(NamedTuple):
    """Text tokens of the teacher's requests with whole scene graphs: as they were sent, and one question a call.

    Attributes:
        questions / images: calls and image tokens, with one question a call.
    """

    same_calls: int
    one_a_call: int
    questions: int
    images: int


def whole_graphs(sent: Sequence[Sent], scenes: Sequence[SceneGraph]) -> Whole:
    """The same requests with all objects and relationships of their images."""
    images: dict[str, set[int]] = defaultdict(set)
    for place, scene in enumerate(scenes):
        for item in scene.objects:
            images[f"{item.id}: {' '.join(str(round(side)) for side in item.box)}"].add(place)
    same = one = calls = pictures = 0
    for request in sent:
        told = [f"{name}: {box}" for name, box in _OBJECT.findall(request.texts[-1])]
        scene = scenes[min(set.intersection(*(images[line] for line in told)))]
        head, _, items = request.texts[-1].partition("Items:\n")
        whole = f"{head.partition('Objects:')[0]}Objects:\n{_whole(scene)}\nItems:\n"
        questions = re.findall(r"^\d+\. .*$", items, re.MULTILINE)
        fixed = text_tokens(request.texts[0]) + text_tokens(whole) + 2 * _A_MESSAGE
        same += fixed + text_tokens(items)
        one += sum(fixed + text_tokens(question) for question in questions)
        calls += len(questions)
        pictures += len(questions) * request.image
    return Whole(same, one, calls, pictures)


def _whole(scene: SceneGraph) -> str:
    objects = [f"{item.id}: {' '.join(str(round(side)) for side in item.box)}" for item in scene.objects]
    triples = [f"{one.subject} {one.predicate} {one.object}" for one in scene.relationships]
    return "\n".join([*objects, "Relations:", *triples])


def files_of(root: Path | None, folder: Path, *, rows: int, seed: int) -> Path:
    """Visual Genome files with pictures: demo scenes, or those of `root` with plain noise for pixels."""
    target = folder / "vg"
    if root is None:
        export_visual_genome(count=max(60, rows), seed=seed, out=target)
        return target
    (target / "VG_100K").mkdir(parents=True)
    for file in root.glob("*.json"):
        (target / file.name).symlink_to(file.resolve())
    for scene in _scenes(root, placeholders=True):
        noise = Image.effect_noise((scene.width, scene.height), 90).convert("RGB")
        noise.save(target / "VG_100K" / f"{scene.source_image_id}.jpg")
    return target


def _scenes(root: Path, *, placeholders: bool) -> list[SceneGraph]:
    source = open_source("vg", root=root, seed=0, missing_images="placeholder" if placeholders else "reject")
    read: Iterator[Any] = (item for part in source.partitions(limit=None) for item in source.read(part))
    return [item for item in read if isinstance(item, SceneGraph)]


def recipe_of(root: Path, options: argparse.Namespace) -> Recipe:
    """The default recipe for these files."""
    settings = [f"load.root={root}", f"plan.n={options.rows}", f"select.n={options.rows}", *options.settings]
    verifiers = [options.verifier] if options.verifier else []
    return load_recipe("stvqa-7k", [parse_setting(text) for text in settings], seed=options.seed, verifiers=verifiers)


def show(sent: Sequence[Sent], whole: Whole, summary: RunSummary) -> None:
    """The table of tokens for each accepted row."""
    rows = summary.rows
    calls, text, image = Counter[str](), Counter[str](), Counter[str]()
    for request in sent:
        calls[request.kind] += 1
        text[request.kind] += request.text
        image[request.kind] += request.image
    print(f"{rows} rows accepted, {len(sent)} requests; input tokens for each accepted row:\n")
    print(f"{'':<34}{'calls':>8}{'text':>8}{'images':>8}{'all':>8}")
    for kind in ("question", "repair", "vote", "blind"):
        if calls[kind]:
            print(_line(kind, calls[kind], text[kind] / rows, image[kind] / rows))
    print(_line("all", len(sent), text.total() / rows, image.total() / rows))
    teaching = calls["question"] + calls["repair"]
    ours = text["question"] + text["repair"]
    pictures = (image["question"] + image["repair"]) / rows
    print("\nthe teacher's part, and the same with whole scene graphs:")
    print(_line("what the items ask about", teaching, ours / rows, pictures))
    print(_line("whole graphs, the same calls", teaching, whole.same_calls / rows, pictures))
    print(_line("whole graphs, one question a call", whole.questions, whole.one_a_call / rows, whole.images / rows))


def _line(name: str, calls: int, text: float, image: float) -> str:
    return f"{name:<34}{calls:>8}{text:>8.0f}{image:>8.0f}{text + image:>8.0f}"


def main() -> None:
    """Runs the recipe against the loopback server and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--root", type=Path, help="Visual Genome files; demo scenes by default")
    parser.add_argument("--verifier", default="gpt-4o", help='model that verifies; "" for none')
    parser.add_argument("--mistakes", type=float, default=0.05, help="share of the teacher's entries that are wrong")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="STAGE.KEY=VALUE")
    options = parser.parse_args()
    recorder = Recorder(mistakes=options.mistakes, seed=options.seed)
    with tempfile.TemporaryDirectory() as folder, ModelServer(brain=recorder) as server:
        root = files_of(options.root, Path(folder), rows=options.rows, seed=options.seed)
        calls = CallOptions(base_url=server.url)
        summary = run_recipe(recipe_of(root, options), out=Path(folder) / "run", scheduler="sync", calls=calls)
        taught = [request for request in recorder.sent if request.kind in ("question", "repair")]
        show(recorder.sent, whole_graphs(taught, _scenes(root, placeholders=False)), summary)


if __name__ == "__main__":
    main()
