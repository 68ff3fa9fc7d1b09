"""What a server's error means: try again, wait, ask otherwise, give this call up, or stop altogether.

judge(Refusal(429, {"error": {"code": "insufficient_quota", "message": "..."}}))
# Verdict(kind="stop", reason="quota", detail="the quota of this key is used up: ...")
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple

from stvqa.store.storable import storable

__all__ = ["Refusal", "Secret", "Verdict", "judge", "retry_after"]

_CONTEXT = re.compile(
    r"context[ _]?(length|window|size)|maximum (context|sequence|prompt) length|too many tokens|prompt is too long"
    r"|exceed\w* .{0,40}(context|model_max_length|token limit)|input is too long|reduce the length",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content[ _](filter|policy|management)|responsible.?ai|safety system|moderation", re.IGNORECASE)
_QUOTA = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|insufficient (balance|credit|funds)", re.IGNORECASE
)
_IMAGES = re.compile(
    r"image_url|image input|images? (is|are) not|not (a |an )?(multi-?modal|vision)|vision|support images?"
    r"|content must be a string|invalid (content|type).{0,40}(content|image)",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"\bpinned to\b|\bmodel\b.{0,80}\b(does not exist|not found|not loaded|is unknown)", re.IGNORECASE
)
_DETAIL_LETTERS = 300
_KEYLIKE = re.compile(r"\b(sk|hf|gsk|key|pk)[-_][A-Za-z0-9_*-]{6,}|[Bb]earer\s+\S+")
_LONGEST_WAIT_SECONDS = 900.0


class Secret:
    """Takes keys out of texts; never shows the key itself."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Secret(...)"

    def clean(self, text: str) -> str:
        """The text without the key, without anything that looks like one, and on one line of bounded length."""
        text = storable(text)
        plain = text.replace(self._key, "[key]") if self._key else text
        return " ".join(_KEYLIKE.sub("[key]", plain).split())[:_DETAIL_LETTERS]


class Refusal(NamedTuple):
    """An HTTP response that is an error.

    Attributes:
        message / code / parameter: as in the body of the OpenAI API's errors; "" where they are not there.
        wait_seconds: of Retry-After; None where it is not there.
    """

    status: int
    message: str
    code: str = ""
    parameter: str = ""
    wait_seconds: float | None = None

    @classmethod
    def of(cls, status: int, body: object, headers: Mapping[str, str], *, secret: Secret) -> Refusal:
        """From a response; what it says is cleaned of keys."""
        error = body.get("error", body) if isinstance(body, Mapping) else body
        wait = retry_after(headers)
        if not isinstance(error, Mapping):
            return cls(status, secret.clean(str(error or "")), wait_seconds=wait)
        message = error.get("message") or error.get("detail") or error
        named = {name: secret.clean(str(error.get(name) or "")) for name in ("code", "param")}
        return cls(status, secret.clean(str(message)), named["code"], named["param"], wait)

    @property
    def words(self) -> str:
        """All that the server said."""
        return " ".join(filter(None, (self.parameter, self.code, self.message)))


class Verdict(NamedTuple):
    """What to do.

    Attributes:
        kind: `retry` this call after a while; `limited`: the same, and everybody slower; `learn`: ask otherwise;
            `fail`: this call brings nothing; `stop`: no call does.
        reason: slug.
        detail: one sentence; with the remedy for `fail` and `stop`.
    """

    kind: Literal["retry", "limited", "learn", "fail", "stop"]
    reason: str
    detail: str
    wait_seconds: float | None = None


def judge(refusal: Refusal, *, model: str, url: str, images: bool) -> Verdict:
    """What an error response means.

    Args:
        refusal: the response.
        model: that was asked.
        url: of the server, for messages.
        images: the call had images.
    """
    said = refusal.message or f"HTTP status {refusal.status}"
    stop = _stop(refusal, model=model, url=url, said=said)
    if stop is not None:
        return stop
    if refusal.status == 429:
        return _limited(refusal, said)
    if (refusal.status >= 500 and refusal.status != 501) or refusal.status in (408, 409, 425):
        return Verdict("retry", "server-error", f"{refusal.status}: {said}", refusal.wait_seconds)
    if refusal.status == 413 or _CONTEXT.search(refusal.words):
        remedy = "serve the model with a longer context, choose another model, or send smaller images"
        return Verdict("fail", "context-too-long", f"the prompt is too long for {model} ({said}): {remedy}")
    if _FILTERED.search(refusal.words):
        return Verdict("fail", "content-filter", f"the server's content filter refused the prompt ({said})")
    if images and _IMAGES.search(refusal.words):
        remedy = "name one that does, or serve it with its vision part"
        return Verdict("stop", "text-only", f"{model} at {url} does not take images ({said}): {remedy}")
    return Verdict("learn", "not-accepted", f"the server does not accept the call ({refusal.status}: {said})")


def _stop(refusal: Refusal, *, model: str, url: str, said: str) -> Verdict | None:
    """The verdict where no call can succeed until the user changes something."""
    status = refusal.status
    if status == 402 or (status in (403, 429) and _QUOTA.search(refusal.words)):
        return Verdict(
            "stop", "quota", f"{url} refuses for want of money or quota ({said}): top up the account, or wait"
        )
    if status == 401:
        return Verdict("stop", "wrong-key", f"{url} refuses the key ({said}): put a valid one into OPENAI_API_KEY")
    if status == 403:
        remedy = "use a key that may, or another model"
        return Verdict("stop", "forbidden", f"{url} does not let this key use {model} ({said}): {remedy}")
    if status == 404 or "model_not_found" in refusal.code or (status == 400 and _UNKNOWN_MODEL.search(said)):
        remedy = "check the model's name and --base-url (most end in /v1)"
        return Verdict("stop", "unknown-model", f"{url} knows no model {model} ({said}): {remedy}")
    if 300 <= status < 400 or status == 405:
        return Verdict("stop", "wrong-url", f"{url} is no chat completions API ({status}): check --base-url")
    return None


def _limited(refusal: Refusal, said: str) -> Verdict:
    wait = refusal.wait_seconds
    if wait is not None and wait > _LONGEST_WAIT_SECONDS:
        detail = f"the server asks to wait for {wait / 60:.0f} minutes ({said}): run the same command again then"
        return Verdict("stop", "rate-limited", f"{detail}; every answer is kept")
    return Verdict("limited", "rate-limited", f"429: {said}", wait)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After` (seconds or a date); None where it says nothing usable."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            return max(0.0, float(text) * scale)
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            continue
    return None
