"""What is known of a server with each model, kept in the ledger's file, and found out by the calls themselves.

learning = Learning(ledger, server=server)
async with learning.alone("gpt-4o", features):    # one call at a time until its features were answered once
    ...
    learning.answered(request, answer)
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import ValidationError

from stvqa.store.ledger import Ledger
from stvqa.store.ledger_rows import Answer
from stvqa.teachers.calls.abilities import Abilities, Feature
from stvqa.teachers.calls.contract import CallRequest
from stvqa.teachers.calls.options import Server
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.replies import ReplyUnreadable, read_reply
from stvqa.teachers.calls.wire import features_of

__all__ = ["Learning"]

_KIND = "abilities"


class Learning:
    """Abilities of one server, by model. Used by one event loop."""

    def __init__(self, ledger: Ledger, *, server: Server) -> None:
        self._ledger = ledger
        self._server = server
        self._known: dict[str, Abilities] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        for name, text in ledger.notes(_KIND).items():
            place, _, model = name.partition(" ")
            if place == server.shown:
                self._known[model] = _read(text, server)

    def of(self, model: str) -> Abilities:
        """What is known, or what to try first."""
        return self._known.get(model) or Abilities.at_first(self._server.url)

    @asynccontextmanager
    async def alone(self, model: str, used: frozenset[Feature]) -> AsyncIterator[None]:
        """Lets calls through one at a time until one with these features was answered, then all at once."""
        if self.of(model).is_settled(used):
            yield
            return
        async with self._locks[model]:
            first = not self.of(model).is_settled(used)
            if first:
                yield
        if not first:
            yield

    def learn(self, request: CallRequest, verdict: Verdict, *, sent_with: Abilities) -> bool:
        """After the server refused a call: whether there is another way to ask.

        Args:
            request: the call.
            verdict: what the server said.
            sent_with: what the call went by; where another call has learnt more since, that is tried first.
        """
        known = self.of(request.model)
        if known.model_copy(update=_counts(sent_with)) != sent_with:
            return True
        better = known.learn(verdict.words, used=features_of(request))
        if better is None:
            return False
        self._keep(request.model, better)
        return True

    def answered(self, request: CallRequest, answer: Answer) -> None:
        """After an answer: its features work; and whether the schema was heeded."""
        known = self.of(request.model)
        after = known.settle(features_of(request) - (frozenset() if known.sees else {"images"}))
        if request.schema is not None and answer.text and answer.finish_reason == "stop":
            after = after.saw_reply(fits=_fits(answer.text, request))
        if after != known:
            self._keep(request.model, after, write=after.model_copy(update=_counts(known)) != known)

    def sees(self, model: str) -> None:
        """After it was found that a model looks at images, or that nobody can tell."""
        self._keep(model, self.of(model).settle(frozenset({"images"})).model_copy(update={"sees": True}))

    def saw_thoughts(self, model: str) -> None:
        """After a reply that was all thoughts up to its limit: the limit is a larger one from now on."""
        known = self.of(model)
        if not known.reasons:
            self._keep(model, known.model_copy(update={"reasons": True}))

    def _keep(self, model: str, abilities: Abilities, *, write: bool = True) -> None:
        self._known[model] = abilities
        if write:
            self._ledger.note(_KIND, f"{self._server.shown} {model}", abilities.model_dump_json())


def _counts(known: Abilities) -> dict[str, int]:
    return {"obeyed": known.obeyed, "ignored": known.ignored}


def _fits(text: str, request: CallRequest) -> bool:
    assert request.schema is not None, "asked of calls with a schema alone"
    try:
        read_reply(text, request.schema)
    except ReplyUnreadable:
        return False
    return True


def _read(text: str, server: Server) -> Abilities:
    """What an earlier run noted; another version's notes are no loss."""
    try:
        return Abilities.model_validate_json(text)
    except ValidationError:
        return Abilities.at_first(server.url)
