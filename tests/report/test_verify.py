from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from stvqa.errors import InputError
from stvqa.recipe import Recipe
from stvqa.report import explain_row, verify_dataset
from stvqa.runner import run_recipe
from stvqa.stages import STAGES
from stvqa.store.dataset import count_dataset, read_dataset


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A small set from the demo source, built once."""
    out = tmp_path_factory.mktemp("runs") / "small"
    stages = (
        STAGES["load"](source="demo", limit=24),
        STAGES["prune"](),
        STAGES["plan"](n=40),
        STAGES["generate"](),
        STAGES["check"](),
        STAGES["select"](n=40, val_share=0.2),
        STAGES["package"](),
    )
    run_recipe(Recipe(name="small", seed=3, stages=stages), out=out, scheduler="sync")
    return out


@pytest.fixture
def tampered(run, tmp_path):
    """A copy of the set in which the first train row is changed by a function of its dict."""

    def tamper(change, *, row=0):
        for path in (run / "dataset" / "data").iterdir():
            table = pq.read_table(path)
            rows = table.to_pylist()
            if path.name.startswith("train"):
                change(rows[row])
            target = tmp_path / "data" / path.name
            target.parent.mkdir(exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), target)
        return verify_dataset(tmp_path)

    return tamper


def reasons(report):
    return [failure.reason for failure in report.failures]


def test_a_fresh_set_holds(run):
    report = verify_dataset(run / "dataset")
    assert report.failures == ()
    assert (report.rows, report.proved, report.unproved) == (40, 40, 0)
    assert sum(report.by_category.values()) == 40
    assert count_dataset(run / "dataset") == 40


def other_letter(row):
    return "B" if row["answer_only"] == "A" else "A"


def point_elsewhere(row):
    """A consistent row with a wrong answer: every redundant column says the same wrong thing."""
    letter = other_letter(row)
    text = row["options"]["ABCD".index(letter)]
    row["answer"] = row["answer"].replace(f"<answer>{row['answer_only']}<", f"<answer>{letter}<")
    row.update(
        answer_only=letter,
        answer_text_only=text,
        answer_text=f"<answer>{text}</answer>",
        answer_option_text_only=f"({letter}) {text}",
        answer_option_text=f"<answer>({letter}) {text}</answer>",
    )


def shrink_box(row):
    proof = json.loads(row["program"])
    for item in proof["graph"]["objects"]:
        item["box"] = [0, 0, 10, 10]
    row["program"] = json.dumps(proof)


def mirror(row):
    with Image.open(io.BytesIO(row["images"]["bytes"])) as image:
        picture = io.BytesIO()
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(picture, "PNG")
    row["images"] = {"bytes": picture.getvalue(), "path": "x.png"}


def other_picture(row):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    row["images"] = {"bytes": picture.getvalue(), "path": "x.png"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: row.update(answer_only="D" if len(row["options"]) < 4 else "E"), "letter-unknown"),
        (lambda row: row.update(answer_text_only="something else"), "columns-disagree"),
        (lambda row: row.update(question_only="Where is it?"), "columns-disagree"),
        (lambda row: row.update(problem="Look."), "columns-disagree"),
        (lambda row: row.update(program=""), "program-missing"),
        (lambda row: row.update(program="{}"), "program-unreadable"),
        (shrink_box, "scene-disagrees"),
        (lambda row: row.update(images={"bytes": b"no", "path": "x"}), "image-unreadable"),
        (mirror, "image-changed"),
        (lambda row: row.update(evidence="estimated"), "proof-disagrees"),
        (lambda row: row.update(margin=99.5), "proof-disagrees"),
        (lambda row: row.update(coco_id=7), "proof-disagrees"),
        (lambda row: row.update(category="count" if row["category"] != "count" else "size"), "category-disagrees"),
        (lambda row: row.update(source_image_id="7-7"), "columns-disagree"),
        (lambda row: row.update(problem=row["question_with_options"]), "columns-disagree"),
        (lambda row: row.update(votes="not json"), "votes-unreadable"),
        (lambda row: row.update(program="", evidence="teacher"), "program-missing"),
        (other_picture, "image-size"),
    ],
)
def test_every_kind_of_damage_is_found(tampered, change, reason):
    assert reasons(tampered(change)) == [reason]


def test_a_wrong_answer_told_consistently_is_found(tampered):
    [reason] = reasons(tampered(point_elsewhere))
    assert reason in {"answer-not-proved", "distractor-not-refuted"}


def test_a_row_without_program_is_no_failure_only_for_a_teachers_word(tampered):
    report = tampered(lambda row: row.update(program="", evidence="teacher", teacher="some-model"))
    assert report.failures == ()
    assert (report.proved, report.unproved) == (39, 1)


def test_repeats_and_leaks_between_splits_are_found(run, tmp_path):
    data = run / "dataset" / "data"
    [train], [val] = sorted(data.glob("train*")), sorted(data.glob("val*"))
    table = pq.read_table(train)
    (tmp_path / "data").mkdir()
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "data" / train.name)
    pq.write_table(pa.concat_tables([pq.read_table(val), table.slice(1, 1)]), tmp_path / "data" / val.name)
    found = reasons(verify_dataset(tmp_path))
    assert sorted(found) == ["repeats-row", "repeats-row"]


def test_explain_shows_both_graphs_and_every_verdict(run):
    row = next(read_dataset(run / "dataset", images=False)).row
    scenes = sorted((next(run.glob("01-load-*"))).glob("part-*.parquet"))
    page = explain_row(row.row_id, run / "dataset", scenes=scenes)
    assert "Scene graph:" in page
    assert "Focus graph:" in page
    assert page.count("verdict   true") == 1
    assert page.count("verdict   false") == len(row.options) - 1
    assert explain_row(row.row_id[:8], run / "dataset").count("Scene graph:") == 0


def test_explain_names_what_it_cannot_find(run):
    with pytest.raises(InputError, match="no row 'zzz'"):
        explain_row("zzz", run / "dataset")
    with pytest.raises(InputError, match="no row ''"):
        explain_row("", run / "dataset")


def test_a_folder_without_a_set_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no data"):
        verify_dataset(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train-00000-of-00001.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="is not a file of a set"):
        verify_dataset(tmp_path)
