from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.completion import ORIGINAL_PIXELS, THOUSANDTHS, BoxFrame, frame_of_model
from stvqa.completion.frames import resized
from stvqa.errors import InputError
from stvqa.geometry import as_boxes

RESIZED = BoxFrame("resized-pixels", max_pixels=1_003_520)


@pytest.mark.parametrize(
    ("size", "expected"),
    # what transformers' smart_resize gives for factor 28, 3,136 and 1,003,520 pixels (height and width swapped)
    [
        ((640, 480), (644, 476)),
        ((1000, 750), (1008, 756)),
        ((4000, 3000), (1148, 840)),
        ((20, 20), (56, 56)),
        ((1, 150), (28, 700)),
        ((14, 42), (56, 112)),
        ((70, 98), (56, 112)),
    ],
)
def test_images_are_resized_as_the_processors_do(size, expected):
    assert resized(*size, factor=28, min_pixels=3136, max_pixels=1_003_520) == expected


@pytest.mark.slow
def test_resizing_agrees_with_transformers():
    module = pytest.importorskip("transformers.models.qwen2_vl.image_processing_qwen2_vl")
    source = np.random.default_rng(0)
    for width, height in source.integers(30, 4000, (3000, 2)).tolist():
        for factor, least, most in ((28, 3136, 1_003_520), (32, 65_536, 16_777_216)):
            wanted = module.smart_resize(height, width, factor=factor, min_pixels=least, max_pixels=most)
            found = resized(width, height, factor=factor, min_pixels=least, max_pixels=most)
            assert (found.height, found.width) == wanted


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (1, 201)])
def test_images_that_cannot_be_resized_are_refused(size):
    with pytest.raises(InputError, match="cannot be resized"):
        RESIZED.size(*size)


boxes_of = st.tuples(st.integers(0, 2900), st.integers(0, 2900), st.integers(1, 100), st.integers(1, 100)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@given(st.lists(boxes_of, min_size=1, max_size=5), st.sampled_from([RESIZED, THOUSANDTHS]))
def test_boxes_in_a_frame_are_whole_numbers_inside_it_and_never_empty(boxes, frame):
    there = frame.from_pixels(as_boxes(boxes), 3000, 3000)
    width, height = frame.size(3000, 3000)
    assert np.array_equal(there, np.rint(there))
    assert (there[:, :2] < there[:, 2:]).all()
    assert (there >= 0).all()
    assert (there <= [width, height, width, height]).all()
    back = frame.to_pixels(there, 3000, 3000)
    assert np.abs(back - as_boxes(boxes)).max() <= 1.5 * 3000 / min(width, height)


def test_original_pixels_stay_as_they_are():
    boxes = as_boxes([(1.5, 2, 30, 40.25)])
    assert np.array_equal(ORIGINAL_PIXELS.from_pixels(boxes, 640, 480), boxes)
    assert np.array_equal(ORIGINAL_PIXELS.to_pixels(boxes, 640, 480), boxes)
    assert ORIGINAL_PIXELS.size(640, 480) == (640, 480)


@pytest.mark.parametrize(
    ("config", "kind", "factor"),
    [
        ({"model_type": "qwen2_vl"}, "thousandths", 28),
        (
            {"model_type": "qwen2_5_vl", "vision_config": {"patch_size": 14, "spatial_merge_size": 2}},
            "resized-pixels",
            28,
        ),
        ({"model_type": "qwen3_vl", "vision_config": {"patch_size": 16, "spatial_merge_size": 2}}, "thousandths", 32),
        ({"model_type": "qwen3_vl_moe", "vision_config": {"patch_size": 16}}, "thousandths", 32),
    ],
)
def test_the_frame_follows_the_config(config, kind, factor):
    frame = frame_of_model(config)
    assert (frame.kind, frame.factor) == (kind, factor)


def test_the_frame_can_be_overridden_and_bounded():
    frame = frame_of_model({"model_type": "qwen3_vl"}, kind="original-pixels", max_pixels=100_000)
    assert (frame.kind, frame.max_pixels) == ("original-pixels", 100_000)
    assert frame_of_model({"model_type": "llava"}, kind="thousandths") == THOUSANDTHS


def test_unknown_models_and_frames_are_refused():
    with pytest.raises(InputError, match=r"'llava'.*name the frame"):
        frame_of_model({"model_type": "llava"})
    with pytest.raises(InputError, match="no box frame 'percent'"):
        frame_of_model({"model_type": "qwen2_vl"}, kind="percent")


def test_the_prompt_states_the_frame():
    assert "which is 1008 pixels wide and 756 pixels high" in RESIZED.in_words(1000, 750)
    assert "which is 1000 pixels wide" in ORIGINAL_PIXELS.in_words(1000, 750)
    assert "1000 its right or bottom edge" in THOUSANDTHS.in_words(640, 480)
