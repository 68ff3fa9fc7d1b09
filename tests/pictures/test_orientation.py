"""Orientation tags: which frame is taken, and that what is published looks the same to every reader."""

from __future__ import annotations

import io
import pickle
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps
from tagged_pictures import SWAPPING, pixels_of, shown, squares, tagged

from stvqa.pictures import ImageSize, ImageUnreadable, decode, picture_header, published

STORED, DISPLAYED = ImageSize(64, 48), ImageSize(48, 64)
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "MPO")


def saved(orientation: int, kind: str) -> bytes:
    more = {"save_all": True, "append_images": [Image.fromarray(squares(seed=1))]} if kind == "MPO" else {}
    return tagged(squares(), orientation, kind, **more)


def every_reading(data: bytes) -> list[np.ndarray]:
    """The pixels as stored, and as a reader that honours tags sees them."""
    with Image.open(io.BytesIO(data)) as image:
        return [pixels_of(data), np.asarray(ImageOps.exif_transpose(image).convert("RGB"))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_tells_both_sizes(orientation: int, kind: str) -> None:
    header = picture_header(saved(orientation, kind))
    assert (header.size, header.orientation) == (STORED, orientation)
    assert header.displayed == (DISPLAYED if orientation in SWAPPING else STORED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", SWAPPING)
@pytest.mark.parametrize("size", [STORED, DISPLAYED])
def test_a_stated_size_tells_the_frame_and_the_tag_goes(orientation: int, kind: str, size: ImageSize) -> None:
    data = saved(orientation, kind)
    stored = pixels_of(saved(0, kind))
    wanted = shown(stored, orientation) if size == DISPLAYED else stored
    given = published(data, size=size)
    assert picture_header(given.data)[:2] == (size, 1)
    for pixels in every_reading(given.data):
        assert pixels.shape == wanted.shape
        # Turned pixels of a JPEG are stored anew as one; all others come through unchanged.
        anew = size == DISPLAYED and kind in ("JPEG", "MPO")
        assert np.abs(pixels.astype(int) - wanted).mean() <= (1 if anew else 0)
    assert given == published(data, size=size)
    assert np.array_equal(np.asarray(decode(data, size=size)), wanted)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_without_a_stated_size_the_displayed_frame_is_taken(orientation: int) -> None:
    wanted = shown(squares(), orientation)
    assert np.array_equal(np.asarray(decode(saved(orientation, "PNG"))), wanted)
    for pixels in every_reading(published(saved(orientation, "PNG")).data):
        assert np.array_equal(pixels, wanted)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_where_the_size_tells_nothing_the_picture_is_refused(orientation: int) -> None:
    square = tagged(squares(48, 48), orientation)
    for data, size in [(square, ImageSize(48, 48)), (saved(orientation, "JPEG"), STORED)]:
        if data is not square and orientation in SWAPPING:
            continue
        for work in (decode, published):
            with pytest.raises(ImageUnreadable, match=f"orientation tag is {orientation}") as caught:
                work(data, size=size)
            assert caught.value.reason == "image-orientation-ambiguous"


def test_a_size_of_neither_frame_is_another_picture() -> None:
    with pytest.raises(ImageUnreadable, match=r"64 x 48, 48 x 64 by its orientation tag|pixels") as caught:
        published(saved(6, "JPEG"), size=ImageSize(100, 48))
    assert caught.value.reason == "image-unreadable"
    assert pickle.loads(pickle.dumps(caught.value)).reason == "image-unreadable"  # noqa: S301 (our own)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [0, 1, 9, 77])
def test_bytes_without_a_tag_that_turns_stay_as_they_are(orientation: int, kind: str) -> None:
    data = saved(orientation, kind)
    assert picture_header(data).orientation == 1
    assert published(data, size=STORED).data == data


def test_a_tag_behind_the_pixels_or_in_xmp_is_seen() -> None:
    plain = tagged(squares(), 0, "PNG")
    with_tag = tagged(squares(), 6, "PNG")
    start = with_tag.index(b"eXIf") - 4
    chunk = with_tag[start : start + 12 + int.from_bytes(with_tag[start : start + 4])]
    late = plain[: plain.index(b"IEND") - 4] + chunk + plain[plain.index(b"IEND") - 4 :]
    assert picture_header(late).orientation == 6
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="8"/></x:xmpmeta>'
    in_xmp = tagged(squares(), 0, xmp=packet)
    assert picture_header(in_xmp).orientation == 8
    assert picture_header(published(in_xmp, size=STORED).data).orientation == 1


def test_a_jpeg_keeps_its_pixels_and_its_colour_profile_where_the_tag_is_taken_out() -> None:
    profile = b"a profile" * 20
    data = tagged(squares(), 6, icc_profile=profile)
    plain = published(data, size=STORED).data
    assert np.array_equal(pixels_of(plain), pixels_of(data))
    for size in (STORED, DISPLAYED):
        with Image.open(io.BytesIO(published(data, size=size).data)) as image:
            assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("value", [(5, struct.pack("<II", 6, 1)), (11, struct.pack("<f", 6.0))])
def test_a_tag_that_is_stored_as_a_fraction_or_a_float_counts_as_readers_count_it(
    kind: str, value: tuple[int, bytes]
) -> None:
    number, data = value
    place = data if len(data) == 4 else struct.pack("<I", 26)
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHI", 8, 1, 0x0112, number, 1) + place + struct.pack("<I", 0) + data
    file = io.BytesIO()
    Image.fromarray(squares()).save(file, kind, exif=exif)
    assert picture_header(file.getvalue()).orientation == 6
    for pixels in every_reading(published(file.getvalue(), size=STORED).data):
        assert pixels.shape[:2] == (STORED.height, STORED.width)
