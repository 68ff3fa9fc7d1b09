"""`stvqa score`: what completions of a file are worth under a reward.

stvqa score --reward dense --in completions.jsonl --out scores.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stvqa.rewards.score_file import ScoreSummary

__all__ = ["score"]


def score(
    *,
    source: Annotated[
        Path,
        typer.Option("--in", help="JSON lines: completion, gold, image_width, image_height.", show_default=False),
    ],
    target: Annotated[Path, typer.Option("--out", help="Where the scores go, a JSON line each.", show_default=False)],
    reward: Annotated[
        str, typer.Option(help="dense, paper, paper-release, sparse, or a function as package.module.function.")
    ] = "dense",
    similarity: Annotated[str, typer.Option(help="How labels are compared: vocabulary, exact, spacy.")] = "vocabulary",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Score a file of completions with a reward."""
    from stvqa.rewards import find_reward  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.rewards.score_file import score_file  # noqa: PLC0415 (same)

    chosen = find_reward(reward, similarity=similarity)
    summary = score_file(source, target, chosen)
    typer.echo(summary.model_dump_json(indent=2) if as_json else _in_words(summary, target, reward))


def _in_words(summary: ScoreSummary, target: Path, reward: str) -> str:
    means = ", ".join(f"{name} {value:.3f}" for name, value in summary.means.items() if value is not None)
    lines = [f"{target}: {summary.lines:,} lines scored with {reward}", f"  means: {means or 'none'}"]
    lines += [f"  {count:,} without a total: {fault}" for fault, count in summary.unusable.items()]
    return "\n".join(lines)
