"""generate: a teacher puts each planned prospect into words.

Generate(teacher="rules")
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from stvqa.records import Prospect, Question, Rejection
from stvqa.stages.contract import MapStage, StageContext, random_for
from stvqa.teachers import Worded
from stvqa.teachers.rules import RulesTeacher

__all__ = ["Generate"]


class Generate(MapStage[Prospect, Question]):
    """Writes questions.

    Attributes:
        teacher: `rules`, built in and offline.
    """

    name = "generate"
    reads: ClassVar[type[Prospect]] = Prospect
    writes: ClassVar[type[Question]] = Question

    teacher: Literal["rules"] = "rules"

    def run(self, records: Iterator[Prospect], context: StageContext) -> Iterator[Question | Rejection]:
        """One question a prospect, or why it could not be worded."""
        teacher = RulesTeacher()
        for prospect in records:
            chance = random_for(context.seed, self.name, prospect.prospect_id)
            try:
                worded = teacher.word(prospect, chance=chance)
            except LookupError as error:
                yield Rejection(stage=self.name, reason="no-words", record_id=prospect.prospect_id, detail=str(error))
                continue
            yield _question(prospect, worded, teacher.name)


def _question(prospect: Prospect, worded: Worded, teacher: str) -> Question:
    focus = prospect.focus
    return Question(
        question_id=prospect.prospect_id,
        source=focus.source,
        source_image_id=focus.source_image_id,
        image_id=focus.image_id,
        coco_id=focus.coco_id,
        width=focus.width,
        height=focus.height,
        image=focus.image,
        category=prospect.category,
        form=prospect.form,
        level=prospect.level,
        rating=prospect.rating,
        difficulty=prospect.difficulty,
        evidence=prospect.evidence,
        margins=prospect.margins,
        margin=prospect.margin,
        option_count=prospect.option_count,
        text=worded.text,
        options=worded.options,
        answer=prospect.answer,
        program=prospect.program,
        focus=focus,
        topic=prospect.topic,
        shortcuts=prospect.shortcuts,
        teacher=teacher,
    )
