"""What is told of how a set was made: run.json and the recipe without the paths of the machine that made it.

published_run(run_file).recipe["stages"][0]["root"]     # "visual-genome", not "/home/ada/visual-genome"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from stvqa.plain_yaml import write_yaml
from stvqa.store import RunFile

__all__ = ["build_command", "published_run", "recipe_yaml", "scrubbed"]

_LOCAL = re.compile(r"^(?:/|\\|~|\.{1,2}[\\/]|[A-Za-z]:[\\/]|file:)")


def published_run(run_file: RunFile) -> RunFile:
    """run.json as the world may see it: of a local path the last name is left, of an address no user and no query."""
    return run_file.model_copy(update={"recipe": scrubbed(run_file.recipe), "error": ""})


def scrubbed(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A JSON value with all of its strings as the world may see them; keys stay."""
    if isinstance(value, dict):
        return {key: scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(item) for item in value]
    if not isinstance(value, str):
        return value
    if "://" in value and not _LOCAL.match(value):
        parts = urlsplit(value)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return re.split(r"[/\\]", value.rstrip("/\\"))[-1] if _LOCAL.match(value) else value


def recipe_yaml(run_file: RunFile) -> str:
    """The resolved recipe, every default written out, as a file that `stvqa build --recipe` takes."""
    head = f"# As resolved by stvqa {run_file.stvqa}; folders are given again on the command line.\n"
    recipe = scrubbed(run_file.recipe)
    for stage in recipe.get("stages", ()):
        if stage.get("root") is not None:
            stage["root"] = None
    return head + write_yaml(recipe)


def build_command(run_file: RunFile, *, rows: int) -> str:
    """The command that makes the set again from the recipe file that lies with it.

    Args:
        rows: of the set; the recipe's own number where it says one.
    """
    load = _stage(run_file, "load")
    wanted = _stage(run_file, "select").get("n", rows)
    text = f"stvqa build --recipe provenance/recipe.yaml --n {wanted} --seed {run_file.seed}"
    return f"{text} --root DIR --out RUN" if load.get("root") is not None else f"{text} --out RUN"


def _stage(run_file: RunFile, name: str) -> Mapping[str, Any]:
    for stage in run_file.recipe.get("stages", ()):
        if stage.get("stage") == name:
            return dict(stage)
    return {}
