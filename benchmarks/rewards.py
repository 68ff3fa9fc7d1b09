"""How long rewards take: 4,096 completions of usual length, and the worst single ones.

    python benchmarks/rewards.py
    taskset -c 0 python benchmarks/rewards.py --repeat 9

A batch is that of the paper's training: 512 questions with 8 completions each. Completions are truths of demo scenes as
a model half way through training writes them: boxes off, names replaced, objects left out and added, with
descriptions and reasoning of some 300 words. Truths are read beforehand, once a question, as in training. Shown
is the best of `--repeat` batches, on one thread; of the worst completions the processor's time for one whose names
were never seen before, the best of three.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice, permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hacks import gather
from numpy.typing import NDArray

from stvqa import vocabulary
from stvqa.completion import Completion, render
from stvqa.rewards import REWARD_NAMES, Reward, Truth, find_reward, render_truth
from stvqa.rewards.scenes import Triple

PROMPTS, GROUP = 512, 8
LIMIT_SECONDS = 0.5
WORST_SECONDS = 0.05
_NOUNS = (
    "cup table chair dog cat man woman tree car bus truck bike lamp sofa bed plate bowl spoon fork knife bottle glass "
    "book pen phone laptop keyboard mouse monitor window door wall floor roof house building street sidewalk sign pole "
    "fence grass flower bush rock sand river boat ship plane train bird horse cow sheep elephant zebra giraffe bear "
    "boy girl child hat shirt shoe glove coat tie dress bag umbrella clock vase pillow blanket towel sink toilet "
    "mirror shelf box basket bench stool cabinet drawer desk carpet"
)
_WORDS = (
    "the man stands to the left of a red car near the tree and looks at the dog that lies on the grass in front of it"
)


class Worst(NamedTuple):
    """A completion that takes long, in one or several texts of the same kind."""

    what: str
    texts: Sequence[str]
    truth: Truth


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        truths = [case.truth for case in islice(gather([], Path(folder), count=PROMPTS, seed=7), PROMPTS)]
    source = np.random.default_rng(5)
    batch = [truth for truth in truths for _ in range(GROUP)]
    completions = [written(truth, source) for truth in batch]
    length = np.mean([len(text) for text in completions])
    objects = np.mean([text.count('"id"') for text in completions])
    print(f"{len(completions):,} completions, mean length {length:,.0f} characters, {objects:.1f} objects")
    print(f"{'reward':<16}{'seconds':>9}{'a completion':>15}")
    for name in REWARD_NAMES:
        reward = find_reward(name)
        seconds = best(lambda: reward.score_many(completions, batch), options.repeat)  # noqa: B023 (called at once)
        note = "" if name != "dense" else f"   limit {LIMIT_SECONDS} s"
        print(f"{name:<16}{seconds:>9.3f}{seconds / len(batch) * 1e6:>12.0f} µs{note}")
    print(
        f"\n{'worst completions':<34}"
        + "".join(f"{name:>16}" for name in REWARD_NAMES)
        + f"   limit {WORST_SECONDS * 1e3:.0f} ms"
    )
    floods = [Worst(what, [text], truths[0]) for what, text in worst(truths[0]).items()]
    for case in [*floods, *crowds(truths[0]), quarrels(truths[0])]:
        cells = [cold(find_reward(name), case) * 1e3 for name in REWARD_NAMES]
        print(f"{case.what:<34}" + "".join(f"{cell:>13.2f} ms" for cell in cells))


def best(call: Callable[[], object], repeat: int) -> float:
    """Least wall-clock seconds of some calls."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def cold(reward: Reward, case: Worst) -> float:
    """Least seconds of the processor for one completion, each text scored once."""
    seconds = []
    for text in islice(cycle(case.texts), 3):
        vocabulary.similarity.cache_clear()
        start = time.process_time()
        reward.score(text, case.truth)
        seconds.append(time.process_time() - start)
    return min(seconds)


def written(truth: Truth, source: np.random.Generator) -> str:
    """The truth as a model in training writes it."""
    assert truth.scene is not None
    scene = truth.scene
    extra = int(source.integers(0, 3))
    ids = [*scene.ids, *(f"{name}.{7 + place}" for place, name in enumerate(("tree", "person", "lamp")[:extra]))]
    boxes = np.concatenate([scene.boxes, source.random((extra, 4)) * 300])
    boxes = np.rint(boxes + source.normal(0, 15, boxes.shape))
    words = _WORDS.split()
    observe = " ".join(source.choice(words, 120))
    think = " ".join(source.choice(words, 180))
    return render_truth(truth._replace(scene=scene._replace(ids=tuple(ids), boxes=boxes)), observe=observe, think=think)


def worst(truth: Truth) -> dict[str, str]:
    """Completions that are made to take long."""
    assert truth.scene is not None
    name = truth.scene.ids[0].rsplit(".", 1)[0]
    plain = {"bbox": [1, 2, 3, 4]}
    return {
        "1,000 boxes, one name": _completion(truth, _flood(1000, name)),
        "1,000 boxes, 1,000 names": _completion(truth, _flood(1000, "thing x#q")),
        "250 kB of boxes": _completion(truth, {"objects": [{"id": f"a.{n}", **plain} for n in range(4000)]}),
        "1 MB of boxes": _completion(truth, {"objects": [{"id": f"a.{n}", **plain} for n in range(24_000)]}),
        "250 kB of empty lists": _completion(truth, {"objects": [[]] * 65_000}),
        "250 kB of short keys": _completion(truth, {str(n): 0 for n in range(22_000)}),
        "250 kB of one id": _completion(truth, {"objects": [{"id": "a" * 250_000 + ".1", **plain}]}),
        "numbers of 4,000 digits": _completion(truth, {"objects": [{"id": "a.1", "bbox": [int("9" * 4000)] * 4}] * 15}),
        "1 MB of brackets": f"<scene>{'[' * 1_000_000}</scene>",
        "1 MB of opening tags": "<scene>" * 150_000,
        "1 MB answer": f"<observe></observe><scene>{{}}</scene><think></think><answer>{'A or ' * 200_000}</answer>",
    }


def crowds(truth: Truth) -> Iterator[Worst]:
    """Many objects against many true ones: of one name, and of as many names as there can be."""
    for count in (40, 100, 300, 1024):
        crowd = crowded(truth, ["cup"] * count)
        yield Worst(f"1,000 boxes, {count:,} true ones", [_completion(crowd, _flood(1000, "cup"))], crowd)
    same: dict[str, object] = {"objects": [{"id": f"cup.{place}", "bbox": [50, 50, 70, 80]} for place in range(1024)]}
    crowd = crowded(truth, ["cup"] * 300)
    yield Worst("1,024 equal boxes, 300 true ones", [_completion(crowd, same)], crowd)
    source = np.random.default_rng(11)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    for what, words in (("letters", letters), ("words", np.array([f"{noun}_" for noun in _NOUNS.split()]))):
        for count in (40, 100):
            crowd = crowded(truth, list(islice(cycle(_NOUNS.split()), count)))
            texts = [_completion(crowd, _strangers(source, words)) for _ in range(3)]
            yield Worst(f"1,024 names of {what}, {count} true", texts, crowd)


def quarrels(truth: Truth) -> Worst:
    """Ten objects that the truth relates each to each, and sixteen predicates a pair that nobody has seen."""
    crowd = crowded(truth, ["cup"] * 10)
    assert crowd.scene is not None
    ids = crowd.scene.ids
    pairs = list(permutations(ids, 2))
    said = ("on", "behind", "holding", "above")
    true = crowd.scene._replace(triples=tuple(Triple(one, text, other) for one, other in pairs for text in said))
    crowd, source, texts = crowd._replace(scene=true), np.random.default_rng(13), []
    for _ in range(3):
        letters = source.choice(np.array(list("abcdefghij klmnopqrstuvwxyz")), (len(pairs) * 16, 40))
        strange = iter("is sitting on the " + "".join(row) for row in letters)
        triples = [
            {"subject": one, "predicate": next(strange), "object": other} for one, other in pairs for _ in range(16)
        ]
        objects = [{"id": name, "bbox": box.tolist()} for name, box in zip(ids, true.boxes, strict=True)]
        texts.append(_completion(crowd, {"objects": objects, "relationships": triples}))
    return Worst("1,440 strange predicates, 90 pairs", texts, crowd)


def _strangers(source: np.random.Generator, words: NDArray[np.str_]) -> dict[str, object]:
    """As many objects as take part, each with a name of 62 characters that nobody has seen."""
    names = ["".join(source.choice(words, 62))[:62].strip("_") for _ in range(1024)]
    return {
        "objects": [{"id": f"{name}.{place}", "bbox": [place, 10, place + 20, 40]} for place, name in enumerate(names)]
    }


def crowded(truth: Truth, names: Sequence[str]) -> Truth:
    """A truth of these things in a row."""
    assert truth.scene is not None
    ids, count = tuple(f"{name}.{place}" for place, name in enumerate(names)), len(names)
    boxes = np.array([[place, 10.0, place + 20.0, 40.0] for place in range(count)])
    return truth._replace(scene=truth.scene._replace(ids=ids, boxes=boxes, triples=()))


def _flood(count: int, name: str) -> dict[str, object]:
    """Objects without end, and as many relations between two of them, each with a predicate of its own."""
    ids = [f"{name.replace('#', str(place))}.{place}" for place in range(count)]
    return {
        "objects": [{"id": name, "bbox": [1, 2, 3 + place, 4]} for place, name in enumerate(ids)],
        "relationships": [{"subject": ids[0], "predicate": f"p{place}ing", "object": ids[1]} for place in range(count)],
    }


def _completion(truth: Truth, scene: dict[str, object]) -> str:
    text = json.dumps({"relationships": [], **scene})
    return render(Completion("", text, "", truth.answer_text))


if __name__ == "__main__":
    main()
