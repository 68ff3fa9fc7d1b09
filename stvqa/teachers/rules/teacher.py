"""Turns a prospect's claims into a natural question.

    RulesTeacher().word(prospect, chance=random_for(7, "generate", prospect.prospect_id))

Every form has several phrasings; which one is taken depends on chance alone, never on the answer, so the
wording gives nothing away.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from stvqa.programs.claims import objects_of
from stvqa.programs.references import references
from stvqa.programs.view import SceneView
from stvqa.records import Claim, Prospect
from stvqa.teachers.contract import Worded
from stvqa.teachers.rules.phrases import Phrases
from stvqa.teachers.rules.placing import PLACING
from stvqa.teachers.rules.ranking import RANKING
from stvqa.teachers.rules.stating import STATING

__all__ = ["RulesTeacher"]

Writer = Callable[[Phrases, Sequence[Claim]], Worded]

_WRITERS: dict[str, Writer] = {**PLACING, **RANKING, **STATING}


class RulesTeacher:
    """Writes from phrase tables, one writer a form."""

    name = "rules"

    def word(self, prospect: Prospect, *, chance: random.Random) -> Worded:
        """The question for a prospect.

        Raises:
            LookupError: the form has no writer, or an object of the claims has no reference in the focus graph.
        """
        spoken = references(SceneView(prospect.focus))
        for claim in prospect.program.claims:
            for item in objects_of(claim):
                if item not in spoken:
                    raise LookupError(f"{item} cannot be told from others in the focus graph of {prospect.prospect_id}")
        names = {item.id: item.name for item in prospect.focus.objects}
        return _WRITERS[prospect.form](Phrases(spoken, names, chance), prospect.program.claims)
