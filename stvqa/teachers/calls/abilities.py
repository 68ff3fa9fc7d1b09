"""What a server can do with a model: asked once, by the first real call, and remembered in the ledger's file.

    abilities = Abilities.at_first("https://api.openai.com/v1")
    abilities.learn(refusal, used=frozenset({"schema", "seed"}))    # the same without what the server refuses, or None

Nothing is asked beside the calls that are needed anyway: the first call of a kind goes alone, with everything; what
the server refuses by name is left out or said in another way, and the call is sent again. Refusals cost nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from stvqa.records.base import Record

__all__ = ["Abilities", "Feature"]

Feature = Literal["limit", "schema", "images", "seed", "temperature"]
"""What a call may need of a server; `limit` is the limit of output tokens, which every call has."""

SchemaForm = Literal["json_schema", "json_object", "prompt"]

_NEXT_FORM: dict[SchemaForm, SchemaForm] = {"json_schema": "json_object", "json_object": "prompt"}
_NAMES: dict[Feature, re.Pattern[str]] = {
    "limit": re.compile(r"\bmax_(completion_)?tokens\b"),
    "schema": re.compile(r"response_format|json_schema|json_object|guided|grammar|structured output", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b"),
    "temperature": re.compile(r"\btemperature\b"),
}
_WITHOUT_NAMES: tuple[Feature, ...] = ("schema", "seed", "limit", "temperature")
"""In which order features are given up where the server does not say what it dislikes: the newest first."""

_IGNORED_AT_LEAST = 3


class Abilities(Record):
    """What one server can do with one model, as far as is known.

    Attributes:
        limit_name: its name of the limit of output tokens.
        schema_form: how a schema is asked for; `prompt` in words alone.
        schema_told: the words of the schema go into the prompt whatever the form is, since the server ignores it.
        seed / temperature: whether it takes them.
        reasons: it thinks at length within the limit of output tokens, so that it needs a larger one.
        sees: images make a difference to what it reads, as far as that can be told.
        settled: features that a call was answered with.
        refused: the ways that it refused; none is tried twice.
        obeyed / ignored: replies that fitted a schema, and that did not.
    """

    limit_name: Literal["max_completion_tokens", "max_tokens"] = "max_tokens"
    schema_form: SchemaForm = "json_schema"
    schema_told: bool = False
    seed: bool = True
    temperature: bool = True
    reasons: bool = False
    sees: bool = False
    settled: tuple[Feature, ...] = ()
    refused: tuple[str, ...] = ()
    obeyed: int = 0
    ignored: int = 0

    @classmethod
    def at_first(cls, base_url: str) -> Abilities:
        """What to try first: OpenAI's models want the new name of the limit, most other servers know the old one."""
        openai = "openai.com" in base_url
        return cls(limit_name="max_completion_tokens" if openai else "max_tokens", sees=openai)

    def is_settled(self, used: frozenset[Feature]) -> bool:
        """Whether a call with these features was answered before, each of them at least once."""
        return used <= set(self.settled)

    def settle(self, used: frozenset[Feature]) -> Abilities:
        """After an answer to a call with these features."""
        settled: list[Feature] = sorted({*self.settled, *used})
        return self.model_copy(update={"settled": tuple(settled)})

    def learn(self, refusal: str, *, used: frozenset[Feature]) -> Abilities | None:
        """After the server refused a call.

        Args:
            refusal: its words, the parameter's name among them where it gives one.
            used: features of the call.

        Returns:
            What to try next; None where nothing is left to give up.
        """
        for feature, names in _NAMES.items():
            if feature in used and names.search(refusal) and (without := self._without(feature)) is not None:
                return without
        if self.is_settled(used):
            return None
        for feature in _WITHOUT_NAMES:
            if feature in used and feature not in self.settled and (without := self._without(feature)) is not None:
                return without
        return None

    def saw_reply(self, *, fits: bool) -> Abilities:
        """After a reply to a call with a schema: a server whose replies do not fit is told the schema in words."""
        obeyed, ignored = self.obeyed + fits, self.ignored + (not fits)
        counted = self.model_copy(update={"obeyed": obeyed, "ignored": ignored})
        ignores = not fits and (obeyed == 0 or ignored >= max(_IGNORED_AT_LEAST, obeyed))
        return counted.model_copy(update={"schema_told": True}) if ignores else counted

    def _without(self, feature: Feature) -> Abilities | None:
        """One way of asking less, None where it was refused already."""
        if feature == "limit":
            other = "max_tokens" if self.limit_name == "max_completion_tokens" else "max_completion_tokens"
            if other in self.refused:
                return None
            return self.model_copy(update={"limit_name": other, "refused": (*self.refused, self.limit_name)})
        if feature == "schema":
            form = _NEXT_FORM.get(self.schema_form)
            return None if form is None else self.model_copy(update={"schema_form": form})
        if feature in ("seed", "temperature") and getattr(self, feature):
            return self.model_copy(update={feature: False})
        return None
