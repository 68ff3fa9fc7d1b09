"""The desk of a model that teaches: sheets go out, replies come in, each entry becomes a question or a refusal.

desk.wave(groups)       # asks for all of them at once, judges, asks once more for what was refused
desk.accepted, desk.refused
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from stvqa.planning import Demand, Group
from stvqa.programs.inspect import Fault
from stvqa.records import Category, Prospect, Question, Rejection
from stvqa.stages.contract import random_for
from stvqa.stages.generate.plan_index import PlanIndex
from stvqa.teachers.calls import CallFailure, CallRequest, Calls, Message, Picture, Reply
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.silence import shortened
from stvqa.teachers.llm import (
    OpenItem,
    ReplyRead,
    Sheet,
    WrittenQuestion,
    WrittenQuestions,
    judge,
    open_item,
    read_questions,
    tells_whole_scene,
    write_prompt,
)

__all__ = ["Desk", "Sending"]

_TOKENS_BESIDES = 100
_SHOWN = 300
_GAVE_UP = "gave-up"


class Sending(NamedTuple):
    """What all calls share.

    Attributes:
        seed: of the run.
        max_pixels: of the image that is sent; 0 sends none.
        tokens_per_question: cap on the reply.
        open_rate: open items for each call, 0 to 1.
    """

    stage: str
    model: str
    seed: int
    max_pixels: int
    temperature: float | None
    tokens_per_question: int
    open_rate: float


class _Errand(NamedTuple):
    """One call to make: planned questions, perhaps an open one, and what was wrong with them before, by id."""

    group: Group
    open: Category | None = None
    remarks: Mapping[str, str] = {}


class Desk:
    """All that was asked and what came of it.

    Attributes:
        rejections: entries that were refused; with scope `part` where the same item was asked for again.
        accepted / refused: items decided so far.
        gave_up: of the refused, those whose call got no answer; another run may get one.
    """

    def __init__(self, index: PlanIndex, sending: Sending, *, wanted_open: Mapping[Category, int]) -> None:
        self._index, self._sending = index, sending
        self._open_left = Counter(wanted_open)
        self._open_credit = 0.0
        self._questions: dict[str, str] = {}
        self._open_questions: dict[str, list[str]] = defaultdict(list)
        self._counts: Counter[str] = Counter()
        self._sizes: Counter[int] = Counter()
        self._written: Counter[str] = Counter()
        self.rejections: list[Rejection] = []
        self.accepted = self.refused = self.gave_up = 0

    def wave(self, groups: Sequence[Group], *, calls: Calls, demand: Demand) -> None:
        """Asks for all groups, then once more for what was refused and can be mended."""
        errands = [_Errand(group) for group in groups]
        for purpose in ("question", "repair"):
            if errands:
                errands = self._ask(errands, purpose, calls=calls, demand=demand)

    def requests(self, groups: Sequence[Group]) -> list[CallRequest]:
        """The requests of a first attempt, exactly as `wave` makes them."""
        return [request for _, request in self._rendered([_Errand(group) for group in groups], "question")]

    def batches(self, size: int) -> Iterator[list[Question]]:
        """The accepted questions in the order of the plan, an image's open one after its planned ones."""
        questions = map(Question.model_validate_json, self._ordered())
        while batch := list(islice(questions, size)):
            yield batch

    def figures(self) -> dict[str, Any]:
        """Counts for run.json; `written` is by cell, what `further` goes by."""
        return {
            "written": dict(sorted(self._written.items())),
            "open": sum(len(found) for found in self._open_questions.values()),
            "items": dict(sorted(self._counts.items())),
            "questions_in_a_call": {str(size): count for size, count in sorted(self._sizes.items())},
        }

    def _ordered(self) -> Iterator[str]:
        before = ""
        for item in self._index.planned:
            if item.image_id != before:
                yield from self._open_questions.get(before, ())
                before = item.image_id
            if item.name in self._questions:
                yield self._questions[item.name]
        yield from self._open_questions.get(before, ())

    def _ask(self, errands: Sequence[_Errand], purpose: str, *, calls: Calls, demand: Demand) -> list[_Errand]:
        """Makes one call an errand, and gives the errands that are worth a second attempt."""
        rendered = self._rendered(errands, purpose)
        outcomes = calls.answer([request for _, request in rendered])
        came: dict[str, list[tuple[_Errand, Reply | CallFailure]]] = defaultdict(list)
        for (errand, _), outcome in zip(rendered, outcomes, strict=True):
            came[errand.group.image_id].append((errand, outcome))
        again = []
        for image_id, prospects in self._index.images(set(came)):
            for errand, outcome in came[image_id]:
                remarks = self._settle(errand, prospects, outcome, purpose=purpose, demand=demand)
                if remarks:
                    names = tuple(name for name in errand.group.names if name in remarks)
                    left_open = errand.open if len(names) < len(remarks) else None
                    again.append(_Errand(Group(image_id, names), left_open, remarks))
        return again

    def _rendered(self, errands: Sequence[_Errand], purpose: str) -> list[tuple[_Errand, CallRequest]]:
        """Errands in the order of the plan with their requests; first attempts get their open items here."""
        of_image: dict[str, list[_Errand]] = defaultdict(list)
        for errand in errands:
            of_image[errand.group.image_id].append(errand)
        rendered: list[tuple[_Errand, CallRequest]] = []
        for image_id, prospects in self._index.images(set(of_image)):
            for errand in of_image[image_id]:
                whole = self._with_open(errand, prospects) if purpose == "question" else errand
                parts = self._parted(whole, prospects)
                rendered += [(part, self._request(self._sheet(part, prospects), purpose)) for part in parts]
        return rendered

    def _parted(self, errand: _Errand, prospects: Sequence[Prospect]) -> list[_Errand]:
        """An errand that would tell of the whole scene as smaller ones; a question that needs all of it is refused."""
        sheet = self._sheet(errand, prospects)
        if not tells_whole_scene(sheet):
            return [errand]
        names = errand.group.names
        if len(sheet.items) == 1:
            self._refuse(Fault("whole-scene", "it needs every object of the scene"), sheet.items[0], None, final=True)
            return []
        middle = (len(names) + 1) // 2
        halves = (
            errand._replace(group=Group(errand.group.image_id, names[:middle]), open=None),
            errand._replace(group=Group(errand.group.image_id, names[middle:])),
        )
        return [part for half in halves for part in self._parted(half, prospects)]

    def _with_open(self, errand: _Errand, prospects: Sequence[Prospect]) -> _Errand:
        """Every so often an open item goes along, of the category that lacks most and that the image allows."""
        self._open_credit += self._sending.open_rate
        if self._open_credit < 1:
            return errand
        for category, left in sorted(self._open_left.items(), key=lambda pair: (-pair[1], pair[0])):
            item = self._open_item(category, prospects) if left > 0 else None
            if item is not None and not self._is_known(item):
                self._open_credit -= 1
                self._open_left[category] -= 1
                return errand._replace(open=category)
        return errand

    def _open_item(self, category: Category, prospects: Sequence[Prospect]) -> OpenItem | None:
        chance = random_for(self._sending.seed, self._sending.stage, f"{prospects[0].image_id}/{category}/open")
        return open_item(category, prospects, chance=chance)

    def _is_known(self, item: OpenItem) -> bool:
        return any(item.item_id in text for text in self._open_questions.get(item.image_id, ()))

    def _sheet(self, errand: _Errand, prospects: Sequence[Prospect]) -> Sheet:
        chosen = tuple(item for item in prospects if item.prospect_id in errand.group.names)
        sheet = Sheet(chosen, None if errand.open is None else self._open_item(errand.open, prospects))
        numbers = {_id_of(item): number for number, item in enumerate(sheet.items, start=1)}
        return sheet._replace(remarks={numbers[name]: remark for name, remark in errand.remarks.items()})

    def _request(self, sheet: Sheet, purpose: str) -> CallRequest:
        sending, prompt = self._sending, write_prompt(sheet)
        graph = sheet.items[0].focus
        images: tuple[Picture, ...] = ()
        if sending.max_pixels and graph.image.kind != "placeholder":
            images = (Picture(graph.image, graph.width, graph.height, max_pixels=sending.max_pixels),)
        return CallRequest(
            stage=sending.stage,
            purpose=purpose,
            model=sending.model,
            messages=(Message("system", prompt.system), Message("user", prompt.user, images=images)),
            max_output_tokens=_TOKENS_BESIDES + sending.tokens_per_question * len(sheet.items),
            temperature=sending.temperature,
            seed=random_for(sending.seed, sending.stage, _id_of(sheet.items[0])).getrandbits(31),
            schema=WrittenQuestions,
        )

    def _settle(
        self,
        errand: _Errand,
        prospects: Sequence[Prospect],
        outcome: Reply | CallFailure,
        *,
        purpose: str,
        demand: Demand,
    ) -> dict[str, str]:
        """Takes down what one call brought; gives what is wrong with the items that are asked for again."""
        sheet = self._sheet(errand, prospects)
        self._sizes[len(sheet.items)] += purpose == "question"
        read = read_questions(outcome.text) if isinstance(outcome, Reply) else None
        remarks = {}
        for number, item in enumerate(sheet.items, start=1):
            written = read.written.get(number) if read is not None else None
            result = (
                judge(written, item, teacher=self._sending.model) if written else _nothing(item, number, read, outcome)
            )
            if isinstance(result, Question):
                self._accept(result, item, purpose=purpose, demand=demand)
                continue
            final = purpose == "repair" or read is None or (written is None and isinstance(item, OpenItem))
            self._refuse(result, item, written, final=final)
            if not final:
                remarks[_id_of(item)] = _remark(result, written)
        return remarks

    def _accept(self, question: Question, item: Prospect | OpenItem, *, purpose: str, demand: Demand) -> None:
        self.accepted += 1
        self._counts["mended" if purpose == "repair" else "at-once"] += 1
        self._written[f"{question.category}/{question.level}"] += 1
        if isinstance(item, OpenItem):
            self._open_questions[item.image_id].append(question.model_dump_json())
            return
        self._questions[item.prospect_id] = question.model_dump_json()
        demand.accept((question.category, question.level))

    def _refuse(self, fault: Fault, item: Prospect | OpenItem, written: WrittenQuestion | None, *, final: bool) -> None:
        self.rejections.append(
            Rejection(
                stage=self._sending.stage,
                reason=fault.reason,
                record_id=_id_of(item),
                detail=fault.detail,
                scope="record" if final else "part",
                payload=written.model_dump_json() if written else "",
            )
        )
        if final:
            self.refused += 1
            self.gave_up += fault.reason == _GAVE_UP
            self._counts["refused"] += 1
            if isinstance(item, OpenItem):
                self._open_left[item.category] += 1


def _id_of(item: Prospect | OpenItem) -> str:
    return item.item_id if isinstance(item, OpenItem) else item.prospect_id


def _nothing(item: Prospect | OpenItem, number: int, read: ReplyRead | None, outcome: Reply | CallFailure) -> Fault:
    """Why there is no entry for an item."""
    if isinstance(outcome, CallFailure):
        return Fault(outcome.reason, outcome.detail)
    assert read is not None, "a reply is always read"
    if number in read.faults:
        return Fault(*read.faults[number])
    if outcome.finish_reason == "length":
        return Fault("cut-off", f"the reply was cut off before item {number}: raise generate.tokens_per_question")
    if read.fault:
        return Fault("malformed-reply", f"{read.fault}: {shortened(outcome.text, secret=Secret(''))}")
    return Fault("not-answered", "the teacher left it out" if isinstance(item, OpenItem) else "no entry for the item")


def _remark(fault: Fault, written: WrittenQuestion | None) -> str:
    """What a teacher is told of a refused entry."""
    if written is None:
        return f"{fault.reason}: {fault.detail}"[:_SHOWN]
    options = " / ".join(written.options)
    return f"“{written.question}” {options}: {fault.reason}: {fault.detail}"[:_SHOWN]
