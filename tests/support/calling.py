"""What tests of calls share: requests, a source of images, and calls opened on a loopback server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from pydantic import BaseModel, ConfigDict

from stvqa.records import ImageReference
from stvqa.teachers.calls import CallOptions, CallRequest, Message, Picture
from stvqa.teachers.calls.opening import ModelCalls, open_calls
from stvqa.teachers.calls.pictures import PictureUnavailable

__all__ = ["PLAIN_PICTURES", "Vote", "opened", "question", "questions"]


class Vote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    letter: str


class PlainPictures:
    """Plain images of any size; those whose location is empty are not there."""

    def stored(self, reference: ImageReference, *, width: int, height: int) -> bytes:
        if not reference.location:
            raise PictureUnavailable("a.jpg: no such file")
        return f"{reference.location} {width}x{height}".encode()

    def opened(self, reference: ImageReference, *, width: int, height: int) -> Image.Image:
        return Image.new("RGB", (width, height), "grey")


PLAIN_PICTURES = PlainPictures()


def question(number: int, *, image: str | None = None, **changes: object) -> CallRequest:
    """A question with two options; `image` is the location of its image."""
    images = () if image is None else (Picture(ImageReference(kind="file", location=image), 64, 48),)
    text = f"Question {number}?\n(A) one\n(B) other"
    messages = (Message("system", "Answer with a letter."), Message("user", text, images))
    return CallRequest("verify", "vote", "some-model", messages, 60)._replace(**changes)


def questions(count: int, **changes: object) -> list[CallRequest]:
    return [question(number, **changes) for number in range(count)]


@contextmanager
def opened(folder: Path, url: str | None = None, **options: object) -> Iterator[ModelCalls]:
    """Calls on a server, hurried."""
    hurried = {"backoff_seconds": 0.01, "concurrency": 8, "timeout_seconds": 5.0, "batch_poll_seconds": 0.01}
    chosen = CallOptions(base_url=url, **(hurried | options))
    with open_calls(chosen, folder=folder / "ledger", pictures=PLAIN_PICTURES) as calls:
        yield calls
