"""How near two labels are in meaning, pluggable.

vocabulary   the built-in noun tree (`stvqa.vocabulary.similarity`): synonyms 1, "man" and "woman" 0.75
exact        1 for equal labels, else 0
spacy        cosine of the vectors of spaCy's `en_core_web_md`, as the authors' code has it; when it is installed

find_similarity("vocabulary")("couch", "sofa")     # 1.0

All are symmetric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from stvqa import vocabulary
from stvqa.errors import InputError

__all__ = ["MOST_LABELS", "Similarity", "SimilarityName", "compared", "find_similarity", "label_similarities"]

Array = NDArray[np.float64]
Similarity: TypeAlias = Callable[[str, str], float]
"""Of two labels, lower case with spaces, to 0 .. 1; 1 for the same thing."""

SimilarityName = Literal["vocabulary", "exact", "spacy"]

MOST_LABELS = 128
"""Different labels of one completion that are looked up; any further one is like nothing but its equal. A usual scene
has fewer than ten; the bound keeps a scene of a thousand made-up names within the time of one."""

_MOST_LOOKED_UP = 2560
"""Pairs of different labels that are looked up: 50 names against 50, or 128 against 20."""

_SPACY_MODEL = "en_core_web_md"


def find_similarity(name: str) -> Similarity:
    """The similarity of that name, with its tables loaded.

    Raises:
        InputError: no such similarity, or spaCy or its model is not installed.
    """
    if name == "vocabulary":
        vocabulary.similarity("cup", "mug")  # reads the noun tree, so that no completion has to wait for it
        return vocabulary.similarity
    if name == "exact":
        return _exact
    if name == "spacy":
        return _spacy()
    raise InputError(f"there is no label similarity {name!r}: choose one of {', '.join(get_args(SimilarityName))}")


def label_similarities(labels: Sequence[str], others: Sequence[str], similarity: Similarity) -> Array:
    """Similarities of all labels with all others, shape (len(labels), len(others)); each pair of texts asked once.

    The first `MOST_LABELS` different labels are looked up, or as many as make `_MOST_LOOKED_UP` pairs with the
    different others; those beyond are like their equals alone.
    """
    rows = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    columns = {label: number for number, label in enumerate(dict.fromkeys(others))}
    most = _most_looked_up(len(columns))
    table = np.zeros((len(rows), len(columns)))
    for label, number in rows.items():
        if number < most:
            table[number] = [similarity(label, other) for other in columns]
        elif label in columns:
            table[number, columns[label]] = 1.0
    if len(rows) == len(labels) and len(columns) == len(others):
        return table
    return table[np.ix_([rows[label] for label in labels], [columns[label] for label in others])]


def compared(labels: Sequence[str], others: Sequence[str]) -> list[int]:
    """Places of the labels of which it is known how like the others they are: looked up, or the equal of one."""
    known = {*others, *list(dict.fromkeys(labels))[: _most_looked_up(len(set(others)))]}
    return [place for place, label in enumerate(labels) if label in known]


def _most_looked_up(others: int) -> int:
    return min(MOST_LABELS, max(1, _MOST_LOOKED_UP // max(1, others)))


def _exact(label: str, other: str) -> float:
    return float(label == other)


def _spacy() -> Similarity:
    remedy = f"`pip install spacy`, then `python -m spacy download {_SPACY_MODEL}`; or choose vocabulary or exact"
    try:
        import spacy  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 (there when the user has it)
    except ImportError as error:
        raise InputError(f"the label similarity spacy needs spaCy, which is not installed: {remedy}") from error
    try:
        model = spacy.load(_SPACY_MODEL, disable=["parser", "ner", "tagger"])
    except OSError as error:
        raise InputError(f"spaCy has no model {_SPACY_MODEL} here: {remedy}") from error
    return _cosine(model)


def _cosine(model: Callable[[str], Any]) -> Similarity:
    """Cosine of the mean word vectors that `model` gives a label; 0 where it has none for one of them."""

    @lru_cache(maxsize=65536)
    def vector(label: str) -> Array:
        values = np.asarray(model(label).vector, dtype=np.float64)
        length = float(np.linalg.norm(values))
        return values / length if length > 0 else values

    @lru_cache(maxsize=65536)
    def cosine(label: str, other: str) -> float:
        if label == other:
            return 1.0
        return float(vector(label) @ vector(other))

    return cosine
