from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture(scope="module")
def plain(checkout):
    place = checkout / "benchmarks" / "plain_scenes.py"
    spec = importlib.util.spec_from_file_location("plain_scenes", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain_scenes"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["plain_scenes"]


def test_scenes_hold_two_to_four_things_and_come_from_their_number(plain):
    for index in range(12):
        scene = plain.make_plain_scene(7, index)
        names = [thing.kind.name for thing in scene.things]
        assert 2 <= len(names) == len(set(names)) <= 4
        assert set(names) <= set(plain.COLOURS)
        assert [sight.box for sight in scene.sights] == [sight.box for sight in plain.make_plain_scene(7, index).sights]
