"""The demo source as others see it: the contract, the records, the same everywhere."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections import Counter

import pytest

from stvqa.errors import InputError
from stvqa.records import SceneGraph
from stvqa.sources.demo import DemoSource, render_image, truth_of
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.scenes import make_scene
from stvqa.sources.demo.shapes import shape_of


def graphs(count, **options):
    source = DemoSource(**options)
    return [graph for partition in source.partitions(limit=count) for graph in source.read(partition)]


@pytest.fixture(scope="module")
def sample():
    return graphs(120, seed=3)


def test_partitions_cover_the_limit_in_pieces_of_a_hundred():
    partitions = DemoSource(seed=3).partitions(limit=250)
    assert [partition.number for partition in partitions] == [0, 1, 2]
    assert [partition.locator for partition in partitions] == [
        '{"start": 0, "stop": 100}',
        '{"start": 100, "stop": 200}',
        '{"start": 200, "stop": 250}',
    ]


@pytest.mark.parametrize("limit", [None, 0, -3])
def test_a_source_without_end_needs_a_limit(limit):
    with pytest.raises(InputError, match="give a limit"):
        DemoSource(seed=3).partitions(limit=limit)


def test_a_scene_does_not_depend_on_how_many_are_read(sample):
    assert graphs(3, seed=3) == sample[:3]


def test_another_process_makes_the_same_bytes():
    code = (
        "import hashlib\n"
        "from stvqa.sources.demo import DemoSource, render_image\n"
        "source = DemoSource(seed=9)\n"
        "digest = hashlib.sha256()\n"
        "for graph in source.read(source.partitions(limit=4)[0]):\n"
        "    digest.update(graph.model_dump_json().encode())\n"
        "digest.update(render_image(graph.image.location).tobytes())\n"
        "print(digest.hexdigest())\n"
    )
    here = hashlib.sha256()
    for graph in graphs(4, seed=9):
        here.update(graph.model_dump_json().encode())
    here.update(render_image(graph.image.location).tobytes())
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )
        assert run.stdout.strip() == here.hexdigest()


def test_graphs_are_whole(sample):
    for graph in sample:
        assert isinstance(graph, SceneGraph)
        assert graph.image_id == f"demo:{graph.source_image_id}"
        assert graph.image.location == f"{graph.source_image_id.replace('-', '/')}/{graph.width}x{graph.height}"
        ids = [item.id for item in graph.objects]
        assert len(set(ids)) == len(ids) >= 4
        for item in graph.objects:
            assert item.name in KINDS
            assert item.id.rpartition(".")[0] == item.name.replace(" ", "_")
            assert 0 <= item.box.x1 < item.box.x2 <= graph.width
            assert 0 <= item.box.y1 < item.box.y2 <= graph.height
            assert item.space is not None
            assert (item.space.heading_degrees is not None) == KINDS[item.name].front
            assert all(side > 0 for side in item.space.size_m)
            assert item.space.depth_m <= math.hypot(*item.space.position_m) + math.hypot(*item.space.size_m)
        for relationship in graph.relationships:
            assert {relationship.subject, relationship.object} <= set(ids)
        triples = [(r.subject, r.predicate, r.object) for r in graph.relationships]
        assert len(set(triples)) == len(triples)
        assert graph.exhaustive.objects
        assert "touching" in graph.exhaustive.predicates


def test_only_what_shows_its_front_has_a_heading():
    fronted = {name for name, kind in KINDS.items() if kind.front}
    assert fronted >= {"man", "girl", "dog", "bird", "car", "bicycle", "chair", "couch", "television", "laptop"}
    assert fronted.isdisjoint(
        {"guitar", "tent", "shelf", "mailbox", "clock", "picture", "microwave", "ball", "cabinet"}
    )


def test_children_are_as_tall_as_children_and_adults_as_adults():
    heights = {
        name: [shape_of(name, "standing").drawing.size[1] * scale for scale in KINDS[name].scale]
        for name in ("man", "woman", "boy", "girl")
    }
    assert min(*heights["man"], *heights["woman"]) >= 1.55
    assert max(*heights["man"], *heights["woman"]) <= 2
    assert min(*heights["boy"], *heights["girl"]) >= 0.95
    assert max(*heights["boy"], *heights["girl"]) <= 1.25


def test_what_a_picture_annotator_could_not_know_can_be_left_out():
    (graph,) = graphs(1, seed=3, space=False, exhaustive=False)
    assert graph.space_evidence is None
    assert all(item.space is None for item in graph.objects)
    assert not graph.exhaustive.objects
    assert graph.exhaustive.predicates == ()


def test_scenes_are_varied(sample):
    sizes = {(graph.width, graph.height) for graph in sample}
    assert len(sizes) >= 6
    repeated = [max(Counter(item.name for item in graph.objects).values()) for graph in sample]
    assert sum(most >= 2 for most in repeated) > 0.5 * len(sample)
    predicates = {r.predicate for graph in sample for r in graph.relationships}
    assert predicates >= {"on", "in", "under", "holding", "carrying", "wearing", "riding", "touching", "sitting on"}
    assert predicates >= {"behind", "in front of", "next to", "looking at", "facing"}


def test_instances_of_a_class_can_be_told_apart_by_colour_more_often_than_not(sample):
    told, asked = 0, 0
    for graph in sample:
        for name, count in Counter(item.name for item in graph.objects).items():
            if count > 1 and KINDS[name].colours:
                colours = [item.attributes[0] for item in graph.objects if item.name == name]
                asked += 1
                told += len(set(colours)) == count
    assert told > 0.6 * asked


@pytest.mark.slow
def test_every_class_is_seen_and_stands_left_and_right_near_and_far():
    where = {name: [] for name in KINDS}
    for index in range(500):
        scene = make_scene(41, index)
        for thing, sight in zip(scene.things, scene.sights, strict=True):
            where[thing.kind.name].append((sight.centroid[0] / scene.setting.camera.width, sight.depth))
    assert [name for name, places in where.items() if not places] == []
    everywhere = [u for places in where.values() for u, _ in places]
    spread = (sum((u - 0.5) ** 2 for u in everywhere) / len(everywhere)) ** 0.5
    assert abs(sum(everywhere) / len(everywhere) - 0.5) < 6 * spread / len(everywhere) ** 0.5
    for name in ("cup", "chair", "dog", "car", "ball", "man"):
        columns = [u for u, _ in where[name]]
        assert min(columns) < 0.3
        assert max(columns) > 0.7
        depths = [depth for _, depth in where[name]]
        assert max(depths) > 2.5 * min(depths)


def test_the_truth_agrees_with_the_graph(sample):
    for index, graph in enumerate(sample[:20]):
        truth = truth_of(make_scene(3, index))
        assert [item.id for item in truth.objects] == [item.id for item in graph.objects]
        assert [item.box for item in truth.objects] == [item.box for item in graph.objects]
        assert [item.space for item in truth.objects] == [item.space for item in graph.objects]
        assert truth.counts == Counter(item.name for item in graph.objects)
        complete = {(r.subject, r.predicate, r.object) for r in truth.triples}
        stated = {
            (r.subject, r.predicate, r.object)
            for r in graph.relationships
            if r.predicate in graph.exhaustive.predicates
        }
        assert complete == stated


def test_pictures_have_the_stated_size(sample):
    for graph in sample[:4]:
        picture = render_image(graph.image.location)
        assert picture.size == (graph.width, graph.height)
        assert picture.mode == "RGB"
        assert len(picture.getcolors(1 << 24)) > 200


@pytest.mark.parametrize("location", ["", "7/12", "7/x/640x480", "7/12/640"])
def test_a_location_of_another_form_is_refused(location):
    with pytest.raises(InputError, match="SEED/INDEX/WIDTHxHEIGHT"):
        render_image(location)


def test_a_location_of_another_size_is_refused(sample):
    with pytest.raises(InputError, match="pixels; build the data again"):
        render_image(sample[0].image.location.rpartition("/")[0] + "/31x17")
