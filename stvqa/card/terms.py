"""What the licences of a set's sources, teachers and images come to.

licence_file(facts)     # the text of LICENSE.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stvqa.card.escape import escaped
from stvqa.card.facts import SetFacts
from stvqa.card.sources import CITATIONS, Licence, SourceTerms, terms_of

__all__ = ["SourceLine", "citations", "licence_file", "own_licence", "source_lines", "teacher_terms"]

RULES = "rules"


class SourceLine(NamedTuple):
    """One source of the set, as rows name it."""

    name: str
    rows: int
    terms: SourceTerms


def source_lines(facts: SetFacts) -> list[SourceLine]:
    """Sources, those with most rows first."""
    return [SourceLine(name, rows, terms_of(name)) for name, rows in facts.sources.items()]


def own_licence(facts: SetFacts) -> str:
    """What the questions themselves are under: the licence of the annotations that they are made of."""
    names = dict.fromkeys(line.terms.annotations.name for line in source_lines(facts))
    return f"{' and '.join(names)}, as the annotations that they are made of"


def teacher_terms(facts: SetFacts) -> Iterator[str]:
    """A sentence for each model that wrote or judged; none where only stvqa's own rules did."""
    for name in facts.teachers:
        if name != RULES:
            yield (
                f"Questions worded by the model {name}: the terms of whoever serves that model hold for its output, "
                "and may limit what may be trained on it. Read them before you train."
            )
    for name in facts.verifiers:
        if name != RULES:
            yield f"Verdicts of {name} (in verifier and votes): the terms of whoever serves it hold for them."


def citations(facts: SetFacts) -> str:
    """BibTeX of the paper whose method is followed, and of the sources."""
    keys = dict.fromkeys(["paper", *(key for line in source_lines(facts) for key in line.terms.citations)])
    return "\n\n".join(CITATIONS[key] for key in keys)


def licence_file(facts: SetFacts) -> str:
    """LICENSE.md: which licence holds for what."""
    lines = ["# Licences of this set", ""]
    for line in source_lines(facts):
        lines += [
            f"## {escaped(line.terms.title)} ({line.rows:,} rows)",
            "",
            f"Annotations: {_told(line.terms.annotations)}.",
            "",
            f"Images: {line.terms.images_terms}",
            "",
        ]
    lines += ["## Questions, answers, programs", "", f"{own_licence(facts)}.", ""]
    for sentence in teacher_terms(facts):
        lines += [str(escaped(sentence)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _told(licence: Licence) -> str:
    return f"{licence.name}, {licence.url}" if licence.url else licence.name
