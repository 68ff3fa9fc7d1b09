"""How much gets past the verifier's policies without looking?

    python benchmarks/guessers.py --rows 2400

Questions of demo scenes (with grey images) go through the stage `verify` as it is, over HTTP to the model server of
the tests, whose brain looks at no image: one always says A, one draws letters evenly, one draws A in 70 of 100 cases,
one picks the option that comes first in the alphabet. All questions are judged, so the shares are of all, by number of
options.
The last column is the exact chance of the policy alone, where the mirror is not asked.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from stvqa.estimates import wilson
from stvqa.recipe import load_recipe, parse_setting
from stvqa.records import ImageReference, Question
from stvqa.runner import run_recipe
from stvqa.runner.calls import RunCalls
from stvqa.stages.contract import StageContext
from stvqa.stages.verify import Verify
from stvqa.store import read_part, write_part
from stvqa.teachers.calls import CallOptions
from stvqa.teachers.verifier import Policy, read_pool, settle

SUPPORT = Path(__file__).resolve().parent.parent / "tests" / "support"
POLICIES: tuple[Policy, ...] = ("two_of", "paper")
LIMITS = {2: 0.38, 4: 0.09}
"""Largest share that an always-A and a uniform guesser may get through the default policy."""
HELD_TO_IT = ("always-A", "uniform")


class Line(NamedTuple):
    """What one guesser got through one policy, of rows with so many options."""

    policy: Policy
    mirror: bool
    guesser: str
    options: int
    judged: int
    accepted: int

    @property
    def share(self) -> float:
        """Of the judged."""
        return self.accepted / self.judged if self.judged else 0.0


def main() -> None:
    """Builds questions, asks, prints the table; exit 1 where a limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the table here too")
    options = parser.parse_args()
    sys.path.insert(0, str(SUPPORT))
    with tempfile.TemporaryDirectory() as folder:
        parts = build(Path(folder), rows=options.rows, seed=options.seed)
        lines = list(measure(parts, Path(folder), seed=options.seed))
    show(lines)
    if options.json:
        options.json.write_text(json.dumps([{**line._asdict(), "share": line.share} for line in lines], indent=2))
    if any(line.share > limit for line, limit in held(lines)):
        raise SystemExit(1)


def build(folder: Path, *, rows: int, seed: int) -> list[Path]:
    """Parts of checked questions of demo scenes, about as many with two, three and four options as the demo has."""
    words = (f"plan.n={rows}", f"select.n={rows}", "plan.reserve=1", f"load.limit={max(60, rows // 4)}")
    recipe = load_recipe("demo", [parse_setting(text) for text in (*words, "check.images=false")], seed=seed)
    out = folder / "questions"
    run_recipe(recipe.model_copy(update={"stages": recipe.stages[:5]}), out=out)
    checked = sorted(next(out.glob("05-check*")).glob("part-*.parquet"))
    part = folder / "part-00000.parquet"
    write_part(part, (unseen(item) for path in checked for item in read_part(path, model=Question)), model=Question)
    return [part]


def unseen(question: Question) -> Question:
    """The question with a grey image: nobody looks, and drawing scenes would take most of the time."""
    grey = ImageReference(kind="placeholder", location=question.image_id)
    return question.model_copy(update={"focus": question.focus.model_copy(update={"image": grey})})


def measure(parts: Sequence[Path], folder: Path, *, seed: int) -> Iterator[Line]:
    """Every guesser through every policy; the default one also without the mirror."""
    brains = import_module("verifier_brain")
    server_class = import_module("model_server").ModelServer
    options = {item.name: item.option_count for item in read_pool(parts, stage=Verify.name).candidates}
    minds = {
        "always-A": brains.always_a,
        "uniform": brains.uniform(seed),
        "70 % A": brains.leaning((0.7, 0.1, 0.1, 0.1), seed=seed),
        "first by text": brains.first_by_text,
    }
    for name, mind in minds.items():
        for policy, mirror in ((POLICIES[0], True), (POLICIES[0], False), (POLICIES[1], False)):
            with server_class(brain=brains.over_http(mind)) as server:
                ledger = folder / f"{name}-{policy}-{mirror}"
                began = time.monotonic()
                accepted = judge(parts, ledger, url=server.url, seed=seed, policy=policy, mirror=mirror)
                told = f"{name}, {policy}{', mirror' * mirror}: {time.monotonic() - began:.0f} s"
                print(told, file=sys.stderr)
            for count, judged in sorted(Counter(options.values()).items()):
                passed = sum(options[item] == count for item in accepted)
                yield Line(policy, mirror, name, count, judged, passed)


def judge(parts: Sequence[Path], ledger: Path, *, url: str, seed: int, policy: Policy, mirror: bool) -> set[str]:
    """Ids of the questions that the stage accepts."""
    rows = len(read_pool(parts, stage=Verify.name).candidates)
    stage = Verify(
        verifiers=("guesser",),
        n=rows,
        questions_per_image=rows,
        policy=policy,
        mirror=mirror,
        blind=False,
        canary_share=0,
        max_rejected_share=1,
        max_pixels=28 * 28,  # nobody looks
    )
    calls = RunCalls(CallOptions(base_url=url, concurrency=64), out=ledger)
    try:
        context = StageContext(seed=seed, calls=calls.of(stage))
        accepted = {item.question_id for batch in stage.run(parts, context) for item in batch}
    finally:
        calls.close()
    if context.figures["reserve"] or context.figures["undecided"]:
        raise SystemExit(f"not all questions were judged: {context.figures['reserve']} were left over")
    return accepted


def by_policy_alone(policy: Policy, options: int) -> float:
    """Exact chance that an even guess is accepted."""

    def chance(right: tuple[bool, ...]) -> float:
        step = settle(policy, right)
        if not isinstance(step, int):
            return float(step == "accepted")
        courses = product((True, False), repeat=step)
        return sum(_weight(course, options) * chance((*right, *course)) for course in courses)

    return chance(())


def _weight(course: Sequence[bool], options: int) -> float:
    weight = 1.0
    for hit in course:
        weight *= 1 / options if hit else 1 - 1 / options
    return weight


def held(lines: Sequence[Line]) -> list[tuple[Line, float]]:
    """Lines for which a limit is set, with it: the default policy as it is."""
    return [
        (line, LIMITS[line.options])
        for line in lines
        if line.policy == POLICIES[0] and line.mirror and line.guesser in HELD_TO_IT and line.options in LIMITS
    ]


def show(lines: Sequence[Line]) -> None:
    """The table."""
    limits: dict[Any, float] = dict(held(lines))
    heads = ("policy", "mirror", "guesser", "options", "judged", "accepted", "95 % interval")
    print("{:<8}{:<8}{:<15}{:>7}{:>8}{:>10}{:>18}  limit".format(*heads))
    for line in lines:
        interval = wilson(line.accepted, line.judged)
        note = f"{limits[line]:.0%}" if line in limits else ""
        if line.guesser == "uniform" and not line.mirror:
            note = f"exact {by_policy_alone(line.policy, line.options):.1%}"
        print(
            f"{line.policy:<8}{'yes' if line.mirror else 'no':<8}{line.guesser:<15}{line.options:>7}{line.judged:>8}"
            f"{line.share:>10.1%}{interval.low:>10.1%} to {interval.high:<5.1%}  {note}"
        )


if __name__ == "__main__":
    main()
