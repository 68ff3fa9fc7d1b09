"""What degenerate completions earn under every reward, and what lies between a cut at 0 and a mapped CIoU.

    python benchmarks/hacks.py                                      # 2,000 truths of demo files
    python benchmarks/hacks.py --vg ../shared/vg/v1.2               # first all that these files give, then demo files
    python benchmarks/hacks.py --write docs/rewards.md              # puts the tables between the marks of that page

Questions are made by the pipeline (load, prune, generate, check) from Visual Genome files; demo scenes are
exported as such. For each truth, each hack of `stvqa.rewards.hacks` is scored. Shown is what it earns beyond its
answer and its form: mean, greatest, and the share of truths for which it is more than 0.15. The second table
shows what a box over the whole image, a random box and a box that is nearly right earn over 50,000 random truths
of one box, by the terms of `dense`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from stvqa.completion import ORIGINAL_PIXELS, PromptStyle, build_row, training_prompt
from stvqa.recipe import Recipe
from stvqa.records import Question, Row
from stvqa.rewards import DenseSettings, Reward, Score, Truth, find_reward, render_truth, truth_of_row
from stvqa.rewards.hacks import HACK_NAMES, hacks
from stvqa.rewards.overlap import ciou, mapped
from stvqa.rewards.terms import box_credits
from stvqa.runner import run_recipe
from stvqa.sources.demo.export import export_visual_genome
from stvqa.stages import STAGES
from stvqa.store import read_part

Array = NDArray[np.float64]

LIMIT = 0.15
"""What a hack may earn under `dense` beyond its answer and its form, of 1."""

CHECKED = frozenset(HACK_NAMES) - {"random-boxes"}
"""Hacks that have to stay within the limit for every single truth; a random box may happen to be right."""

REWARDS = ("dense", "paper-release", "paper", "sparse")
RANDOM_TRUTHS = 50_000
QUESTIONS_PER_SCENE = 8
"""How many questions a demo scene gives at least; decides how many are exported."""

START, END = "<!-- tables of benchmarks/hacks.py -->", "<!-- end of tables -->"


class Case(NamedTuple):
    """A truth, and the prompt of each style that asks for it; `given` for one of the files that were named."""

    truth: Truth
    prompts: dict[PromptStyle, str]
    given: bool


class Earned(NamedTuple):
    """What one hack earned beyond answer and form over all truths it exists for."""

    name: str
    truths: int
    mean: float
    greatest: float
    over_limit: float


def main() -> None:
    """Prints or writes the tables; ends with 1 where a hack earns more than the limit under `dense` on any truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truths", type=int, default=2000)
    parser.add_argument("--vg", type=Path, nargs="*", default=[], help="folders of Visual Genome files")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--write", type=Path, help="page whose tables are to be replaced")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = list(islice(gather(options.vg, Path(folder), count=options.truths, seed=options.seed), options.truths))
    earned = {name: earnings(find_reward(name), cases, seed=options.seed) for name in REWARDS}
    tables = "\n".join([*hack_table(earned, cases), "", *box_table(options.seed)])
    print(tables)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, after = page.split(START)[0], page.split(END)[1]
        options.write.write_text(f"{before}{START}\n\n{tables}\n\n{END}{after}", encoding="utf-8")
    sys.exit(any(row.greatest > LIMIT for row in earned["dense"] if row.name in CHECKED))


def gather(roots: Sequence[Path], folder: Path, *, count: int, seed: int) -> Iterator[Case]:
    """Cases of the given files, then of demo files, without repeats."""
    seen: set[str] = set()
    demo = folder / "demo"
    for number, root in enumerate([*roots, demo]):
        if root == demo:
            left = max(count - len(seen), 1)
            export_visual_genome(count=-(-left // QUESTIONS_PER_SCENE) + 8, seed=seed, out=root, images=False)
        for question in questions(root, folder / f"run-{number}"):
            chance = int.from_bytes(hashlib.sha256(question.question_id.encode()).digest()[:4])
            row = build_row(question, chance % len(question.options), chance=chance)
            if row.row_id in seen:
                continue
            seen.add(row.row_id)
            truth = truth_of_row(row.model_dump())
            yield Case(truth, prompts_of(row), given=root != demo)


def prompts_of(row: Row) -> dict[PromptStyle, str]:
    """The training prompts of a row, by style."""
    question, width, height = row.question_with_options, row.image_width, row.image_height
    return {
        style: training_prompt(question, width=width, height=height, frame=ORIGINAL_PIXELS, style=style)
        for style in get_args(PromptStyle)
    }


def questions(root: Path, out: Path) -> Iterator[Question]:
    """All questions that the pipeline can ask of the files, checked."""
    stages = (
        STAGES["load"].model_validate({"source": "vg", "root": root, "missing_images": "placeholder"}),
        STAGES["prune"](),
        STAGES["generate"](),
        STAGES["check"].model_validate({"images": False}),
    )
    run_recipe(Recipe(name="hacks", seed=1, stages=stages), out=out, scheduler="sync")
    for part in sorted(next(out.glob("04-check-*")).glob("part-*.parquet")):
        yield from read_part(part, model=Question)


def earnings(reward: Reward, cases: Sequence[Case], *, seed: int) -> list[Earned]:
    """One row a hack; the truth itself has to earn the maximum of 1, but for what the release's CIoU keeps back."""
    beyond: defaultdict[str, list[float]] = defaultdict(list)
    truths = [case.truth for case in cases]
    best = reward.score_many([render_truth(truth) for truth in truths], truths)
    assert all(score.total is not None and 1 - 1e-3 <= score.total <= 1 + 1e-9 for score in best), (
        "the truth is not paid in full"
    )
    for case in cases:
        made = hacks(case.truth, prompt=case.prompts[reward.style], seed=seed)
        scores = reward.score_many([hack.text for hack in made], [case.truth] * len(made))
        for hack, score in zip(made, scores, strict=True):
            beyond[hack.name].append((score.total or 0.0) - answer_and_form(reward, score))
    return [
        Earned(
            name,
            len(beyond[name]),
            float(np.mean(beyond[name])),
            float(np.max(beyond[name])),
            float(np.mean(np.array(beyond[name]) > LIMIT)),
        )
        for name in HACK_NAMES
        if beyond[name]
    ]


def answer_and_form(reward: Reward, score: Score) -> float:
    """What a score owes to its answer and its form."""
    if reward.name == "sparse":
        return 0.5 * (score.format or 0) + 0.5 * (score.accuracy or 0)
    return 0.1 * (score.format or 0) + 0.5 * (score.accuracy or 0)


def hack_table(earned: dict[str, list[Earned]], cases: Sequence[Case]) -> Iterator[str]:
    """Rows of hacks, a column a reward."""
    scenes = [case.truth.scene for case in cases if case.truth.scene]
    objects, triples = np.mean([len(scene.ids) for scene in scenes]), np.mean([len(scene.triples) for scene in scenes])
    given = sum(case.given for case in cases)
    yield f"{len(cases):,} truths, {given:,} of them of Visual Genome's own files and the others of demo files, with"
    yield f"{objects:.1f} objects and {triples:.1f} relations on average. Earned beyond answer and form, of 1:"
    yield f"mean / greatest / share of truths with more than {LIMIT}."
    yield ""
    yield "| completion | truths | " + " | ".join(f"`{name}`" for name in earned) + " |"
    yield "|---|---:|" + "---:|" * len(earned)
    for rows in zip(*earned.values(), strict=True):
        cells = [f"{row.mean:.3f} / {row.greatest:.3f} / {row.over_limit:.1%}" for row in rows]
        yield f"| {rows[0].name} | {rows[0].truths:,} | " + " | ".join(cells) + " |"


def box_table(seed: int) -> Iterator[str]:
    """What single boxes are worth over random truths, by the terms of `dense`."""
    source = np.random.default_rng(seed)
    true = random_boxes(source)
    tried = {
        "whole image": np.tile(np.array([0.0, 0.0, 1.0, 1.0]), (RANDOM_TRUTHS, 1)),
        "middle half": np.tile(np.array([0.25, 0.25, 0.75, 0.75]), (RANDOM_TRUTHS, 1)),
        "random": random_boxes(source),
        "right size, random place": replaced(true, source),
        "moved by its size": moved(true, 1.0),
        "moved by half its size": moved(true, 0.5),
        "moved by a tenth": moved(true, 0.1),
    }
    terms = {
        "CIoU mapped (release)": None,
        "IoU": DenseSettings(overlap="iou", tail="none", blind_limit=0),
        "CIoU cut at 0": DenseSettings(tail="none", blind_limit=0),
        "cut, GIoU tail": DenseSettings(tail="giou", blind_limit=0),
        "cut, near tail": DenseSettings(blind_limit=0),
        "cut, blind off, near tail (`dense`)": DenseSettings(),
    }
    yield f"What one box earns on average over {RANDOM_TRUTHS:,} random truths, before its name is looked at:"
    yield ""
    yield "| box | " + " | ".join(terms) + " |"
    yield "|---|" + "---:|" * len(terms)
    for name, boxes in tried.items():
        worth = [
            float((mapped(ciou(boxes, true)) if settings is None else box_credits(boxes, true, settings)).mean())
            for settings in terms.values()
        ]
        yield f"| {name} | " + " | ".join(f"{value:.3f}" for value in worth) + " |"
    paid = [
        f"{name} {float((box_credits(tried['random'], true, settings) > 0).mean()):.0%}"
        for name, settings in terms.items()
        if settings
    ]
    yield ""
    yield f"Random boxes that earn anything at all: {', '.join(paid)}."


def random_boxes(source: np.random.Generator) -> Array:
    """Corners uniform over the image."""
    return np.asarray(np.sort(source.random((RANDOM_TRUTHS, 2, 2)), axis=1).reshape(-1, 4))


def replaced(boxes: Array, source: np.random.Generator) -> Array:
    """The same sizes at random places inside the image."""
    sides = boxes[:, 2:] - boxes[:, :2]
    corner = source.random((len(boxes), 2)) * (1 - sides)
    return np.concatenate([corner, corner + sides], axis=1)


def moved(boxes: Array, share: float) -> Array:
    """Boxes moved to the right by a share of their width."""
    offset = (boxes[:, 2] - boxes[:, 0]) * share
    return np.asarray(boxes + offset[:, None] * np.array([1.0, 0.0, 1.0, 0.0]))


if __name__ == "__main__":
    main()
