from __future__ import annotations

from collections import Counter

import pytest
from questions import question
from scenes import scene

from stvqa.records import Question
from stvqa.stages.contract import StageContext
from stvqa.stages.select import Select
from stvqa.store import write_part


def questions(count, *, images=40, category="relation", hashes=None):
    made = []
    for number in range(count):
        image = number % images
        graph = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600)}, image_id=f"test:{image}")
        made.append(
            question(
                question_id=f"test:{image}/{category}/{number}",
                category=category,
                level=("easy", "medium", "hard")[number % 3],
                text=f"Number {number}: where is the cup in relation to the table?",
                focus=graph,
                image_hash=hashes[image] if hashes else f"{(image * 0x9E3779B97F4A7C15) % 2**64:016x}",
            )
        )
    return made


def select(tmp_path, made, **parameters):
    path = tmp_path / "part-00000.parquet"
    write_part(path, made, model=Question)
    context = StageContext(seed=parameters.pop("seed", 1))
    batches = list(Select(**parameters).run([path], context))
    return [item for batch in batches for item in batch], batches, context


def test_exactly_n_rows_with_even_letters(tmp_path):
    rows, _, context = select(tmp_path, questions(300), n=200)
    assert len(rows) == 200
    letters = Counter(item.row.answer_only for item in rows)
    assert abs(letters["A"] - letters["B"]) <= 1
    assert context.figures["letters"]["2"]["p"] > 0.9
    assert "shortfall" not in context.figures
    assert context.figures["reserve"] == 100


def test_a_shortfall_keeps_every_valid_row_and_says_what_is_missing(tmp_path):
    rows, _, context = select(tmp_path, questions(30), n=200)
    assert len(rows) == 30
    table = context.figures["shortfall"]
    assert "depth" in table
    assert "none passed" in table


@pytest.mark.parametrize("seed", range(5))
def test_images_and_their_near_duplicates_stay_in_one_split(tmp_path, seed):
    twins = {image: f"{(image // 2 * 0x9E3779B97F4A7C15) % 2**64:016x}" for image in range(40)}
    rows, batches, _ = select(tmp_path, questions(300, hashes=twins), n=300, val_share=0.2, seed=seed)
    splits = {}
    for item in rows:
        splits.setdefault(int(item.row.source_image_id) // 2, set()).add(item.split)
    assert all(len(found) == 1 for found in splits.values())
    share = sum(item.split == "val" for item in rows) / len(rows)
    assert 0.1 < share <= 0.2
    assert all(len({item.split for item in batch}) == 1 for batch in batches)


def test_a_few_images_still_give_a_val_split(tmp_path):
    rows, _, _ = select(tmp_path, questions(25, images=5), n=25)
    assert len({item.row.image_id for item in rows if item.split == "val"}) == 1
    rows, _, _ = select(tmp_path, questions(25, images=5), n=25, val_share=0)
    assert all(item.split == "train" for item in rows)


def test_one_wording_of_an_image_once(tmp_path):
    made = questions(20)
    again = made[0].model_copy(update={"question_id": "again"})
    rows, _, context = select(tmp_path, [*made, again], n=20)
    assert len(rows) == 20
    assert [item.reason for item in context.rejections] == ["repeats-question"]


def test_same_seed_same_rows(tmp_path):
    one, _, _ = select(tmp_path, questions(100), n=60)
    other, _, _ = select(tmp_path, questions(100), n=60)
    assert one == other
    third, _, _ = select(tmp_path, questions(100), n=60, seed=2)
    assert one != third


def test_row_ids_are_unique(tmp_path):
    rows, _, _ = select(tmp_path, questions(100), n=100)
    assert len({item.row.row_id for item in rows}) == 100
