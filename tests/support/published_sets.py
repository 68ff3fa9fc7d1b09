"""Small published sets and their run.json, made without a run."""

from __future__ import annotations

import random

from PIL import Image
from questions import question
from scenes import scene, thing

from stvqa.completion import build_row
from stvqa.geometry import difference_hash
from stvqa.records import ImageReference, SelectedRow
from stvqa.stages.contract import StageContext
from stvqa.stages.package import Package
from stvqa.store import RunFile, StageEntry, StageStatistics, write_json

CATEGORIES = ("relation", "distance", "depth", "size")
HASH = "0123456789abcdef" * 4


def publish_set(folder, *, rows=8, source="test", names=("cup", "table"), text=None, seed=0, **changes):
    """A set of `rows` questions on as many images, every fourth in val; returns its folder."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    items = [_row(number, pictures, source, names, text, seed, changes) for number in range(rows)]
    parts = []
    for split in ("train", "val"):
        members = [item for item in items if item.split == split]
        if members:
            parts.append(folder / f"part-{split}.parquet")
            stage = Package()
            stage.write(parts[-1], stage.run(iter(members), StageContext(seed=1)))
    dataset = folder / "dataset"
    dataset.mkdir()
    Package().publish(parts, dataset)
    return dataset


def picture(number):
    """Squares of 1000 x 1000 pixels; each number gives others, none near to another."""
    squares = random.Random(number).randbytes(192)
    return Image.frombytes("RGB", (8, 8), squares).resize((1000, 1000), Image.Resampling.NEAREST)


def _row(number, pictures, source, names, text, seed, changes):
    image_id = f"{source}:{number}"
    boxes = ((100, 500, 150, 550), (400, 450, 600, 600))
    objects = [thing(f"{place}.1", box, name=name) for place, (box, name) in enumerate(zip(boxes, names, strict=True))]
    graph = scene(objects, image_id=image_id).model_copy(update={"source": source})
    place = pictures / f"{number}.png"
    image = picture(number + seed)
    image.save(place, compress_level=1)
    claims = tuple(claim.model_copy(update={"subject": "0.1", "object": "1.1"}) for claim in question().program.claims)
    values = {
        "question_id": f"{image_id}/relation/1",
        "focus": graph,
        "category": CATEGORIES[number % len(CATEGORIES)],
        "level": ("easy", "medium", "hard")[number % 3],
        "image_hash": difference_hash(image),
        "program": question().program.model_copy(update={"claims": claims}),
        "text": text or f"{number}: is the {names[0]} to the left or to the right of the {names[1]} in the image?",
        **changes,
    }
    row = build_row(question(**values), number % 2)
    split = "val" if number % 4 == 3 else "train"
    return SelectedRow(split=split, image=ImageReference(kind="file", location=str(place)), row=row)


def run_file(**changes):
    """A run.json that says of such a set how it was made."""
    stages = (
        StageEntry(
            number=1,
            stage="load",
            folder="01-load-0123",
            hash=HASH,
            statistics=StageStatistics(records_in=8, records_out=8),
        ),
        StageEntry(
            number=2,
            stage="select",
            folder="02-select-0123",
            hash=HASH,
            prompts={"answer/user": HASH},
            statistics=StageStatistics(records_in=8, records_out=8),
        ),
    )
    values = {
        "stvqa": "0.1.0",
        "name": "small",
        "seed": 7,
        "state": "complete",
        "dataset": HASH,
        "recipe": {
            "name": "small",
            "seed": 7,
            "stages": [
                {"stage": "load", "source": "vg", "root": "/home/ada/visual-genome"},
                {"stage": "select", "n": 8},
            ],
        },
        "versions": {"python": "3.11.7"},
        "stages": stages,
        **changes,
    }
    return RunFile(**values)


def publish_run(folder, *, run=None, **options):
    """A run's folder with run.json and dataset/."""
    publish_set(folder, **options)
    write_json(folder / "run.json", run or run_file())
    return folder
