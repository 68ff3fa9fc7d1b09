"""The one outcome of a picture that cannot be had: `ImageUnreadable`, with the slug of its rejection.

raise ImageUnreadable("no such file")
"""

from __future__ import annotations

__all__ = ["ImageUnreadable"]


class ImageUnreadable(Exception):  # noqa: N818 - named for what a stage rejects: `image-unreadable`
    """The pixels of one image cannot be had; `str()` is the detail of the rejection.

    Args:
        detail: what is wrong.
        reason: slug of the rejection.
    """

    def __init__(self, detail: str, *, reason: str = "image-unreadable") -> None:
        super().__init__(detail)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (str(self), self.reason))

    def named(self, name: str) -> ImageUnreadable:
        """The same of a picture with a name."""
        return ImageUnreadable(f"{name}: {self}", reason=self.reason)


def _rebuild(detail: str, reason: str) -> ImageUnreadable:
    return ImageUnreadable(detail, reason=reason)
