"""What models said of a set: the figures that the stage `verify` left in run.json, as lines of tables.

verification_of(run_file).lines[1]     # Line("accepted", "7,101 of 7,642 (92.9%)")

Their names are those of `stvqa.teachers.verifier.tally`; a figure that an older run.json lacks is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stvqa.errors import InputError
from stvqa.store import RunFile

__all__ = ["CategoryLine", "Line", "Verification", "verification_in", "verification_of"]

_STAGE = "verify"
_POLICIES = {
    "two_of": "two answers under different rotations of the options, two more where they split; accepted at two of two "
    "or three of four",
    "paper": "up to four answers; accepted if any is right",
}
_COLUMNS = (
    "judged",
    "accepted",
    "rate",
    "right without the image",
    "by chance",
    "planted wrong answers accepted",
    "wrong labels at most",
)
_BY_CATEGORY = (
    "A category's bound on wrong labels goes by the wrong answers that were planted among its own questions, and holds "
    "for it alone. A dash: these are too few for a bound, or too many of them were accepted."
)


class Line(NamedTuple):
    """A figure and its value, ready to show."""

    name: str
    value: str


class CategoryLine(NamedTuple):
    """One category's figures."""

    name: str
    cells: tuple[str, ...]


class Verification(NamedTuple):
    """All of them.

    Attributes:
        columns: heads of the cells of `by_category`.
        note: what the columns of `by_category` are taken over.
    """

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    by_category: tuple[CategoryLine, ...]
    note: str = _BY_CATEGORY


def verification_of(run_file: RunFile | None) -> Verification | None:
    """What the stage `verify` found; None where no model has verified the set."""
    try:
        entry = run_file.stage(_STAGE) if run_file else None
    except InputError:
        return None
    return verification_in(entry.statistics.figures) if entry and entry.statistics else None


def verification_in(figures: Mapping[str, Any]) -> Verification | None:
    """The same from the figures themselves; None where nothing was judged."""
    if not figures.get("judged"):
        return None
    categories = figures.get("categories", {})
    by_category = tuple(_category(name, categories[name]) for name in categories)
    return Verification(tuple(_lines(figures)), _COLUMNS, by_category)


def _lines(figures: Mapping[str, Any]) -> Iterator[Line]:
    policy = str(figures.get("policy", ""))
    yield Line("verified by", ", ".join(map(str, figures.get("verifiers", ()))))
    yield Line("how", _POLICIES.get(policy, policy))
    undecided = len(figures.get("undecided", ()))
    yield Line("accept rate", _of(figures.get("accepted", 0), figures["judged"] - undecided))
    for reason, count in figures.get("refused", {}).items():
        yield Line(f"refused: {reason}", f"{count:,}")
    if undecided:
        yield Line("undecided, since calls failed", f"{undecided:,}")
    canaries = figures.get("canaries", {})
    if canaries.get("planted"):
        interval = f"{_percent(canaries.get('low'))} to {_percent(canaries.get('high'))}"
        told = _of(canaries["accepted"], canaries["planted"])
        yield Line("planted wrong answers accepted", f"{told}; 95% interval {interval}")
    yield from _label_error(figures.get("label_error", {}))
    for kind, value in figures.get("kappa", {}).items():
        yield Line(f"Cohen's kappa of the two verifiers' {kind}", "not defined" if value is None else f"{value:.2f}")
    votes = figures.get("votes", {})
    if votes:
        read = ", ".join(f"{kind} {count:,}" for kind, count in votes.items() if kind != "unparsed")
        yield Line("answers", f"{read}; {votes.get('unparsed', 0):,} that nobody could read")


def _label_error(bound: Mapping[str, Any]) -> Iterator[Line]:
    if bound.get("upper") is None:
        return
    name, upper, estimate = "wrong labels among the accepted", bound["upper"], bound.get("estimate")
    if estimate is None:
        yield Line(name, "not known: no wrong answer was planted")
    elif upper >= 1:
        yield Line(name, "no bound: too few wrong answers were planted, or too many of them accepted")
    else:
        sure = f"{bound.get('confidence', 0.95):.0%} confidence"
        yield Line(name, f"at most {_percent(upper)} ({sure}), all categories together; estimate {_percent(estimate)}")


def _category(name: str, figures: Mapping[str, Any]) -> CategoryLine:
    judged = figures.get("judged", 0)
    planted = figures.get("planted", 0)
    # An older run.json has a bound by the planted answers of all categories, and does not say how many are its own.
    upper = figures.get("label_error", {}).get("upper") if planted else None
    cells = (
        f"{judged:,}",
        f"{figures.get('accepted', 0):,}",
        _percent(figures.get("rate")),
        _of(figures.get("blind_correct", 0), judged),
        _percent(figures.get("blind_by_chance")),
        f"{figures.get('planted_accepted', 0):,} of {planted:,}" if "planted" in figures else "-",
        _percent(None if upper is None or upper >= 1 else upper),
    )
    return CategoryLine(name, cells)


def _of(count: int, whole: int) -> str:
    return f"{count:,} of {whole:,}" + (f" ({count / whole:.1%})" if whole else "")


def _percent(share: float | None) -> str:
    """A share as text, with digits enough for small ones; a dash where there is none."""
    if share is None:
        return "-"
    return f"{share:.2%}" if share < 0.1 else f"{share:.1%}"
