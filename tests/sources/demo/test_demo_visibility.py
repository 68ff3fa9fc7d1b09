"""What is seen: order of painting, masks, shares and depths, on scenes small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest

from stvqa.sources.demo.camera import Camera
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.scenes import LEAST_PIXELS, LEAST_SHARE, LEAST_THINGS, make_scene
from stvqa.sources.demo.thing import Thing
from stvqa.sources.demo.visibility import measure

CAMERA = Camera(640, 480, focal=600, height=1.5, pitch=12)
SCENES = range(40)


def thing(name, at, *, variant=None, heading=180.0, camera=CAMERA):
    kind = KINDS[name]
    made = Thing(kind, kind.variants[0] if variant is None else variant, "red", 1.0, heading, at)
    assert made.look(camera) is not None
    return made


@pytest.fixture(scope="module", params=SCENES)
def scene(request):
    return make_scene(21, request.param)


def test_a_thing_alone_is_seen_whole_within_its_projected_bounds():
    suitcase = thing("suitcase", (0.0, 0.0, 4.0))
    (sight,) = measure([suitcase], CAMERA)
    assert sight.share == 1
    assert np.allclose(sight.box, suitcase.frame.box, atol=1.01)
    assert sight.depth == pytest.approx(suitcase.frame.points[:, 2].min(), abs=1e-9)


def test_a_box_right_behind_another_is_hidden_by_it():
    near, far = thing("box", (0.0, 0.0, 3.0), variant="closed"), thing("box", (0.0, 0.0, 3.6), variant="closed")
    hidden, alone = measure([near, far], CAMERA), measure([far], CAMERA)
    assert hidden[0].share == 1
    assert hidden[1].share < 0.8
    assert hidden[1].whole == alone[0].pixels
    assert hidden[1].box[3] < alone[0].box[3]


def test_the_order_in_which_things_are_given_does_not_matter():
    things = [thing("table", (0.0, 0.0, 4.0)), thing("cup", (0.1, 0.75, 3.9)), thing("dog", (0.6, 0.0, 3.0))]
    forward, backward = measure(things, CAMERA), measure(things[::-1], CAMERA)
    assert forward == backward[::-1]


def test_a_table_hides_the_cup_behind_it_but_not_those_on_and_under_it():
    table = thing("table", (0.0, 0.0, 3.0), variant="low")
    above, beneath, behind = (thing("cup", at) for at in ((0.0, 0.45, 3.0), (0.0, 0.0, 3.05), (0.0, 0.0, 3.8)))
    _, *sights = measure([table, above, beneath, behind], CAMERA)
    assert [sight.share for sight in sights[:2]] == [1, 1]  # the other looks out under the front edge
    assert sights[2].share < 0.4


def test_an_apple_in_a_bowl_is_seen_over_the_near_rim():
    bowl = thing("bowl", (0.0, 0.0, 3.0))
    apple = thing("apple", (0.0, 0.031, 3.0))
    bowl_sight, apple_sight = measure([bowl, apple], CAMERA)
    assert 0.3 < apple_sight.share < 1
    assert bowl_sight.pixels > apple_sight.pixels


def test_a_thing_cut_by_the_frame_has_a_share_below_one_and_a_box_at_the_edge():
    camera = Camera(640, 480, focal=600, height=1.0, pitch=0)
    table = thing("table", (1.4, 0.0, 2.6), variant="long", camera=camera)
    (sight,) = measure([table], camera)
    assert sight.box[2] == 640
    assert 0.3 < sight.share < 0.95


def test_the_depth_of_a_thing_whose_near_corner_is_out_of_view_is_that_of_what_is_seen():
    camera = Camera(640, 480, focal=600, height=1.0, pitch=-8)
    table = thing("table", (0.0, 0.0, 1.3), variant="long", heading=0, camera=camera)
    (sight,) = measure([table], camera)
    assert sight.box[3] == 480
    nearest = float(table.frame.points[:, 2].min())
    assert sight.depth > nearest + 0.02
    # The lowest row looks down by the pitch and half the view; there the top, 75 cm high, is 25 cm below the camera.
    row = np.array([0.0, (480 - 0.5 - 240) / 600, 1.0])
    down = -camera.matrix[:, 1] @ row
    assert sight.depth == pytest.approx(0.25 / down, rel=0.02)


def test_boxes_are_the_bounds_of_masks_inside_the_frame(scene):
    camera = scene.setting.camera
    for item, sight in zip(scene.things, scene.sights, strict=True):
        x1, y1, x2, y2 = sight.box
        assert 0 <= x1 < x2 <= camera.width
        assert 0 <= y1 < y2 <= camera.height_px
        assert x1 <= sight.centroid[0] <= x2
        assert y1 <= sight.centroid[1] <= y2
        assert sight.pixels <= (x2 - x1) * (y2 - y1)
        whole = item.frame.box
        assert x1 >= whole[0] - 1.01
        assert y1 >= whole[1] - 1.01
        assert x2 <= whole[2] + 1.01
        assert y2 <= whole[3] + 1.01
        z = item.frame.points[:, 2]
        assert z.min() - 1e-9 <= sight.depth <= z.max() + 1e-9


def test_all_that_is_drawn_is_well_seen(scene):
    assert LEAST_THINGS <= len(scene.things) <= 14
    for sight in scene.sights:
        assert sight.pixels >= LEAST_PIXELS
        assert sight.share >= LEAST_SHARE


def test_the_mirrored_scene_has_the_mirrored_measures(scene):
    camera = scene.setting.camera
    other = Camera(
        camera.width, camera.height_px, camera.focal, camera.height, camera.pitch, camera.slope, not camera.mirrored
    )
    for item in scene.things:
        assert item.look(other) is not None
    mirrored = measure(scene.things, other)
    for item in scene.things:
        item.look(camera)
    for one, two in zip(scene.sights, mirrored, strict=True):
        assert abs(one.box[0] - (camera.width - two.box[2])) <= 1
        assert abs(one.box[2] - (camera.width - two.box[0])) <= 1
        assert one.box[1] == two.box[1]
        assert one.box[3] == two.box[3]
        assert one.pixels == pytest.approx(two.pixels, rel=0.03, abs=12)
        assert one.depth == pytest.approx(two.depth, rel=0.02)


def test_left_and_right_are_drawn_alike_often():
    mirrored = sum(make_scene(22, index).setting.camera.mirrored for index in range(120))
    assert 36 < mirrored < 84  # five standard deviations around one half
