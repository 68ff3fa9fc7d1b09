"""Every opening of a picture: its header, the frame that its orientation tag leaves open, its pixels in 8 bits.

    header = picture_header(data)                              # size as stored, size as displayed, orientation 1 to 8
    decode(data, size=ImageSize(640, 480))                     # <PIL.Image.Image mode=RGB size=640x480>
    published(data, size=ImageSize(640, 480)).data             # the same pixels for every reader: no tag, 8 bits

Two frames: *stored* is how the pixels lie in the file, *displayed* how they lie after the EXIF orientation tag is
applied, which is what `datasets`, browsers and most libraries show. Nothing else in the package opens a picture, nor a
file that data name as one (`stvqa.pictures.files`). Read are the kinds of `FORMATS` alone, up to `MOST_FILE_BYTES` and
`MOST_PIXELS`.
"""

from stvqa.pictures.files import MOST_FILE_BYTES, is_plain_name, open_file, read_file, real_folders
from stvqa.pictures.header import (
    AMBIGUOUS,
    FORMATS,
    LARGEST_SIDE,
    MOST_PIXELS,
    ImageSize,
    PictureHeader,
    picture_header,
    pixels_fault,
)
from stvqa.pictures.pixels import eight_bit
from stvqa.pictures.publishing import EncodedImage, decode, encode, one_at_a_time, published
from stvqa.pictures.unreadable import ImageUnreadable

__all__ = [
    "AMBIGUOUS",
    "FORMATS",
    "LARGEST_SIDE",
    "MOST_FILE_BYTES",
    "MOST_PIXELS",
    "EncodedImage",
    "ImageSize",
    "ImageUnreadable",
    "PictureHeader",
    "decode",
    "eight_bit",
    "encode",
    "is_plain_name",
    "one_at_a_time",
    "open_file",
    "picture_header",
    "pixels_fault",
    "published",
    "read_file",
    "real_folders",
]
