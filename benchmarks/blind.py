"""What can be guessed without the picture: a text-only classifier against a finished set.

    python benchmarks/blind.py runs/stvqa-2k/dataset
    python benchmarks/blind.py runs/stvqa-2k/dataset --json --max-excess 3

Three adversaries see the question and its options, never the image, the category or the scene: a logistic
regression on pairs of options (hashed words, pairs of words, crosses of question and option), gradient boosting
on dense summaries (lengths, numbers, order of mention, what answers were like in training), and the mean of both.
Five folds, no image on both sides. The adversary that is best over the whole set is reported, for every category:
picking it by its result can only make the figure worse for the set. Chance is the mean of 1 / options; the interval
is a bootstrap over images. The last column answers every question with the letter that is most often right in
training for its number of options.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from blind_features import Item, load_items, pair_features, summaries
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from stvqa.errors import InputError

__all__ = ["Score", "cross_validated", "excess_table", "folds_of", "main", "majority_letter"]

FOLDS = 5
STRENGTHS = (0.003, 0.03, 0.3)
"""Inverse regularisation of the logistic regression; chosen inside the training folds."""
HASHED = 1 << 18
RESAMPLES = 2000

Floats = npt.NDArray[np.float64]

Places = npt.NDArray[np.int64]
"""Indices of questions."""

Scores = list[Floats]
"""For each question the scores of its options."""


class Score(NamedTuple):
    """How far an adversary gets on some questions.

    Attributes:
        name: the category, or `all`.
        questions: how many.
        chance: mean of 1 / options, 0 to 1.
        accuracy: share of right answers, 0 to 1; a tie of n best options counts 1 / n.
        excess: accuracy over chance, in percentage points.
        low, high: 95 % bootstrap interval of the excess, in points.
        letter: excess of the most frequent letter, in points.
    """

    name: str
    questions: int
    chance: float
    accuracy: float
    excess: float
    low: float
    high: float
    letter: float


def folds_of(items: Sequence[Item], count: int = FOLDS, *, what: str = "fold") -> npt.NDArray[np.int64]:
    """Returns the fold of every question; all questions of an image share one."""
    return np.array([_number(what, item.image_id) % count for item in items], dtype=np.int64)


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8])


class Hashed(NamedTuple):
    """The hashed features of all options of all questions.

    Attributes:
        matrix: one sparse row an option.
        starts: the row of each question's first option.
    """

    matrix: Any
    starts: npt.NDArray[np.int64]


def hashed(items: Sequence[Item]) -> Hashed:
    """Hashes what `blind_features.pair_features` gives."""
    texts: Iterable[list[str]] = (features for item in items for features in pair_features(item))
    matrix = FeatureHasher(n_features=HASHED, input_type="string").transform(texts)
    sizes = np.array([len(item.options) for item in items], dtype=np.int64)
    return Hashed(matrix.tocsr(), np.cumsum(sizes) - sizes)


def _linear_scores(items: Sequence[Item], known: Hashed, *, train: Places, test: Places) -> Scores:
    """Scores options by a logistic regression on right-minus-wrong pairs; its strength is chosen within `train`."""
    inner = folds_of([items[place] for place in train], what="inner") == 0
    fit_on, choose_on = train[~inner], train[inner]
    strength = STRENGTHS[1]
    if len(fit_on) and len(choose_on):
        pairs = _pairs(items, known, places=fit_on)
        tried = [_weighed(items, known, weights=_fit(pairs, each), places=choose_on) for each in STRENGTHS]
        chosen = [items[place] for place in choose_on]
        strength = max(zip(tried, STRENGTHS, strict=True), key=lambda one: (_accuracy(chosen, one[0]), -one[1]))[1]
    return _weighed(items, known, weights=_fit(_pairs(items, known, places=train), strength), places=test)


def _pairs(items: Sequence[Item], known: Hashed, *, places: Places) -> Any:  # noqa: ANN401 - scipy's sparse types
    """Returns one row a wrong option: the features of the right one less those of the wrong one."""
    rights, wrongs = [], []
    for place in places:
        answer = items[place].answer
        for option in range(len(items[place].options)):
            if option != answer:
                rights.append(known.starts[place] + answer)
                wrongs.append(known.starts[place] + option)
    return known.matrix[rights] - known.matrix[wrongs]


def _fit(pairs: Any, strength: float) -> Floats:  # noqa: ANN401 - scipy's sparse types
    """Returns the weights. Every second pair is turned round, so that both classes occur; the loss is the same."""
    signs = np.where(np.arange(pairs.shape[0]) % 2 == 0, 1.0, -1.0)
    model = LogisticRegression(C=strength, fit_intercept=False, solver="liblinear", random_state=0)
    model.fit(pairs.multiply(signs[:, None]).tocsr(), signs)
    weights: Floats = model.coef_[0]
    return weights


def _weighed(items: Sequence[Item], known: Hashed, *, weights: Floats, places: Places) -> Scores:
    rows = [known.starts[place] + option for place in places for option in range(len(items[place].options))]
    return _split([items[place] for place in places], np.asarray(known.matrix[rows] @ weights))


def _boosted_scores(items: Sequence[Item], known: Hashed, *, train: Places, test: Places) -> Scores:  # noqa: ARG001
    """Scores options by gradient boosting on dense summaries.

    What was right more often in training may only count in favour of an option. A set with evenly spread
    answers would else be beaten by turning that round: what was right too often among 80 % of an exactly
    even set is right too rarely in the rest, which says nothing of a question by itself.
    """
    learned = [items[place] for place in train]
    asked = [items[place] for place in test]
    dense = summaries(learned, asked, inner=folds_of(learned, what="summary"))
    right = np.concatenate([np.arange(len(item.options)) == item.answer for item in learned])
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=15,
        min_samples_leaf=30,
        l2_regularization=5.0,
        monotonic_cst=dense.rising.astype(int),
        random_state=0,
    )
    model.fit(dense.train, right)
    return _split(asked, np.asarray(model.decision_function(dense.test), dtype=np.float64))


def _split(items: Sequence[Item], scores: Floats) -> Scores:
    ends = np.cumsum([len(item.options) for item in items])
    return np.split(scores, ends[:-1])


def _credit(item: Item, scores: Floats) -> float:
    best = scores >= scores.max() - 1e-12
    return float(best[item.answer] / best.sum())


def _accuracy(items: Sequence[Item], scores: Scores) -> float:
    return float(np.mean([_credit(item, one) for item, one in zip(items, scores, strict=True)]))


ADVERSARIES: dict[str, Callable[..., Scores]] = {
    "logistic regression": _linear_scores,
    "gradient boosting": _boosted_scores,
}


def cross_validated(items: Sequence[Item]) -> dict[str, Floats]:
    """Returns for every adversary the credit (0 to 1) of every question, from folds it was not trained on.

    Raises:
        InputError: too few images for the folds.
    """
    folds = folds_of(items)
    if len({item.image_id for item in items}) < 2 * FOLDS or len(set(folds)) < FOLDS:
        raise InputError(f"{len(items)} questions are too few images for {FOLDS} folds: build a larger set")
    gained = {name: np.zeros(len(items)) for name in (*ADVERSARIES, "both")}
    known = hashed(items)
    for fold in range(FOLDS):
        train, places = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        test = [items[place] for place in places.tolist()]
        with threadpool_limits(limits=1):
            parts = [adversary(items, known, train=train, test=places) for adversary in ADVERSARIES.values()]
        both = [sum((_shares(one) for one in ones), start=np.zeros(1)) for ones in zip(*parts, strict=True)]
        for name, scores in zip(gained, [*parts, both], strict=True):
            gained[name][places] = [_credit(item, one) for item, one in zip(test, scores, strict=True)]
    return gained


def _shares(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    shares: Floats = raised / raised.sum()
    return shares


def majority_letter(items: Sequence[Item]) -> Floats:
    """Returns the credit of every question for the letter most often right in the other folds at its option count."""
    folds = folds_of(items)
    counts: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for item, fold in zip(items, folds, strict=True):
        for other in range(FOLDS):
            if other != fold:
                counts[other, len(item.options)][item.answer] += 1
    letters = {key: max(range(key[1]), key=lambda letter, tally=tally: tally[letter]) for key, tally in counts.items()}  # type: ignore[misc]
    return np.array(
        [
            float(letters.get((int(fold), len(item.options)), 0) == item.answer)
            for item, fold in zip(items, folds, strict=True)
        ]
    )


def excess_table(items: Sequence[Item], credit: Floats, *, letter: Floats) -> list[Score]:
    """Returns the scores of every category, by name, and last of all questions."""
    chances = np.array([1 / len(item.options) for item in items])
    categories = np.array([item.category for item in items])
    images = np.array([item.image_id for item in items])
    table = []
    for name in (*sorted(set(categories)), "all"):
        chosen = np.ones(len(items), dtype=bool) if name == "all" else categories == name
        gain = 100 * (credit - chances)[chosen]
        low, high = _interval(gain, images[chosen], name=str(name))
        letter_gain = 100 * float((letter - chances)[chosen].mean())
        counts = int(chosen.sum()), float(chances[chosen].mean()), float(credit[chosen].mean())
        table.append(Score(str(name), *counts, float(gain.mean()), low, high, letter_gain))
    return table


def _interval(gain: Floats, images: npt.NDArray[np.str_], *, name: str) -> tuple[float, float]:
    """Returns the 2.5 % and 97.5 % points of the mean gain over resampled images."""
    _, index = np.unique(images, return_inverse=True)
    sums, sizes = np.bincount(index, weights=gain), np.bincount(index)
    generator = np.random.default_rng(_number("bootstrap", name))
    drawn = generator.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where the set cannot be read or beats `--max-excess`."""
    parser = argparse.ArgumentParser(description="How far questions can be answered without the image.")
    parser.add_argument("dataset", type=Path, help="folder with data/train-*.parquet and data/val-*.parquet")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--max-excess", type=float, help="fail where the excess over all questions is above, in points")
    asked = parser.parse_args(arguments)
    try:
        items = load_items(asked.dataset)
        gained = cross_validated(items)
    except InputError as error:
        print(f"blind: {error}", file=sys.stderr)
        return 1
    strongest = max(gained, key=lambda name: float(gained[name].mean()))
    table = excess_table(items, gained[strongest], letter=majority_letter(items))
    means = {name: 100 * float(credit.mean()) for name, credit in gained.items()}
    if asked.json:
        print(json.dumps({"strongest": strongest, "accuracy": means, "scores": [row._asdict() for row in table]}))
    else:
        print(", ".join(f"{name} {mean:.1f} %" for name, mean in means.items()), f"-> {strongest}\n")
        print(f"{'category':<18}{'n':>7}{'chance':>9}{'accuracy':>10}{'excess':>8}{'95 % interval':>18}{'letter':>8}")
        for row in table:
            interval = f"{row.low:+.1f} to {row.high:+.1f}"
            print(
                f"{row.name:<18}{row.questions:>7,}{100 * row.chance:>9.1f}{100 * row.accuracy:>10.1f}"
                f"{row.excess:>+8.1f}{interval:>18}{row.letter:>+8.1f}"
            )
    return int(asked.max_excess is not None and table[-1].excess > asked.max_excess)


if __name__ == "__main__":
    sys.exit(main())
