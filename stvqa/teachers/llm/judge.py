"""What becomes of what a teacher wrote: a question, or a fault with its reason. The program decides, never the teacher.

    judge(written, prospect, teacher="gpt-4.1-mini")    # Question(...) or Fault("answer-contradicts-program", "...")

Reasons: `malformed-program`, `no-program`, `not-as-planned`, `unknown-object`, `too-close`, `program-not-proved`,
`answer-contradicts-program`, `options-contradict-program`, `question-contradicts-program`, `speaks-of-notes`,
`malformed-entry`, and those of `stvqa.programs.inspect`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stvqa.programs.asking import called_otherwise, misasked
from stvqa.programs.claims import categories_of, objects_of
from stvqa.programs.decide import Decider
from stvqa.programs.difficulty import measure
from stvqa.programs.inspect import Fault, Posed, inspect, inspect_wording
from stvqa.programs.notation import ClaimSyntaxError, parse_claim, write_claim
from stvqa.programs.references import confusables
from stvqa.programs.shortcuts import shortcuts, write_shortcuts
from stvqa.programs.verdict import Verdict
from stvqa.programs.wording import contradiction
from stvqa.records import Asked, Claim, Level, Not, Program, Prospect, Question
from stvqa.teachers.llm.open_items import OpenItem
from stvqa.teachers.llm.prompt import spoken_of
from stvqa.teachers.llm.reply import WrittenQuestion

__all__ = ["judge"]

_NOTES = re.compile(
    r"\b[a-z_]+\.\d+\b|\b(?:bounding|bbox|pixels?|coordinates?|annotat\w+|scene graph|claims?)\b", re.IGNORECASE
)
_DIFFICULTY: dict[Level, float] = {"easy": 0.2, "medium": 0.45, "hard": 0.7}
"""Of an open question, for want of anything measured: about the middle of each level."""


def judge(written: WrittenQuestion, item: Prospect | OpenItem, *, teacher: str) -> Question | Fault:
    """The question, or why it is refused.

    Args:
        written: what the teacher wrote for the item.
        item: what was asked for.
        teacher: name of the model.
    """
    fault = _speaks_of_notes(written)
    if fault is not None:
        return fault
    if isinstance(item, OpenItem):
        return _open_question(written, item, teacher=teacher)
    claims = _claims(written, item)
    if isinstance(claims, Fault):
        return claims
    verdicts = _verdicts(claims, item)
    fault = _truth(written, verdicts) or _words(written, claims, item)
    return fault or _question(written, claims, verdicts, item, teacher=teacher)


def _speaks_of_notes(written: WrittenQuestion) -> Fault | None:
    """The reader sees an image: no ids, boxes, pixels."""
    for text in (written.question, *written.options):
        found = _NOTES.search(text)
        if found is not None:
            return Fault("speaks-of-notes", f"“{found[0]}” means nothing to a reader who has only the image")
    return None


def _claims(written: WrittenQuestion, item: Prospect) -> tuple[Claim, ...] | Fault:
    """The program's claims, of the planned kind and over the planned objects."""
    if written.program is None:
        return Fault("no-program", "the item has claims, and they decide its answer: return them as the program")
    try:
        claims = tuple(parse_claim(text) for text in written.program)
    except ClaimSyntaxError as error:
        return Fault("malformed-program", str(error))
    if len(claims) != len(written.options):
        return Fault("claims-do-not-fit", f"{len(claims)} claims for {len(written.options)} options")
    if len(claims) != item.option_count:
        return Fault("not-as-planned", f"{len(claims)} options where {item.option_count} were asked for")
    known = {part.id for part in item.focus.objects}
    for name in (name for claim in claims for name in objects_of(claim)):
        if name not in known:
            return Fault("unknown-object", f"{name} is no object of this item")
    alone = [claims] if any(isinstance(claim, Not) for claim in claims) else [[claim] for claim in claims]
    if any(item.category not in categories_of(part) for part in alone):
        return Fault("not-as-planned", f"these are no claims for a question of the category {item.category}")
    return claims


def _verdicts(claims: Sequence[Claim], item: Prospect) -> list[Verdict]:
    decider = Decider(item.focus, item.margins)
    return [decider.decide(claim) for claim in claims]


def _truth(written: WrittenQuestion, verdicts: Sequence[Verdict]) -> Fault | None:
    """Exactly one claim is true and it is the one that the teacher calls right."""
    values = [verdict.value for verdict in verdicts]
    if None in values:
        place = values.index(None)
        return Fault("too-close", f"claim {place + 1}: {verdicts[place].why}")
    if values.count(True) != 1:
        return Fault("program-not-proved", f"{values.count(True)} of the claims are true, one must be")
    if not 0 <= written.right < len(values):
        return Fault("answer-out-of-range", f"answer {written.answer} of {len(values)} options")
    right = values.index(True)
    if right != written.right:
        said, true = written.options[written.right], written.options[right]
        return Fault("answer-contradicts-program", f"the answer “{said}” is false by the program, “{true}” is true")
    return None


def _words(written: WrittenQuestion, claims: Sequence[Claim], item: Prospect) -> Fault | None:
    posed = Posed(written.question, written.options, written.right, claims)
    fault = inspect(posed, item.focus, item.margins)
    if fault is not None:
        return fault
    spoken = spoken_of(item)
    said = contradiction(written.question, written.options, claims, spoken=spoken)
    if said is not None:
        return Fault("options-contradict-program", said)
    said = misasked(written.question, written.options, claims, spoken=spoken)
    return None if said is None else Fault("question-contradicts-program", said)


def _question(
    written: WrittenQuestion, claims: tuple[Claim, ...], verdicts: Sequence[Verdict], item: Prospect, *, teacher: str
) -> Question:
    values = {name: getattr(item, name) for name in Asked.model_fields}
    if {write_claim(claim) for claim in claims} != {write_claim(claim) for claim in item.program.claims}:
        values |= _measured(claims, verdicts, item, right=written.right)
    names = {part.id: part.name for part in item.focus.objects}
    values |= {
        "answer": written.right,
        "shortcuts": write_shortcuts(shortcuts(item.form, claims, written.right, names)),
    }
    return Question(
        question_id=item.prospect_id,
        program=Program(claims=claims),
        text=written.question.strip(),
        options=tuple(option.strip() for option in written.options),
        teacher=teacher,
        **values,
    )


def _measured(claims: Sequence[Claim], verdicts: Sequence[Verdict], item: Prospect, *, right: int) -> dict[str, object]:
    """Figures of a program that is not the planned one, as `prune` measures them, but on the focus graph."""
    view = Decider(item.focus, item.margins).view
    margins = [abs(verdict.margin) for verdict in verdicts if verdict.margin is not None]
    margin = min(margins) if margins and verdicts[right].margin is not None else None
    asked = sorted({view.row(name) for claim in claims for name in objects_of(claim)})
    found = measure(view, claims, asked=asked, rivals=confusables(view), margin=margin)
    return {
        "margin": margin,
        "evidence": verdicts[right].evidence,
        "difficulty": found.difficulty,
        "level": found.level,
        "rating": found.rating,
        "topic": "|".join(sorted(objects_of(claims[right]))) or item.topic,
    }


def _open_question(written: WrittenQuestion, item: OpenItem, *, teacher: str) -> Question | Fault:
    """A question on the teacher's word alone; its own level and rating stand."""
    if len(written.options) != item.options:
        return Fault("not-as-planned", f"{len(written.options)} options where {item.options} were asked for")
    if written.level is None or written.rating is None:
        missing = "level" if written.level is None else "rating"
        return Fault("malformed-entry", f"{missing}: an open item has nothing but the teacher's word for it")
    fault = inspect_wording(written.question, written.options, written.right)
    if fault is not None:
        return fault
    called = {} if item.form == "open_count" else spoken_of(item)
    said = called_otherwise(written.question, written.options, called)
    if said is not None:
        return Fault("object-not-named", said)
    return Question(
        question_id=item.item_id,
        image_id=item.image_id,
        category=item.category,
        form=item.form,
        level=written.level,
        rating=written.rating,
        difficulty=_DIFFICULTY[written.level],
        evidence="teacher",
        margins=item.margins,
        margin=None,
        option_count=len(written.options),
        answer=written.right,
        focus=item.focus,
        topic="|".join(sorted(item.objects)),
        program=None,
        text=written.question.strip(),
        options=tuple(option.strip() for option in written.options),
        teacher=teacher,
    )
