"""What the page knows of one question: its words, its boxes, each option's claim and verdict, the votes.

    entry = row_entry(row, split="train", image=17)
    entry.verdict, entry.options[1].verdict, entry.options[1].claim
    # ("proved", "true", "the cup is to the left of the laptop in the image")

The models here are the page's own JSON; the scripts in `web/` read these names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Literal

from stvqa.completion import LETTERS, CellUnreadable, read_proof, read_votes
from stvqa.programs.claims import in_words, objects_of
from stvqa.programs.decide import Decider
from stvqa.programs.mirror import mirrored_answer
from stvqa.programs.references import references
from stvqa.programs.view import SceneView, UnknownObjectError
from stvqa.records import Box, Claim, Margins, Prospect, Question, Record, Row, SceneGraph, Vote
from stvqa.teachers.llm import WrittenQuestion

__all__ = ["Entry", "EntryObject", "EntryOption", "ProofVerdict", "question_entry", "row_entry", "written_entry"]

ProofVerdict = Literal["proved", "teacher's word", "does not hold", "not decided"]
"""The program proves the answer and refutes the other options; there is no program; there is one, but it does not; the
question was refused before its program was more than text."""

_Fact = str | int | float | bool | None
_Value = Literal["true", "false", "too close to call"]
_VALUES: dict[bool | None, _Value] = {True: "true", False: "false", None: "too close to call"}
_ASKED = ("category", "form", "level", "rating", "evidence", "margin")


class EntryOption(Record):
    """An option with what its program says of it.

    Attributes:
        claim: the program's claim in words; empty without a program.
        verdict: empty without a program, or where the claim speaks of an object that the graph lacks.
        margin: signed, 1 = just enough; None where the verdict has no scale.
        why: one clause with the measured values.
        objects: places of the objects that the claim speaks of, in the entry's `objects`; none for a count,
            whose focus graph holds nothing but what is counted.
    """

    text: str
    claim: str = ""
    verdict: Literal["true", "false", "too close to call", ""] = ""
    evidence: str = ""
    margin: float | None = None
    why: str = ""
    objects: tuple[int, ...] = ()


class EntryObject(Record):
    """An object of the focus graph.

    Attributes:
        name: as questions speak of it (`red cup`) where it can be told from the others, else its name or id.
        box: pixels of the original image.
    """

    id: str
    name: str
    attributes: tuple[str, ...]
    box: Box


class Entry(Record):
    """One question as the page shows it.

    Attributes:
        id: of the row, or of the question that was refused.
        image: number of the image's block in the page; None where there is none.
        answer: index of the right option; None where the row's letter is none of its options.
        in_mirror: index of the option that is right of the mirrored image, which some votes were asked about.
        relationships: subject, predicate, object, in words.
        facts: what is shown below in small print, label to value.
    """

    id: str
    image: int | None
    image_id: str
    width: int
    height: int
    question: str
    options: tuple[EntryOption, ...]
    answer: int | None
    in_mirror: int | None = None
    verdict: ProofVerdict
    objects: tuple[EntryObject, ...] = ()
    relationships: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    facts: dict[str, _Fact] = {}


def row_entry(row: Row, *, split: str, image: int | None) -> Entry:
    """The entry of a published row; a program or votes that cannot be read are shown as not holding, never dropped."""
    place = LETTERS.find(row.answer_only) if len(row.answer_only) == 1 else -1
    facts: dict[str, _Fact] = {
        "category": row.category,
        "level": row.level,
        "rating": row.rating,
        "evidence": row.evidence,
        "margin": row.margin,
        "split": split,
        "source": row.source,
        "teacher": row.teacher,
        "verifier": row.verifier,
        "blind_correct": row.blind_correct,
        "coco_id": row.coco_id,
    }
    words: dict[str, Any] = {
        "id": row.row_id,
        "image": image,
        "image_id": row.image_id,
        "width": row.image_width,
        "height": row.image_height,
        "question": row.question_only,
        "answer": place if 0 <= place < len(row.options) else None,
        "facts": facts,
    }
    votes = _votes(row.votes)
    plain = tuple(EntryOption(text=option) for option in row.options)
    if not row.program:
        return Entry(**words, options=plain, votes=votes, verdict="teacher's word")
    try:
        proof = read_proof(row.program)
    except CellUnreadable:
        return Entry(**words, options=plain, votes=votes, verdict="does not hold")
    parts = _proved(row.options, place, claims=proof.claims, graph=proof.graph, margins=proof.margins, votes=votes)
    return Entry(**words, **parts)


def question_entry(question: Question | Prospect, *, image: int | None) -> Entry:
    """The entry of a question that never became a row; one that was not worded yet shows its claims for options."""
    graph = question.focus
    facts: dict[str, _Fact] = {
        name: getattr(question, name) for name in ("category", "form", "level", "rating", "evidence", "margin")
    }
    claims = question.program.claims if question.program else ()
    if isinstance(question, Question):
        name, text, texts, votes = question.question_id, question.text, question.options, tuple(question.votes)
        facts |= {name: getattr(question, name) for name in ("teacher", "verifier", "blind_correct")}
    else:
        name, text, votes = question.prospect_id, f"not worded: {question.category}, {question.form}", ()
        texts = tuple(in_words(claim, _called(graph)) for claim in claims)
    return Entry(
        id=name,
        image=image,
        image_id=question.image_id,
        width=graph.width,
        height=graph.height,
        question=text,
        answer=question.answer if question.answer < len(texts) else None,
        facts={**facts, "source": graph.source},
        **_proved(texts, question.answer, claims=claims, graph=graph, margins=question.margins, votes=votes),
    )


def written_entry(written: WrittenQuestion, prospect: Prospect, *, image: int | None) -> Entry:
    """The entry of a question as a model wrote it for a prospect; claims are shown as it wrote them, not decided."""
    claims = written.program or ("",) * len(written.options)
    options = tuple(
        EntryOption(text=text, claim=claim) for text, claim in zip_longest(written.options, claims, fillvalue="")
    )
    update = {
        "question": written.question,
        "options": options,
        "answer": written.right if written.right < len(written.options) else None,
        "verdict": "not decided",
    }
    return question_entry(prospect, image=image).model_copy(update=update)


def _proved(
    texts: Sequence[str],
    answer: int,
    *,
    claims: Sequence[Claim],
    graph: SceneGraph,
    margins: Margins,
    votes: Sequence[Vote],
) -> dict[str, Any]:
    """Options, verdict, votes, objects and relationships of an entry."""
    places = {item.id: place for place, item in enumerate(graph.objects)}
    told = _called(graph)
    objects = tuple(
        EntryObject(id=item.id, name=told[item.id], attributes=item.attributes, box=item.box) for item in graph.objects
    )
    relationships = tuple(
        f"{told.get(item.subject, item.subject)} {item.predicate} {told.get(item.object, item.object)}"
        for item in graph.relationships
    )
    parts: dict[str, Any] = {"objects": objects, "relationships": relationships, "votes": votes}
    if not claims:
        return parts | {"options": tuple(EntryOption(text=text) for text in texts), "verdict": "teacher's word"}
    decider = Decider(graph, margins)
    options = tuple(
        _option(text, claim, decider=decider, names=told, places=places)
        for text, claim in zip(texts, claims, strict=False)
    )
    options += tuple(EntryOption(text=text) for text in texts[len(claims) :])
    expected = ["true" if place == answer else "false" for place in range(len(texts))]
    if [option.verdict for option in options] != expected:
        return parts | {"options": options, "verdict": "does not hold"}
    turned = mirrored_answer(claims, graph, margins, answer=answer) if any(vote.mirrored for vote in votes) else None
    return parts | {"options": options, "in_mirror": turned, "verdict": "proved"}


def _called(graph: SceneGraph) -> dict[str, str]:
    """What to call each object by id: as questions do, else by its name where no other has it, else by its id."""
    counts = Counter(item.name for item in graph.objects)
    plain = {item.id: item.name if counts[item.name] == 1 else item.id for item in graph.objects}
    return plain | references(SceneView(graph))


def _option(text: str, claim: Claim, *, decider: Decider, names: dict[str, str], places: dict[str, int]) -> EntryOption:
    words = in_words(claim, names)
    objects = tuple(places[item] for item in objects_of(claim) if item in places)
    try:
        verdict = decider.decide(claim)
    except UnknownObjectError as error:
        return EntryOption(text=text, claim=words, why=f"the graph has no object {error}", objects=objects)
    return EntryOption(
        text=text,
        claim=words,
        verdict=_VALUES[verdict.value],
        evidence=verdict.evidence,
        margin=None if verdict.margin is None else round(verdict.margin, 3),
        why=verdict.why,
        objects=objects,
    )


def _votes(text: str) -> tuple[Vote, ...]:
    """The column `votes`; one that cannot be read becomes a vote that says so."""
    try:
        return read_votes(text)
    except CellUnreadable:
        return (Vote(verifier="unreadable", reply=f"the column votes holds {text[:160]!r}"),)
