"""The card's text: the template of `templates/README.md.jinja`, filled.

Every value is escaped on its way in (`stvqa.card.escape`): names and questions of a set are data, and what looks
like markup in them is shown, not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stvqa.card.escape import escaped
from stvqa.card.examples import Example
from stvqa.card.facts import DataFile, SetFacts, Share, Standing
from stvqa.card.metadata import LICENCE_FILE
from stvqa.card.provenance import build_command
from stvqa.card.sources import Licence
from stvqa.card.terms import RULES, citations, own_licence, source_lines, teacher_terms
from stvqa.card.verification import verification_of
from stvqa.records import Erratum, Row
from stvqa.store import RunFile, StageEntry, StageStatistics
from stvqa.store.run_file import ModelUsage

__all__ = ["ERRATA_FOLDER", "CardInput", "card_text"]

ERRATA_FOLDER = "errata"
_ERRATA_SHOWN = 20
_TEMPLATES = Path(__file__).parent / "templates"
_EVIDENCE = {
    "geometric": "a program over boxes in the image",
    "annotated": "a triple of the annotation",
    "simulated": "the exact 3D of a made scene",
    "estimated": "a depth model's estimate",
    "teacher": "the word of the model that wrote the question, and nothing else",
}


class CardInput(NamedTuple):
    """All that a card is written from.

    Attributes:
        repo: `USER/NAME` on the Hub; empty while there is none.
        standing: what proving the set again said; None where it was not done just now.
        errata: rows of the set that readers marked as wrong.
    """

    title: str
    facts: SetFacts
    examples: tuple[Example, ...]
    run_file: RunFile | None
    repo: str = ""
    standing: Standing | None = None
    errata: tuple[Erratum, ...] = ()

    @property
    def proved(self) -> int:
        """Rows with a program that proves the answer: as it was found just now, else as each row says of itself."""
        return self.standing.proved if self.standing else self.facts.with_program


class _StageLine(NamedTuple):
    name: str
    cells: tuple[str, ...]


def card_text(card: CardInput) -> str:
    """The body of README.md, without its YAML head."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    text = environment.get_template("README.md.jinja").render(_values(card))
    return "\n".join(_without_blank_runs(text.splitlines()))


def _without_blank_runs(lines: Iterable[str]) -> Iterator[str]:
    """Lines with no two blank ones in a row: what a condition left out leaves no gap."""
    before = ""
    for line in lines:
        kept = line.rstrip()
        if kept or before:
            yield kept
        before = kept


def _values(card: CardInput) -> dict[str, Any]:
    facts, run_file = card.facts, card.run_file
    lines = source_lines(facts)
    titles = dict.fromkeys(line.terms.title for line in lines)
    blind = facts.blind.values()
    command = build_command(run_file, rows=facts.rows) if run_file else ""
    return {
        "title": card.title,
        "facts": facts,
        "examples": card.examples,
        "run": run_file,
        "standing": card.standing,
        "verification": verification_of(run_file),
        "errata": card.errata,
        "errata_folder": ERRATA_FOLDER,
        "errata_shown": _ERRATA_SHOWN,
        "warnings": list(_warnings(card)),
        "proved": card.proved,
        "proved_sentence": _proved(card),
        "sources_phrase": " and ".join(titles),
        "load_name": Markup('"{}"').format(card.repo or "path/to/this/folder"),
        "sources": lines,
        "stages": [_stage_line(entry) for entry in run_file.stages] if run_file else [],
        "prompts": sorted({item for entry in run_file.stages for item in entry.prompts.items()}) if run_file else [],
        "command": _code(command),
        "needs": _needs(facts, command),
        "models": any(name != RULES for name in (*facts.teachers, *facts.verifiers)),
        "cost_sentence": _cost(run_file, facts.rows) if run_file else "",
        "model_lines": list(_model_lines(run_file.stages)) if run_file else [],
        "limits": list(dict.fromkeys(limit for line in lines for limit in line.terms.limits)),
        "people": any(line.terms.people for line in lines),
        "teacher_terms": list(teacher_terms(facts)),
        "own_licence": own_licence(facts),
        "licence_file": LICENCE_FILE,
        "citations": _code(citations(facts)),
        "evidence_words": _EVIDENCE,
        "blind_total": Share(count=sum(part.count for part in blind), of=sum(part.of for part in blind)),
        "count": _count,
        "share": _share,
        "megabytes": _megabytes,
        "margin": _margin,
        "licence_link": _licence_link,
        "teacher_words": _teacher_words,
    }


def _needs(facts: SetFacts, command: str) -> str:
    """What one has to have at hand to run the command."""
    models = dict.fromkeys(name for name in (*facts.teachers, *facts.verifiers) if name != RULES)
    needs = ["the source's files in DIR"] * ("--root" in command) + [f"access to {name}" for name in models]
    return ", ".join(needs) or "nothing else"


def _code(text: str) -> Markup:
    """Text for a fenced block, which shows everything as it is but a fence."""
    return Markup(text.replace("```", "'''"))  # noqa: S704 (inside a fence nothing is markup)


def _count(number: int) -> str:
    return f"{number:,}"


def _share(part: Share) -> str:
    return f"{part.count / part.of:.1%}" if part.of else "none"


def _megabytes(files: Sequence[DataFile]) -> str:
    return f"{sum(file.size for file in files) / 1e6:,.1f}"


def _margin(row: Row) -> str:
    return "" if row.margin is None else f" · margin {row.margin:.2f}"


def _licence_link(licence: Licence) -> Markup:
    return Markup("[{}]({})").format(escaped(licence.name), licence.url) if licence.url else escaped(licence.name)


def _teacher_words(name: str) -> str:
    return "stvqa's built-in rules" if name == RULES else f"the model {name}"


def _proved(card: CardInput) -> str:
    if card.proved == card.facts.rows:
        return "Every answer is proved: each row carries a program that gives it and refutes every other option."
    if not card.proved:
        return "No answer is proved by a program."
    rest = "these rows carry a program that gives the answer and refutes every other option."
    return f"{card.proved:,} answers are proved: {rest}"


def _warnings(card: CardInput) -> Iterator[str]:
    """What a reader has to know before anything else."""
    facts = card.facts
    if card.standing and card.standing.failed:
        yield f"This set was pushed although {card.standing.failed:,} rows did not hold when they were proved again."
    if facts.unverified:
        yield f"{facts.unverified:,} rows are not verified: they carry no program, and no model has accepted them."
    if facts.placeholders:
        yield (
            f"{facts.placeholders:,} rows show a plain stand-in in place of their picture, which was not at hand. They "
            "are good for trying things out, and useless for training."
        )
    if card.run_file and card.run_file.state == "short":
        yield "The source could not give as many rows as were asked for. All that hold are here."


def _stage_line(entry: StageEntry) -> _StageLine:
    statistics = entry.statistics
    if statistics is None:
        return _StageLine(entry.stage, ("",) * 8)
    refused = (sum(statistics.rejected.values()), sum(statistics.rejected_parts.values()))
    numbers = (statistics.records_in, statistics.records_out, *refused)
    calls = (statistics.calls, statistics.input_tokens, statistics.output_tokens)
    return _StageLine(entry.stage, (*(_count(number) for number in (*numbers, *calls)), _dollars(statistics)))


def _model_lines(stages: Sequence[StageEntry]) -> Iterator[_StageLine]:
    """Who was asked what: one line a stage and model."""
    for entry in stages:
        for model, usage in sorted(entry.statistics.models.items() if entry.statistics else ()):
            numbers = (usage.calls, usage.input_tokens, usage.cached_tokens, usage.output_tokens)
            yield _StageLine(entry.stage, (model, *(_count(number) for number in numbers), _dollars(usage)))


def _dollars(paid: StageStatistics | ModelUsage) -> str:
    """What was paid, and how much of it is an estimate."""
    if paid.usd is None:
        return "unknown"
    shown = f"{paid.usd:,.2f}" if paid.usd else "0"
    return f"{shown} ({paid.estimated_usd:,.2f} of it estimated, at most)" if paid.estimated_usd else shown


def _cost(run_file: RunFile, rows: int) -> str:
    done = [entry.statistics for entry in run_file.stages if entry.statistics]
    calls = sum(item.calls for item in done)
    if not calls:
        return "No model was paid: the set cost computing time only."
    tokens = sum(item.input_tokens for item in done) / rows
    known = [item.usd for item in done if item.usd is not None]
    cost = f"{sum(known):,.2f} US dollars" if len(known) == len(done) else "a price that is not known"
    estimated = sum(item.estimated_usd or 0.0 for item in done)
    if len(known) == len(done) and estimated:
        cost += f", {estimated:,.2f} of it estimated, at most: no credible number of tokens came with some answers"
    if len(known) == len(done) and run_file.calls and run_file.calls.prices_as_known:
        cost += f" (prices as known on {run_file.calls.prices_as_known})"
    return f"In all, {calls:,} calls of models at {cost}; {tokens:,.0f} input tokens for each row of the set."
