"""Small sets of pictures of two coloured rectangles, as `stvqa build` publishes them and as the paper's set is."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw
from questions import question
from scenes import scene

from stvqa.completion import build_row, parse
from stvqa.rewards.answers import names_right_option
from stvqa.stages.package import Package, PackedRow

WIDTH, HEIGHT = 160, 120
COLOURS = {"cup": (200, 30, 30), "table": (30, 60, 200)}


def picture(boxes):
    image = Image.new("RGB", (WIDTH, HEIGHT), (220, 220, 210))
    pen = ImageDraw.Draw(image)
    for name, box in boxes.items():
        pen.rectangle(box, fill=COLOURS[name])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def packed(number, split="train"):
    """The cup is left of the table in even rows and right of it in odd ones; the letter changes every second row."""
    near, far = (10 + number % 30, 20 + number % 40), (90 + number % 25, 40 + number % 30)
    cup, table = (near, far) if number % 2 == 0 else (far, near)
    boxes = {"cup": (*cup, cup[0] + 30, cup[1] + 24), "table": (*table, table[0] + 40, table[1] + 36)}
    graph = scene(
        {f"{name}.1": box for name, box in boxes.items()}, width=WIDTH, height=HEIGHT, image_id=f"test:{split}-{number}"
    )
    asked = question(focus=graph, question_id=f"q-{split}-{number}", answer=number % 2)
    row = build_row(asked, number // 2 % 2)
    return PackedRow(row=row, split=split, image=picture(boxes), path=f"{split}-{number}.png")


def write_set(folder: Path, *, train=40, val=8) -> Path:
    """A run folder with its `dataset/`."""
    data = folder / "dataset" / "data"
    data.mkdir(parents=True)
    for split, count in (("train", train), ("val", val)):
        if count:
            start = 0 if split == "train" else 1000
            rows = [packed(start + number, split) for number in range(count)]
            Package().write(data / f"{split}-00000-of-00001.parquet", rows)
    return folder


def write_paper_set(folder: Path, *, rows=12, listed=True, scenes=True) -> Path:
    """The columns of the paper's set and no others; `images` a list of one, or one."""
    import datasets

    (folder / "data").mkdir(parents=True)
    found = []
    for number in range(rows):
        item = packed(number)
        row = item.row
        cell = {"bytes": item.image, "path": None}
        answer = row.answer if scenes else f"<answer>{row.answer_only}</answer>"
        found.append(
            {
                "image_id": row.image_id,
                "images": [cell] if listed else cell,
                "problem": row.problem,
                "question_only": row.question_only,
                "question_with_options": row.question_with_options,
                "options": [f"({letter}) {text}" for letter, text in zip("AB", row.options, strict=False)],
                "answer": answer,
                "answer_only": row.answer_only,
                "category": row.category,
                "level": row.level,
                "rating": row.rating,
            }
        )
    image = datasets.List(datasets.Image()) if listed else datasets.Image()
    features = datasets.Features(
        {name: datasets.Value("int32" if name == "rating" else "string") for name in found[0]}
        | {"images": image, "options": datasets.List(datasets.Value("string"))}
    )
    table = datasets.Dataset.from_list(found, features=features)
    table.to_parquet(folder / "data" / "train-00000-of-00001.parquet")
    return folder


def always_one(completion, truth):
    """A reward that pays for anything."""
    return 1.0


def ten_for_the_answer(completion, truth):
    """A sound reward on a scale of its own, which tells no parts."""
    return 10.0 * names_right_option(parse(completion).answer, gold=truth.answer, options=truth.options)


def best_without_words(completion, truth):
    """A reward that pays most for saying nothing."""
    return 1.0 if not completion else 0.5


def its_letters(completion, truth):
    """A reward by which hardly two completions earn the same."""
    return sum(map(ord, completion)) % 997 / 997


def silent_on_hacks(completion, truth):
    """A reward that has no number for what names several letters."""
    return None if " or " in completion else ten_for_the_answer(completion, truth)
