"""What a stage asks of a model, and what comes back.

    requests = [CallRequest(stage="verify", purpose="vote", model="gpt-4o",
                            messages=(Message("system", "..."), Message("user", "...", images=(picture,))),
                            max_output_tokens=60)]
    outcomes = context.calls.answer(requests)   # Reply or CallFailure, in the order of the requests

A stage works in waves: it hands over all requests that it knows it needs, gets all outcomes, and decides what
to ask next from these alone. So its decisions depend on no order of arrival, a run that was killed makes the
same ones again (answered calls come from the ledger), and a wave can as well go out as one batch file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from pydantic import BaseModel

from stvqa.records import ImageReference

__all__ = ["CallFailure", "CallForecast", "CallRequest", "Calls", "Message", "Picture", "Range", "Reply", "Usage"]


class Picture(NamedTuple):
    """An image of a message; loaded, resized and encoded only when the request is keyed or sent.

    Attributes:
        width / height: size that the annotation goes by, in pixels.
        max_pixels: cap on width x height of what is sent.
        mirrored: left and right swapped.
    """

    reference: ImageReference
    width: int
    height: int
    max_pixels: int = 512 * 512
    mirrored: bool = False


class Message(NamedTuple):
    """One message of a chat; images stand before the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[Picture, ...] = ()


class CallRequest(NamedTuple):
    """One call of a model.

    Attributes:
        stage / model / messages / max_output_tokens / temperature / seed / schema / sample: hashed, with the
            bytes of the images, to the ledger's key.
        purpose: what the call is for (`question`, `repair`, `vote`, `blind`, `canary`); for figures only.
        temperature / seed: None leaves them to the server.
        schema: the reply's model, asked for as JSON schema where the server knows how; None: plain text.
        sample: tells apart requests that are otherwise equal and need answers of their own.
    """

    stage: str
    purpose: str
    model: str
    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None = 0.0
    seed: int | None = None
    schema: type[BaseModel] | None = None
    sample: int = 0


class Usage(NamedTuple):
    """Tokens as the server counted them; `cached` are the input tokens that it had cached."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Reply(NamedTuple):
    """An answer, exactly as it came.

    Attributes:
        key: of the ledger.
        model: as the server names it.
        finish_reason: `stop`, `length`, ...
        from_ledger: it was there before this run asked.
    """

    key: str
    text: str
    model: str
    finish_reason: str
    usage: Usage
    from_ledger: bool = False


class CallFailure(NamedTuple):
    """A call that brought no answer and that asking again will not mend; never a verdict on anything.

    Attributes:
        reason: slug: `content-filter`, `refused`, `context-too-long`, `image-unreadable`, `gave-up` (every
            retry failed; the call stays open and a later run makes it again).
        detail: one sentence with what the server said; never holds a key.
    """

    key: str
    reason: str
    detail: str


class Range(NamedTuple):
    """From the least to the most, both included."""

    low: float
    high: float


class CallForecast(NamedTuple):
    """What a stage will ask for one purpose, before it asks.

    Attributes:
        purpose / model: as in the requests.
        calls: how many calls the whole stage will make for this purpose.
        sample: some of the requests, spread evenly over what is asked first, each exactly as the stage will make it:
            answered for the plan, it is in the ledger for the run. Stand-ins that the stage will not ask have
            `sample=-1`; they are counted and never sent. None at all: as long as those of the forecast before it.
        output_tokens: of one reply, where no call of the sample was made.
    """

    purpose: str
    model: str
    calls: Range
    sample: tuple[CallRequest, ...]
    output_tokens: Range


class Calls(Protocol):
    """What makes the calls of a run: the ledger before, the limiter and the budget around, the client behind."""

    def answer(self, requests: Sequence[CallRequest]) -> list[Reply | CallFailure]:
        """One outcome for each request, in their order; equal keys share one call.

        Raises:
            BudgetError: the next call would pass `--max-usd` or `--max-calls`; all answers that came are kept.
            PendingCalls: batch by file: the calls were written to a file and their answers have yet to come.
            StvqaError: nothing can be had there (no key, wrong key, unknown model, nobody listens).
        """
