"""What refused records mean for a run: too large a share ends it, and refused rows are rows that are missing.

enforce_share(stage, folder=folder, statistics=statistics)  # StvqaError: stage check refused 40 records, 100% ...
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stvqa.errors import ShortfallError, StvqaError
from stvqa.recipe import Recipe
from stvqa.runner.folders import StageFolder
from stvqa.stages.contract import GatherStage, Stage
from stvqa.store import StageEntry, StageStatistics
from stvqa.store.run_file import common_reasons

__all__ = ["enforce_share", "has_other_input", "is_reusable", "keeps_every_row", "shortfall_of"]

_NO_FOLLOWER = "the model does not do what the prompt says: name a more able one"
_REMEDIES = {
    "context-too-long": "serve the model with a longer context, ask for less in a call "
    "(--set plan.questions_per_call=1), or send no images (--set generate.images=false)",
    "refused": "name a model that does not refuse",
    "content-filter": "name a model without that filter",
    "malformed-reply": _NO_FOLLOWER,
    "malformed-entry": _NO_FOLLOWER,
    "not-answered": _NO_FOLLOWER,
    "cut-off": "give replies more room (--set generate.tokens_per_question=1000)",
    "blind-solvable": "they are answered without their images: name another verifier, or let more of them pass "
    "(--set verify.max_blind_share=1)",
}
"""What to do about what models refused or did not manage, by the reason that is most common; for all others the input
is what can be mended."""


def keeps_every_row(recipe: Recipe, index: int) -> bool:
    """Whether stage `index` (from 0) comes after the rows were counted out, so that each refused one is missing."""
    gathers = [place for place, stage in enumerate(recipe.stages) if isinstance(stage, GatherStage)]
    return bool(gathers) and index > gathers[-1]


def is_reusable(recipe: Recipe, index: int, *, folders: Sequence[StageFolder]) -> bool:
    """Whether stage `index` (from 0) is complete and need not be run again.

    A stage that refused rows of the finished set is tried again each time, lest they stay missing for good; so is one
    that says itself that another try may bring more (figure `try_again`), since calls of its models failed. A stage
    whose input is another one by now is run again, too.

    Args:
        folders: of all stages, in order.
    """
    limit = 0.0 if keeps_every_row(recipe, index) else recipe.stages[index].max_rejected_share
    folder = folders[index]
    if not folder.is_complete(share=limit) or has_other_input(index, folders=folders):
        return False
    return not folder.statistics().figures.get("try_again", False)


def has_other_input(index: int, *, folders: Sequence[StageFolder]) -> bool:
    """Whether complete stage `index` (from 0) read other parts than the stage before it holds now."""
    if not index:
        return False
    read, now = folders[index].statistics().read, folders[index - 1].checksum_of_parts()
    return bool(read and now and read != now)


def enforce_share(stage: Stage, *, folder: StageFolder, statistics: StageStatistics, rows: bool) -> None:
    """Ends the run where a stage refused more than it may.

    Args:
        stage: its `max_rejected_share` is the limit.
        folder: named in the message.
        statistics: of the whole stage.
        rows: the stage was given the rows of the finished set.

    Raises:
        ShortfallError: too many were refused, and they were rows of the set.
        StvqaError: too many were refused.
    """
    share = statistics.rejected_share
    if share <= stage.max_rejected_share:
        return
    refused = sum(statistics.rejected.values())
    most = max(sorted(statistics.rejected), key=lambda reason: statistics.rejected[reason])
    # A stage that saw what it refused may know better than the reason alone tells.
    remedy = statistics.figures.get("remedy") or _REMEDIES.get(most, "mend the input")
    reasons = "; ".join((common_reasons(statistics.rejected), *statistics.notes))
    message = (
        f"stage {stage.name} refused {refused:,} records, {share:.0%} of those it decided on; its limit is "
        f"{stage.max_rejected_share:.0%}: {reasons}. Each is in {folder.rejected} with its "
        f"reason; {remedy} and run the same command again, or allow more with "
        f"--set {stage.name}.max_rejected_share=VALUE"
    )
    if rows:
        raise ShortfallError(f"{refused:,} rows are missing: {message}")
    raise StvqaError(message)


def shortfall_of(recipe: Recipe, entries: Sequence[StageEntry], *, out: Path) -> ShortfallError | None:
    """What is missing of the rows that were asked for, None where nothing is.

    Args:
        recipe: the run's.
        entries: of its stages, all complete.
        out: the run's folder.
    """
    told: list[str] = []
    remedies: list[str] = []
    table = ""
    for index, entry in enumerate(entries):
        if entry.statistics is None:
            continue
        if missing := entry.statistics.figures.get("shortfall"):
            table = str(missing)
            if not told:  # a stage that got too little gives too little: once is enough
                told.append("the source could not give all the rows that were asked for")
                remedies.append("ask for fewer with --n, or give it more images")
        refused = sum(entry.statistics.rejected.values())
        if refused and keeps_every_row(recipe, index):
            file = StageFolder(out / entry.folder).rejected
            reasons = common_reasons(entry.statistics.rejected)
            told.append(f"{refused:,} rows are missing, refused by {entry.stage} ({reasons}), each in {file}")
            remedies.append("mend what they name and run the same command again")
    if not told:
        return None
    kept = f"every valid row is kept in {out}"
    return ShortfallError(f"{'; '.join(told)}; {kept}: {'; '.join(remedies)}", table=table)
