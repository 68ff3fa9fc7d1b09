"""From a source's pictures to a published set: what was proved is what every reader of the set sees."""

from __future__ import annotations

import io
import json

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw
from tagged_pictures import shown

from stvqa.card.examples import find_examples
from stvqa.geometry import difference_hash, hash_distance
from stvqa.recipe import Recipe
from stvqa.report import verify_dataset
from stvqa.report.page.thumbnails import thumbnails
from stvqa.report.page.write import _set_images, write_report
from stvqa.runner import run_recipe
from stvqa.runner.calls import SourcePictures
from stvqa.sources.images import open_image
from stvqa.stages import STAGES
from stvqa.stages.contract import StageContext
from stvqa.stages.load import Load
from stvqa.store.dataset import read_dataset

WIDE, HIGH = (320, 240), (240, 320)
NAMES = {"dog": "red", "chair": "green", "car": "blue", "bottle": "yellow"}
KINDS = ("plain", "turned", "kept", "sixteen", "float", "transparent")


def things(number, size):
    """Four objects, of which two reach near the border, so that they fit no turned picture."""
    width, height = size
    places = ((0.05, 0.1), (0.6, 0.15), (0.1, 0.6), (0.65, 0.66))
    return [
        {
            "object_id": 10 * number + place,
            "names": [name],
            "x": round(x * width) + number,
            "y": round(y * height),
            "w": round(width * (0.3 - 0.03 * place)),
            "h": round(height * 0.3),
        }
        for place, (name, (x, y)) in enumerate(zip(NAMES, places, strict=True))
    ]


def drawn(entries, size):
    image = Image.new("RGB", size, (120, 130, 140))
    for entry in entries:
        corners = (entry["x"], entry["y"], entry["x"] + entry["w"], entry["y"] + entry["h"])
        ImageDraw.Draw(image).rectangle(corners, fill=NAMES[entry["names"][0]])
    return image


def stored(kind, image):
    """The picture as a file: on its side with a tag that turns it up, or upright with a tag that would turn it over."""
    file, exif = io.BytesIO(), Image.Exif()
    grey = np.array(image.convert("L")).astype(np.uint16) * 257
    if kind == "turned":
        exif[0x0112] = 6
        image.transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif.tobytes())
    elif kind == "kept":
        exif[0x0112] = 8
        image.save(file, "JPEG", exif=exif.tobytes(), quality=95)
    elif kind == "sixteen":
        Image.fromarray(grey).save(file, "PNG")
    elif kind == "float":
        Image.fromarray((grey / 65_535).astype(np.float32)).save(file, "TIFF")
    elif kind == "transparent":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A Visual Genome folder with a picture of each kind."""
    folder = tmp_path_factory.mktemp("vg")
    (folder / "VG_100K").mkdir()
    images, graphs = [], []
    for number, kind in enumerate(KINDS, start=1):
        size = HIGH if kind == "turned" else WIDE
        entries = things(number, size)
        (folder / "VG_100K" / f"{number}.jpg").write_bytes(stored(kind, drawn(entries, size)))
        url = f"https://example.org/VG_100K/{number}.jpg"
        images.append({"image_id": number, "url": url, "width": size[0], "height": size[1]})
        graphs.append({"image_id": number, "objects": entries, "relationships": []})
    (folder / "image_data.json").write_text(json.dumps(images))
    (folder / "scene_graphs.json").write_text(json.dumps(graphs))
    return folder


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    stages = (
        STAGES["load"](source="vg", root=root),
        STAGES["prune"](),
        STAGES["plan"](n=24),
        STAGES["generate"](),
        STAGES["check"](),
        STAGES["select"](n=24, val_share=0.2),
        STAGES["package"](),
    )
    run_recipe(Recipe(name="small", seed=3, stages=stages), out=out, scheduler="sync")
    return out


def rows_of(run, folder):
    files = {"train": str(run / "dataset" / "data" / "*.parquet")}
    return datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(folder / "cache"))


def test_every_reader_sees_the_pixels_that_were_proved(root, run, tmp_path):
    assert verify_dataset(run / "dataset").failures == ()
    scenes = {scene.image_id: scene for scene in load(root)}
    seen = set()
    for row in rows_of(run, tmp_path):
        scene, image = scenes[row["image_id"]], row["images"]
        kind = KINDS[int(row["source_image_id"]) - 1]
        seen.add(kind)
        proved = open_image(scene.image, width=scene.width, height=scene.height)
        assert image.size == proved.size == (row["image_width"], row["image_height"])
        assert image.mode in ("L", "RGB")
        assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(proved))
        assert row["image_hash"] == difference_hash(proved)
        sent = SourcePictures().opened(scene.image, width=scene.width, height=scene.height)
        assert np.array_equal(np.asarray(sent), np.asarray(proved))
        assert len(proved.getcolors(1 << 20)) > 3
    assert seen == set(KINDS)


def load(root):
    stage = Load(source="vg", root=root)
    return stage.run(iter(stage.partitions()), StageContext(seed=1))


def test_repairs_of_orientation_are_counted(root):
    found = {scene.source_image_id: set(scene.mends) for scene in load(root)}
    assert [number for number, mends in found.items() if "image-orientation-applied" in mends] == ["2"]
    assert [number for number, mends in found.items() if "image-orientation-removed" in mends] == ["3"]


def test_objects_lie_where_their_colours_are(root, run, tmp_path):
    colours = {"dog": (255, 0, 0), "chair": (0, 128, 0), "car": (0, 0, 255), "bottle": (255, 255, 0)}
    scenes = {scene.image_id: scene for scene in load(root)}
    for row in rows_of(run, tmp_path):
        if KINDS[int(row["source_image_id"]) - 1] not in ("plain", "turned", "kept"):
            continue
        for entry in scenes[row["image_id"]].objects:
            middle = ((entry.box.x1 + entry.box.x2) / 2, (entry.box.y1 + entry.box.y2) / 2)
            found = row["images"].convert("RGB").getpixel((int(middle[0]), int(middle[1])))
            assert np.abs(np.subtract(found, colours[entry.name])).max() < 12


def retag(run, folder, orientation, *, turn=False):
    """A copy of the set in which every picture carries a tag; with `turn`, pixels that it turns to what was proved."""
    (folder / "data").mkdir(parents=True)
    for path in (run / "dataset" / "data").iterdir():
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows:
            pixels = Image.open(io.BytesIO(row["images"]["bytes"])).convert("RGB")
            if turn:
                pixels = pixels.transpose(Image.Transpose.ROTATE_90)
            file, exif = io.BytesIO(), Image.Exif()
            exif[0x0112] = orientation
            pixels.save(file, "PNG", exif=exif.tobytes())
            row["images"] = {"bytes": file.getvalue(), "path": "x.png"}
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / "data" / path.name)
    return folder


@pytest.mark.parametrize(
    ("orientation", "turn", "reasons"),
    [
        (6, True, set()),  # readers turn them to what was proved
        (6, False, {"image-orientation"}),
        (8, False, {"image-orientation"}),
        (3, False, {"image-orientation-ambiguous"}),
        (2, False, {"image-orientation-ambiguous"}),
    ],
)
def test_a_set_whose_pictures_carry_tags_is_looked_at_as_its_readers_see_it(run, tmp_path, orientation, turn, reasons):
    folder = retag(run, tmp_path / "set", orientation, turn=turn)
    report = verify_dataset(folder)
    assert {failure.reason for failure in report.failures} == reasons
    assert len(report.failures) == (report.rows if reasons else 0)


@pytest.mark.parametrize("turn", [True, False])
def test_report_and_card_show_such_pictures_in_the_frame_of_the_boxes(run, tmp_path, turn):
    folder = retag(run, tmp_path / "set", 6, turn=turn)
    whole = {item.row.image_id: item.row for item in read_dataset(folder, images=False)}
    sizes = sorted((row.image_width, row.image_height) for row in whole.values())
    small = [Image.open(io.BytesIO(data)) for data in thumbnails(_set_images(folder), side=320)]
    assert sorted(image.size for image in small) == sizes
    for image in small:
        assert min(hash_distance(difference_hash(image), row.image_hash) for row in whole.values()) <= 6
    for example in find_examples(folder):
        with Image.open(io.BytesIO(example.picture)) as shown_picture:
            assert shown_picture.size == (example.row.image_width, example.row.image_height)


def test_the_report_leaves_out_what_is_ambiguous_and_counts_it(run, tmp_path):
    folder = retag(run, tmp_path / "set", 3)
    summary = write_report(folder, out=tmp_path / "report.html")
    assert summary.missing == summary.images == len(KINDS)


def test_an_orientation_is_what_exif_says():
    # The table of the tests against Pillow's, lest both the code and its tests err alike.
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert shown(pixels, 6).tolist() == [[3, 0], [4, 1], [5, 2]]
    assert shown(pixels, 8).tolist() == [[2, 5], [1, 4], [0, 3]]
    assert shown(pixels, 5).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert shown(pixels, 7).tolist() == [[5, 2], [4, 1], [3, 0]]
