"""Official files written from demo scenes: readable, of the right shape, with the faults that were counted."""

from __future__ import annotations

import errno
import json
from collections import Counter

import pytest
from PIL import Image, UnidentifiedImageError

from stvqa.errors import InputError, StorageError
from stvqa.sources.demo import ImageTruth, Noise, export_visual_genome
from stvqa.sources.demo.anomalies import ANOMALIES

FILES = ("image_data", "objects", "attributes", "relationships", "scene_graphs")
COUNT = 60


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    out = tmp_path_factory.mktemp("spoilt") / "vg"
    report = export_visual_genome(count=COUNT, seed=4, out=out, anomaly_rate=0.25, images=True)
    return report, out


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("clean")
    silent = Noise(box_jitter=0, left_out=0, unsaid=0, synonym=0, upper_case=0, duplicate=0)
    return export_visual_genome(count=12, seed=4, out=out, noise=silent, images=False), out


def load(out, name):
    return json.loads((out / f"{name}.json").read_text())


def truths(out):
    return [ImageTruth.model_validate_json(line) for line in (out / "truth.jsonl").read_text().splitlines()]


def test_all_files_hold_all_images_in_order(spoilt):
    report, out = spoilt
    assert report.images == report.pictures == COUNT
    for name in FILES:
        assert [item["image_id"] for item in load(out, name)] == list(range(1, COUNT + 1))
    assert [truth.image_id for truth in truths(out)] == list(range(1, COUNT + 1))
    assert sum(len(item["objects"]) for item in load(out, "objects")) == report.objects
    assert sum(len(item["relationships"]) for item in load(out, "relationships")) == report.relationships


def test_the_shapes_are_those_of_version_1_2(clean):
    _, out = clean
    assert set(load(out, "image_data")[0]) == {"image_id", "url", "width", "height", "coco_id", "flickr_id"}
    entry = load(out, "objects")[0]["objects"][0]
    assert set(entry) == {"object_id", "x", "y", "w", "h", "names", "synsets"}
    attributes = [entry for item in load(out, "attributes") for entry in item["attributes"]]
    assert any("attributes" in entry for entry in attributes)
    assert any("attributes" not in entry for entry in attributes)
    relation = next(r for item in load(out, "relationships") for r in item["relationships"])
    assert set(relation) == {"relationship_id", "predicate", "synsets", "subject", "object"}
    assert set(relation["subject"]) == {"object_id", "name", "synsets", "x", "y", "w", "h"}
    link = next(r for item in load(out, "scene_graphs") for r in item["relationships"])
    assert set(link) == {"relationship_id", "predicate", "synsets", "subject_id", "object_id"}


def test_without_noise_the_boxes_are_the_true_ones(clean):
    report, out = clean
    assert sum(report.planted.values()) == 0
    boxes = {
        entry["object_id"]: (entry["x"], entry["y"], entry["x"] + entry["w"], entry["y"] + entry["h"])
        for item in load(out, "objects")
        for entry in item["objects"]
    }
    for truth in truths(out):
        for item in truth.objects:
            assert boxes[item.vg_object_id] == tuple(item.box)
        assert truth.counts == Counter(item.name for item in truth.objects)
        assert truth.anomalies == ()


def test_noise_shakes_boxes_a_little_and_leaves_some_things_out(tmp_path):
    export_visual_genome(count=60, seed=6, out=tmp_path, noise=Noise(), images=False)
    entries = {entry["object_id"]: entry for item in load(tmp_path, "attributes") for entry in item["attributes"]}
    items = [item for truth in truths(tmp_path) for item in truth.objects]
    left_out = [item for item in items if item.vg_object_id is None]
    assert 0.03 < len(left_out) / len(items) < 0.15
    renamed, overlaps = 0, []
    for item in items:
        if item.vg_object_id is None:
            continue
        entry = entries[item.vg_object_id]
        renamed += entry["names"] != [item.name]
        assert all(isinstance(entry[key], int) for key in "xywh")
        x1, y1, x2, y2 = entry["x"], entry["y"], entry["x"] + entry["w"], entry["y"] + entry["h"]
        wide, high = min(x2, item.box.x2) - max(x1, item.box.x1), min(y2, item.box.y2) - max(y1, item.box.y1)
        common = wide * high
        areas = (x2 - x1) * (y2 - y1) + (item.box.x2 - item.box.x1) * (item.box.y2 - item.box.y1)
        overlaps.append(common / (areas - common))
    assert renamed > 0
    assert min(overlaps) > 0.5
    assert 0.85 < sum(overlaps) / len(overlaps) < 0.99
    assert any(item.duplicate_ids for item in items)


def test_every_fault_is_planted_and_counted(spoilt):
    report, out = spoilt
    told = load(out, "anomalies")
    assert told["planted"] == report.planted
    assert set(report.planted) == set(ANOMALIES)
    assert all(report.planted[slug] > 0 for slug in ANOMALIES)
    seen = Counter(slug for truth in truths(out) for slug in truth.anomalies)
    assert seen == Counter(report.affected)


def test_the_faults_can_be_found_in_the_files(spoilt):
    report, out = spoilt
    sizes = {item["image_id"]: (item["width"], item["height"]) for item in load(out, "image_data")}
    objects = [(item["image_id"], entry) for item in load(out, "objects") for entry in item["objects"]]
    links = [link for item in load(out, "scene_graphs") for link in item["relationships"]]
    planted = report.planted
    assert sum(link["predicate"] == link["predicate"].upper() != "" for link in links if link["predicate"].strip()) >= 1
    assert sum(link["predicate"] in ("are fully", "not", "agaist") for link in links) >= planted["predicate-junk"]
    assert sum(not link["predicate"].strip() for link in links) >= planted["predicate-empty"]
    assert sum(link["subject_id"] == link["object_id"] for link in links) >= planted["relationship-self"]
    assert sum('"' in entry["names"][0] for _, entry in objects) >= planted["name-quoted"] - 2
    assert sum(entry["x"] < 0 for _, entry in objects) >= planted["box-negative"] - 2
    truth = {item.image_id: item for item in truths(out)}
    wrong = [number for number, size in sizes.items() if size != (truth[number].width, truth[number].height)]
    assert len(wrong) == planted["image-size-wrong"]
    outside = [number for number, entry in objects if entry["x"] >= truth[number].width]
    assert len(outside) >= planted["box-outside"] - len(wrong)
    known = {(number, entry["object_id"]) for number, entry in objects}
    missing = {
        (item["image_id"], link[key])
        for item in load(out, "scene_graphs")
        for link in item["relationships"]
        for key in ("subject_id", "object_id")
    } - known
    assert 1 <= len(missing) <= planted["relationship-end-missing"]
    pairs = Counter((number, entry["object_id"]) for number, entry in objects)
    assert sum(count == 2 for count in pairs.values()) == planted["object-id-with-two-boxes"]
    assert any(not item["relationships"] for item in load(out, "scene_graphs"))


def test_pictures_lie_where_their_urls_say_and_are_spoilt_as_counted(spoilt):
    report, out = spoilt
    kinds = Counter()
    for item in load(out, "image_data"):
        folder, name = item["url"].split("/")[-2:]
        try:
            with Image.open(out / folder / name) as picture:
                picture.load()
                kinds[picture.mode] += 1
        except (UnidentifiedImageError, OSError):
            kinds["unreadable"] += 1
    assert kinds["L"] == report.planted["image-grayscale"]
    assert kinds["unreadable"] == report.planted["image-unreadable"]


def test_the_same_export_twice_is_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        export_visual_genome(count=5, seed=8, out=tmp_path / folder, anomaly_rate=0.3, images=True)
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


@pytest.mark.parametrize(("count", "rate"), [(0, 0.1), (-1, 0.1), (3, 1.5), (3, -0.1)])
def test_impossible_wishes_are_refused(tmp_path, count, rate):
    with pytest.raises(InputError, match="give a number"):
        export_visual_genome(count=count, seed=1, out=tmp_path, anomaly_rate=rate)


def test_a_file_in_the_way_is_one_clear_message(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="taken"):
        export_visual_genome(count=1, seed=1, out=tmp_path / "taken")


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_replaces_an_earlier_one_whole(tmp_path):
    export_visual_genome(count=6, seed=3, out=tmp_path / "vg")
    export_visual_genome(count=3, seed=4, out=tmp_path / "vg")
    export_visual_genome(count=3, seed=4, out=tmp_path / "fresh")
    assert content(tmp_path / "vg") == content(tmp_path / "fresh")
    export_visual_genome(count=3, seed=4, out=tmp_path / "vg", images=False)
    assert not list((tmp_path / "vg").rglob("*.jpg"))


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path, failure):
    def break_off(_):
        raise failure

    expected = StorageError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        export_visual_genome(count=2, seed=1, out=tmp_path / "new", on_image=break_off)
    assert not (tmp_path / "new").exists()
    export_visual_genome(count=2, seed=1, out=tmp_path / "vg")
    before = content(tmp_path / "vg")
    with pytest.raises(expected):
        export_visual_genome(count=3, seed=2, out=tmp_path / "vg", on_image=break_off)
    assert content(tmp_path / "vg") == before


@pytest.mark.parametrize("name", ["notes.txt", "VG_100K/holiday.png", "VG_100K/me/1.jpg", "truth.jsonl/1"])
def test_a_folder_with_something_else_in_it_is_refused_and_kept(tmp_path, name):
    if name.split("/")[0] != "truth.jsonl":
        export_visual_genome(count=1, seed=1, out=tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = content(tmp_path)
    with pytest.raises(InputError, match="which no export writes: choose a new or empty folder"):
        export_visual_genome(count=1, seed=1, out=tmp_path)
    assert content(tmp_path) == before


def test_official_files_are_not_taken_for_an_export(tmp_path):
    export_visual_genome(count=1, seed=1, out=tmp_path)
    (tmp_path / "truth.jsonl").unlink()
    before = content(tmp_path)
    with pytest.raises(InputError, match=r"files without truth\.jsonl"):
        export_visual_genome(count=1, seed=1, out=tmp_path)
    assert content(tmp_path) == before


GONE = 4_194_305
"""Number of no process: Linux gives at most 2^22."""


def test_what_killed_exports_left_is_taken_away_and_nothing_else(tmp_path):
    export_visual_genome(count=1, seed=1, out=tmp_path)
    for name in (f".unfinished.{GONE}-0123abcd.tmp", f".earlier.{GONE}-0123abcd.tmp", ".unfinished-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "objects.json").write_text("[")
    mine = tmp_path / f".unfinished.{GONE}-11111111.tmp"
    mine.mkdir()
    (mine / "thesis.doc").write_text("mine")
    export_visual_genome(count=1, seed=1, out=tmp_path)
    assert (tmp_path / "objects.json").read_text() != "["
    assert sorted(path.name for path in tmp_path.glob(".*")) == sorted([".unfinished-abc", mine.name])


def test_an_export_that_was_killed_between_two_renames_comes_back_first(tmp_path):
    export_visual_genome(count=1, seed=1, out=tmp_path)
    before = content(tmp_path)
    aside = tmp_path / f".earlier.{GONE}-0123abcd.tmp"
    aside.mkdir()
    for name in ("truth.jsonl", "anomalies.json", "VG_100K"):
        (tmp_path / name).rename(aside / name)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_visual_genome(count=1, seed=2, out=tmp_path, on_image=stop)
    aside.rmdir()
    assert content(tmp_path) == before


@pytest.mark.parametrize("name", ["objects.json", "VG_100K"])
def test_links_in_an_export_are_not_taken_for_one(tmp_path, name):
    export_visual_genome(count=1, seed=1, out=tmp_path / "out")
    (tmp_path / "out" / name).rename(tmp_path / "elsewhere")
    (tmp_path / "out" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="which no export writes"):
        export_visual_genome(count=1, seed=1, out=tmp_path / "out")
    assert (tmp_path / "out" / name).is_symlink()
