"""A card that is there already is merged, not overwritten.

What stvqa writes stands between two marks; whatever stands outside of them is its owner's and stays:

    ---
    license: [cc-by-4.0, other]
    my_key: kept
    ---
    A paragraph of the owner's, kept.
    <!-- stvqa: begin ... -->
    # Title, tables ...
    <!-- stvqa: end -->
    A section of the owner's, kept.

Metadata are merged key by key against what stvqa wrote the time before, so that what its owner has changed, added
or taken away stays so; only the keys that follow from the files (`DATA_BOUND`) are always stvqa's.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from stvqa.card.metadata import DATA_BOUND
from stvqa.errors import InputError
from stvqa.plain_yaml import YamlFault, read_yaml, write_yaml

__all__ = ["BEGIN", "END", "MOST_CARD_BYTES", "Card", "card_metadata", "join_card", "merge_cards", "split_card"]

BEGIN = "<!-- stvqa: begin (written anew at every push; what stands outside of these marks is kept) -->"
END = "<!-- stvqa: end -->"
_BEGIN_START = "<!-- stvqa: begin"
_FENCE = "---"
MOST_CARD_BYTES = 10_000_000
"""Of a whole README.md; longer ones are not read."""


class Card(NamedTuple):
    """A card in its parts.

    Attributes:
        metadata: the YAML head.
        before / after: text of the owner's, without white space around it.
        written: what stands between the marks; empty where there are none.
    """

    metadata: dict[str, Any]
    before: str
    written: str
    after: str


def split_card(text: str, *, name: str) -> Card:
    """Takes a card apart.

    Args:
        name: what to call it in an error.

    Raises:
        InputError: its head is not valid YAML, or a mark has lost its other half.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    head, body = _head(text, name)
    start, end = body.find(_BEGIN_START), body.find(END)
    if start < 0 and end < 0:
        return Card(head, "", "", body.strip())
    opened = body.find("-->", start)
    if not 0 <= start < opened < end:
        raise InputError(
            f"{name} has one of stvqa's two marks, or has them in disorder: put `{BEGIN}` and `{END}` back"
        )
    return Card(head, body[:start].strip(), body[opened + 3 : end].strip(), body[end + len(END) :].strip())


def card_metadata(text: str, *, name: str) -> dict[str, Any]:
    """The metadata of anybody's card.

    Args:
        name: what to call it in an error.

    Raises:
        InputError: they are no YAML as `stvqa.plain_yaml` takes it.
    """
    return _head(text.replace("\r\n", "\n").removeprefix("\ufeff"), name)[0]


def join_card(card: Card) -> str:
    """The card as text."""
    head = write_yaml(card.metadata)
    body = [card.before, f"{BEGIN}\n{card.written}\n{END}", card.after]
    return f"{_FENCE}\n{head}{_FENCE}\n\n" + "\n\n".join(part for part in body if part) + "\n"


def merge_cards(new: Card, old: Card, *, before: Mapping[str, Any] | None = None) -> Card:
    """The new card with all that is its owner's in the old one.

    Args:
        before: metadata that stvqa wrote into the old card; None where it did not write it.
    """
    keys = [*new.metadata, *(key for key in old.metadata if key not in new.metadata)]
    known = before or {}
    merged = {key: _merged(key, new=new.metadata, old=old.metadata, before=known) for key in keys}
    return Card(
        metadata={key: value for key, value in merged.items() if value is not _GONE},
        before=old.before or new.before,
        written=new.written,
        after=_both(old.after, new.after),
    )


_GONE = object()
_LICENCE = ("license", "license_name", "license_link")
"""Keys that mean nothing alone, nor do the entries of a list of licences: kept or replaced as one."""


def _merged(key: str, *, new: Mapping[str, Any], old: Mapping[str, Any], before: Mapping[str, Any]) -> Any:  # noqa: ANN401 (YAML)
    if key == "configs":
        return _by_name(new.get(key), old.get(key), drop=before.get(key))
    if key == "dataset_info":
        infos = _by_name(_listed(new.get(key)), _listed(old.get(key)), drop=_listed(before.get(key)))
        return infos[0] if len(infos) == 1 else infos
    if key in DATA_BOUND and key in new:
        return new[key]
    if key in _LICENCE and "license" in old and old["license"] not in (before.get("license"), new.get("license")):
        return old.get(key, _GONE)  # its owner chose another
    if key not in old:
        return _GONE if key in before else new[key]  # its owner took it out
    if key not in new:
        return _GONE if key in before and before[key] == old[key] else old[key]  # stvqa no longer says so
    if key not in _LICENCE and isinstance(new[key], list):
        return _lists(new[key], _listed(old[key]), _listed(before.get(key)))
    return new[key] if key in before and before[key] == old[key] else old[key]


def _lists(new: list[Any], old: list[Any], before: list[Any]) -> list[Any]:
    """What stvqa says now, less what its owner took out, and what the owner added."""
    removed = [item for item in before if item not in old]
    added = [item for item in old if item not in before and item not in new]
    return [*(item for item in new if item not in removed), *added]


def _by_name(new: Any, old: Any, *, drop: Any) -> list[Any]:  # noqa: ANN401 (YAML)
    """Entries by `config_name`: stvqa's own as they are now, others kept."""
    taken = {_name(entry) for entry in [*_listed(new), *_listed(drop)]}
    return [*_listed(new), *(entry for entry in _listed(old) if _name(entry) not in taken)]


def _name(entry: Any) -> Hashable:  # noqa: ANN401 (YAML)
    return str(entry.get("config_name", "default")) if isinstance(entry, Mapping) else repr(entry)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 (YAML)
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _both(kept: str, more: str) -> str:
    return kept if not more or more in kept else f"{kept}\n\n{more}".strip()


def _head(text: str, name: str) -> tuple[dict[str, Any], str]:
    if not text.startswith(f"{_FENCE}\n"):
        return {}, text
    head, closed, body = text.removeprefix(f"{_FENCE}\n").partition(f"\n{_FENCE}")
    if text.startswith(f"{_FENCE}\n{_FENCE}"):
        head, closed, body = "", _FENCE, text.removeprefix(f"{_FENCE}\n{_FENCE}")
    if not closed:
        raise InputError(f"{name} begins with `---` and its metadata never end: mend it")
    try:
        values = read_yaml(head, norwegian=True)
    except YamlFault as error:
        raise InputError(f"the metadata of {name} are not valid YAML ({error}): mend them") from error
    if not isinstance(values, dict | None):
        raise InputError(f"the metadata of {name} are no table of keys and values: mend them")
    return values or {}, body
