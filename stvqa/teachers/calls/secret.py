r"""A server's secrets, taken out of all that it says: of messages, on one line, and of answers, which stay as they are.

secret = Secret("sk-proj-...", also=["user:password"])
secret.clean("401:\nsk-proj-... is wrong")       # "401: [key] is wrong"
secret.out_of(answer)                            # the answer, without the key in any of its texts
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from stvqa.environment import read_key
from stvqa.errors import InputError
from stvqa.secrecy import KnownKeys, without_keys
from stvqa.store.ledger_rows import Answer
from stvqa.store.storable import storable

__all__ = ["Secret", "shortened_words"]

_SHOWN_LETTERS = 300


class Secret:
    """Takes keys out of texts; never shows them itself.

    Args:
        key: of the server; "" where there is none.
        also: more that is never shown: values of the URL's query, the password of its login.
    """

    def __init__(self, key: str, also: Sequence[str] = ()) -> None:
        self._keys = (key, *also)
        self._known = KnownKeys(self._keys)

    def __repr__(self) -> str:
        return "Secret(...)"

    @classmethod
    def of_environment(cls) -> Self:
        """The key that calls are made with, where what a server said is read from a file."""
        try:
            return cls(read_key("OPENAI_API_KEY"))
        except InputError:  # it is no key, and was never sent
            return cls("")

    def clean(self, text: str) -> str:
        """The text on one line, without the key and without anything that looks like one."""
        return " ".join(without_keys(storable(text), keys=self._keys).split())

    def shown(self, text: str) -> str:
        """The same, shortened for a message."""
        return shortened_words(self.clean(text))

    def out_of(self, answer: Answer) -> Answer:
        """The answer without the key; what only looks like one may be a word, and stays."""
        take = self._known.taken_out
        return answer._replace(
            text=take(answer.text),
            model=take(answer.model),
            finish_reason=take(answer.finish_reason),
            refusal=take(answer.refusal),
            reasoning=take(answer.reasoning),
            raw=None if answer.raw is None else take(answer.raw.decode()).encode(),
        )


def shortened_words(text: str) -> str:
    """A text of a length that a message can hold."""
    return text if len(text) <= _SHOWN_LETTERS else f"{text[: _SHOWN_LETTERS - 3]}..."
