"""The text-only adversary: it finds what was planted and nothing where there is nothing."""

from __future__ import annotations

import json
import random
import sys
from importlib import import_module

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

NOUNS = ("cup", "dog", "car", "tree", "lamp", "chair", "boat", "kite", "bench", "clock")


@pytest.fixture(scope="module")
def blind():
    from pathlib import Path

    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield import_module("blind")
    sys.path.remove(folder)


def _items(blind, *, count: int, answer_of, seed: int = 0):
    """Questions "which is taller" over two or three nouns; `answer_of` picks the right one."""
    source = random.Random(seed)
    items = []
    for number in range(count):
        nouns = source.sample(NOUNS, 2 + number % 2)
        question = f"Which is taller, the {', the '.join(nouns)}?"
        options = tuple(f"The {noun}" for noun in source.sample(nouns, len(nouns)))
        answer = answer_of(source, options)
        category = ("size", "count")[number % 2]
        items.append(blind.Item(question, options, answer, category, f"image:{number // 2}"))
    return items


def _longest(_, options):
    return max(range(len(options)), key=lambda place: NOUNS.index(options[place].removeprefix("The ")))


def _any(source, options):
    return source.randrange(len(options))


def _excess(blind, items):
    credit = blind.cross_validated(items)
    strongest = max(credit, key=lambda name: credit[name].mean())
    return blind.excess_table(items, credit[strongest], letter=blind.majority_letter(items))


def test_a_planted_shortcut_is_found(blind):
    items = _items(blind, count=240, answer_of=_longest)
    credit = blind.cross_validated(items)
    for name in ("logistic regression", "gradient boosting", "both"):
        assert credit[name].mean() > 0.7, name
    total = _excess(blind, items)[-1]
    assert total.name == "all"
    assert total.excess > 25
    assert total.low > 20


def test_a_shortcut_in_the_numbers_is_found(blind):
    source = random.Random(1)
    items = []
    for number in range(240):
        counts = source.sample(range(1, 10), 3)
        answer = counts.index(sorted(counts)[1])
        options = tuple(str(count) for count in counts)
        question = f"How many {source.choice(NOUNS)}s are there?"
        items.append(blind.Item(question, options, answer, "count", f"image:{number}"))
    assert _excess(blind, items)[-1].excess > 50


def test_nothing_is_found_where_answers_are_drawn(blind):
    table = _excess(blind, _items(blind, count=400, answer_of=_any))
    assert [row.name for row in table] == ["count", "size", "all"]
    assert table[-1].questions == 400
    assert table[-1].chance == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert abs(table[-1].excess) < 8
    assert table[-1].low < 0 < table[-1].high


def test_an_exactly_even_set_is_not_beaten_by_its_evenness(blind):
    """Each noun is right in exactly half of its questions, which tells an adversary what the rest must be."""
    items = []
    for number in range(400):
        noun, right = NOUNS[number // 2 % 10], number % 2
        question = f"Is there a {noun}?"
        items.append(blind.Item(question, ("Yes", "No"), right, "existence", f"image:{number}"))
    assert _excess(blind, items)[-1].excess < 3


def test_all_questions_of_an_image_share_a_fold(blind):
    items = _items(blind, count=100, answer_of=_any)
    folds = dict(zip((item.image_id for item in items), blind.folds_of(items), strict=True))
    assert [folds[item.image_id] for item in items] == list(blind.folds_of(items))
    assert set(folds.values()) == {0, 1, 2, 3, 4}


def test_the_majority_letter_is_learned_from_other_folds(blind):
    items = [blind.Item("Where?", ("Left", "Right"), 1, "relation", f"image:{number}") for number in range(50)]
    assert blind.majority_letter(items).mean() == 1


def test_a_tie_counts_its_share(blind):
    item = blind.Item("Where?", ("Left", "Right", "Above"), 1, "relation", "image:0")
    assert blind._credit(item, np.array([1.0, 1.0, 0.0])) == 0.5
    assert blind._credit(item, np.array([1.0, 0.0, 0.0])) == 0


def test_the_shape_of_options(blind):
    features = import_module("blind_features")
    item = features.Item("Which is taller, the dog or the old cup?", ("The old cup", "A dog"), 0, "size", "image:0")
    first, second = features._shapes(features._words(item.question), [features._words(text) for text in item.options])
    assert (first.length_rank, second.length_rank) == (1, 0)
    assert (first.mention_rank, second.mention_rank) == (1, 0)
    assert features._template(["which", "dog", "or", "cup"], [["dog"], ["cup"]]) == "which _ or _"
    assert features._number(["3"]) == features._number(features._words("Three"))


def _write(folder, rows, name):
    (folder / "data").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / name)


def _row(number, **changes):
    row = {
        "question_only": f"Where is the {NOUNS[number % 10]}?",
        "options": ["Left", "Right"],
        "answer_only": "AB"[number // 3 % 2],
        "category": "relation",
        "image_id": f"image:{number}",
    }
    return row | changes


def test_a_set_is_read_and_reported(blind, tmp_path, capsys):
    _write(tmp_path, [_row(number) for number in range(80)], "train-00000-of-00001.parquet")
    _write(tmp_path, [_row(number) for number in range(80, 100)], "val-00000-of-00001.parquet")
    assert blind.main([str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scores"][-1]["questions"] == 100
    assert told["scores"][-1]["chance"] == 0.5
    assert told["strongest"] in told["accuracy"]
    assert blind.main([str(tmp_path), "--max-excess", "-100"]) == 1
    assert "relation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no data"),
        ([_row(0, answer_only="C")], "'C' is no letter"),
        ([_row(number) for number in range(4)], "too few images"),
    ],
)
def test_what_cannot_be_measured_is_said(blind, tmp_path, capsys, rows, message):
    if rows:
        _write(tmp_path, rows, "train-00000-of-00001.parquet")
    assert blind.main([str(tmp_path)]) == 1
    assert message in capsys.readouterr().err
