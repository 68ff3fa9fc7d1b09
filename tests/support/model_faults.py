"""What the loopback model server does wrong, and what it cannot do.

    Faults(rates={"malformed": 0.2, "rate-limited": 0.1}, seed=7)     # by rate, the same for the same calls
    Faults(script=["server-error", "rate-limited"])                   # the next calls, in the order they arrive
    Traits(limit_name="max_completion_tokens", images=False)          # what it is like

A fault by rate depends on the call and on how often it has been tried, so that a retry gets another chance.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["BILLED", "FAULTS", "Fault", "Faults", "Traits"]

Fault = Literal[
    "rate-limited",  # 429 without Retry-After
    "rate-limited-wait",  # 429 with Retry-After
    "quota",  # 429 that no waiting mends
    "server-error",  # 500
    "overloaded",  # 503
    "timeout",  # no answer for as long as the client listens
    "dropped",  # the connection ends before an answer
    "cut",  # ... in the middle of one
    "not-json",  # 200 with a page of HTML, as proxies do
    "malformed",  # an answer whose text is not the JSON that was asked for
    "length",  # an answer that ran into its limit of tokens
    "empty",  # an answer without text
    "thoughts-only",  # null content, and all the text in `reasoning`
    "thoughts-in-content",  # thoughts that do not come to an end, and nothing after them
    "max-tokens",  # null content, as Gemini says that the limit was reached
    "safety",  # null content, as Gemini says that a filter held it back
    "failed-choice",  # an error in the choice, half a text beside it
    "failed-beside",  # an error beside the choices
    "finish-error",  # finish_reason "error" and nothing else said about it
    "refusal",  # `refusal` instead of content
    "content-filter",  # finish_reason content_filter
    "content-filter-400",  # the prompt was filtered
    "context-too-long",  # 400
    "wrong-usage",  # figures that cannot be
    "no-usage",  # no figures
    "unauthorized",  # 401
    "no-model",  # 404
]

FAULTS: tuple[Fault, ...] = get_args(Fault)

BILLED: frozenset[Fault] = frozenset(
    {"cut", "malformed", "length", "empty", "refusal", "content-filter", "wrong-usage", "no-usage"}
    | {"thoughts-only", "thoughts-in-content", "max-tokens", "safety"}
    | {"failed-choice", "failed-beside", "finish-error"}
)
"""Faults of answers that a provider would send a bill for."""

_THOUGHT = "I look at the image. The answer is A"
_UPSTREAM = {"code": 502, "message": "Upstream overloaded"}


def silence(fault: Fault | None, value: dict[str, Any]) -> None:
    """Makes a completion one that says nothing, in the way of the fault; others are left as they are."""
    choice = value["choices"][0]
    message = choice["message"]
    if fault == "thoughts-only":
        message |= {"content": None, "reasoning": _THOUGHT}
    elif fault == "thoughts-in-content":
        message["content"] = f"<think>{_THOUGHT}"
    elif fault in ("max-tokens", "safety"):
        message["content"] = None
        choice["finish_reason"] = "MAX_TOKENS" if fault == "max-tokens" else "SAFETY"
    elif fault in ("failed-choice", "finish-error"):
        message["content"] = "The"
        choice["finish_reason"] = "error"
        if fault == "failed-choice":
            choice["error"] = _UPSTREAM
    elif fault == "failed-beside":
        value["error"] = _UPSTREAM


@dataclass(slots=True)
class Faults:
    """Which call goes wrong, and how.

    Attributes:
        rates: share of calls, 0 to 1 each, together at most 1.
        script: faults of the next calls, "" for none; used up before rates count.
        retry_after: seconds, of `rate-limited-wait`.
        only_first: so many first tries of each call can go wrong by rate; None: any.
    """

    rates: dict[Fault, float] = field(default_factory=dict)
    script: list[Fault | Literal[""]] = field(default_factory=list)
    seed: int = 0
    retry_after: float = 0.2
    only_first: int | None = None

    def of(self, key: str, tries: int) -> Fault | None:
        """The fault of a call that has been tried `tries` times before."""
        if self.script:
            return self.script.pop(0) or None
        if self.only_first is not None and tries >= self.only_first:
            return None
        digest = hashlib.sha256(f"{self.seed}\x1f{key}\x1f{tries}".encode()).digest()
        drawn = int.from_bytes(digest[:8], "big") / 2**64
        for fault, rate in self.rates.items():
            if drawn < rate:
                return fault
            drawn -= rate
        return None


@dataclass(slots=True)
class Traits:
    """What the server is like.

    Attributes:
        limit_name: the parameter for the limit of tokens that it knows; the other one is refused. `both`: either.
        schema: what `response_format` it knows (others are refused); `ignored`: takes all, heeds none.
        images / seed / temperature: whether it takes them.
        drops_images: it takes images, says nothing, and does not look at them.
        context_tokens: longest prompt, in its tokens; None for any.
        api_key: the one it lets in; None for any and none.
        models: that it has; empty for any.
        latency_seconds: of each answer.
        reasons: it thinks before it answers, `thinking_tokens` long, within the limit of tokens.
        echoes_key: its errors hold the key that was sent, as some servers' do.
        batch_seconds: how long a batch takes.
        batch_expires: share of a batch's lines that it does not come to, 0 to 1.
    """

    limit_name: Literal["both", "max_tokens", "max_completion_tokens"] = "both"
    schema: Literal["json_schema", "json_object", "none", "ignored"] = "json_schema"
    images: bool = True
    seed: bool = True
    temperature: bool = True
    drops_images: bool = False
    context_tokens: int | None = None
    api_key: str | None = None
    models: tuple[str, ...] = ()
    latency_seconds: float = 0.0
    reasons: bool = False
    thinking_tokens: int = 200
    echoes_key: bool = False
    batch_seconds: float = 0.0
    batch_expires: float = 0.0
