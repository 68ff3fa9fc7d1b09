"""The frame of an image whose picture carries an orientation tag, or is stated with its sides swapped.

    agree_on_frame(header, objects, stated=ImageSize(480, 640), findings=findings)   # ImageSize(width=480, height=640)

Boxes refer to the pixels that an annotator saw, and a tag leaves open whether these were turned. The stated size and
the boxes tell; where they do not, the image is refused by name, for a turned or mirrored picture makes proved answers
false.
"""

from __future__ import annotations

from collections.abc import Sequence

from stvqa.pictures import AMBIGUOUS, ImageSize, ImageUnreadable, PictureHeader
from stvqa.records import Rejection
from stvqa.sources.assembly.findings import Findings
from stvqa.sources.assembly.raw import RawObject
from stvqa.sources.assembly.strays import do_not_fit

__all__ = ["agree_on_frame"]


def agree_on_frame(
    header: PictureHeader, objects: Sequence[RawObject], *, stated: ImageSize | None, findings: Findings
) -> ImageSize | Rejection | None:
    """The size in whose pixels the boxes are, where orientation has a say in it.

    Rejections: `image-orientation-ambiguous`, where nothing tells the frame; `image-on-its-side`, where the picture
    was turned without a tag; `image-size-disagrees`, where the size is that of neither frame. Mends:
    `image-orientation-applied` (the pixels are published as displayed), `image-orientation-removed` (as stored, the
    tag taken out), `image-size-corrected`.

    Args:
        header: of the picture.
        objects: of the image.
        stated: size that the annotation gives; None where it gives none.
        findings: takes mends.

    Returns:
        The size; None where orientation plays no part, and the source's own rule decides.
    """
    if header.orientation == 1:
        turned = stated is not None and _lies_across(stated, header.size)
        return _untagged(header.size, objects, stated, findings) if turned and stated else None
    try:
        header.is_displayed(stated)
    except ImageUnreadable as error:
        reason = error.reason if error.reason == AMBIGUOUS else "image-size-disagrees"
        return findings.refuse_image(reason, detail=str(error))
    candidates = [header.size, header.displayed] if stated is None else [stated]
    fitting = [size for size in candidates if not do_not_fit(objects, size)]
    if header.size == header.displayed or len(fitting) != 1:
        return findings.refuse_image(AMBIGUOUS, detail=_undecided(header, len(fitting), stated=stated))
    findings.mend("image-orientation-applied" if fitting[0] == header.displayed else "image-orientation-removed")
    return fitting[0]


def _lies_across(stated: ImageSize, stored: ImageSize) -> bool:
    """Whether one of two sizes is upright and the other one is not: swapped sides, off by some pixels, or scaled."""
    return (stated.width - stated.height) * (stored.width - stored.height) < 0 < min(stated)


def _untagged(
    stored: ImageSize, objects: Sequence[RawObject], stated: ImageSize, findings: Findings
) -> ImageSize | Rejection:
    """A picture without a tag whose stated size lies the other way."""
    told = f"{stated.width} x {stated.height} is stated, the picture is {stored.width} x {stored.height}"
    fits_stored, fits_turned = not do_not_fit(objects, stored), not do_not_fit(objects, stated)
    if fits_stored and fits_turned:
        return findings.refuse_image(AMBIGUOUS, detail=f"{told}, and the boxes fit both")
    if fits_turned:
        return findings.refuse_image("image-on-its-side", detail=f"{told}, and the boxes fit the stated size alone")
    if not fits_stored:
        return findings.refuse_image("image-size-disagrees", detail=f"{told}, and the boxes fit neither")
    findings.mend("image-size-corrected")
    return stored


def _undecided(header: PictureHeader, fitting: int, *, stated: ImageSize | None) -> str:
    tag = f"its orientation tag is {header.orientation}"
    if header.size == header.displayed:
        return f"{tag}, and its size is the same with and without it"
    if stated is not None:
        return f"{tag}, and the boxes do not fit the stated size of {stated.width} x {stated.height}"
    return f"{tag}, no size is stated, and the boxes fit {'both frames' if fitting else 'neither frame'}"
