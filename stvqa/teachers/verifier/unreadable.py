"""When a verifier does not answer as it is told: that says nothing of the questions, and is no verdict on any.

refuse_unreadable(rulings, judge.presenters)
# CallError: verifier m: 19 of its 20 replies name no option, for example “The image shows a dog …”: ...
"""

from __future__ import annotations

from collections.abc import Sequence

from stvqa.errors import CallError
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.silence import shortened
from stvqa.teachers.verifier.judging import Ruling
from stvqa.teachers.verifier.presenting import Presenter

__all__ = ["refuse_unreadable"]

_UNREADABLE = 0.5
"""Share of replies that name no option, above which the replies are at fault and not the questions."""


def refuse_unreadable(rulings: Sequence[Ruling], presenters: Sequence[Presenter]) -> None:
    """Ends a run where most replies of a verifier name no option. Blind replies do not count: a model may then decline.

    Raises:
        CallError: with an example reply, and what to do.
    """
    for presenter in presenters:
        votes = [vote for item in rulings for vote in item.votes if vote.verifier == presenter.model and not vote.blind]
        unread = [vote.reply for vote in votes if vote.choice is None]
        if len(unread) > _UNREADABLE * len(votes):
            example = shortened(unread[0], secret=Secret(""))
            raise CallError(
                f"verifier {presenter.model}: {len(unread):,} of its {len(votes):,} replies name no option, for "
                f"example {example}: a model that thinks before it answers needs more room than "
                f"{presenter.max_output_tokens} tokens (--set verify.max_output_tokens=4000) or has to be served "
                "without its thoughts; else name another model, one that sees images. What was answered is kept"
            )
