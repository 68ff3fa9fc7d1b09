"""Pixels of more than 8 bits, transparent ones and other colours: one rule, and one sight for every reader."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from stvqa.geometry import difference_hash
from stvqa.pictures import ImageUnreadable, decode, eight_bit, picture_header, published

RAMP = np.tile(np.linspace(0, 255, 30).astype(np.uint8), (20, 1))
"""Grey of 8 bits, 20 x 30."""


def saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def deep(name: str) -> bytes:
    """The ramp in a file of more than 8 bits."""
    sixteen = RAMP.astype(np.uint16) * 257
    images = {
        "png-16": (Image.fromarray(sixteen), "PNG"),
        "tiff-16": (Image.fromarray(sixteen), "TIFF"),
        "tiff-16-big-endian": (Image.frombytes("I;16B", (30, 20), sixteen.astype(">u2").tobytes()), "TIFF"),
        "tiff-32": (Image.fromarray(sixteen.astype(np.int32)), "TIFF"),
        "tiff-float": (Image.fromarray((RAMP / 255).astype(np.float32)), "TIFF"),
    }
    return saved(*images[name])


NAMES = ["png-16", "tiff-16", "tiff-16-big-endian", "tiff-32", "tiff-float"]


@pytest.mark.parametrize("name", NAMES)
def test_more_than_eight_bits_are_scaled_and_published_as_eight(name: str) -> None:
    data = deep(name)
    assert picture_header(data).deep
    given = published(data)
    assert given.extension == "png"
    with Image.open(io.BytesIO(given.data)) as image:
        assert (image.mode, np.array_equal(np.asarray(image), RAMP)) == ("L", True)
    wanted = np.repeat(RAMP[..., None], 3, axis=2)
    assert np.array_equal(np.asarray(decode(data)), wanted)
    assert np.array_equal(np.asarray(decode(given.data)), wanted)
    assert published(given.data).data == given.data


def test_the_hash_of_a_deep_picture_is_that_of_its_eight_bits() -> None:
    wanted = difference_hash(Image.fromarray(RAMP))
    assert wanted != "f" * 16
    for name in NAMES:
        with Image.open(io.BytesIO(deep(name))) as image:
            assert difference_hash(image) == wanted


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (np.array([[0.0, 1.5]], np.float32), "0 to 1.5"),
        (np.array([[-0.1, 1.0]], np.float32), "-0.1 to 1"),
        (np.array([[0.0, np.nan]], np.float32), "nan"),
        (np.array([[0.0, np.inf]], np.float32), "inf"),
        (np.array([[0, 65_536]], np.int32), "0 to 65536"),
        (np.array([[-1, 300]], np.int32), "-1 to 300"),
        (np.array([[0, 200]], np.uint16), "hardly anything could be seen"),
        (np.array([[0, 4_095]], np.uint16), "hardly anything could be seen"),  # of 12 bits
        (np.array([[0.0, 0.01]], np.float32), "hardly anything could be seen"),
    ],
)
def test_numbers_of_no_known_range_are_refused_by_name(numbers: np.ndarray, told: str) -> None:
    data = saved(Image.fromarray(numbers), "TIFF")
    for work in (decode, published):
        with pytest.raises(ImageUnreadable, match=told) as caught:
            work(data)
        assert caught.value.reason == "image-range-unknown"


def test_a_black_picture_of_sixteen_bits_is_black() -> None:
    assert np.asarray(eight_bit(Image.fromarray(np.zeros((2, 3), np.uint16)))).tolist() == [[0] * 3] * 2


def see_through(mode: str) -> Image.Image:
    """Half of it is transparent, with black behind the transparency; the other half is grey."""
    image = Image.new("RGBA", (4, 2), (0, 0, 0, 0))
    image.paste((100, 100, 100, 255), (0, 0, 2, 2))
    return image.convert(mode)


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_what_is_transparent_lies_on_white_for_every_reader(mode: str, kind: str) -> None:
    file = io.BytesIO()
    see_through(mode).save(file, kind, **({"lossless": True} if kind == "WEBP" else {}))
    seen = [[100, 100, 255, 255]] * 2
    given = published(file.getvalue())
    with Image.open(io.BytesIO(given.data)) as image:
        assert not image.has_transparency_data
        assert np.asarray(image.convert("RGB"))[..., 0].tolist() == seen
    assert np.asarray(decode(file.getvalue()))[..., 0].tolist() == seen


def test_transparent_colours_of_a_palette_and_of_a_key_lie_on_white() -> None:
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "L").convert("P")
    palette.putpalette([10, 10, 10, 20, 20, 20, 30, 30, 30])
    file = io.BytesIO()
    palette.save(file, "PNG", transparency=bytes([255, 0, 255]))
    assert np.asarray(decode(file.getvalue()))[0, :, 0].tolist() == [10, 255, 30]
    file = io.BytesIO()
    Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)).save(file, "PNG", transparency=(1, 2, 3))
    assert np.asarray(decode(published(file.getvalue()).data)).tolist() == [[[255, 255, 255], [4, 5, 6]]]


@pytest.mark.parametrize(
    ("mode", "kind"), [("1", "PNG"), ("L", "PNG"), ("P", "GIF"), ("RGBA", "PNG"), ("CMYK", "JPEG"), ("YCbCr", "JPEG")]
)
def test_other_pictures_keep_their_bytes_and_look_as_pillow_converts_them(mode: str, kind: str) -> None:
    data = saved(Image.fromarray(RAMP).convert(mode), kind)
    assert published(data).data == data
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(decode(data)), np.asarray(image.convert("RGB")))
