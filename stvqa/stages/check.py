"""check: refuses every question that is not sound, whoever wrote it.

    Check(images=True)

Program against answer, distractors provably false, words that fit the graph, no leak
(`stvqa.programs.inspect`), no question twice of an image, and an image that can be read in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from stvqa.geometry import difference_hash
from stvqa.programs.inspect import Fault, Posed, inspect, inspect_wording, plain
from stvqa.records import Question, Rejection
from stvqa.sources.images import ImageUnreadable, open_image
from stvqa.sources.places import PicturePlaces
from stvqa.stages.contract import MapStage, StageContext

__all__ = ["Check"]


class Check(MapStage[Question, Question]):
    """Inspects questions and reads their images.

    Attributes:
        images: read each image in full and note its difference hash, which `select` splits by.
    """

    name = "check"
    reads: ClassVar[type[Question]] = Question
    writes: ClassVar[type[Question]] = Question
    version: ClassVar[int] = 5

    images: bool = True

    def run(self, records: Iterator[Question], context: StageContext) -> Iterator[Question | Rejection]:
        """Sound questions, the others as rejections. Questions of one image follow each other."""
        seen: set[str] = set()
        image = _Image("", "", None)
        for question in records:
            if question.image_id != image.image_id:
                seen.clear()
                image = self._read(question, context.places)
            fault = image.fault or self._fault(question, seen)
            if fault is not None:
                yield Rejection(
                    stage=self.name,
                    reason=fault.reason,
                    record_id=question.question_id,
                    detail=fault.detail,
                    payload=question.model_dump_json(exclude={"focus", "shortcuts"}),
                )
                continue
            yield question.model_copy(update={"image_hash": image.hash}) if image.hash else question

    def _fault(self, question: Question, seen: set[str]) -> Fault | None:
        if question.program is None:
            fault = inspect_wording(question.text, question.options, question.answer)
        else:
            posed = Posed(question.text, question.options, question.answer, question.program.claims)
            fault = inspect(posed, question.focus, question.margins)
        if fault is not None:
            return fault
        key = " ".join(filter(None, map(plain, (question.text, *sorted(question.options)))))
        if key in seen:
            return Fault("repeats-question", f"asked twice of {question.image_id}: “{question.text}”")
        seen.add(key)
        return None

    def _read(self, question: Question, places: PicturePlaces | None) -> _Image:
        if not self.images or question.focus.image.kind == "placeholder":
            return _Image(question.image_id, "", None)
        try:
            focus = question.focus
            picture = open_image(focus.image, width=focus.width, height=focus.height, places=places)
        except ImageUnreadable as error:
            return _Image(question.image_id, "", Fault(error.reason, str(error)))
        return _Image(question.image_id, difference_hash(picture), None)


class _Image(NamedTuple):
    """What was learnt of the image that is being asked about."""

    image_id: str
    hash: str
    fault: Fault | None
