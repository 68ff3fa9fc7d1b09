"""What reading one image brought to light: mends, counted by slug, and refused parts, kept whole.

findings = Findings("vg:1")
findings.mend("box-negative")
findings.refuse("names-disagree", part="1058498", detail="apple, milk")
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from stvqa.records import Rejection
from stvqa.sources.assembly.limits import Oversize

__all__ = ["STAGE", "Findings"]

STAGE = "load"
"""The stage under whose name sources refuse records."""

_LONGEST_PART, _LONGEST_DETAIL = 128, 1_000
"""Letters: what is refused for its length is not told at length."""


@dataclass(slots=True)
class Findings:
    """Mends and rejections of one image.

    Attributes:
        image_id: unique over all sources, `vg:1`.
        mends: slug to how often.
        rejections: refused parts; the image goes on without them.
    """

    image_id: str
    mends: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)

    def mend(self, slug: str, times: int = 1) -> None:
        """Notes that something was put right."""
        self.mends[slug] += times

    def refuse(self, reason: str, *, part: str, detail: str, payload: str = "") -> None:
        """Notes that an object or a relationship was left out."""
        self.rejections.append(
            Rejection(
                stage=STAGE,
                reason=reason,
                record_id=f"{self.image_id}/{part[:_LONGEST_PART]}",
                detail=detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]}...",
                scope="part",
                payload=payload,
            )
        )

    def refuse_unreadable(self, reason: str) -> Rejection:
        """The rejection of an image none of whose parts can be read, in place of theirs."""
        first = self.rejections[0]
        self.rejections.clear()
        return self.refuse_image(reason, detail=f"none of its objects can be read, the first: {first.detail}")

    def refuse_too_large(self, oversize: Oversize) -> Rejection:
        """The rejection of an image that holds more than may be, in place of its parts'."""
        self.rejections.clear()
        return self.refuse_image(oversize.reason, detail=oversize.detail)

    def refuse_image(self, reason: str, *, detail: str, payload: str = "") -> Rejection:
        """The rejection of the whole image, for the caller to yield in its place."""
        detail = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]}..."
        return Rejection(stage=STAGE, reason=reason, record_id=self.image_id, detail=detail, payload=payload)
