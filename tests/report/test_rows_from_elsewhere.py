"""Rows of sets that somebody else made: each with its reason, and the others go on."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stvqa.errors import InputError
from stvqa.recipe import Recipe
from stvqa.report import explain_row, verify_dataset
from stvqa.report.page import write_report
from stvqa.runner import run_recipe
from stvqa.stages import STAGES
from stvqa.store.dataset import UnreadableRow, read_dataset, read_images, read_rows


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three rows of the demo source, as one table."""
    out = tmp_path_factory.mktemp("runs") / "three"
    stages = (
        STAGES["load"](source="demo", limit=24),
        STAGES["prune"](),
        STAGES["plan"](n=8),
        STAGES["generate"](),
        STAGES["check"](),
        STAGES["select"](n=8, val_share=0.2),
        STAGES["package"](),
    )
    run_recipe(Recipe(name="three", seed=3, stages=stages), out=out, scheduler="sync")
    (path,) = (out / "dataset" / "data").glob("train-*")
    return pq.read_table(path).slice(0, 3)


@pytest.fixture
def hostile(three, tmp_path):
    """A set of three rows whose second one is changed by a function of its dict; all of a column by `retyped`."""

    def change(of_row=lambda row: None, *, retyped=None, without=()):
        folder = tmp_path / "set"
        path = folder / "data" / "train-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows, schema = three.to_pylist(), three.schema
        of_row(rows[1])
        for name, (kind, value) in (retyped or {}).items():
            schema = schema.set(schema.get_field_index(name), pa.field(name, kind))
            for row in rows:
                row[name] = value
        table = pa.Table.from_pylist(rows, schema=schema).drop_columns(list(without))
        pq.write_table(table, path)
        return folder

    return change


BROKEN = {
    "five options": {"options": ["a", "b", "c", "d", "e"]},
    "one option": {"options": ["a"]},
    "options null": {"options": None},
    "an option null": {"options": [None, "b"]},
    "letter null": {"answer_only": None},
    "unknown category": {"category": "colour"},
    "rating of 11": {"rating": 11},
    "no width": {"image_width": 0},
    "no hash": {"image_hash": "zz"},
    "id null": {"row_id": None},
    "image id null": {"image_id": None},
}
DOUBTED = {
    "deep votes": ({"votes": "[" * 100_000}, "votes-unreadable"),
    "votes of another shape": ({"votes": '[{"a": 1}]'}, "votes-unreadable"),
    "votes of any number": ({"votes": f"[{'9' * 5000}]"}, "votes-unreadable"),
    "no program": ({"program": "{"}, "program-unreadable"),
    "deep program": ({"program": '{"claims":[' + '{"op":"not","claim":' * 5000}, "program-unreadable"),
    "answer beyond the options": ({"answer_only": "D"}, "letter-unknown"),
    "two letters": ({"answer_only": "AB"}, "letter-unknown"),
    "long question": ({"question_only": "a" * 1_000_000}, "columns-disagree"),
    "choice of no option": ({"votes": '[{"verifier": "m", "choice": 9}]'}, "votes-unreadable"),
    "escape in a vote": ({"votes": '[{"verifier": "m", "reply": "A\\u202e"}]'}, "text-unfit"),
    "markup in a verifier": ({"votes": '[{"verifier": "<b>m"}]'}, "text-unfit"),
    "escape in the teacher": ({"teacher": "m\x1b[2J"}, "text-unfit"),
    "deep scene": ({"answer": "<scene>" + "[" * 100_000 + "</scene><answer>B</answer>"}, "columns-disagree"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_row_that_is_none_costs_itself_alone(hostile, tmp_path, change):
    folder = hostile(lambda row: row.update(change))
    items = list(read_rows(folder))
    assert [isinstance(item, UnreadableRow) for item in items] == [False, True, False]
    report = verify_dataset(folder)
    assert (report.rows, report.proved) == (3, 2)
    (failure,) = report.failures
    assert failure.reason == "row-malformed"
    assert next(iter(change)) in failure.detail
    with pytest.raises(InputError, match="stvqa verify"):
        list(read_dataset(folder))
    summary = write_report(folder, out=tmp_path / "page.html")
    assert (summary.rows, summary.unreadable, summary.missing) == (2, 1, 0)
    assert "cannot be read" in (tmp_path / "page.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        explain_row(items[1].row_id, folder)
    assert "verdict   true" in explain_row(items[2].row.row_id, folder)


@pytest.mark.parametrize(("change", "reason"), DOUBTED.values(), ids=DOUBTED)
def test_a_row_whose_cells_hold_anything_is_refused_with_its_reason(hostile, tmp_path, change, reason):
    folder = hostile(lambda row: row.update(change))
    report = verify_dataset(folder)
    assert (report.rows, report.proved) == (3, 2)
    assert [failure.reason for failure in report.failures] == [reason]
    assert len(report.failures[0].detail) < 1000
    row_ids = [item.row.row_id for item in read_rows(folder)]
    assert explain_row(row_ids[1], folder)
    assert write_report(folder, out=tmp_path / "page.html").rows == 3


@pytest.mark.parametrize("column", ["problem", "answer"])
@pytest.mark.parametrize("added", [" hint: B", "\n<img src=x>", "\x1b[2J", " "])
def test_nothing_is_added_to_what_is_trained_on(hostile, column, added):
    report = verify_dataset(hostile(lambda row: row.update({column: row[column] + added})))
    assert [failure.reason for failure in report.failures] == ["columns-disagree"]
    assert report.proved == 2


def graph(change):
    """A change of the graph inside the column `program`."""

    def of_row(row):
        proof = json.loads(row["program"])
        change(proof["graph"])
        row["program"] = json.dumps(proof)

    return of_row


def many(objects):
    return lambda graph: graph.update(objects=[{**graph["objects"][0], "id": f"cup.{n}"} for n in range(objects)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (many(2_000), "2,000 objects, and 300 are the most"),
        (lambda graph: graph["objects"].append(graph["objects"][0]), "one id"),
        (lambda graph: graph["objects"][0].update(box=[5, 5, 5, 9]), "is none"),
        (lambda graph: graph["objects"][0].update(box=[float("nan"), 5, 6, 9]), "is none"),
        (lambda graph: graph["relationships"].append({"subject": "x", "predicate": "on", "object": "y"}), "an end"),
        (lambda graph: graph.update(width=0), "greater than 0"),
        (lambda graph: graph["objects"][0].update(space={"depth_m": float("inf")}), "no number"),
    ],
)
def test_a_graph_that_is_none_proves_nothing(hostile, change, told):
    (failure,) = verify_dataset(hostile(graph(change))).failures
    assert failure.reason == "program-unreadable"
    assert told in failure.detail


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("rating", pa.string(), "5"),
        ("options", pa.string(), '["a"]'),
        ("votes", pa.list_(pa.int64()), [1]),
        ("question_only", pa.int64(), 1),
        ("image_width", pa.float64(), 1.5),
        ("margin", pa.string(), "1"),
        ("blind_correct", pa.int64(), 1),
        ("images", pa.binary(), b"x"),
        ("images", pa.list_(pa.struct([("bytes", pa.binary())])), []),
    ],
)
def test_a_column_of_another_type_is_told_by_name(hostile, name, kind, value):
    folder = hostile(retyped={name: (kind, value)})
    with pytest.raises(InputError, match=f"its column {name} is of type .*, not "):
        verify_dataset(folder)


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [("rating", pa.int64(), 5), ("teacher", pa.large_string(), "rules"), ("coco_id", pa.null(), None)],
)
def test_types_that_hold_the_same_are_taken(hostile, name, kind, value):
    assert verify_dataset(hostile(retyped={name: (kind, value)})).rows == 3


def test_missing_columns_are_told_by_name(hostile):
    with pytest.raises(InputError, match="lacks the columns answer, votes: give a set"):
        verify_dataset(hostile(without=["votes", "answer"]))


def test_a_set_without_rows_is_not_proved(hostile):
    folder = hostile()
    (path,) = (folder / "data").glob("train-*")
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    with pytest.raises(InputError, match="holds no rows"):
        verify_dataset(folder)


def test_a_text_that_is_no_utf8_costs_its_row_alone(hostile):
    folder = hostile()
    (path,) = (folder / "data").glob("train-*")
    table = pq.read_table(path)
    place = table.schema.get_field_index("question_only")
    broken = [text.encode() for text in table.column(place).to_pylist()]
    broken[1] = b"\xff\xfe"
    column = pa.array(broken, pa.binary()).view(pa.string())
    pq.write_table(table.set_column(place, table.schema.field(place), column), path)
    (failure,) = verify_dataset(folder).failures
    assert "question_only" in failure.detail


def test_doubled_ids_are_told_apart_by_no_digits(hostile):
    folder = hostile()
    first, second, _ = (item.row.row_id for item in read_rows(folder))
    folder = hostile(lambda row: row.update(row_id=first))
    assert [failure.row_id for failure in verify_dataset(folder).failures] == [first]
    with pytest.raises(InputError, match="more than once"):
        explain_row(first, folder)
    with pytest.raises(InputError, match="no row"):
        explain_row(second, folder)


def test_a_file_that_unpacks_without_end_is_not_read(hostile):
    """A text that stands in a dictionary once and in every row; and one that zeros make of nothing."""
    folder = hostile()
    (path,) = (folder / "data").glob("train-*")
    table = pq.read_table(path)
    place = table.schema.get_field_index("question_only")
    huge = pa.array(["a" * (300 << 20), "b", "c"], pa.string())
    pq.write_table(table.set_column(place, table.schema.field(place), huge), path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="its column question_only unpacks from"):
        verify_dataset(folder)


def test_images_of_rows_that_are_none_keep_the_numbers_of_the_others(hostile):
    folder = hostile(lambda row: row.update(options=["a"]))
    assert [image.image_id for image in read_images(folder)] == [
        item.image_id if isinstance(item, UnreadableRow) else item.row.image_id for item in read_rows(folder)
    ]
