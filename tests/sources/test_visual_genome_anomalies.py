"""Every anomaly of the official files has a name, and what it leads to is exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from visual_genome_files import Version, image, thing, triple, write_picture, write_root, write_scene_graphs

from stvqa.records import Rejection, Relationship, SceneGraph
from stvqa.sources.visual_genome import VisualGenomeSource

VERSIONS: tuple[Version, ...] = ("v1.0", "v1.2", "v1.4")
MAN = thing(7, "man", box=(10, 10, 40, 80))
HORSE = thing(3, "horse", box=(60, 20, 90, 70))


class Outcome(NamedTuple):
    scenes: list[SceneGraph]
    rejections: list[Rejection]

    def scene(self) -> SceneGraph:
        assert len(self.scenes) == 1
        return self.scenes[0]

    def reasons(self) -> list[tuple[str, str]]:
        return [(rejection.reason, rejection.scope) for rejection in self.rejections]


def read(root: Path, **settings: Any) -> Outcome:
    source = VisualGenomeSource(root, **settings)
    items = [item for partition in source.partitions(limit=None) for item in source.read(partition)]
    return Outcome(
        [item for item in items if isinstance(item, SceneGraph)],
        [item for item in items if isinstance(item, Rejection)],
    )


def names_of(scene: SceneGraph) -> list[str]:
    return [entry.id for entry in scene.objects]


def mends_of(scene: SceneGraph) -> dict[str, int]:
    """Mends, less those that most of these small scenes have."""
    return {slug: times for slug, times in scene.mends.items() if slug not in ("no-relationships", "synsets-empty")}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plain_scene_is_read_alike_from_every_version(tmp_path: Path, version: Version) -> None:
    root = write_root(
        tmp_path / "vg",
        version,
        objects={5: [MAN, HORSE]},
        relationships={5: [triple(1, MAN, "riding", HORSE)]},
        attributes={5: [thing(7, "man", box=(10, 10, 40, 80), attributes=["tall", "Young"]), HORSE]},
    )
    outcome = read(root)
    scene = outcome.scene()
    assert outcome.rejections == []
    assert (scene.image_id, scene.source, scene.source_image_id, scene.coco_id) == ("vg:5", "vg", "5", None)
    assert (scene.width, scene.height) == (200, 100)
    assert scene.image.kind == "file"
    assert scene.image.location == str(root / "VG_100K" / "5.jpg")
    assert [(entry.id, entry.name, tuple(entry.box)) for entry in scene.objects] == [
        ("horse.1", "horse", (60, 20, 150, 90)),
        ("man.1", "man", (10, 10, 50, 90)),
    ]
    assert scene.objects[1].attributes == ("tall", "young")
    assert scene.relationships == (Relationship(subject="man.1", predicate="riding", object="horse.1"),)
    assert mends_of(scene) == {}


def test_scene_graphs_are_read_as_objects_and_relationships_are(tmp_path: Path) -> None:
    write_scene_graphs(tmp_path / "vg", objects={5: [MAN, HORSE]}, links={5: [(1, 7, "riding", 3)]})
    root = write_root(
        tmp_path / "vg", "v1.2", objects={5: [MAN, HORSE]}, relationships={5: [triple(1, MAN, "riding", HORSE)]}
    )
    assert read(root, annotations="scene_graphs").scenes == read(root, annotations="objects_relationships").scenes
    assert read(root).scene().relationships


def test_files_are_joined_by_image_id_in_any_order(tmp_path: Path) -> None:
    objects = {9: [thing(1, "cat")], 2: [thing(2, "dog")], 4: [thing(3, "cow")]}
    relationships = {4: [], 9: [triple(1, thing(1, "cat"), "near", thing(8, "bird", box=(90, 9, 30, 30)))], 2: []}
    images = [image(4), image(77), image(2), image(9)]
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects=objects, relationships=relationships, images=images))
    assert [scene.source_image_id for scene in outcome.scenes] == ["2", "4", "9"]
    assert [names_of(scene) for scene in outcome.scenes] == [["dog.1"], ["cow.1"], ["cat.1", "bird.1"]]


@pytest.mark.parametrize("folder", ["VG_100K", "VG_100K_2"])
@pytest.mark.parametrize("stored", ["VG_100K", "VG_100K_2"])
def test_images_are_found_in_the_folder_of_the_url_and_else_in_the_other(
    tmp_path: Path, folder: str, stored: str
) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, images=[image(1, folder=folder)], pictures=False)
    write_picture(root / stored / "1.jpg", 200, 100)
    assert read(root).scene().image.location == str(root / stored / "1.jpg")


def test_upper_case_and_wordy_predicates_are_mended(tmp_path: Path) -> None:
    relations = [triple(1, MAN, "ON", HORSE), triple(2, MAN, "is sitting on a", HORSE)]
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, HORSE]}, relationships={1: relations})).scene()
    assert [relation.predicate for relation in scene.relationships] == ["on", "sitting on"]
    assert mends_of(scene) == {"predicate-canonical-form": 1, "predicate-case": 1}


def test_junk_and_empty_predicates_are_refused(tmp_path: Path) -> None:
    relations = [triple(1, MAN, "are fully", HORSE), triple(2, MAN, "not", HORSE), triple(3, MAN, " ", HORSE)]
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, HORSE]}, relationships={1: relations}))
    assert outcome.reasons() == [("predicate-junk", "part"), ("predicate-junk", "part"), ("predicate-empty", "part")]
    assert [rejection.record_id for rejection in outcome.rejections] == ["vg:1/1", "vg:1/2", "vg:1/3"]
    assert outcome.scene().relationships == ()


def test_a_misspelt_predicate_is_mended_or_refused_never_kept(tmp_path: Path) -> None:
    relations = {1: [triple(1, MAN, "agaist", HORSE)]}
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, HORSE]}, relationships=relations))
    kept = [relation.predicate for relation in outcome.scene().relationships]
    assert (kept, outcome.reasons()) in [(["against"], []), ([], [("predicate-junk", "part")])]


def test_several_names_of_one_thing_are_kept(tmp_path: Path) -> None:
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: [thing(1, "telephone", "phone")]})).scene()
    assert scene.objects[0].id == "telephone.1"
    assert scene.objects[0].names == ("telephone", "phone")
    assert mends_of(scene) == {"names-several": 1}


def test_names_of_different_things_refuse_the_object_and_its_relationships(tmp_path: Path) -> None:
    odd = thing(9, "apple", "milk", box=(100, 50, 30, 30))
    outcome = read(
        write_root(
            tmp_path / "vg", "v1.2", objects={1: [MAN, odd]}, relationships={1: [triple(4, MAN, "holding", odd)]}
        )
    )
    assert outcome.reasons() == [("names-disagree", "part"), ("relationship-end-refused", "part")]
    assert outcome.rejections[0].record_id == "vg:1/9"
    assert "'apple', 'milk'" in outcome.rejections[0].detail
    assert names_of(outcome.scene()) == ["man.1"]


def test_misspellings_quotes_and_case_in_names_are_mended(tmp_path: Path) -> None:
    things = [
        thing(1, '"walk"', box=(0, 0, 20, 20)),
        thing(2, "  Traffic  Light", box=(30, 0, 20, 20)),
        thing(3, "cloths", box=(60, 0, 20, 20)),
    ]
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: things})).scene()
    assert names_of(scene)[:2] == ["walk.1", "traffic_light.1"]
    assert scene.mends["name-unquoted"] == 1
    assert scene.mends["name-normalised"] == 1


@pytest.mark.parametrize("names", [(), ("",), ('""', " ")])
def test_an_object_without_a_usable_name_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, thing(2, *names)]}))
    assert outcome.reasons() == [("name-missing", "part")]


def test_an_empty_name_beside_a_good_one_is_left_out(tmp_path: Path) -> None:
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: [thing(2, "", "man")]})).scene()
    assert (scene.objects[0].name, mends_of(scene)) == ("man", {"name-empty": 1})


def test_the_same_triple_nineteen_times_is_kept_once(tmp_path: Path) -> None:
    relations = [triple(number, MAN, "ON" if number % 2 else "on", HORSE) for number in range(19)]
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, HORSE]}, relationships={1: relations})).scene()
    assert len(scene.relationships) == 1
    assert scene.mends["triple-repeated"] == 18


def test_duplicates_are_merged_and_their_triples_follow(tmp_path: Path) -> None:
    first = thing(20, "man", box=(10, 10, 40, 80), attributes=["tall"])
    again = thing(30, "guy", box=(11, 10, 40, 80), attributes=["old", "tall"])
    shirt = thing(40, "shirt", box=(10, 10, 40, 80))
    relations = [triple(1, again, "riding", HORSE), triple(2, first, "riding", HORSE), triple(3, first, "with", again)]
    outcome = read(
        write_root(tmp_path / "vg", "v1.2", objects={1: [again, shirt, first, HORSE]}, relationships={1: relations})
    )
    scene = outcome.scene()
    assert names_of(scene) == ["horse.1", "man.1", "shirt.1"]
    assert tuple(scene.objects[1].box) == (10, 10, 50, 90)
    assert scene.objects[1].names == ("man", "guy")
    assert scene.objects[1].attributes == ("tall", "old")
    assert scene.relationships == (Relationship(subject="man.1", predicate="riding", object="horse.1"),)
    assert (scene.mends["duplicate-merged"], scene.mends["triple-repeated"]) == (1, 1)
    assert outcome.reasons() == [("relationship-self", "part")]
    assert "two boxes of one thing" in outcome.rejections[0].detail


def test_boxes_of_one_name_that_overlap_less_stay_apart(tmp_path: Path) -> None:
    things = [thing(1, "man", box=(10, 10, 40, 80)), thing(2, "man", box=(20, 10, 40, 80))]
    assert names_of(read(write_root(tmp_path / "vg", "v1.2", objects={1: things})).scene()) == ["man.1", "man.2"]


@pytest.mark.parametrize("version", VERSIONS)
def test_ends_missing_from_objects_are_taken_from_the_relationship(tmp_path: Path, version: Version) -> None:
    hat = thing(50, "hat", box=(20, 0, 20, 12))
    scene = read(
        write_root(
            tmp_path / "vg",
            version,
            objects={1: [MAN]},
            relationships={1: [triple(1, MAN, "wearing", hat), triple(2, hat, "on", MAN)]},
        )
    ).scene()
    assert names_of(scene) == ["man.1", "hat.1"]
    assert [(r.subject, r.predicate, r.object) for r in scene.relationships] == [
        ("man.1", "wearing", "hat.1"),
        ("hat.1", "on", "man.1"),
    ]
    assert mends_of(scene) == {"object-from-relationship": 1}


def test_an_end_missing_from_a_scene_graph_refuses_the_triple(tmp_path: Path) -> None:
    root = write_scene_graphs(tmp_path / "vg", objects={1: [MAN]}, links={1: [(6, 7, "on", 99)]})
    outcome = read(root, missing_images="placeholder")
    assert outcome.reasons() == [("relationship-end-missing", "part")]
    assert outcome.scene().relationships == ()


def test_objects_that_only_attributes_hold_are_taken_from_there(tmp_path: Path) -> None:
    root = write_root(
        tmp_path / "vg", "v1.0", objects={1: [MAN]}, attributes={1: [thing(8, "dog", attributes=["wet"])]}
    )
    scene = read(root).scene()
    assert names_of(scene) == ["man.1", "dog.1"]
    assert scene.objects[1].attributes == ("wet",)
    assert mends_of(scene) == {"object-from-attributes": 1}


def test_self_relations_are_refused(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.0", objects={1: [MAN]}, relationships={1: [triple(4, MAN, "has", MAN)]})
    assert read(root).reasons() == [("relationship-self", "part")]


def test_one_id_with_several_boxes_becomes_several_objects(tmp_path: Path) -> None:
    near, far = thing(1, "cup", box=(0, 0, 20, 20)), thing(1, "cup", box=(100, 60, 20, 20))
    table = thing(2, "table", box=(0, 15, 190, 80))
    relations = {1: [triple(1, far, "on", table)]}
    scene = read(write_root(tmp_path / "vg", "v1.4", objects={1: [near, far, table]}, relationships=relations)).scene()
    assert [(entry.id, entry.box.x1) for entry in scene.objects] == [("cup.1", 0), ("cup.2", 100), ("table.1", 0)]
    assert scene.relationships[0].subject == "cup.2"
    assert mends_of(scene) == {"object-id-split": 1}


def test_one_id_with_several_boxes_in_a_scene_graph_refuses_its_triples(tmp_path: Path) -> None:
    things = [thing(1, "cup", box=(0, 0, 20, 20)), thing(1, "cup", box=(100, 60, 20, 20)), MAN]
    root = write_scene_graphs(tmp_path / "vg", objects={1: things}, links={1: [(4, 7, "holding", 1)]})
    outcome = read(root, missing_images="placeholder")
    assert outcome.reasons() == [("relationship-end-ambiguous", "part")]
    assert names_of(outcome.scene()) == ["cup.1", "cup.2", "man.1"]


def test_an_object_repeated_in_place_is_read_once(tmp_path: Path) -> None:
    scene = read(write_root(tmp_path / "vg", "v1.4", objects={1: [MAN, {**MAN, "names": ["guy"]}]})).scene()
    assert scene.objects[0].names == ("man", "guy")
    assert mends_of(scene) == {"names-several": 1, "object-repeated": 1}


def test_where_boxes_of_two_files_differ_a_little_that_of_objects_stands(tmp_path: Path) -> None:
    moved = thing(7, "man", box=(14, 10, 40, 80))
    root = write_root(
        tmp_path / "vg", "v1.4", objects={1: [MAN, HORSE]}, relationships={1: [triple(1, moved, "near", HORSE)]}
    )
    scene = read(root).scene()
    assert tuple(scene.objects[1].box) == (10, 10, 50, 90)
    assert mends_of(scene) == {"box-disagrees": 1}


def test_where_boxes_of_two_files_lie_apart_both_are_objects(tmp_path: Path) -> None:
    other = thing(7, "man", box=(150, 10, 40, 80))
    root = write_root(
        tmp_path / "vg", "v1.4", objects={1: [MAN, HORSE]}, relationships={1: [triple(1, other, "near", HORSE)]}
    )
    scene = read(root).scene()
    assert names_of(scene) == ["horse.1", "man.1", "man.2"]
    assert scene.relationships[0].subject == "man.2"
    assert mends_of(scene) == {"object-id-split": 1}


def test_merged_ids_and_merged_name_lists_lead_to_the_object_they_live_on_in(tmp_path: Path) -> None:
    merged = thing(7, "man", "guy", box=(10, 10, 40, 80), merged=[70, 71])
    dropped = thing(71, "guy", box=(11, 10, 40, 80))
    relations = [triple(1, dropped, "riding", HORSE), triple(2, merged, "near", HORSE)]
    root = write_root(tmp_path / "vg", "v1.4", objects={1: [merged, HORSE]}, relationships={1: relations})
    text = (root / "relationships.json").read_text()
    assert '"names": ["man", "guy"]' in text
    assert '"name": "guy"' in text
    scene = read(root).scene()
    assert names_of(scene) == ["horse.1", "man.1"]
    assert {relation.subject for relation in scene.relationships} == {"man.1"}
    assert (scene.mends["id-of-merged-object"], scene.mends["box-disagrees"]) == (1, 1)


def test_a_relation_that_merging_turned_on_itself_is_refused(tmp_path: Path) -> None:
    merged = thing(7, "man", box=(10, 10, 40, 80), merged=[71])
    root = write_root(
        tmp_path / "vg",
        "v1.4",
        objects={1: [merged]},
        relationships={1: [triple(1, thing(71, "man", box=(10, 10, 40, 80)), "next to", merged)]},
    )
    assert read(root).reasons() == [("relationship-self", "part")]


def small_things(count: int) -> list[dict[str, Any]]:
    """Objects whose boxes lie within the image, so that a few others are no sign of another frame."""
    return [thing(100 + number, "cup", box=(5 * number, 40, 4, 4)) for number in range(count)]


def test_boxes_are_clipped_to_the_image(tmp_path: Path) -> None:
    things = [
        thing(1, "tree", box=(-904, 10, 950, 40)),
        thing(2, "wall", box=(150, 50, 100, 100)),
        thing(3, "road", box=(-5, -5, 500, 500)),
        *small_things(30),
    ]
    scene = read(write_root(tmp_path / "vg", "v1.2", objects={1: things})).scene()
    found = [tuple(entry.box) for entry in scene.objects[:3]]
    assert found == [(0, 10, 46, 50), (150, 50, 200, 100), (0, 0, 200, 100)]
    assert mends_of(scene) == {"box-beyond-border": 2, "box-negative": 2}


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((-50, 10, 50, 10), "box-outside"),
        ((200, 10, 50, 10), "box-outside"),
        ((10, 130, 50, 10), "box-outside"),
        ((199.5, 10, 50, 10), "box-under-a-pixel"),
        ((10, 10, 0.5, 10), "box-under-a-pixel"),
        ((10, 10, 0, 10), "box-empty"),
        ((10, 10, 10, -3), "box-empty"),
        ((float("nan"), 10, 10, 10), "box-not-finite"),
        ((10, 10, float("inf"), 10), "box-not-finite"),
    ],
)
def test_boxes_of_which_nothing_is_left_are_refused(tmp_path: Path, box: Any, reason: str) -> None:
    things = [MAN, thing(9, "tree", box=box), *small_things(10)]
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects={1: things}))
    assert outcome.reasons() == [(reason, "part")]


def test_a_wrong_size_in_image_data_yields_to_the_file(tmp_path: Path) -> None:
    wide = thing(1, "tree", box=(0, 0, 290, 90))
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [wide]}, pictures=False)
    write_picture(root / "VG_100K" / "1.jpg", 300, 100)
    scene = read(root).scene()
    assert (scene.width, scene.height, scene.objects[0].box.x2) == (300, 100, 290)
    assert mends_of(scene) == {"image-size-corrected": 1}


@pytest.mark.parametrize("size", [(100, 50), (400, 200), (100, 100)])
def test_a_file_whose_size_the_boxes_speak_against_refuses_the_image(tmp_path: Path, size: tuple[int, int]) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [thing(1, "tree", box=(0, 0, 190, 90))]}, pictures=False)
    write_picture(root / "VG_100K" / "1.jpg", *size)
    outcome = read(root)
    assert outcome.reasons() == [("image-size-disagrees", "record")]
    assert "200 x 100" in outcome.rejections[0].detail


def test_an_unreadable_image_refuses_the_record(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1592: [MAN], 2: [MAN]})
    (root / "VG_100K" / "1592.jpg").write_bytes(b"\xff\xd8\xff broken")
    outcome = read(root)
    assert outcome.reasons() == [("image-unreadable", "record")]
    assert outcome.rejections[0].record_id == "vg:1592"
    assert outcome.scene().source_image_id == "2"


def test_a_grey_image_is_as_good_as_any_and_counted(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, pictures=False)
    write_picture(root / "VG_100K" / "1.jpg", 200, 100, mode="L")
    assert mends_of(read(root).scene()) == {"image-grayscale": 1}


def test_a_missing_image_is_refused_or_replaced_as_asked(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, pictures=False)
    (root / "VG_100K").mkdir()
    assert read(root).reasons() == [("image-missing", "record")]
    scene = read(root, missing_images="placeholder").scene()
    assert (scene.image.kind, mends_of(scene)) == ("placeholder", {"image-placeholder": 1})


def test_images_without_relationships_or_attributes_are_fine(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, relationships={2: []}, images=[image(1)])
    outcome = read(root)
    assert outcome.scene().relationships == ()
    assert outcome.reasons() == [("image-data-missing", "record")]


def test_an_image_with_relationships_alone_gets_its_objects_from_them(tmp_path: Path) -> None:
    root = write_root(
        tmp_path / "vg",
        "v1.0",
        objects={1: [MAN]},
        relationships={1: [], 2: [triple(1, MAN, "on", HORSE)]},
        images=[image(1), image(2)],
    )
    assert [names_of(scene) for scene in read(root).scenes] == [["man.1"], ["horse.1", "man.1"]]


def test_an_image_of_which_no_object_is_left_is_refused(tmp_path: Path) -> None:
    outcome = read(write_root(tmp_path / "vg", "v1.2", objects={1: [thing(1, "")]}))
    assert outcome.reasons() == [("name-missing", "part"), ("no-objects", "record")]


def test_coco_ids_come_through(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, images=[image(1, coco_id=123456)])
    assert read(root).scene().coco_id == 123456


def test_an_image_annotated_twice_is_read_once(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]})
    element = {"image_id": 1, "objects": [MAN]}
    (root / "objects.json").write_text(json.dumps([element, element]))
    assert mends_of(read(root).scene()) == {"image-repeated": 1}


@pytest.mark.parametrize("broken", [{"object_id": 4, "names": ["cup"]}, {"object_id": "x"}, 5, None])
def test_a_malformed_object_is_refused_alone(tmp_path: Path, broken: Any) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN, broken]}) if isinstance(broken, dict) else None
    if root is None:
        root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]})
        (root / "objects.json").write_text(json.dumps([{"image_id": 1, "objects": [MAN, broken]}]))
    outcome = read(root)
    assert outcome.reasons() == [("object-malformed", "part")]
    assert outcome.rejections[0].record_id == "vg:1/objects[1]"
    assert names_of(outcome.scene()) == ["man.1"]


def test_a_malformed_relationship_is_refused_alone(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]})
    element = {"image_id": 1, "relationships": [{"relationship_id": 4, "predicate": None}]}
    (root / "relationships.json").write_text(json.dumps([element]))
    assert read(root).reasons() == [("relationship-malformed", "part")]


def test_a_malformed_element_refuses_its_image(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [MAN]}, relationships={})
    text = json.dumps([{"image_id": 1, "objects": [MAN]}, {"image_id": 2, "objects": "none"}])
    (root / "objects.json").write_text(text)
    outcome = read(root)
    assert outcome.reasons() == [("annotation-malformed", "record")]
    assert outcome.scene().source_image_id == "1"


def test_a_size_of_nothing_yields_to_the_file_or_refuses(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, images=[image(1, width=0)], pictures=False)
    assert read(root, missing_images="placeholder").reasons() == [("image-data-malformed", "record")]
    write_picture(root / "VG_100K" / "1.jpg", 200, 100)
    assert mends_of(read(root).scene()) == {"image-size-corrected": 1}


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        (None, "no dict but null"),
        ([7], "no dict but [7]"),
        ({"objects": [MAN]}, "without an image id"),
        ({"image_id": 2**70, "objects": [MAN]}, f"of no possible image id: {2**70}"),
        ({"image_id": -4, "objects": [MAN]}, "of no possible image id: -4"),
        ({"image_id": True, "objects": [MAN]}, "of no possible image id: true"),
        ({"image_id": "seven", "objects": [MAN]}, 'of no possible image id: "seven"'),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_element_of_no_image_is_refused_alone(tmp_path: Path, element: Any, fault: str, *, first: bool) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]})
    good = {"image_id": 1, "objects": [MAN]}
    (root / "objects.json").write_text(json.dumps([element, good] if first else [good, element]))
    outcome = read(root)
    assert outcome.reasons() == [("annotation-malformed", "record")]
    assert outcome.rejections[0].record_id.startswith("vg:objects.json@")
    assert outcome.rejections[0].detail.endswith(fault)
    assert names_of(outcome.scene()) == ["man.1"]


def test_an_image_id_of_digits_in_a_string_is_read(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [HORSE]})
    for name in ("objects.json", "image_data.json"):
        (root / name).write_text((root / name).read_text().replace('"image_id": 2', '"image_id": "2"'))
    outcome = read(root)
    assert outcome.rejections == []
    assert [scene.image_id for scene in outcome.scenes] == ["vg:1", "vg:2"]


def test_rows_of_image_data_without_an_image_are_refused_as_parts(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [MAN]})
    rows = [None, image(1), {**image(2), "image_id": 2**70}]
    (root / "image_data.json").write_text(json.dumps(rows))
    outcome = read(root)
    assert outcome.reasons() == [
        ("image-data-missing", "record"),
        ("image-data-malformed", "part"),
        ("image-data-malformed", "part"),
    ]
    assert outcome.scene().source_image_id == "1"


@pytest.mark.parametrize("faulty", [1, 2])
def test_a_row_of_image_data_without_a_width_costs_that_image_alone(tmp_path: Path, faulty: int) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [MAN]}, pictures=False)
    rows = [image(1), image(2)]
    del rows[faulty - 1]["width"]
    (root / "image_data.json").write_text(json.dumps(rows))
    outcome = read(root, missing_images="placeholder")
    assert [(item.record_id, item.reason) for item in outcome.rejections] == [(f"vg:{faulty}", "image-data-malformed")]
    assert outcome.scene().source_image_id == str(3 - faulty)


def test_whole_numbers_written_as_floats_are_read_and_others_are_not(tmp_path: Path) -> None:
    rows = [image(1, width=200.0, height=100.0, coco_id=12345.0), image(2, width=200.5, coco_id=12.5)]
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [MAN]}, images=rows, pictures=False)
    outcome = read(root, missing_images="placeholder")
    scene = outcome.scene()
    assert (scene.image_id, scene.width, scene.height, scene.coco_id) == ("vg:1", 200, 100, 12345)
    assert [(item.record_id, item.reason) for item in outcome.rejections] == [("vg:2", "image-data-malformed")]


def test_elements_of_one_image_that_differ_refuse_it(tmp_path: Path) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN], 2: [MAN]})
    elements = [{"image_id": 1, "objects": [MAN]}, {"image_id": 2, "objects": [MAN]}, {"image_id": 1, "objects": []}]
    (root / "objects.json").write_text(json.dumps(elements))
    outcome = read(root)
    assert outcome.reasons() == [("image-repeated", "record")]
    assert outcome.rejections[0].record_id == "vg:1"
    assert "objects.json" in outcome.rejections[0].detail
    assert outcome.scene().source_image_id == "2"


@pytest.mark.parametrize("rows", [[image(1, width=10**30)], [image(1), image(1, width=300)]])
def test_a_size_that_cannot_be_or_is_disputed_is_that_of_the_picture(tmp_path: Path, rows: list[Any]) -> None:
    root = write_root(tmp_path / "vg", "v1.2", objects={1: [MAN]}, images=rows, pictures=False)
    assert read(root, missing_images="placeholder").reasons() == [("image-data-malformed", "record")]
    write_picture(root / "VG_100K" / "1.jpg", 200, 100)
    scene = read(root).scene()
    assert (scene.width, scene.height) == (200, 100)


def test_numbers_beyond_all_measure_refuse_the_object_alone(tmp_path: Path) -> None:
    things = [MAN, thing(2**80, "tree", box=(0, 0, 10**400, 50)), {**thing(5, "cup"), "x": None}]
    root = write_root(tmp_path / "vg", "v1.2", objects={1: things})
    outcome = read(root)
    assert {reason for reason, _ in outcome.reasons()} <= {"object-malformed", "box-not-finite"}
    assert len(outcome.rejections) == 2
    assert names_of(outcome.scene()) == ["man.1"]


def test_what_is_missing_without_harm_is_counted(tmp_path: Path) -> None:
    meant = {**thing(2, "dog", box=(100, 50, 30, 30)), "synsets": ["dog.n.01"]}
    odd = {**thing(3, "cat", box=(150, 50, 30, 30)), "synsets": {"none": None}}
    objects = {1: [MAN, meant, odd], 2: [meant, odd]}
    relationships = {1: [], 2: [triple(1, meant, "near", odd)]}
    first, second = read(write_root(tmp_path / "vg", "v1.2", objects=objects, relationships=relationships)).scenes
    assert first.mends == {"no-relationships": 1, "synsets-empty": 1}
    assert second.mends == {}
