"""Pictures of coloured squares in every kind of file, with orientation tags; `turned` is written out by hand."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

FRAMES = {"stored", "displayed"}
SWAPPING = (5, 6, 7, 8)

# What a viewer does for each orientation, as EXIF 2.32 defines it: on an array of rows and columns.
_SHOWN = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}


def squares(width: int = 64, height: int = 48, *, seed: int = 0) -> np.ndarray:
    """Squares of 16 x 16 pixels in colours that no turn and no mirroring leaves in place."""
    colours = np.random.default_rng(seed).integers(0, 255, (height // 16, width // 16, 3), dtype=np.uint8)
    return np.kron(colours, np.ones((16, 16, 1), np.uint8))


def tagged(pixels: np.ndarray, orientation: int, kind: str = "JPEG", **options) -> bytes:
    """A file of these stored pixels with an orientation tag; 0 for none."""
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    lossless = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, exif=exif.tobytes(), **{**lossless, **options})
    return file.getvalue()


def shown(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows of stored pixels with this tag."""
    return _SHOWN[orientation](pixels)


def pixels_of(data: bytes) -> np.ndarray:
    """The pixels in RGB as they are stored."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
