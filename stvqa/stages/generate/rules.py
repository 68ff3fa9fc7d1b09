"""generate with the built-in teacher: offline, partition by partition.

Generate(teacher="rules")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from stvqa.records import Asked, Prospect, Question, Rejection
from stvqa.stages.contract import MapStage, Stage, StageContext, random_for
from stvqa.stages.generate.model import GenerateByModel
from stvqa.teachers import Worded
from stvqa.teachers.rules import RulesTeacher

__all__ = ["Generate"]


class Generate(MapStage[Prospect, Question]):
    """Writes questions.

    Attributes:
        teacher: `rules`, built in and offline; the name of a model makes it a `GenerateByModel`.
    """

    name = "generate"
    reads: ClassVar[type[Prospect]] = Prospect
    writes: ClassVar[type[Question]] = Question

    teacher: Literal["rules"] = "rules"

    @classmethod
    def variant(cls, parameters: Mapping[str, Any]) -> type[Stage]:
        """`GenerateByModel` where the teacher is not `rules`."""
        return cls if parameters.get("teacher", "rules") == "rules" else GenerateByModel

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
    told = vars(prospect)
    asked = {name: told[name] for name in Asked.model_fields}
    return Question(
        question_id=prospect.prospect_id,
        program=prospect.program,
        text=worded.text,
        options=worded.options,
        teacher=teacher,
        **asked,
    )
