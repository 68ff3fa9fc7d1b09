"""A brain that plays both parts, to try a whole build with teacher and verifier: it writes questions, and answers them.

    python tests/support/model_server.py --port 8123 --brain studio

As the teacher it is `teacher_brain.teacher`. As the verifier it answers what it wrote by its own key, told apart by the image it wrote it
about; a question without its image, or one that it did not write, it guesses.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict

from model_brains import Brain, ChatCall, Truth, guesser, honest
from PIL import Image, ImageOps
from teacher_brain import teacher

from stvqa.geometry import difference_hash

__all__ = ["studio"]


def studio(seed: int = 0) -> Brain:
    """Teacher and honest verifier in one; it remembers what it wrote as long as the server runs."""
    write, guess = teacher(seed=seed), guesser(seed)
    written: dict[str, list[Truth]] = defaultdict(list)

    def brain(call: ChatCall) -> str:
        if "Items:" in call.last or "were refused" in call.last:
            text = write(call)
            for truth in _truths(text, call.images):
                written[truth.question].append(truth)
            return text
        question = next((line for line in call.last.splitlines() if line in written), None)
        if question is None or not call.images:
            return guess(call)
        return honest(written[question], otherwise=guess)(call)

    return brain


def _truths(text: str, images: tuple[bytes, ...]) -> list[Truth]:
    """What was written, with the right option's text and the image it is about."""
    plain = mirrored = ""
    if images:
        with Image.open(io.BytesIO(images[0])) as image:
            plain, mirrored = difference_hash(image), difference_hash(ImageOps.mirror(image))
    return [
        Truth(item["question"], item["options"]["ABCD".index(item["answer"])], plain, mirrored)
        for item in json.loads(text)["questions"]
    ]
