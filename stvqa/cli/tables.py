"""Tables of a finished run: categories, levels, letters, and what verifiers made of it.

category            wanted    rows
relation               100     100
...
2 options: A 41, B 40 (chi-square 0.01, p 0.91)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stvqa.errors import InputError
from stvqa.store import RunFile

__all__ = ["selection_tables", "verification_tables"]


def selection_tables(run_file: RunFile) -> Iterator[str]:
    """What `select` left in run.json, as text; nothing for a run without such a stage."""
    figures = _figures(run_file, "select")
    if "categories" in figures:
        yield _categories(figures, no_evidence=_figures(run_file, "plan").get("no_evidence", ()))
    if "levels" in figures:
        yield _levels(figures)
    if figures.get("evidence"):
        yield "evidence: " + ", ".join(f"{name} {count:,}" for name, count in figures["evidence"].items())
    if figures.get("letters"):
        yield "\n".join(_letters(options, table) for options, table in figures["letters"].items())
    yield from verification_tables(_figures(run_file, "verify"))


def verification_tables(figures: Mapping[str, Any]) -> Iterator[str]:
    """What models made of a set, from the figures of the stage `verify` or of a set that was asked about."""
    from stvqa.card.verification import verification_in  # noqa: PLC0415 (only where it is shown)

    verification = verification_in(figures)
    if verification is None:
        return
    width = max(len(line.name) for line in verification.lines)
    yield "\n".join(f"{line.name:<{width}}  {line.value}" for line in verification.lines)
    cells = [("category", verification.columns), *((row.name, row.cells) for row in verification.by_category)]
    widths = [max(len(row[place]) for _, row in cells) for place in range(len(verification.columns))]
    yield "\n".join(
        f"{name:<18}" + "".join(f"  {cell:>{size}}" for cell, size in zip(row, widths, strict=True))
        for name, row in cells
    )
    yield verification.note
    if figures.get("letters"):
        yield "\n".join(_chosen(options, table) for options, table in figures["letters"].items())


def _chosen(options: str, table: Mapping[str, Any]) -> str:
    """How often each letter was right, over all rotations, and how often the verifiers chose it."""
    counts = ", ".join(f"{letter} {entry['chosen']:,} ({entry['right']:,})" for letter, entry in table.items())
    return f"{options} options, letters chosen (right): {counts}"


def _figures(run_file: RunFile, stage: str) -> Mapping[str, Any]:
    try:
        entry = run_file.stage(stage)
    except InputError:
        return {}
    return entry.statistics.figures if entry.statistics else {}


def _categories(figures: Mapping[str, Any], *, no_evidence: Collection[str]) -> str:
    """Wanted and found; where a category falls short, why. Its share went to the others."""
    wanted = figures.get("wanted", {})
    lines = [f"{'category':<18}{'wanted':>8}{'rows':>8}"]
    for category, count in figures["categories"].items():
        missing, note = wanted.get(category, 0) - count, ""
        if missing > 0:
            note = "the source holds no evidence" if category in no_evidence else f"{missing:,} short: no more at hand"
        lines.append(f"{category:<18}{wanted.get(category, 0):>8,}{count:>8,}  {note}".rstrip())
    return "\n".join(lines)


def _levels(figures: Mapping[str, Any]) -> str:
    """Counts, and by how much a level misses its share: then the source has too few questions of that difficulty."""
    wanted, words = figures.get("levels_wanted", {}), []
    for level, count in figures["levels"].items():
        missing = wanted.get(level, 0) - count
        words.append(f"{level} {count:,}" + (f" ({missing:,} short: no more at hand)" if missing > 1 else ""))
    return "levels: " + ", ".join(words)


def _letters(options: str, table: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{letter} {count:,}" for letter, count in table["counts"].items())
    line = f"{options} options: {counts} (chi-square {table['chi_square']:.2f}, p {table['p']:.2f})"
    by_category = table.get("by_category", {})
    if not by_category:
        return line
    worst = max(by_category, key=lambda name: by_category[name]["chi_square"])
    figures = by_category[worst]
    return f"{line}; by category at most {figures['chi_square']:.2f} ({worst}, p {figures['p']:.2f})"
