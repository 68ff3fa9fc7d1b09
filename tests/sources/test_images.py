"""Image references: sizes, pixels and bytes, and what is said of those that cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from stvqa.pictures import picture_header
from stvqa.records import ImageReference, SceneGraph
from stvqa.sources.demo import DemoSource
from stvqa.sources.images import ImageUnreadable, image_bytes, open_image

PLACEHOLDER = ImageReference(kind="placeholder")


def stored(path: Path, *, mode: str = "RGB", size: tuple[int, int] = (30, 20), **options: int) -> ImageReference:
    Image.radial_gradient("L").resize(size).convert(mode).save(path, **options)
    return ImageReference(kind="file", location=str(path))


@pytest.mark.parametrize(
    ("name", "mode", "extension"),
    [
        ("a.jpg", "RGB", "jpg"),
        ("a.png", "L", "png"),
        ("a.png", "P", "png"),
        ("a.jpg", "CMYK", "jpg"),
        ("a.png", "RGBA", "png"),
    ],
)
def test_files_decode_to_rgb_and_keep_their_bytes(tmp_path: Path, name: str, mode: str, extension: str) -> None:
    reference = stored(tmp_path / name, mode=mode)
    image = open_image(reference, width=30, height=20)
    assert (image.mode, image.size) == ("RGB", (30, 20))
    encoded = image_bytes(reference, width=30, height=20)
    assert (encoded.data, encoded.extension) == ((tmp_path / name).read_bytes(), extension)


def test_the_extension_is_that_of_the_content(tmp_path: Path) -> None:
    stored(tmp_path / "a.png")
    (tmp_path / "wrong.jpg").write_bytes((tmp_path / "a.png").read_bytes())
    reference = ImageReference(kind="file", location=str(tmp_path / "wrong.jpg"))
    assert image_bytes(reference, width=30, height=20).extension == "png"


@pytest.mark.parametrize("size", [(30, 20), (20, 30)])
def test_the_size_of_the_graph_tells_whether_an_orientation_is_applied(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    image = Image.linear_gradient("L").resize((30, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    reference = ImageReference(kind="file", location=str(tmp_path / "turned.jpg"))
    opened = open_image(reference, width=width, height=height)
    assert opened.size == size
    # Black lies on top as stored, and to the right when it is turned.
    corner = opened.getpixel((width - 1, height - 1))
    assert isinstance(corner, tuple)
    assert (corner[0] > 128) == (size == (30, 20))
    with pytest.raises(ImageUnreadable, match=r"turned\.jpg: .*says 20 x 20"):
        image_bytes(reference, width=20, height=20)


def test_sizes_come_from_the_header_alone(tmp_path: Path) -> None:
    stored(tmp_path / "a.jpg", size=(300, 200))
    cut = (tmp_path / "a.jpg").read_bytes()[:700]
    (tmp_path / "cut.jpg").write_bytes(cut)
    for header in (picture_header(tmp_path / "cut.jpg"), picture_header(cut)):
        assert (header.size, header.orientation, header.grayscale) == ((300, 200), 1, False)
    with pytest.raises(ImageUnreadable, match=r"cut\.jpg"):
        open_image(ImageReference(kind="file", location=str(tmp_path / "cut.jpg")), width=300, height=200)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"hello", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"])
def test_other_content_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(content)
    reference = ImageReference(kind="file", location=str(path))
    with pytest.raises(ImageUnreadable):
        picture_header(path)
    with pytest.raises(ImageUnreadable):
        picture_header(content)
    with pytest.raises(ImageUnreadable, match=r"bad\.jpg"):
        open_image(reference, width=3, height=3)
    with pytest.raises(ImageUnreadable, match=r"bad\.jpg"):
        image_bytes(reference, width=3, height=3)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    reference = ImageReference(kind="file", location=str(tmp_path / "absent.jpg"))
    with pytest.raises(ImageUnreadable, match=r"absent\.jpg: no such file"):
        open_image(reference, width=3, height=3)
    with pytest.raises(ImageUnreadable, match="no such file"):
        image_bytes(reference, width=3, height=3)


def test_another_size_than_the_graph_says_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="30 x 20 pixels, the scene graph says 20 x 30"):
        open_image(stored(tmp_path / "a.jpg"), width=20, height=30)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1, 1)])
def test_placeholders_are_plain_and_the_same_each_time(width: int, height: int) -> None:
    first = image_bytes(PLACEHOLDER, width=width, height=height)
    assert first == image_bytes(PLACEHOLDER, width=width, height=height)
    assert first.extension == "png"
    decoded = Image.open(io.BytesIO(first.data)).convert("RGB")
    assert decoded.size == (width, height)
    assert decoded.tobytes() == open_image(PLACEHOLDER, width=width, height=height).tobytes()


def test_a_placeholder_is_grey_with_its_size_written_on_it() -> None:
    image = open_image(PLACEHOLDER, width=640, height=480)
    assert image.getpixel((0, 0)) == (128, 128, 128)
    assert len(image.getcolors() or ()) > 1


def test_demo_images_are_drawn_and_encode_the_same_each_time() -> None:
    scene = next(iter(DemoSource(seed=7).read(DemoSource(seed=7).partitions(limit=1)[0])))
    assert isinstance(scene, SceneGraph)
    drawn = open_image(scene.image, width=scene.width, height=scene.height)
    assert (drawn.mode, drawn.size) == ("RGB", (scene.width, scene.height))
    encoded = image_bytes(scene.image, width=scene.width, height=scene.height)
    assert encoded == image_bytes(scene.image, width=scene.width, height=scene.height)
    assert encoded.extension == "jpg"
    assert picture_header(encoded.data).size == drawn.size


@pytest.mark.parametrize(("mode", "grayscale"), [("L", True), ("1", True), ("LA", True), ("RGB", False), ("P", False)])
def test_grey_is_known_from_the_header(mode: str, *, grayscale: bool) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (30, 20)).save(buffer, "PNG")
    assert picture_header(buffer.getvalue()).grayscale == grayscale


def test_what_is_decoded_is_what_is_published() -> None:
    [partition] = DemoSource(seed=7).partitions(limit=1)
    scene = next(item for item in DemoSource(seed=7).read(partition) if isinstance(item, SceneGraph))
    published = image_bytes(scene.image, width=scene.width, height=scene.height)
    with Image.open(io.BytesIO(published.data)) as image:
        stored = image.convert("RGB")
    assert open_image(scene.image, width=scene.width, height=scene.height).tobytes() == stored.tobytes()
