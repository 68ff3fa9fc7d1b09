"""Who answers the calls of the loopback model server. A brain is a function from a call to the text of the answer.

    honest(truths)(call)      # "B": the letter of the option that is true, by a table of questions
    guesser(seed=3)(call)     # any letter, the same one for the same call
    always_a(call)            # "A"

Options are found in the last user message: lines such as "A. text", "(B) text", "C) text".
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = [
    "Brain",
    "ChatCall",
    "Truth",
    "always_a",
    "blind",
    "echo",
    "guesser",
    "honest",
    "options_of",
    "reply_as_asked",
]

_OPTION = re.compile(r"^\s*\(?([A-H])[).:]\s*(\S.*?)\s*$", re.MULTILINE)
_SIDES = {"left": "right", "right": "left"}
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One call as the server got it.

    Attributes:
        key: what the client calls it, or the hash of its body.
        system / user: texts of the messages of these roles, joined by blank lines.
        last: text of the last message.
        images: encoded, as they were sent.
        schema: JSON schema that was asked for and is heeded; None for none.
        wants_json: JSON of any shape was asked for.
    """

    key: str
    model: str
    system: str
    user: str
    last: str
    images: tuple[bytes, ...]
    schema: dict[str, Any] | None
    wants_json: bool
    body: dict[str, Any]


Brain = Callable[[ChatCall], str]


class Truth(NamedTuple):
    """The answer of one question about one image.

    Attributes:
        answer: text of the right option.
        image_hash: difference hash of the image, "" where the question is about one image only.
        mirrored_hash: of the image with left and right swapped.
    """

    question: str
    answer: str
    image_hash: str = ""
    mirrored_hash: str = ""


def options_of(text: str) -> dict[str, str]:
    """Letter to text of the last list of options in a text, which begins at its last A."""
    found: dict[str, str] = {}
    for letter, option in _OPTION.findall(text):
        if letter == "A":
            found = {}
        found[letter] = option
    return found


def reply_as_asked(call: ChatCall, letter: str) -> str:
    """The letter as plain text, or in the JSON that was asked for."""
    if call.schema is not None:
        return json.dumps(_filled(call.schema, letter, call.schema.get("$defs", {})))
    return json.dumps({"answer": letter}) if call.wants_json else letter


def _filled(schema: dict[str, Any], letter: str, definitions: dict[str, Any]) -> Any:
    """The smallest value of a schema, with the letter wherever a text may stand."""
    if "$ref" in schema:
        return _filled(definitions[schema["$ref"].rsplit("/", 1)[-1]], letter, definitions)
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], letter, definitions)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return letter if letter in schema["enum"] else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _filled(inner, letter, definitions) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_filled(schema["items"], letter, definitions)] * schema.get("minItems", 0)
    return {"integer": 1, "number": 1.0, "boolean": True, "null": None}.get(str(kind), letter)


def always_a(call: ChatCall) -> str:
    """The biased one."""
    return reply_as_asked(call, "A")


def guesser(seed: int = 0) -> Brain:
    """Draws a letter evenly, by the content of the call."""

    def brain(call: ChatCall) -> str:
        letters = sorted(options_of(call.last)) or ["A"]
        digest = hashlib.sha256(f"{seed}\x1f{call.system}\x1f{call.user}\x1f{_digest(call.images)}".encode()).digest()
        return reply_as_asked(call, letters[int.from_bytes(digest[:8], "big") % len(letters)])

    return brain


def blind(call: ChatCall) -> str:
    """Sees no image: always takes the option that comes first by its text, whatever its letter."""
    options = options_of(call.last)
    letter = min(options, key=lambda name: options[name].lower()) if options else "A"
    return reply_as_asked(call, letter)


def echo(call: ChatCall) -> str:
    """Twelve hex digits of the call's content: another text for each other call."""
    digest = hashlib.sha256(f"{call.system}\x1f{call.user}\x1f{_digest(call.images)}".encode()).hexdigest()
    return reply_as_asked(call, digest[:12])


def honest(truths: Iterable[Truth], *, otherwise: Brain | None = None) -> Brain:
    """Answers by a table; questions that are not in it are guessed.

    The same question about other images is told apart by the image. About a mirrored image the sides of the
    answer are swapped, and with them yes and no where the question itself names a side.
    """
    table: dict[str, list[Truth]] = {}
    for truth in truths:
        table.setdefault(truth.question, []).append(truth)
    longest_first = sorted(table, key=len, reverse=True)
    fallback = otherwise or guesser()

    def brain(call: ChatCall) -> str:
        question = next((text for text in _lines(call.last) if text in table), None)
        question = question or next((text for text in longest_first if text in call.last), None)
        if question is None:
            return fallback(call)
        answer = _answer(table[question], call.images)
        letter = next((name for name, text in options_of(call.last).items() if _same(text, answer)), None)
        return fallback(call) if letter is None else reply_as_asked(call, letter)

    return brain


def _lines(text: str) -> list[str]:
    return [line.strip().removeprefix("Question:").strip() for line in text.splitlines()]


def _answer(truths: list[Truth], images: tuple[bytes, ...]) -> str:
    if not images or not any(truth.image_hash for truth in truths):
        return truths[0].answer
    from PIL import Image

    from stvqa.geometry.image_hash import difference_hash, hash_distance

    with Image.open(io.BytesIO(images[0])) as image:
        seen = difference_hash(image)
    distances = [
        (hash_distance(seen, digest), mirrored, index)
        for index, truth in enumerate(truths)
        for mirrored, digest in ((False, truth.image_hash), (True, truth.mirrored_hash))
        if digest
    ]
    _, mirrored, index = min(distances)
    return mirrored_answer(truths[index]) if mirrored else truths[index].answer


def mirrored_answer(truth: Truth) -> str:
    """The answer about the image with left and right swapped."""
    if _SIDE.search(truth.answer):
        return _SIDE.sub(_other_side, truth.answer)
    flipped = {"yes": "No", "no": "Yes"}.get(truth.answer.strip(". ").lower())
    return flipped if flipped and _SIDE.search(truth.question) else truth.answer


def _other_side(match: re.Match[str]) -> str:
    other = _SIDES[match.group().lower()]
    return other.capitalize() if match.group()[0].isupper() else other


def _same(first: str, second: str) -> bool:
    return first.strip(" .").lower() == second.strip(" .").lower()


def _digest(images: tuple[bytes, ...]) -> str:
    digest = hashlib.sha256()
    for image in images:
        digest.update(hashlib.sha256(image).digest())
    return digest.hexdigest()
