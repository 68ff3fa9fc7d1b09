"""Every opening of a picture: its header, the frame that its orientation tag leaves open, its pixels in 8 bits.

    header = picture_header(data)                              # size as stored, size as displayed, orientation 1 to 8
    decode(data, size=ImageSize(640, 480))                     # <PIL.Image.Image mode=RGB size=640x480>
    published(data, size=ImageSize(640, 480)).data             # the same pixels for every reader: no tag, 8 bits

Two frames: *stored* is how the pixels lie in the file, *displayed* how they lie after the EXIF orientation tag is
applied, which is what `datasets`, browsers and most libraries show. Nothing else in the package opens a picture.
"""

from stvqa.pictures.header import (
    AMBIGUOUS,
    LARGEST_SIDE,
    ImageSize,
    ImageUnreadable,
    PictureHeader,
    picture_header,
)
from stvqa.pictures.pixels import eight_bit
from stvqa.pictures.publishing import EncodedImage, decode, encode, published

__all__ = [
    "AMBIGUOUS",
    "LARGEST_SIDE",
    "EncodedImage",
    "ImageSize",
    "ImageUnreadable",
    "PictureHeader",
    "decode",
    "eight_bit",
    "encode",
    "picture_header",
    "published",
]
