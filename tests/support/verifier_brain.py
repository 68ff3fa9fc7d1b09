"""Verifiers for tests: what they make of one presentation of a question, as a fake of `Calls` and over HTTP.

calls = FakeCalls(honest(questions))          # in this process, with a ledger of its own
ModelServer(brain=over_http(honest(questions), questions))
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from model_brains import Brain, ChatCall, options_of

from stvqa.geometry import difference_hash, hash_distance
from stvqa.programs.mirror import mirrored_answer
from stvqa.records import Question
from stvqa.sources.images import open_image
from stvqa.teachers.calls import CallFailure, CallRequest, Reply, Usage


class Seen(NamedTuple):
    """What a model gets to see; `sees` is what the image is known by, None where there is none."""

    question: str
    options: tuple[str, ...]
    sees: str | None
    mirrored: bool
    key: str
    model: str = ""


Mind = Callable[[Seen], str]
"""Gives the text of the reply."""


def letter(seen: Seen, option: str) -> str:
    return "ABCD"[seen.options.index(option)]


def always_a(seen: Seen) -> str:
    return "A"


def uniform(seed: int = 0) -> Mind:
    """Each answer is drawn anew, evenly."""
    return leaning((1, 1, 1, 1), seed=seed)


def leaning(weights: Sequence[float], *, seed: int = 0) -> Mind:
    """Draws letters with these weights, whatever is asked."""

    def mind(seen: Seen) -> str:
        digest = hashlib.sha256(f"{seed}/{seen.key}".encode()).digest()
        chance = random.Random(int.from_bytes(digest[:8], "big"))
        return chance.choices("ABCD"[: len(seen.options)], weights[: len(seen.options)])[0]

    return mind


def first_by_text(seen: Seen) -> str:
    """Looks at no image: the option that comes first in the alphabet, wherever it stands."""
    return letter(seen, min(seen.options))


def honest(questions: Iterable[Question], *, wrong_about: Iterable[str] = (), blind: Mind = always_a) -> Mind:
    """Knows the answer of each question about each image, mirrored or not.

    Args:
        wrong_about: ids of questions of which it takes another option for right, each time the same.
        blind: what it says without an image.
    """
    wrong = frozenset(wrong_about)
    table = {}
    for item in questions:
        answer = item.answer
        if item.question_id in wrong:
            answer = (answer + 1) % len(item.options)
        turned = answer
        if item.program is not None:
            found = mirrored_answer(item.program.claims, item.focus, item.margins, answer=item.answer)
            turned = item.answer if found is None else found
        table[item.image_id, item.text, *sorted(item.options), False] = item.options[answer]
        table[item.image_id, item.text, *sorted(item.options), True] = item.options[turned]

    def mind(seen: Seen) -> str:
        if seen.sees is None:
            return blind(seen)
        return letter(seen, table[seen.sees, seen.question, *sorted(seen.options), seen.mirrored])

    return mind


def seen_in(request: CallRequest, images: dict[str, str]) -> Seen:
    """What is in a request; `images` names images by their location and size."""
    message = request.messages[-1]
    options = tuple(options_of(message.text).values())
    picture = message.images[0] if message.images else None
    return Seen(
        message.text.split("\n")[0],
        options,
        None if picture is None else images.get(picture.reference.location, picture.reference.location),
        picture is not None and picture.mirrored,
        key_of(request),
        request.model,
    )


def key_of(request: CallRequest) -> str:
    return hashlib.sha256(repr(request).encode()).hexdigest()[:16]


class FakeCalls:
    """`Calls` without a network: a mind, a ledger, and failures on demand.

    Attributes:
        answered: the ledger, key to reply; share it between two of these to go on after a kill.
        asked: every request that reached the mind, in order.
        waves: sizes of the lists handed over.
        fail: says of a request why it fails; None lets it through.
        die_after: raises KeyboardInterrupt once so many new calls were answered.
    """

    def __init__(self, mind, questions=(), *, answered=None, fail=lambda request: None, die_after=None):
        self.mind = mind
        self.images = {item.focus.image.location: item.image_id for item in questions}
        self.answered = {} if answered is None else answered
        self.fail = fail
        self.die_after = die_after
        self.asked = []
        self.waves = []

    def answer(self, requests):
        self.waves.append(len(requests))
        return [self._one(request) for request in requests]

    def _one(self, request):
        key = key_of(request)
        if key in self.answered:
            return self.answered[key]._replace(from_ledger=True)
        reason = self.fail(request)
        if reason is not None:
            return CallFailure(key, reason, f"the server said {reason}")
        if self.die_after is not None and len(self.asked) >= self.die_after:
            raise KeyboardInterrupt
        self.asked.append(request)
        text = self.mind(seen_in(request, self.images))
        self.answered[key] = Reply(key, text, request.model, "stop", Usage(80, 1))
        return self.answered[key]


def over_http(mind: Mind, questions: Iterable[Question] = ()) -> Brain:
    """The same mind behind the loopback server; images are told by their looks."""
    hashes = _hashes(questions)

    def brain(call: ChatCall) -> str:
        options = tuple(options_of(call.last).values())
        sees, mirrored = (None, False)
        if call.images:
            sees, mirrored = _recognised(call.images[0], hashes) if hashes else ("", False)
        return mind(Seen(call.last.split("\n")[0], options, sees, mirrored, call.key, call.model))

    return brain


def _hashes(questions: Iterable[Question]) -> list[tuple[str, str, bool]]:
    from PIL import ImageOps

    found = {}
    for item in questions:
        if item.image_id not in found:
            image = open_image(item.focus.image, width=item.focus.width, height=item.focus.height)
            found[item.image_id] = (difference_hash(image), difference_hash(ImageOps.mirror(image)))
    return [
        (digest, name, mirrored)
        for name, pair in found.items()
        for digest, mirrored in zip(pair, (False, True), strict=True)
    ]


def _recognised(data: bytes, hashes: list[tuple[str, str, bool]]) -> tuple[str, bool]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        seen = difference_hash(image.convert("RGB"))
    _, name, mirrored = min((hash_distance(seen, digest), name, mirrored) for digest, name, mirrored in hashes)
    return name, mirrored
