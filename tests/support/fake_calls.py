"""Calls without a network: a brain answers at once, and every request is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from model_brains import Brain, ChatCall

from stvqa.teachers.calls import CallFailure, CallRequest, Reply, Usage

__all__ = ["FakeCalls"]


class FakeCalls:
    """`Calls` over a brain.

    Attributes:
        waves: the requests of each call of `answer`, in order.
        failing: gives a reason for requests that shall fail.
    """

    def __init__(self, brain: Brain, *, failing: Callable[[CallRequest], str | None] = lambda _: None) -> None:
        self.brain = brain
        self.failing = failing
        self.waves: list[list[CallRequest]] = []

    @property
    def requests(self) -> list[CallRequest]:
        return [request for wave in self.waves for request in wave]

    def answer(self, requests: Sequence[CallRequest]) -> list[Reply | CallFailure]:
        self.waves.append(list(requests))
        return [self._outcome(request) for request in requests]

    def _outcome(self, request: CallRequest) -> Reply | CallFailure:
        key = hashlib.sha256(repr(request).encode()).hexdigest()
        reason = self.failing(request)
        if reason is not None:
            return CallFailure(key, reason, f"the server said {reason}")
        texts = {role: [m.text for m in request.messages if m.role == role] for role in ("system", "user")}
        call = ChatCall(
            key=key,
            model=request.model,
            system="\n\n".join(texts["system"]),
            user="\n\n".join(texts["user"]),
            last=request.messages[-1].text,
            images=(),
            schema=None,
            wants_json=request.schema is not None,
            body={},
        )
        return Reply(key, self.brain(call), request.model, "stop", Usage())
