"""What a stage's folder is named by: a hash of all that its output depends on.

    stage_hashes(recipe)[0]  # StageHash(stage="load", digest="3fa9c1d2...")

The version of stvqa and those of the libraries that decide bytes (`LIBRARIES`, up to the minor number) are in
it, so that nothing made before an upgrade is taken for what would be made after it. Scheduler, number of
workers, timeouts, limits and keys are not in it.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import Any, NamedTuple

from stvqa import __version__
from stvqa.recipe.model import Recipe
from stvqa.stages.contract import SourceStage, Stage

__all__ = ["LIBRARIES", "StageHash", "prompt_hashes", "stage_hashes"]

LIBRARIES = ("numpy", "pillow", "pyarrow", "pydantic", "scipy", "shapely")
"""They draw, measure, group and write what stages put out; another version may do so differently."""

_FORMAT = 1
"""Of parts and their columns; raised when older parts can no longer be read."""


class StageHash(NamedTuple):
    """A stage's name and the sha256, in hex, of all it depends on."""

    stage: str
    digest: str


def stage_hashes(recipe: Recipe) -> tuple[StageHash, ...]:
    """The hash of each stage, in order; each holds the one before it, so a change reruns what follows.

    Raises:
        InputError: the source is not there (its fingerprint is part of the first hash).
    """
    hashes: list[StageHash] = []
    previous = _digest({"stvqa": __version__, "libraries": _library_versions()})
    for stage in recipe.stages:
        previous = _digest(
            {
                "format": _FORMAT,
                "stage": stage.name,
                "version": stage.version,
                "parameters": stage.model_dump(mode="json", exclude=set(stage.not_hashed)),
                "prompts": prompt_hashes(stage),
                "source": stage.fingerprint() if isinstance(stage, SourceStage) else "",
                "seed": recipe.seed,
                "previous": previous,
            }
        )
        hashes.append(StageHash(stage.name, previous))
    return tuple(hashes)


def _library_versions() -> dict[str, str]:
    """Major and minor number of each, as `2.1`; patches are trusted to change no output."""
    return {name: ".".join(version(name).split(".")[:2]) for name in LIBRARIES}


def prompt_hashes(stage: Stage) -> dict[str, str]:
    """sha256 in hex of each prompt that a stage uses, by name."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(stage.prompts().items())}


def _digest(value: dict[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
