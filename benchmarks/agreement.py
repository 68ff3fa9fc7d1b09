"""How often do answers that rest on boxes agree with the exact truth?

    python benchmarks/agreement.py --scenes 5000

Demo scenes are written as Visual Genome files with an annotator's noise (boxes a few percent off, things left
out, synonyms, duplicates), and only these files are given to the pipeline: load, prune, generate, check. Every
question with evidence `geometric` is then answered once more from the exact truth: the pixels that show each
object. What is compared is another measurement than the boxes' wherever there is one: centroids and numbers of
visible pixels, and contact in 3D.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stvqa.geometry import as_boxes, ious
from stvqa.recipe import Recipe
from stvqa.records import (
    CATEGORIES,
    AllOf,
    Claim,
    Direction,
    Inside,
    Located,
    Mainly,
    Not,
    Question,
    Ranks,
    Relates,
    SceneGraph,
)
from stvqa.runner import run_recipe
from stvqa.sources.demo.export import export_visual_genome
from stvqa.sources.demo.truth import ImageTruth, ObjectTruth
from stvqa.stages import STAGES
from stvqa.store import read_part

LEAST_IOU = 0.5
_WAYS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "above": (0.0, -1.0), "below": (0.0, 1.0)}


class Tally(NamedTuple):
    """Counts of one category."""

    asked: int
    agreed: int


def main() -> None:
    """Builds, compares, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--anomalies", type=float, default=0.0)
    parser.add_argument("--show", type=int, default=10, help="disagreements to print")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "vg"
        export_visual_genome(
            count=options.scenes, seed=options.seed, out=root, anomaly_rate=options.anomalies, images=False
        )
        questions = build(root, Path(folder) / "run")
        truths = {str(truth.image_id): truth for truth in read_truth(root / "truth.jsonl")}
        report(questions, truths, show=options.show)


def build(root: Path, out: Path) -> Iterator[Question]:
    """All questions that the pipeline can ask of the files, checked."""
    stages = (
        STAGES["load"].model_validate({"source": "vg", "root": root, "missing_images": "placeholder"}),
        STAGES["prune"](),
        STAGES["generate"](),
        STAGES["check"].model_validate({"images": False}),
    )
    run_recipe(Recipe(name="agreement", seed=1, stages=stages), out=out)
    for part in sorted(next(out.glob("04-check-*")).glob("part-*.parquet")):
        yield from read_part(part, model=Question)


def read_truth(path: Path) -> Iterator[ImageTruth]:
    """The exporter's exact truth, one image at a time."""
    with path.open() as lines:
        for line in lines:
            yield ImageTruth.model_validate(json.loads(line))


def report(questions: Iterator[Question], truths: dict[str, ImageTruth], *, show: int) -> None:
    """Prints agreement by category with 95 % Wilson intervals, and some disagreements."""
    asked: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    for question in questions:
        if question.evidence != "geometric" or question.program is None:
            skipped[question.evidence] += 1
            continue
        values = [
            holds(claim, question.focus, truths[question.focus.source_image_id]) for claim in question.program.claims
        ]
        right = values == [index == question.answer for index in range(len(values))]
        asked[question.category] += 1
        agreed[question.category] += right
        if not right:
            forms[question.form] += 1
            if show > 0:
                show -= 1
                print(f"  {question.question_id} margin {question.margin}: {question.text} {question.options}")
                print(f"    proved {question.options[question.answer]}, truth {values}")
    print(f"{'category':<20}{'asked':>9}{'agreed':>9}{'share %':>9}   95 % interval")
    for name in (*CATEGORIES, "all"):
        tally = Tally(
            asked.total() if name == "all" else asked[name], agreed.total() if name == "all" else agreed[name]
        )
        if tally.asked:
            low, high = wilson(tally.agreed, tally.asked)
            share = 100 * tally.agreed / tally.asked
            print(f"{name:<20}{tally.asked:>9}{tally.agreed:>9}{share:>9.3f}   {100 * low:.3f} to {100 * high:.3f}")
    print(f"not compared, by evidence: {dict(skipped)}; disagreements by form: {dict(forms)}")


def wilson(hits: int, total: int, *, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927)."""
    share, spread = hits / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return centre - half, min(1.0, centre + half)


def holds(claim: Claim, graph: SceneGraph, truth: ImageTruth) -> bool | None:
    """What the exact truth says of a claim; None where an object of it is not in the truth."""
    if isinstance(claim, Not):
        inner = holds(claim.claim, graph, truth)
        return None if inner is None else not inner
    if isinstance(claim, AllOf):
        parts = [holds(part, graph, truth) for part in claim.claims]
        return None if None in parts else all(parts)
    if isinstance(claim, Direction | Mainly | Inside | Relates):
        subject, target = true_object(claim.subject, graph, truth), true_object(claim.object, graph, truth)
        return None if subject is None or target is None else _pair_holds(claim, subject, target, truth)
    if isinstance(claim, Located):
        thing = true_object(claim.subject, graph, truth)
        return None if thing is None else _cell_of(thing, truth, claim.grid) == claim.cell
    if isinstance(claim, Ranks):
        return _ranks_hold(claim, graph, truth)
    return None


def true_object(object_id: str, graph: SceneGraph, truth: ImageTruth) -> ObjectTruth | None:
    """The real object behind an annotated box: the one it overlaps most."""
    box = next(item.box for item in graph.objects if item.id == object_id)
    overlap = ious(as_boxes([box]), as_boxes(item.box for item in truth.objects))[0]
    best = int(overlap.argmax())
    return truth.objects[best] if overlap[best] >= LEAST_IOU else None


def _pair_holds(claim: Claim, subject: ObjectTruth, target: ObjectTruth, truth: ImageTruth) -> bool | None:
    if isinstance(claim, Direction | Mainly):
        offset = np.subtract(subject.centroid, target.centroid)
        along = float(np.dot(offset, _WAYS[claim.direction]))
        if isinstance(claim, Direction):
            return along > 0
        return along > abs(float(np.cross([*offset, 0], [*_WAYS[claim.direction], 0])[2]))
    if isinstance(claim, Relates):
        # Geometry only ever refutes a triple: what is apart does not touch.
        pair = {subject.id, target.id}
        return any({item.subject, item.object} == pair and item.predicate == "touching" for item in truth.triples)
    return None


def _cell_of(thing: ObjectTruth, truth: ImageTruth, grid: str) -> str:
    x, y = thing.centroid[0] / truth.width, thing.centroid[1] / truth.height
    if grid == "halves":
        return "left" if x < 0.5 else "right"
    if grid == "columns":
        return ("left", "middle", "right")[min(2, int(3 * x))]
    if grid == "rows":
        return ("top", "middle", "bottom")[min(2, int(3 * y))]
    return f"{'top' if y < 0.5 else 'bottom'} {'left' if x < 0.5 else 'right'}"


def _ranks_hold(claim: Ranks, graph: SceneGraph, truth: ImageTruth) -> bool | None:
    things = {item: true_object(item, graph, truth) for item in claim.among}
    reference = None if claim.reference is None else true_object(claim.reference, graph, truth)
    if None in things.values() or (claim.reference is not None and reference is None):
        return None
    values = {item: _measured(claim, thing, reference) for item, thing in things.items() if thing is not None}
    sign = 1 if claim.extreme == "most" else -1
    return all(sign * values[claim.subject] > sign * value for item, value in values.items() if item != claim.subject)


def _measured(claim: Ranks, thing: ObjectTruth, reference: ObjectTruth | None) -> float:
    if claim.measure == "image_area":
        return float(thing.pixels)
    if claim.measure == "image_height":
        return thing.box.y2 - thing.box.y1
    if claim.measure == "image_width":
        return thing.box.x2 - thing.box.x1
    assert reference is not None
    return math.dist(thing.centroid, reference.centroid)


if __name__ == "__main__":
    main()
