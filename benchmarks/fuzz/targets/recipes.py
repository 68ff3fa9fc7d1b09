"""Recipes: YAML of builds and trainings, and settings of the command line.

A case is a recipe that comes with stvqa, edited in its structure or its text, or a setting. It is read, and a build's
is now and then carried out over a few demo scenes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hypothesis import strategies as st

from fuzz.hostile import json_text, scalars, texts
from fuzz.mutation import Draw, edited_bytes, edited_json
from fuzz.sandbox import Sandbox, told_well
from fuzz.targets.contract import Target
from fuzz.watch import watched
from stvqa.errors import StvqaError
from stvqa.recipe import load_recipe, parse_setting
from stvqa.resources import resource_folder
from stvqa.train.recipe import load_train_recipe, parse_train_setting

__all__ = ["open_target"]

_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
_TEXTS = (
    *(
        _BOMB,
        "a: &a [*a]\n",
        "- " * 3_000,
        "[" * 3_000,
        "{a: " * 3_000,
        "? " * 3_000,
        "!!python/object/apply:os.getpid []",
    ),
    *("!!binary x", "<<: [1]", "&a", "*a", "%YAML 9.9\n---\na: 1", "a: 1\n---\nb: 2", "\t- x", "a: |\n" + "x" * 10_000),
    *(
        "1:" * 500,
        "a: 0o777",
        "a: 12:30:45",
        "a: 9999-99-99",
        "a: 2026-11-30T25:00:00Z",
        "a: .inf",
        "a: ~",
        "? [1]\n: 2",
        "=: 3",
    ),
)


class _Case(NamedTuple):
    """A recipe's text, settings, and whether it is carried out."""

    kind: str
    data: bytes
    settings: tuple[str, ...]
    built: bool
    edits: tuple[str, ...]

    def __repr__(self) -> str:
        edits = "\n".join(self.edits)
        told = "built" if self.built else "read"
        return f"{self.kind} {told}, settings {ascii(self.settings)[:1000]}\n{edits}\n{self.data[:3000]!r}"


def open_target(sandbox: Sandbox) -> Target:
    """Takes the recipes that come with stvqa."""
    found = sorted(resource_folder("pipelines").glob("*.yaml"))
    recipes = {path.name: path.read_bytes() for path in found}
    del sandbox
    return Target(_cases(recipes), _hold)


@st.composite
def _cases(draw: Draw, recipes: dict[str, bytes]) -> _Case:
    name = draw(st.sampled_from(sorted(recipes)))
    data = recipes[name]
    edits: tuple[str, ...] = ("as it is",)
    form = draw(st.sampled_from(("structure", "structure", "structure", "bytes", "text", "settings")))
    value = yaml.safe_load(data)
    kind = "train" if "method" in value else "build"
    if form == "structure":
        edited = draw(edited_json(value))
        edits = edited.edits
        data = _written(edited.value)
    elif form == "bytes":
        damaged = draw(edited_bytes(data))
        data, edits = damaged.value, damaged.edits
    elif form == "text":
        odd = draw(st.sampled_from(_TEXTS))
        place = draw(st.sampled_from(("alone", "before", "after")))
        data = {"alone": b"", "before": odd.encode() + b"\n" + data, "after": data + b"\n"}[place] or odd.encode()
        data += odd.encode() if place == "after" else b""
        edits = (f"{odd[:40]!r} {place}",)
    settings = tuple(draw(st.lists(_settings(), max_size=2))) if form == "settings" else ()
    return _Case(kind, data, settings, kind == "build" and draw(st.integers(0, 5)) == 0, edits)


def _written(value: Any) -> bytes:  # noqa: ANN401 (any JSON)
    """As YAML; JSON, which is YAML as well, for what a writer of YAML does not take."""
    text = json_text(value)
    try:
        return yaml.safe_dump(value).encode() if "@deep" not in str(value) else text.encode()
    except (yaml.YAMLError, UnicodeEncodeError, RecursionError):
        return text.encode(errors="surrogatepass")


def _settings() -> st.SearchStrategy[str]:
    """`STAGE.KEY=VALUE`, or nearly so."""
    keys = ("load.limit", "load.root", "load.source", "prune.min_area_share", "plan.mix", "select.n", "verify.policy")
    others = ("grpo.max_steps", "data.val_rows", "model", "reward.name", "lora.r", "x.y", "load", "load.", ".", "=")
    value = st.one_of(scalars().map(str), texts(), st.sampled_from(_TEXTS))
    pair = st.tuples(st.sampled_from((*keys, *others)), value).map(lambda found: f"{found[0]}={found[1]}")
    return st.one_of(pair, texts())


def _hold(case: _Case, sandbox: Sandbox) -> str:
    with sandbox.example(may_read=True) as folder:
        path = folder / "recipe.yaml"
        path.write_bytes(case.data)
        if case.built and not case.settings:
            return f"built: {_built(path, folder / 'run', sandbox)}"
        try:
            with watched():
                return f"{case.kind}: {_read(case, path)}"
        except StvqaError as error:
            return f"{case.kind}: {told_well(error)}"


def _read(case: _Case, path: Path) -> str:
    if case.kind == "train":
        recipe = load_train_recipe(str(path), [parse_train_setting(text) for text in case.settings])
        recipe.digest()
        return "read"
    read = load_recipe(str(path), [parse_setting(text) for text in case.settings])
    for stage in read.stages:
        stage.model_dump_json()
    return "read"


def _built(path: Path, run: Path, sandbox: Sandbox) -> str:
    """A few demo scenes by that recipe."""
    few = [word for text in ("load.limit=3", "load.source=demo") for word in ("--set", text)]
    words = ("--recipe", path, "--n", 2, "--teacher", "rules", *few, "--scheduler", "sync", "--no-report", "--out", run)
    return sandbox.command("build", *words).label
