"""The card says of a set what is so, also where the set is not as it should be."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from published_sets import publish_set, run_file

from stvqa.card import Standing, card_files, read_facts, split_card
from stvqa.card.examples import find_examples
from stvqa.store import StageStatistics


def body(files):
    return split_card(files["README.md"].decode(), name="card").written


def edit(dataset, **columns):
    """Gives the first row of train other values."""
    path = next((dataset / "data").glob("train-*"))
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0].update(columns)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def other_letter(dataset):
    [first, *_] = pq.read_table(next((dataset / "data").glob("train-*")), columns=["answer_only"]).to_pylist()
    return "B" if first["answer_only"] == "A" else "A"


def test_an_example_is_told_as_its_program_decides_it(tmp_path):
    dataset = publish_set(tmp_path, rows=4)
    assert [reading.verdict == "true" for reading in find_examples(dataset)[0].readings] == [True, False]
    edit(dataset, answer_only=other_letter(dataset))
    readings = find_examples(dataset)[0].readings
    assert [(reading.verdict, reading.right) for reading in readings] == [("true", False), ("false", True)]
    assert "false ✓ |" in body(card_files(dataset, run_file()))


def test_a_program_that_nobody_can_read_is_no_hindrance(tmp_path):
    dataset = publish_set(tmp_path, rows=4)
    edit(dataset, program="{broken")
    example = find_examples(dataset)[0]
    assert (example.readings, example.things) == ((), ())
    assert "- **(" in body(card_files(dataset, run_file(), standing=Standing(rows=4, proved=3, failed=1)))


@pytest.mark.parametrize(
    ("proved", "sentence"),
    [(4, "Every answer is proved"), (3, "3 answers are proved"), (0, "No answer is proved by a program.")],
)
def test_proved_is_what_was_proved_again(tmp_path, proved, sentence):
    dataset = publish_set(tmp_path, rows=4)
    files = card_files(dataset, run_file(), standing=Standing(rows=4, proved=proved, failed=4 - proved))
    text = body(files)
    assert sentence in text
    assert ("but not in the rows that do not hold" in text) == (proved < 4)
    assert f"by: programs ({proved} rows)" in text
    assert f"{proved} answers carry a program" in json.loads(files["croissant.json"])["description"]


def test_a_letter_that_no_answer_has_is_a_zero(tmp_path):
    dataset = publish_set(tmp_path, rows=1)
    assert sorted(read_facts(dataset).letters["2"].items()) in ([("A", 0), ("B", 1)], [("A", 1), ("B", 0)])
    assert re.search(r"^\| 2 \| [01] \| [01] \|  \|  \|$", body(card_files(dataset, run_file())), re.MULTILINE)


def test_parts_of_records_that_were_refused_are_counted_too(tmp_path):
    did = StageStatistics(
        records_in=5, records_out=4, rejected={"image-gone": 1}, rejected_parts={"box": 20, "name": 3}
    )
    entry = run_file().stages[0].model_copy(update={"statistics": did})
    text = body(card_files(publish_set(tmp_path, rows=4), run_file(stages=(entry,))))
    assert "| load | 5 | 4 | 1 | 23 | 0 |" in text
