"""The pinhole camera: what projection must do whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stvqa.sources.demo.camera import Camera

cameras = st.builds(
    Camera,
    width=st.sampled_from([480, 640, 800]),
    height_px=st.sampled_from([427, 480, 600]),
    focal=st.floats(350, 1100),
    height=st.floats(0.4, 5),
    pitch=st.floats(-10, 35),
    slope=st.floats(-0.1, 0.12),
    mirrored=st.booleans(),
)
points = st.tuples(st.floats(-6, 6), st.floats(0, 4), st.floats(6, 40))


@given(cameras, points)
def test_a_pixel_and_its_depth_give_the_point_back(camera, point):
    seen = camera.to_camera(np.array([point]))
    u, v = camera.to_pixels(seen)[0]
    z = seen[0, 2]
    back = ((u - camera.width / 2) * z / camera.focal, (v - camera.height_px / 2) * z / camera.focal, z)
    assert np.allclose(back, seen[0], atol=1e-9)
    assert np.allclose(camera.to_camera_point(point), seen[0])


@given(cameras, points)
def test_a_mirrored_camera_mirrors_the_picture_and_nothing_else(camera, point):
    other = Camera(
        camera.width, camera.height_px, camera.focal, camera.height, camera.pitch, camera.slope, not camera.mirrored
    )
    u, v = camera.project(np.array([point]))[0]
    mirrored_u, same_v = other.project(np.array([point]))[0]
    assert math.isclose(u + mirrored_u, camera.width, abs_tol=1e-6)
    assert math.isclose(v, same_v, abs_tol=1e-9)


@given(cameras, points, st.floats(0.05, 2))
def test_what_stands_higher_is_seen_higher(camera, point, rise):
    x, y, z = point
    low, high = camera.project(np.array([(x, y, z), (x, y + rise, z)]))
    assert high[1] < low[1]


@given(cameras, points, st.floats(1.1, 3))
def test_the_same_thing_farther_away_along_its_ray_is_smaller(camera, point, factor):
    near = camera.to_camera(np.array([point]))
    far = near * factor
    step = np.array([[0.5, 0.0, 0.0]])
    near_width = camera.to_pixels(near + step)[0, 0] - camera.to_pixels(near)[0, 0]
    far_width = camera.to_pixels(far + step)[0, 0] - camera.to_pixels(far)[0, 0]
    assert math.isclose(near_width, far_width * factor, rel_tol=1e-6)


@given(cameras, st.floats(0, 360, exclude_max=True))
def test_headings_stay_in_range_and_mirror_about_the_viewing_axis(camera, heading):
    turned = camera.heading(heading)
    assert 0 <= turned < 360
    expected = -heading if camera.mirrored else heading
    assert math.isclose(math.cos(math.radians(turned - expected)), 1, abs_tol=1e-9)


def test_level_camera_in_plain_numbers():
    camera = Camera(640, 480, focal=600, height=1.5, pitch=0)
    assert camera.project(np.array([[1.0, 1.5, 3.0]])).tolist() == [[520.0, 240.0]]
    assert camera.project(np.array([[0.0, 0.0, 3.0]])).tolist() == [[320.0, 540.0]]
    assert camera.to_camera_point((1.0, 0.5, 3.0)) == (1.0, 1.0, 3.0)
