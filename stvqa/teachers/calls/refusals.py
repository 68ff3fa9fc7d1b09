"""What a server's error means: try again, wait, ask otherwise, give this call up, or stop altogether.

judge(Refusal(429, "You exceeded ...", codes=frozenset({"insufficient_quota"})), model="gpt-4o", url=url, images=True)
# Verdict(kind="stop", reason="quota", detail="... refuses for want of money or quota (You exceeded ...): ...")

Codes come before words, and words are read whole: they are shortened where they are shown. A model's name is no word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from stvqa.teachers.calls.error_words import read_error
from stvqa.teachers.calls.refusal_words import (
    BAD_IMAGE,
    CONTEXT,
    FILTER_CODES,
    FILTERED,
    LOCATION,
    NO_IMAGES,
    NO_IMAGES_PERHAPS,
    NO_MONEY,
    NO_MONEY_CODES,
    OUT_OF_MEMORY,
    PERMISSION,
    PERMISSION_CODES,
    STATUS_BY_CODE,
    UNKNOWN_MODEL,
    UNKNOWN_MODEL_CODES,
    WRONG_KEY,
    WRONG_KEY_CODES,
)
from stvqa.teachers.calls.secret import Secret, shortened_words
from stvqa.teachers.calls.waits import asked_wait, reset_wait

__all__ = ["Refusal", "Verdict", "judge"]

_LONGEST_WAIT_SECONDS = 900.0
_LIMITED = frozenset({429, 498})
_MAY_BE_LIMITED = frozenset({503, 529})
_PASSING = frozenset({408, 409, 424, 425})
_UPSTREAM = frozenset({408, 502, 504, 520, 524})
"""Of servers in between, which gave up on the one behind them: that one may have worked on, and its bill may come."""


class Refusal(NamedTuple):
    """An HTTP response that is an error.

    Attributes:
        message: all that it says, as words on one line.
        codes: its words for machines, in lower case.
        parameter: of the call that it is about; "" where it names none.
        wait_seconds: until the server wants to be asked again; None where it does not say.
        reset_seconds: until its limits start anew; they need not be the reason.
    """

    status: int
    message: str
    codes: frozenset[str] = frozenset()
    parameter: str = ""
    wait_seconds: float | None = None
    reset_seconds: float | None = None

    @classmethod
    def of(cls, status: int, body: object, headers: Mapping[str, str], *, secret: Secret) -> Refusal:
        """From a response; what it says is cleaned of keys.

        Args:
            status: of the response; one of 200 says that the error came as an answer, and its own one counts.
            body: decoded JSON, or text.
        """
        said = read_error(body)
        if status == 200:
            named = (number for code, number in STATUS_BY_CODE.items() if code in said.codes)
            status = said.status or next(named, 500)
        return cls(
            status,
            secret.clean(said.message),
            frozenset(map(secret.clean, said.codes)),
            secret.clean(said.parameter),
            asked_wait(headers, body, said.message),
            reset_wait(headers),
        )

    @property
    def shown(self) -> str:
        """What the server said, for a message."""
        return shortened_words(self.message) or f"HTTP status {self.status}"

    def words(self, *, model: str = "") -> str:
        """All that the server said, without the model's name where that could be taken for words."""
        words = " ".join(filter(None, (self.parameter, *sorted(self.codes), self.message)))
        for name in dict.fromkeys(filter(None, (model, model.rpartition("/")[2]))):
            words = _name_of(name).sub("MODEL", words)
        return words


class Verdict(NamedTuple):
    """What to do.

    Attributes:
        kind: `retry` this call after a while; `limited`: the same, and everybody slower; `learn`: ask otherwise;
            `fail`: this call brings nothing; `stop`: no call does.
        reason: slug.
        detail: one sentence; with the remedy for `fail` and `stop`.
        words: all that the server said, to learn from.
        is_lost: an answer may have been made, and be billed, that did not come through.
    """

    kind: Literal["retry", "limited", "learn", "fail", "stop"]
    reason: str
    detail: str
    wait_seconds: float | None = None
    words: str = ""
    is_lost: bool = False


class _Asked(NamedTuple):
    """An error and what was asked."""

    refusal: Refusal
    words: str
    model: str
    url: str
    images: bool


def judge(refusal: Refusal, *, model: str, url: str, images: bool) -> Verdict:
    """What an error response means.

    Args:
        refusal: the response.
        model: that was asked.
        url: of the server, for messages.
        images: the call had images.
    """
    words = refusal.words(model=model)
    asked = _Asked(refusal, words, model, url, images)
    verdict = _limited(asked) or _item(asked) or _stop(asked) or _passing(asked)
    if verdict is not None:
        return verdict._replace(words=words)
    detail = f"the server does not accept the call ({refusal.status}: {refusal.shown})"
    return Verdict("learn", "not-accepted", detail, words=words)


def _limited(asked: _Asked) -> Verdict | None:
    """The verdict where the server is asked too much, now: whatever else it says, if it says when to come back."""
    refusal = asked.refusal
    wait = refusal.wait_seconds
    if refusal.status not in _LIMITED and not (refusal.status in _MAY_BE_LIMITED and wait is not None):
        return None
    if wait is None and (_wants_money(asked) or CONTEXT.search(asked.words)):
        return None
    wait = refusal.reset_seconds if wait is None else wait
    if wait is not None and wait > _LONGEST_WAIT_SECONDS:
        return _come_back(refusal, wait, kind="stop", reason="rate-limited")
    return Verdict("limited", "rate-limited", f"{refusal.status}: {refusal.shown}", wait)


def _come_back(refusal: Refusal, wait: float, *, kind: Literal["stop", "fail"], reason: str) -> Verdict:
    """The verdict where the server wants to be left alone for longer than anybody waits for a command."""
    longest = f"the longest that is waited is {_LONGEST_WAIT_SECONDS / 60:.0f} minutes"
    told = f"the server asks to wait for {_in_words(wait)} ({refusal.shown}); {longest}"
    return Verdict(kind, reason, f"{told}: run the same command again then; every answer is kept")


def _in_words(seconds: float) -> str:
    """A time of more than a minute."""
    for unit, size, most in (("minutes", 60, 300), ("hours", 3600, 72), ("days", 86_400, 1000)):
        if seconds / size <= most:
            return f"{seconds / size:.0f} {unit}"
    return "years"


def _wants_money(asked: _Asked) -> bool:
    return bool(asked.refusal.codes & NO_MONEY_CODES or NO_MONEY.search(asked.words))


def _item(asked: _Asked) -> Verdict | None:
    """The verdict where the server refuses this one call, and may well take others."""
    refusal, words, model = asked.refusal, asked.words, asked.model
    if refusal.status in (401, 402, 404, 405):
        return None
    if refusal.status == 413 or CONTEXT.search(words):
        remedy = "serve the model with a longer context, choose another model, or send smaller images"
        return Verdict("fail", "context-too-long", f"the prompt is too long for {model} ({refusal.shown}): {remedy}")
    is_filtered = any(map(FILTER_CODES.search, refusal.codes))
    if is_filtered or (refusal.status < 500 and FILTERED.search(words)):
        return Verdict("fail", "content-filter", f"the server's content filter refused the prompt ({refusal.shown})")
    if asked.images and not _lacks_memory(asked) and BAD_IMAGE.search(words) and not NO_IMAGES.search(words):
        return Verdict("fail", "image-refused", f"{model} cannot use an image of this call ({refusal.shown})")
    return None


def _stop(asked: _Asked) -> Verdict | None:
    """The verdict where no call can succeed until the user changes something."""
    refusal, words, model, url = asked.refusal, asked.words, asked.model, asked.url
    status, said = refusal.status, refusal.shown
    if status == 402 or (status <= 500 and status not in (401, 404, 405) and _wants_money(asked)):
        remedy = "top up the account, or wait"
        return Verdict("stop", "quota", f"{url} refuses for want of money or quota ({said}): {remedy}")
    if asked.images and _takes_no_images(asked):
        remedy = "name one that does, or serve it with its vision part"
        return Verdict("stop", "text-only", f"{model} at {url} does not take images ({said}): {remedy}")
    is_wrong_key = bool(refusal.codes & WRONG_KEY_CODES or WRONG_KEY.search(words))
    if status == 401 or (status in (400, 403) and is_wrong_key):
        return Verdict("stop", "wrong-key", f"{url} refuses the key ({said}): put a valid one into OPENAI_API_KEY")
    is_unknown = bool(refusal.codes & UNKNOWN_MODEL_CODES or (status == 400 and UNKNOWN_MODEL.search(refusal.message)))
    if status == 404 or (is_unknown and status != 403):
        remedy = "check the model's name and --base-url (most end in /v1)"
        return Verdict("stop", "unknown-model", f"{url} knows no model {model} ({said}): {remedy}")
    if status == 403 or (status == 400 and LOCATION.search(words)):
        return _forbidden(asked)
    if 300 <= status < 400 or status == 405:
        return Verdict("stop", "wrong-url", f"{url} is no chat completions API ({status}): check --base-url")
    return None


def _lacks_memory(asked: _Asked) -> bool:
    """Whether the server had no memory left, which says nothing of the call."""
    return asked.refusal.status >= 500 and OUT_OF_MEMORY.search(asked.words) is not None


def _takes_no_images(asked: _Asked) -> bool:
    """Whether it is the kind of call, not this one, that is refused: servers say so with all kinds of status."""
    status = asked.refusal.status
    if status in (401, 402, 403, 429) or _lacks_memory(asked):
        return False
    told = NO_IMAGES.search(asked.words) is not None
    return told or (status in (400, 415, 422, 501) and NO_IMAGES_PERHAPS.search(asked.words) is not None)


def _forbidden(asked: _Asked) -> Verdict:
    """403: of the key, which stops all, or of this call alone."""
    refusal, url = asked.refusal, asked.url
    if any(map(PERMISSION_CODES.search, refusal.codes)) or PERMISSION.search(asked.words):
        remedy = "use a key that may, or another model"
        detail = f"{url} does not let this key use {asked.model} ({refusal.shown}): {remedy}"
        return Verdict("stop", "forbidden", detail)
    return Verdict("fail", "forbidden", f"{url} forbids this call ({refusal.status}: {refusal.shown})")


def _passing(asked: _Asked) -> Verdict | None:
    refusal = asked.refusal
    if refusal.status in _PASSING or (refusal.status >= 500 and refusal.status != 501):
        wait, is_lost = refusal.wait_seconds, refusal.status in _UPSTREAM
        if wait is not None and wait > _LONGEST_WAIT_SECONDS:
            return _come_back(refusal, wait, kind="fail", reason="server-error")._replace(is_lost=is_lost)
        return Verdict("retry", "server-error", f"{refusal.status}: {refusal.shown}", wait, is_lost=is_lost)
    return None


def _name_of(name: str) -> re.Pattern[str]:
    """A model's name where it stands as one, with what is put before it (an owner) and behind it (a date, a size).

    A name of letters alone may be a word as well: it is a name in quotes, and after words that announce one.
    """
    if name.isalpha():
        before = r"(?:(?<=['\"`])|\bmodel['\"`]?\s*[=:]?\s*['\"`]?|\b(?:with|for)\s+)"
        return re.compile(rf"{before}{name}(?:[-.:@][-.:@\w]*)?(?!\w)", re.IGNORECASE)
    before = r"(?:(?<![\w.@/:-])|(?<=model:))(?:[\w.@-]+/)*"
    return re.compile(rf"{before}{re.escape(name)}[-.:@\w]*", re.IGNORECASE)
