"""From YAML to a checked `Recipe`.

    recipe = load_recipe("demo", settings=[parse_setting("plan.n=40")], seed=7)

The file it reads:

    name: demo
    seed: 7
    stages:
      - stage: load
        source: demo
      - stage: prune
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stvqa.errors import RecipeError
from stvqa.plain_yaml import YamlFault, read_yaml_file
from stvqa.recipe.model import Recipe
from stvqa.recipe.settings import Setting, apply_settings, did_you_mean
from stvqa.resources import resource_folder
from stvqa.stages import STAGES
from stvqa.stages.contract import Stage

__all__ = [
    "RecipeKind",
    "build_stage",
    "describe_invalid",
    "find_recipe",
    "load_recipe",
    "read_recipe_file",
    "recipe_of_run",
]

RecipeKind = Literal["build", "train"]
"""`stvqa build` runs recipes with `stages`, `stvqa train` those with a `method`; both stand in `pipelines/`."""

_TOP_LEVEL = ("name", "seed", "stages")
_MARK: dict[RecipeKind, str] = {"build": "stages", "train": "method"}


def find_recipe(name: str, *, kind: RecipeKind = "build") -> Path:
    """The file of a recipe: a path where it looks like one, else a name in `pipelines/`.

    Args:
        kind: what it shall be for; where there is none of that name, those of this kind are listed.

    Raises:
        RecipeError: there is no such recipe.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if path.is_file():
            return path
        raise RecipeError(f"{name} is not a file: name an existing recipe file, or one that comes with stvqa")
    folder = resource_folder("pipelines")
    path = folder / f"{name}.yaml"
    if path.is_file():
        return path
    hint = did_you_mean(name, [file.stem for file in folder.glob("*.yaml") if _is_of_kind(file, kind)])
    raise RecipeError(f"there is no recipe {name!r} in {folder}{hint}")


def load_recipe(
    name: str,
    settings: Iterable[Setting] = (),
    *,
    seed: int | None = None,
    table: Mapping[str, type[Stage]] = STAGES,
    verifiers: Sequence[str] = (),
) -> Recipe:
    """Reads a recipe, lays settings over it and checks every key and value.

    Args:
        name: a name in `pipelines/`, or the path of a YAML file.
        settings: values that replace those of the file, the last one winning.
        seed: replaces the file's seed where given.
        table: the stages that a recipe may name.
        verifiers: models that shall verify the questions before `select` sees them; settings may then name `verify`.

    Raises:
        RecipeError: no such recipe; no valid YAML; an unknown stage or key; a value that does not fit.
    """
    path = find_recipe(name)
    content = read_recipe_file(path)
    _refuse_unknown(path, content)
    if seed is not None:
        content = {**content, "seed": seed}
    return _assembled(path, content, settings, table=table, verifiers=verifiers)


def recipe_of_run(
    content: Mapping[str, Any], settings: Iterable[Setting] = (), *, origin: Path, verifiers: Sequence[str] = ()
) -> Recipe:
    """The recipe of a run, as its run.json tells it, for the same folder once more.

    Args:
        content: `RunFile.recipe`.
        settings: values that replace those of the run.
        origin: what messages name.
        verifiers: as in `load_recipe`; they take the place of those that the run had.

    Raises:
        RecipeError: the run was made with stages or keys that this version does not know.
    """
    return _assembled(origin, content, settings, table=STAGES, verifiers=verifiers)


def _assembled(
    path: Path,
    content: Mapping[str, Any],
    settings: Iterable[Setting],
    *,
    table: Mapping[str, type[Stage]],
    verifiers: Sequence[str],
) -> Recipe:
    tables = _with_verifiers(path, _stage_tables(path, content), verifiers)
    built = tuple(build_stage(path, stage, table) for stage in apply_settings(tables, settings))
    try:
        return Recipe(name=content.get("name", path.stem), seed=content.get("seed", 0), stages=built)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(key) for key in first["loc"])
        message = f"{where} = {first['input']!r}: {first['msg']}" if where else _plain(first["msg"])
        raise RecipeError(f"{path}: {message}") from error


def _with_verifiers(path: Path, stages: list[dict[str, Any]], verifiers: Sequence[str]) -> list[dict[str, Any]]:
    """The stage tables with a `verify` of these models right before `select`, or with its models replaced."""
    names = [stage["stage"] for stage in stages]
    if not verifiers:
        return stages
    if "verify" in names:
        place = names.index("verify")
        return [*stages[:place], {**stages[place], "verifiers": list(verifiers)}, *stages[place + 1 :]]
    if "select" not in names:
        raise RecipeError(f"{path} has no stage 'select', before which its questions could be verified: add one")
    place = names.index("select")
    return [*stages[:place], {"stage": "verify", "verifiers": list(verifiers)}, *stages[place:]]


def read_recipe_file(path: Path, *, kind: RecipeKind = "build") -> dict[str, Any]:
    """The values of a recipe file, unchecked but for what it is for.

    Raises:
        RecipeError: no valid YAML, or a recipe of the other command.
    """
    content = _read_yaml(path)
    other: RecipeKind = "train" if kind == "build" else "build"
    if _MARK[other] in content and _MARK[kind] not in content:
        remedy = f"give it to `stvqa {other} --recipe {path.stem}`"
        raise RecipeError(f"{path} is a recipe for `stvqa {other}` (it has {_MARK[other]!r}): {remedy}")
    return content


def _is_of_kind(path: Path, kind: RecipeKind) -> bool:
    return any(line.startswith(f"{_MARK[kind]}:") for line in path.read_text(encoding="utf-8").splitlines())


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml_file(path)
    except YamlFault as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from error
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}: name another file") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path} holds no recipe: it needs the keys {', '.join(_TOP_LEVEL)}")
    return content


def _refuse_unknown(path: Path, content: Mapping[str, Any]) -> None:
    for key in content:
        if key not in _TOP_LEVEL:
            raise RecipeError(f"{path}: unknown key {key!r}{did_you_mean(str(key), _TOP_LEVEL)}")


def _stage_tables(path: Path, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    stages = content.get("stages")
    if not isinstance(stages, list) or not stages:
        raise RecipeError(f"{path}: 'stages' is a list of tables, each with the key 'stage'; found {stages!r}")
    for number, stage in enumerate(stages, start=1):
        if not isinstance(stage, dict) or not isinstance(stage.get("stage"), str):
            raise RecipeError(f"{path}: entry {number} of 'stages' is no table with the key 'stage': {stage!r}")
    return stages


def build_stage(path: Path, values: Mapping[str, Any], table: Mapping[str, type[Stage]]) -> Stage:
    """A stage from its table of parameters, under the key `stage` its name.

    Args:
        path: what messages name.
        values: as in a recipe file.
        table: the stages that there are.

    Raises:
        RecipeError: an unknown stage or key, or a value that does not fit.
    """
    name = values["stage"]
    stage_class = table.get(name)
    if stage_class is None:
        raise RecipeError(f"{path}: unknown stage {name!r}{did_you_mean(name, table)}")
    parameters = {key: value for key, value in values.items() if key != "stage"}
    stage_class = stage_class.variant(parameters)
    try:
        return stage_class.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(f"{path}, stage {name}: {describe_invalid(first, stage_class, prefix=name)}") from error


def describe_invalid(error: ErrorDetails, model: type[BaseModel], *, prefix: str = "") -> str:
    """One sentence about the first thing wrong with the parameters of a stage, or of a recipe.

    Args:
        prefix: what `--set` writes before the key.
    """
    keys = [str(key) for key in error["loc"]]
    where = ".".join(keys)
    if error["type"] == "extra_forbidden":
        return f"unknown key {where!r}{did_you_mean(keys[-1], _fields_at(model, keys[:-1]))}"
    if error["type"] == "missing":
        setting = f"{prefix}.{where}" if prefix else where
        return f"{where!r} is missing: give it in the file or with --set {setting}=VALUE"
    if not where:
        return _plain(error["msg"])
    return f"{where} = {error['input']!r}: {_plain(error['msg'])}"


def _fields_at(model: type[BaseModel], keys: list[str]) -> list[str]:
    """Field names of the model that nested keys lead to; those of the stage where they lead nowhere."""
    current = model
    for key in keys:
        annotation = current.model_fields[key].annotation if key in current.model_fields else None
        if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
            break
        current = annotation
    return list(current.model_fields)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
