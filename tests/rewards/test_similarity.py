from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from stvqa.errors import InputError
from stvqa.rewards import find_similarity
from stvqa.rewards.similarity import MOST_LABELS, _cosine, compared, label_similarities


def test_vocabulary_knows_synonyms_and_exact_does_not():
    vocabulary, exact = find_similarity("vocabulary"), find_similarity("exact")
    assert vocabulary("couch", "sofa") == 1
    assert 0 < vocabulary("man", "woman") < 1
    assert vocabulary("dog", "table") == 0
    assert (exact("cup", "cup"), exact("couch", "sofa")) == (1, 0)


def test_tables_of_repeated_labels():
    table = label_similarities(["cup", "dog", "cup"], ["cup", "cup", "cat"], find_similarity("exact"))
    assert table.tolist() == [[1, 1, 0], [0, 0, 0], [1, 1, 0]]
    assert label_similarities([], ["cup"], find_similarity("exact")).shape == (0, 1)
    assert label_similarities(["cup"], [], find_similarity("exact")).shape == (1, 0)


def test_made_up_names_are_looked_up_up_to_a_bound_and_equal_ones_always_found():
    asked = []

    def similarity(label, other):
        asked.append(label)
        return float(label == other)

    labels = [f"thing {number}" for number in range(1000)]
    table = label_similarities([*labels, "cup"], ["cup"], similarity)
    assert len(asked) == MOST_LABELS
    assert table.sum() == 1


def test_pairs_of_names_that_are_looked_up_are_bounded_too():
    asked = []

    def similarity(label, other):
        asked.append((label, other))
        return 0.9

    labels, others = [f"thing {number}" for number in range(1000)], [f"other {number}" for number in range(100)]
    table = label_similarities([*labels, "other 7"], others, similarity)
    assert len(asked) == len(set(asked)) == 2500
    assert table[1000].tolist() == [float(number == 7) for number in range(100)]
    assert table[25:1000].sum() == 0
    assert compared([*labels, "other 7"], others) == [*range(25), 1000]


@pytest.mark.skipif(importlib.util.find_spec("spacy") is not None, reason="spaCy is installed here")
def test_spacy_says_how_to_get_it():
    with pytest.raises(InputError, match="python -m spacy download en_core_web_md"):
        find_similarity("spacy")


def test_cosine_of_vectors():
    class Doc:
        def __init__(self, vector):
            self.vector = np.array(vector, dtype=np.float32)

    vectors = {"cup": [3, 4], "mug": [4, 3], "xyzzy": [0, 0]}
    cosine = _cosine(lambda label: Doc(vectors[label]))
    assert cosine("cup", "mug") == pytest.approx(0.96)
    assert (cosine("cup", "cup"), cosine("xyzzy", "xyzzy"), cosine("cup", "xyzzy")) == (1, 1, 0)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="vocabulary, exact, spacy"):
        find_similarity("word2vec")
