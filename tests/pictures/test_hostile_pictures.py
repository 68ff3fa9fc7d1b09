"""Pictures made to do harm: other kinds of files, bombs of pixels and of parts, pipes, devices and links."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stvqa.pictures import (
    FORMATS,
    MOST_FILE_BYTES,
    MOST_PIXELS,
    ImageUnreadable,
    decode,
    is_plain_name,
    picture_header,
    published,
    read_file,
    real_folders,
)
from stvqa.pictures.parts import MOST_PARTS, MOST_SCANS


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, extra: bytes = b"") -> bytes:
    """A grey PNG that says to be of this size; its pixels are ten rows of ten."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(bytes(110))) + chunk(b"IEND", b"")


def reason_of(data: bytes) -> str:
    """The reason that every way of opening the picture gives."""
    found = set()
    for opening in (picture_header, published, decode):
        with pytest.raises(ImageUnreadable) as refused:
            opening(data)
        found.add(refused.value.reason)
    (reason,) = found
    return reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_kinds_of_the_list_are_read(kind: str) -> None:
    assert kind in FORMATS
    assert decode(saved(Image.new("RGB", (30, 20), "red"), kind)).size == (30, 20)


@pytest.mark.parametrize("kind", ["EPS", "PPM", "ICO", "PDF", "TGA", "PCX", "SGI", "DDS", "JPEG2000", "ICNS"])
def test_other_kinds_are_not_tried(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.check_call", started)
    data = saved(Image.new("RGB", (32, 32)), kind)
    with pytest.raises(ImageUnreadable, match="JPEG, PNG, WEBP, GIF, BMP, TIFF"):
        decode(data)
    assert reason_of(data) == "image-unreadable"


@pytest.mark.parametrize(
    "data",
    [
        png(20_000, 20_000),
        png(60_000, 60_000),
        png(5001, 5000),
        saved(Image.new("L", (5001, 5000)), "JPEG"),
        saved(Image.new("1", (5001, 5000)), "GIF"),
        saved(Image.new("1", (5001, 5000)), "TIFF"),
    ],
    ids=["400-megapixels", "header-of-60000", "png", "jpeg", "gif", "tiff"],
)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(data: bytes) -> None:
    assert reason_of(data) == "image-too-large"


def test_a_picture_of_as_many_pixels_as_may_be_is_read() -> None:
    side = int(MOST_PIXELS**0.5)
    data = saved(Image.new("1", (side, side)), "PNG")
    assert picture_header(data).size == (side, side)


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    assert reason_of(png(10, 10) + bytes(MOST_FILE_BYTES)) == "image-too-large"
    path = tmp_path / "1.png"
    path.write_bytes(png(10, 10))
    os.truncate(path, MOST_FILE_BYTES + 1)
    for opening in (picture_header, read_file):
        with pytest.raises(ImageUnreadable, match="a picture may have"):
            opening(path)
    os.truncate(path, MOST_FILE_BYTES)
    assert picture_header(path).size == (10, 10)


JPEG = saved(Image.new("RGB", (50, 50)), "JPEG")
GIF = saved(Image.new("P", (64, 64)), "GIF")
_GIF_TABLE = 13 + (3 << ((GIF[10] & 7) + 1) if GIF[10] & 0x80 else 0)


@pytest.mark.parametrize(
    "data",
    [
        JPEG[:2] + b"\xff\xfe\0\2" * (MOST_PARTS + 1) + JPEG[2:],
        JPEG[:2] + b"\xff" * (MOST_PARTS + 100) + JPEG[2:],
        JPEG[:2] + b"\xff\0" * (MOST_PARTS + 1) + JPEG[2:],
        JPEG[:2] + (b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)) * 130 + JPEG[2:],
        png(10, 10, extra=chunk(b"abCd", b"") * (MOST_PARTS + 1)),
        png(10, 10, extra=chunk(b"IDAT", b"") * (MOST_PARTS + 1)),
        GIF[:_GIF_TABLE] + b"!\xfe" + b"\1a" * (MOST_PARTS + 1) + b"\0" + GIF[_GIF_TABLE:],
        GIF[:_GIF_TABLE] + b"!\xfe\1a\0" * (MOST_PARTS + 1) + GIF[_GIF_TABLE:],
    ],
    ids=["comments", "filling", "stuffing", "long-exif", "chunks", "empty-pixels", "sub-blocks", "blocks"],
)
def test_a_file_of_very_many_parts_is_refused(data: bytes) -> None:
    assert reason_of(data) == "image-unreadable"


def test_a_jpeg_of_very_many_scans_is_not_decoded() -> None:
    data = saved(Image.new("L", (64, 64)), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    for opening in (published, decode):
        with pytest.raises(ImageUnreadable, match="scans"):
            opening(data[:-2] + last * MOST_SCANS + data[-2:])
    assert decode(data).size == (64, 64)


def test_rows_of_a_bmp_in_runs_and_a_tiff_of_a_jpeg_are_refused() -> None:
    head = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54 + 1024)
    head += struct.pack("<IiiHHIIiiII", 40, 50, 50, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(1024)
    assert reason_of(head + bytes([50, 7]) * 50 + b"\0\1") == "image-unreadable"
    assert reason_of(saved(Image.new("RGB", (16, 16)), "TIFF", compression="jpeg")) == "image-unreadable"
    assert decode(saved(Image.new("RGB", (16, 16)), "TIFF", compression="tiff_lzw")).size == (16, 16)


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_compressed_texts_of_a_png_are_not_unpacked_without_end(kind: bytes) -> None:
    pack = zlib.compressobj(9)
    bomb = b"".join(pack.compress(bytes(1 << 20)) for _ in range(50)) + pack.flush()
    assert reason_of(png(10, 10, extra=chunk(kind, b"a\0\0" + bomb))) == "image-unreadable"


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1)
    clear = Image.fromarray(noise.integers(0, 256, (37, 29, 4), dtype=np.uint8), "RGBA")
    deep = Image.fromarray(noise.integers(0, 65_536, (37, 29), dtype=np.uint16))
    whole = [np.asarray(decode(saved(image, "PNG"))) for image in (clear, deep)]
    monkeypatch.setattr("stvqa.pictures.pixels._STRIP_PIXELS", 100)
    strips = [np.asarray(decode(saved(image, "PNG"))) for image in (clear, deep)]
    assert all(np.array_equal(one, other) for one, other in zip(whole, strips, strict=True))


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "/etc/passwd", "..", ".", "", "a\0b", "C:x", "a\\b", "x" * 300, "a\nb", "\u202ex", " "]
)
def test_no_plain_name(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize("name", ["2407890", "2407890.jpg", "a b", "n-1_x", "\u00e9t\u00e9"])
def test_a_plain_name(name: str) -> None:
    assert is_plain_name(name)


def refusal(path: Path, *folders: Path) -> str:
    reasons = set()
    for opening in (picture_header, read_file):
        with pytest.raises(ImageUnreadable) as refused:
            opening(path, within=real_folders(*folders))
        reasons.add(refused.value.reason)
    (reason,) = reasons
    return reason


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert refusal(tmp_path / "pipe.jpg", tmp_path) == "image-not-a-file"
    assert refusal(tmp_path / "folder.jpg", tmp_path) == "image-not-a-file"
    assert refusal(tmp_path / "zero.jpg", tmp_path, Path("/dev")) == "image-not-a-file"
    assert refusal(tmp_path / "zero.jpg", tmp_path) == "image-outside"
    assert refusal(tmp_path / "self.jpg", tmp_path) == "image-unreadable"
    assert refusal(tmp_path / ("x" * 300), tmp_path) == "image-unreadable"
    assert refusal(tmp_path / "gone.jpg", tmp_path) == "image-unreadable"


def test_a_folder_may_be_a_link_and_a_file_in_it_may_not_lead_out(tmp_path: Path) -> None:
    disk, root, private = tmp_path / "disk", tmp_path / "root", tmp_path / "private.jpg"
    disk.mkdir()
    root.mkdir()
    (root / "images").symlink_to(disk)
    for path in (disk / "1.jpg", private):
        path.write_bytes(JPEG)
    (disk / "2.jpg").symlink_to(private)
    (disk / "3.jpg").symlink_to(disk / "1.jpg")
    folders = root, root / "images"
    assert picture_header(root / "images" / "1.jpg", within=real_folders(*folders)).size == (50, 50)
    assert read_file(root / "images" / "3.jpg", within=real_folders(*folders)) == JPEG
    assert refusal(root / "images" / "2.jpg", *folders) == "image-outside"
    assert refusal(root / ".." / "private.jpg", *folders) == "image-outside"
    assert refusal(root / "images" / "1.jpg", root) == "image-outside"


def test_a_snapshot_in_the_cache_of_the_hub_has_its_blobs_beside_it(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "datasets--a--b" / "blobs", tmp_path / "datasets--a--b" / "snapshots" / "1f2e"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / "9c").write_bytes(JPEG)
    (snapshot / "1.jpg").symlink_to("../../blobs/9c")
    assert read_file(snapshot / "1.jpg", within=real_folders(snapshot)) == JPEG
