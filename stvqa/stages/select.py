"""select: exactly N rows that meet the quotas, with letters and splits.

    Select(n=7000, val_share=0.09)

What passed `check` and is not selected is the reserve. Where the quotas cannot be met, every valid row is
kept, and `figures["shortfall"]` holds the table of what is missing.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from stvqa.completion import LETTERS, build_row
from stvqa.geometry import near_duplicates
from stvqa.planning import (
    CANDIDATE_COLUMNS,
    DEFAULT_SHARES,
    LEVEL_SHARES,
    Candidate,
    LevelShares,
    Quotas,
    Shares,
    cell_targets,
    choose,
    normalised,
    quota_table,
)
from stvqa.prompts import load_prompt
from stvqa.records import CATEGORIES, LEVELS, Category, Question, Rejection, Row, SelectedRow
from stvqa.stages.contract import GatherStage, StageContext, random_for
from stvqa.store import read_columns, read_part

__all__ = ["Select"]

_COLUMNS = ("question_id", *CANDIDATE_COLUMNS)


class Select(GatherStage[SelectedRow]):
    """Chooses the rows of the set.

    Attributes:
        n: rows of the set.
        shares / levels / questions_per_image: as in `plan`; a recipe holds them equal.
        val_share: share of rows whose images (and near-duplicates of these) go to `val`; at least one image.
        rows_per_file: rows of one Parquet file of the set.
    """

    name = "select"
    reads: ClassVar[type[Question]] = Question
    writes: ClassVar[type[SelectedRow]] = SelectedRow
    version: ClassVar[int] = 2

    agreed: ClassVar[frozenset[str]] = frozenset({"n", "shares", "levels", "questions_per_image"})

    n: int = Field(ge=1)
    shares: Shares = DEFAULT_SHARES
    levels: LevelShares = LEVEL_SHARES
    questions_per_image: int = Field(default=12, ge=1)
    val_share: float = Field(default=0.09, ge=0, lt=1)
    rows_per_file: int = Field(default=500, ge=1)

    def prompts(self) -> dict[str, str]:
        """The prompt that becomes the column `problem`."""
        return {"answer/user": load_prompt("answer", "user")}

    def run(self, parts: Sequence[Path], context: StageContext) -> Iterator[Sequence[SelectedRow]]:
        """Rows of `train`, then rows of `val`, each split in an order drawn from the seed."""
        candidates = self._candidates(parts, context)
        supply = Counter((item.category, item.level) for item in candidates)
        quotas = cell_targets(self.n, supply, shares=self.shares, levels=self.levels)
        seed = random_for(context.seed, self.name, "choose").getrandbits(64)
        picked = choose(candidates, quotas.cells, per_image=self.questions_per_image, seed=seed, total=self.n)
        questions = self._questions(parts, {candidates[row].name for row in picked}, context.seed)
        splits = self._splits(questions, context.seed)
        letters = _letters(questions, context.seed)
        rows = {
            split: [
                SelectedRow(
                    split=split, image=item.focus.image, row=self._row(item, letters[item.question_id], context.seed)
                )
                for item in questions
                if splits[item.image_id] == split
            ]
            for split in ("train", "val")
        }
        context.figures.update(self._figures(quotas, supply, [item.row for part in rows.values() for item in part]))
        context.figures["passed"] = {"/".join(cell): count for cell, count in sorted(supply.items())}
        for part in rows.values():
            for start in range(0, len(part), self.rows_per_file):
                file = part[start : start + self.rows_per_file]
                yield sorted(file, key=lambda item: _drawn(context.seed, item.row.row_id))

    def _candidates(self, parts: Sequence[Path], context: StageContext) -> list[Candidate]:
        """All questions that passed, each wording of an image once."""
        found: dict[tuple[str, str], Candidate] = {}
        for part in parts:
            texts = read_columns([part], ["text"]).column(0).to_pylist()
            for item, text in zip(_candidates_of(part), texts, strict=True):
                if (item.image_id, text) in found:
                    detail = f"{item.image_id} is asked “{text}” already"
                    context.rejections.append(
                        Rejection(stage=self.name, reason="repeats-question", record_id=item.name, detail=detail)
                    )
                    continue
                found[item.image_id, text] = item
        return list(found.values())

    def _splits(self, chosen: Sequence[Question], seed: int) -> dict[str, str]:
        """Split by image id; groups of near-duplicate images are never torn apart."""
        hashes = {item.image_id: item.image_hash for item in chosen}
        images = sorted(hashes)
        hashed = [image for image in images if hashes[image]]
        groups = near_duplicates([hashes[image] for image in hashed])
        group_of = {image: f"group {group}" for image, group in zip(hashed, groups, strict=True)}
        members: dict[str, list[str]] = defaultdict(list)
        for image in images:
            members[group_of.get(image, image)].append(image)
        order = sorted(members, key=lambda group: _drawn(seed, members[group][0]))
        rows = Counter(item.image_id for item in chosen)
        target, taken = round(self.val_share * len(chosen)), 0
        splits = dict.fromkeys(images, "train")
        for group in order:
            size = sum(rows[image] for image in members[group])
            if 0 < taken + size <= target:
                splits.update(dict.fromkeys(members[group], "val"))
                taken += size
        if target and not taken and len(order) > 1:
            # Every image alone is more than the share: a set without val serves nobody, so the smallest goes there.
            smallest = min(order, key=lambda group: sum(rows[image] for image in members[group]))
            splits.update(dict.fromkeys(members[smallest], "val"))
        return splits

    def _questions(self, parts: Sequence[Path], chosen: set[str], seed: int) -> list[Question]:
        """The chosen questions, images in an order drawn from the seed: `package` reads or renders an image once."""
        found = [item for part in parts for item in read_part(part, model=Question) if item.question_id in chosen]
        return sorted(found, key=lambda item: (_drawn(seed, item.image_id), _drawn(seed, item.question_id)))

    def _row(self, question: Question, place: int, seed: int) -> Row:
        chance = random_for(seed, self.name, question.question_id).getrandbits(32)
        return build_row(question, place, chance=chance)

    def _figures(self, quotas: Quotas, supply: Counter[Any], rows: Sequence[Row]) -> dict[str, Any]:
        by_category = Counter(row.category for row in rows)
        by_level = Counter(row.level for row in rows)
        levels = normalised(self.levels)
        figures: dict[str, Any] = {
            "rows": len(rows),
            "categories": {name: by_category[name] for name in CATEGORIES},
            "wanted": quotas.wanted,
            "levels": {name: by_level[name] for name in LEVELS},
            "levels_wanted": {name: round(self.n * levels.get(name, 0.0)) for name in LEVELS},
            "evidence": dict(sorted(Counter(row.evidence for row in rows).items())),
            "letters": _letter_table(rows),
            "reserve": sum(supply.values()) - len(rows),
            "short": {
                name: quotas.wanted[name] - by_category[name]
                for name in CATEGORIES
                if by_category[name] < quotas.wanted[name]
            },
        }
        if len(rows) < self.n:
            why: dict[Category, str] = {
                category: "none passed" if category in quotas.no_evidence else "all that passed are in"
                for category in CATEGORIES
            }
            figures["shortfall"] = quota_table(quotas.wanted, by_category, why)
        return figures


def _drawn(seed: int, name: str) -> bytes:
    """A place in a random order that depends on seed and name alone."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()


def _candidates_of(part: Path) -> Iterator[Candidate]:
    for values in zip(*(column.to_pylist() for column in read_columns([part], _COLUMNS).columns), strict=True):
        yield Candidate(*values)


def _letters(questions: Sequence[Question], seed: int) -> dict[str, int]:
    """The place of the right option: even within each category and number of options, and over categories."""
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for item in questions:
        groups[len(item.options), item.category].append(item.question_id)
    places: dict[str, int] = {}
    dealt: Counter[int] = Counter()
    for (options, category), members in sorted(groups.items()):
        chance = random_for(seed, "select", f"letters/{category}/{options}")
        deck = [(dealt[options] + index) % options for index in range(len(members))]
        dealt[options] += len(members)
        chance.shuffle(deck)
        places.update(zip(members, deck, strict=True))
    return places


def _letter_table(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts of answer letters by number of options, over all and by category."""
    table: dict[str, Any] = {}
    for options in (2, 3, 4):
        matching = [row for row in rows if len(row.options) == options]
        if matching:
            by_category = {
                name: _evenness([row for row in matching if row.category == name], options)
                for name in CATEGORIES
                if any(row.category == name for row in matching)
            }
            table[str(options)] = {**_evenness(matching, options), "by_category": by_category}
    return table


def _evenness(rows: Sequence[Row], options: int) -> dict[str, Any]:
    """Letters with chi-square against an even spread."""
    # A second to import, and every worker process imports all stages.
    from scipy.stats import chisquare  # noqa: PLC0415

    letters = Counter(row.answer_only for row in rows)
    counts = [letters[letter] for letter in LETTERS[:options]]
    test = chisquare(counts)
    return {
        "counts": dict(zip(LETTERS, counts, strict=False)),
        "chi_square": round(float(test.statistic), 4),
        "p": round(float(test.pvalue), 4),
    }
