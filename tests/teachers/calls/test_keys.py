from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel

from stvqa.records import ImageReference
from stvqa.teachers.calls import CallRequest, Message, Picture
from stvqa.teachers.calls.keys import call_key
from stvqa.teachers.calls.pictures import Pictures, PictureUnavailable, sent_size
from stvqa.teachers.calls.schemas import schema_of


class Vote(BaseModel):
    letter: str


class OtherVote(BaseModel):
    letter: Literal["A", "B"]


class Stored:
    """Images that are as many bytes as their location says; counts what is read."""

    def __init__(self):
        self.read = 0

    def stored(self, reference, *, width, height):
        self.read += 1
        if not reference.location:
            raise PictureUnavailable("no such file")
        return reference.location.encode()

    def opened(self, reference, *, width, height):
        from PIL import Image

        image = Image.new("RGB", (width, height), "black")
        image.paste("white", (0, 0, width // 2, height))
        return image


def picture(location="a", **changes):
    return Picture(ImageReference(kind="file", location=location), 800, 600)._replace(**changes)


def request(**changes):
    messages = (Message("system", "s"), Message("user", "u", (picture(),)))
    return CallRequest("verify", "vote", "m", messages, 60)._replace(**changes)


def key(one):
    return call_key(one, digest=Pictures(Stored()).digest)


def test_equal_calls_have_equal_keys_and_the_purpose_does_not_count():
    assert key(request()) == key(request(purpose="canary"))
    assert len(key(request())) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "generate"},
        {"model": "n"},
        {"max_output_tokens": 61},
        {"temperature": 0.5},
        {"temperature": None},
        {"seed": 1},
        {"sample": 1},
        {"schema": Vote},
        {"messages": (Message("system", "s"), Message("user", "u"))},
        {"messages": (Message("system", "s"), Message("user", "u2", (picture(),)))},
        {"messages": (Message("user", "s"), Message("user", "u", (picture(),)))},
        {"messages": (Message("system", "s"), Message("user", "u", (picture("b"),)))},
        {"messages": (Message("system", "s"), Message("user", "u", (picture(mirrored=True),)))},
        {"messages": (Message("system", "s"), Message("user", "u", (picture(max_pixels=10_000),)))},
        {"messages": (Message("system", "s", (picture(),)), Message("user", "u"))},
    ],
)
def test_all_that_the_answer_depends_on_changes_the_key(changes):
    assert key(request(**changes)) != key(request())


def test_schemas_are_told_apart_by_what_they_say():
    assert key(request(schema=Vote)) != key(request(schema=OtherVote))


def test_an_image_is_read_once_for_all_its_calls():
    stored = Stored()
    pictures = Pictures(stored)
    for mirrored in (False, True, False):
        pictures.digest(picture(mirrored=mirrored))
    assert stored.read == 1


def test_a_missing_image_is_told():
    with pytest.raises(PictureUnavailable, match="no such file"):
        key(request(messages=(Message("user", "u", (picture(""),)),)))


def test_sent_images_keep_their_shape_within_the_cap():
    assert sent_size(picture()) == (591, 443)
    assert sent_size(picture(max_pixels=10**9)) == (800, 600)
    assert sent_size(picture(width=5000, height=1, max_pixels=100)) == (707, 1)


def test_the_image_that_is_sent_is_resized_and_mirrored():
    import base64
    import io

    from PIL import Image

    def sent(one):
        kind, _, data = Pictures(Stored()).data_url(one).partition(",")
        assert kind == "data:image/jpeg;base64"
        return Image.open(io.BytesIO(base64.b64decode(data)))

    plain, mirrored = sent(picture()), sent(picture(mirrored=True))
    assert plain.size == mirrored.size == (591, 443)
    assert plain.getpixel((50, 200))[0] > 200
    assert mirrored.getpixel((50, 200))[0] < 50
    with pytest.raises(PictureUnavailable):
        Pictures(Stored()).digest(picture(""))


def test_strict_schemas_require_all_and_allow_nothing_else():
    class Inner(BaseModel):
        """Told to nobody as a keyword."""

        title: str = "x"
        value: float | None = None

    class Outer(BaseModel):
        inner: list[Inner] = []
        kind: Literal["a", "b"] = "a"

    schema = schema_of(Outer)
    assert schema["required"] == ["inner", "kind"]
    assert schema["additionalProperties"] is False
    inner = schema["$defs"]["Inner"]
    assert inner["required"] == ["title", "value"]
    assert inner["additionalProperties"] is False
    assert "default" not in str(schema)
    assert inner["properties"]["title"] == {"type": "string"}
