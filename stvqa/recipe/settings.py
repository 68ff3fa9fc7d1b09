"""Single values laid over a recipe: `--set plan.n=40`, and the options of `stvqa build`.

parse_setting("prune.margins.offset=0.1")  # Setting(stage="prune", keys=("margins", "offset"), value=0.1, ...)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from stvqa.errors import RecipeError
from stvqa.plain_yaml import YamlFault, read_yaml

__all__ = ["Setting", "apply_settings", "did_you_mean", "laid_over", "parse_setting"]

_SHOWN = 200
"""Characters of a setting that messages repeat."""


class Setting(NamedTuple):
    """One value for one key of one stage.

    Attributes:
        keys: the key, or the path to it through nested values.
        origin: how the user wrote it, for messages (`--set plan.n=many`).
    """

    stage: str
    keys: tuple[str, ...]
    value: Any
    origin: str


def parse_setting(text: str) -> Setting:
    """Reads `STAGE.KEY=VALUE`; the value is read as YAML (`40`, `0.1`, `true`, `[a, b]`, `name`).

    Raises:
        RecipeError: another shape, or a value that is no YAML.
    """
    origin = f"--set {text[:_SHOWN]}"
    path, equals, value = text.partition("=")
    stage, *keys = path.strip().split(".")
    if not equals or not stage or not keys or not all(keys):
        raise RecipeError(f"{origin}: write it as STAGE.KEY=VALUE, for example --set plan.n=40")
    try:
        parsed = read_yaml(value)
    except YamlFault as error:
        raise RecipeError(f"{origin}: the value is not valid YAML ({error}); put it in quotes") from error
    return Setting(stage, tuple(keys), parsed, origin)


def apply_settings(stages: list[dict[str, Any]], settings: Iterable[Setting]) -> list[dict[str, Any]]:
    """Stage tables of a recipe with the settings laid over them; later settings win.

    Raises:
        RecipeError: a setting names a stage that the recipe does not have, or goes through a plain value.
    """
    result = [dict(stage) for stage in stages]
    names = [str(stage.get("stage")) for stage in result]
    for setting in settings:
        if setting.stage not in names:
            hint = did_you_mean(setting.stage, names)
            raise RecipeError(f"{setting.origin}: this recipe has no stage {setting.stage!r}{hint}")
        if setting.keys[0] == "stage":
            raise RecipeError(f"{setting.origin}: `stage` is the stage's name, which cannot be set: write another key")
        index = names.index(setting.stage)
        result[index] = laid_over(result[index], setting.keys, setting)
    return result


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the closest known one, then all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    suggestion = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{suggestion} known: {', '.join(names)}"


def laid_over(table: Mapping[str, Any], keys: tuple[str, ...], setting: Setting) -> dict[str, Any]:
    """A table with the setting's value at the path of keys.

    Raises:
        RecipeError: the path goes through a plain value.
    """
    head, *rest = keys
    if not rest:
        return {**table, head: setting.value}
    inner = table.get(head, {})
    if not isinstance(inner, Mapping):
        raise RecipeError(f"{setting.origin}: {head} of stage {setting.stage} is {inner!r}, it has no keys of its own")
    return {**table, head: laid_over(inner, tuple(rest), setting)}
