"""How a question is put to a verifier: image, question and rotated options, never the graph.

    request = Presenter(model="gpt-4o").vote(question, Showing(rotation=1))
    request.messages[1].text
    # Is the cup to the left or to the right of the table in the image?
    # (A) To the right
    # (B) To the left

About 70 text tokens a call. The image is most of the price. The default cap of 512 x 341 pixels is what a photograph of
3:2 may have to be one tile of OpenAI's: 255 tokens on gpt-4o, and 216 on Qwen2.5-VL (18 x 12 patches of 28 x 28);
4:3 becomes 482 x 362. At 512 x 512 pixels in all a photograph is wider than a tile: 425 and 336 tokens; at 1024 x 768,
765 and 999. Small things get lost below the cap, so raise it where a verifier refuses what people can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stvqa.completion import render_options
from stvqa.completion.choices import read_choice
from stvqa.prompts import fill, load_prompt
from stvqa.records import Question, Vote
from stvqa.teachers.calls import CallRequest, Message, Picture, Reply
from stvqa.texts import reply_shown

__all__ = ["PROMPTS", "Presenter", "Showing", "read_vote", "rotated"]

PROMPTS = ("verifier", "blind")
"""Names in `prompts/`."""

_REPLY_KEPT = 200
"""Characters, as `Vote.reply` says."""


class Showing(NamedTuple):
    """One presentation of a question.

    Attributes:
        rotation: by how many places the options are rotated.
        mirrored: the image is shown with left and right swapped.
        blind: no image is shown.
        sample: tells apart answers to equal presentations.
        later: the third or fourth answer.
        purpose: for figures of what calls cost.
    """

    rotation: int
    mirrored: bool = False
    blind: bool = False
    sample: int = 0
    later: bool = False
    purpose: str = "vote"


class Presenter(NamedTuple):
    """Makes the calls of one verifier.

    Attributes:
        max_pixels: cap on width x height of the image that is sent.
        max_output_tokens: room for the reply.
        temperature: of first answers.
        later_temperature: of the third and fourth answer, or a model at temperature 0 would but repeat itself
            where a rotation comes up again.
    """

    model: str
    max_pixels: int = 512 * 341
    max_output_tokens: int = 64
    temperature: float | None = 0.0
    later_temperature: float | None = 0.7

    def vote(self, question: Question, showing: Showing) -> CallRequest:
        """The call for one answer."""
        name = "blind" if showing.blind else "verifier"
        options = render_options(rotated(question.options, showing.rotation))
        text = fill(load_prompt(name, "user"), question=question.text, options=options)
        return CallRequest(
            stage="verify",
            purpose=showing.purpose,
            model=self.model,
            messages=(
                Message("system", load_prompt(name, "system")),
                Message("user", text, images=() if showing.blind else (self._picture(question, showing.mirrored),)),
            ),
            max_output_tokens=self.max_output_tokens,
            temperature=self.later_temperature if showing.later else self.temperature,
            sample=showing.sample,
        )

    def _picture(self, question: Question, mirrored: bool) -> Picture:
        graph = question.focus
        return Picture(graph.image, graph.width, graph.height, max_pixels=self.max_pixels, mirrored=mirrored)


def rotated(options: Sequence[str], rotation: int) -> tuple[str, ...]:
    """The options from place `rotation` on, then those before it."""
    return (*options[rotation:], *options[:rotation])


def read_vote(reply: Reply, question: Question, showing: Showing, *, verifier: str) -> Vote:
    """What a reply chose, in the question's own order of options; one that was cut short chose nothing."""
    whole = reply.finish_reason != "length"
    place = read_choice(reply.text, rotated(question.options, showing.rotation)) if whole else None
    return Vote(
        verifier=verifier,
        rotation=showing.rotation,
        mirrored=showing.mirrored,
        blind=showing.blind,
        choice=None if place is None else (place + showing.rotation) % len(question.options),
        reply=reply_shown(reply.text[:_REPLY_KEPT]),
    )
