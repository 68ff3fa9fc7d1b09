"""The noun tree: reads `nouns.txt` and `confusable.txt` once, on first use.

    lexicon().entries["cab"]            # the same Entry as entries["taxi"]
    lexicon().entries["taxi"].parents   # ("car",)
    lexicon().mixed["cup"]              # frozenset({"glass", "bowl", ...})

An `Entry` is one thing with all names people use for it. Group nodes (`*artifact`) keep their star and
are no names. Reading takes about 10 ms, so nothing is read at import.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["Entry", "Lexicon", "lexicon", "modifiers", "packaged_lines", "read_confusable", "read_nouns"]

_FLAG = re.compile(r"\s+([@+!])(\w+)")


class Entry(NamedTuple):
    """One concept.

    Attributes:
        name: the representative name, singular (plural-only words as they are).
        synonyms: further names of the same thing, singular.
        parents: names of the entries right above it, the tree's own first.
        salience: the class of `stvqa.vocabulary.salience`, inherited where the line gives none.
        flags: trait names that hold, inherited ones included.
    """

    name: str
    synonyms: tuple[str, ...]
    parents: tuple[str, ...]
    salience: str
    flags: frozenset[str]


class Lexicon(NamedTuple):
    """The tree and the pairs that people mix up.

    Attributes:
        entries: every name and synonym to its entry.
        lines: every concept to the concepts and groups above it, nearest first, without itself.
        depths: every concept or group to the length of its longest way to the root, at least 1.
        mixed: what people mix up, by keys: `plant` is the concept and all below it, `plant!` it alone.
    """

    entries: dict[str, Entry]
    lines: dict[str, tuple[str, ...]]
    depths: dict[str, int]
    mixed: dict[str, frozenset[str]]


def packaged_lines(name: str) -> list[str]:
    """Returns the lines of a data file of this package, without comments and blank lines."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def read_nouns(lines: list[str]) -> list[Entry]:
    """Reads the tree; `lines` as in `nouns.txt`, whose head explains the form.

    Raises:
        ValueError: a line is indented by more than one level below its parent.
    """
    above: list[Entry] = []
    entries: list[Entry] = []
    for line in lines:
        level = (len(line) - len(line.lstrip(" "))) // 2
        if level > len(above):
            raise ValueError(f"nouns: {line.strip()[:40]!r} is indented too deep")
        parent = above[level - 1] if level else None
        for text in line.split(";"):
            entry = _read_entry(text, parent)
            entries.append(entry)
        above[level:] = [entry]
    return entries


def _read_entry(text: str, parent: Entry | None) -> Entry:
    salience = parent.salience if parent else "thing"
    flags = parent.flags if parent else frozenset()
    for mark, word in _FLAG.findall(text):
        if mark == "@":
            salience = word
        else:
            flags = flags | {word} if mark == "+" else flags - {word}
    names, _, further = _FLAG.split(text, maxsplit=1)[0].partition("<")
    name, _, synonyms = names.partition("=")
    tree = (parent.name,) if parent else ()
    return Entry(name.strip(), tuple(_split(synonyms)), (*tree, *_split(further)), salience, flags)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def read_confusable(lines: list[str], names: dict[str, Entry]) -> dict[str, frozenset[str]]:
    """Reads sets `a, b, c` (each with each) and pairs of sets `a, b ~ c, d` (each left with each right).

    Args:
        lines: as in `confusable.txt`.
        names: names and synonyms to their entries.

    Returns:
        Symmetric: keys of `Lexicon.mixed` to keys.

    Raises:
        KeyError: a name that the tree does not hold.
    """
    mixed: dict[str, set[str]] = {}
    for line in lines:
        left, crossed, right = line.partition("~")
        ones = [_key(text, names) for text in _split(left)]
        others = [_key(text, names) for text in _split(right)] if crossed else ones
        for one in ones:
            for other in others:
                mixed.setdefault(one, set()).add(other)
                mixed.setdefault(other, set()).add(one)
    return {name: frozenset(others) for name, others in mixed.items()}


def _key(text: str, names: dict[str, Entry]) -> str:
    name = names[text.removesuffix("!")].name
    return f"{name}!" if text.endswith("!") else name


@lru_cache(maxsize=1)
def modifiers() -> frozenset[str]:
    """Returns the words in front of a name that say what a thing is like, not what it is."""
    return frozenset(word for line in packaged_lines("modifiers.txt") for word in line.split())


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Returns the packaged tree, read on the first call."""
    entries = read_nouns(packaged_lines("nouns.txt"))
    names: dict[str, Entry] = {}
    for entry in entries:
        names[entry.name] = entry
    for entry in entries:
        for synonym in entry.synonyms:
            names.setdefault(synonym, entry)
    own = {entry.name: entry for entry in entries}
    lines: dict[str, tuple[str, ...]] = {}
    depths: dict[str, int] = {}
    for entry in entries:
        _climb(entry.name, own, lines=lines, depths=depths)
    mixed = read_confusable(packaged_lines("confusable.txt"), names)
    return Lexicon(names, lines, depths, mixed)


def _climb(name: str, own: dict[str, Entry], *, lines: dict[str, tuple[str, ...]], depths: dict[str, int]) -> None:
    if name in lines:
        return
    above: dict[str, None] = dict.fromkeys(own[name].parents)
    for parent in own[name].parents:
        _climb(parent, own, lines=lines, depths=depths)
        above.update(dict.fromkeys(lines[parent]))
    lines[name] = tuple(above)
    depths[name] = 1 + max((depths[parent] for parent in own[name].parents), default=0)
