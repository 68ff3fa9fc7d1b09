"""What every training needs, made once: the sets, the tiny model and the warm start that all arms share.

bench = open_workbench(Path("runs/miniature"), settings)           # in every process
prepare(Path("runs/miniature"), results, settings, workers=2, deadline=...)      # before, in one
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForImageTextToText

from miniature.jobs import CODE, digest_of
from miniature.labels import VerifiedLabels, make_wrong, read_verified
from miniature.recipes import recipe_of
from miniature.results import WarmStartResult, read_warm_start, write_warm_start
from miniature.rows import RowSet, load_set
from miniature.scenes import SETS, make_sets
from miniature.settings import Settings
from miniature.warming import warm_up
from stvqa.errors import InputError
from stvqa.train.loading import Speaker, load_speaker

__all__ = ["Workbench", "is_ready", "machine_name", "open_workbench", "prepare"]

_POOL_WRONG = "pool-wrong"


class Workbench(NamedTuple):
    """Sets, processor and warm start.

    Attributes:
        sets: `pool`, `pool-wrong`, `watch`, `unseen` and `harder`.
        warm_start: folder of the model; digest: of its weights.
    """

    settings: Settings
    folder: Path
    speaker: Speaker
    sets: Mapping[str, RowSet]
    verified: VerifiedLabels
    warm_start: Path
    digest: str


def prepare(folder: Path, results: Path, settings: Settings, *, workers: int, deadline: float) -> bool:
    """Makes what is missing of sets, tiny model and warm start.

    Args:
        folder: working folder, tens of megabytes.
        results: where warm-start.json goes.
        deadline: of `time.monotonic`; the warm start stops there.

    Returns:
        Whether all is ready.

    Raises:
        InputError: the folder was made with other settings, or the results come from another warm start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_by = digest_of({"code": CODE, **settings.model_dump(mode="json", include={"seed", "data", "warm_start"})})
    _same(folder / "made-by.json", made_by)
    _refuse_results_of_another(_model(folder), results, made_by=made_by)
    data = folder / "data"
    make_sets(data, settings, workers=workers)
    make_wrong(data / "pool", data / _POOL_WRONG, share=settings.data.wrong_labels, seed=settings.seed)
    if not is_ready(folder) and not warm_up(folder, settings, deadline=deadline):
        return False
    _note(folder, results, made_by=made_by)
    return True


def is_ready(folder: Path) -> bool:
    """Whether the warm start is made; sets come before it."""
    return (_model(folder) / "complete.json").is_file()


def open_workbench(folder: Path, settings: Settings) -> Workbench:
    """Opens what `prepare` made."""
    data = folder / "data"
    sets = {name: load_set(data / name, cache=data / "cache") for name in (*SETS[1:], _POOL_WRONG)}
    model = _model(folder)
    speaker = load_speaker(str(model), recipe_of(settings, method="sft", model=str(model)), style="scene")
    return Workbench(settings, folder, speaker, sets, read_verified(data / _POOL_WRONG), model, weights_digest(model))


def _model(folder: Path) -> Path:
    return folder / "warm-start" / "model"


def weights_digest(model: Path) -> str:
    """sha256 of the weights, 16 hex digits."""
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()[:16]


def machine_name() -> str:
    """The GPU, or the processor and its number of cores."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = [
            line.split(":", 1)[1] for line in info.read_text(encoding="utf-8").splitlines() if "model name" in line
        ]
        name = found[0].strip() if found else name
    return f"{name}, {os.cpu_count()} cores"


def _same(path: Path, digest: str) -> None:
    """Refuses a folder whose sets and warm start were made by other settings."""
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != digest:
        raise InputError(
            f"{path.parent} was made with other settings of data or warm start: remove it, or name another --out"
        )
    path.write_text(json.dumps(digest), encoding="utf-8")


def _refuse_results_of_another(model: Path, results: Path, *, made_by: str) -> None:
    """Refuses results that were made by these settings from another warm start, before one is made for nothing."""
    known = read_warm_start(results)
    if known is None or known.settings != made_by:
        return
    digest = weights_digest(model) if (model / "complete.json").is_file() else "none yet"
    if digest != known.digest:
        raise InputError(
            f"the results in {results} were made from a warm start with the digest {known.digest}, and that in {model} "
            f"has {digest}: weights differ from machine to machine. Go on where the first was made, or begin anew with "
            "another --out"
        )


def _note(folder: Path, results: Path, *, made_by: str) -> None:
    """Writes warm-start.json, unless it is there."""
    model = _model(folder)
    digest, known = weights_digest(model), read_warm_start(results)
    if known is not None and known.digest == digest:
        return
    curve = [json.loads(line) for line in (folder / "warm-start" / "curve.jsonl").read_text().splitlines()]
    verified = read_verified(folder / "data" / _POOL_WRONG)
    sets = {name: load_set(folder / "data" / name, cache=folder / "data" / "cache") for name in SETS}
    write_warm_start(
        results,
        WarmStartResult(
            digest=digest,
            settings=made_by,
            device="cuda" if torch.cuda.is_available() else "cpu",
            machine=machine_name(),
            threads=torch.get_num_threads(),
            seconds=sum(point["seconds"] for point in curve),
            steps=int(curve[-1]["step"]),
            parameters=_parameters(model),
            curve=curve,
            sets={name: found.figures for name, found in sets.items()},
            labels=verified.model_dump(exclude={"refused"}),
        ),
    )


def _parameters(model: Path) -> int:
    return sum(item.numel() for item in AutoModelForImageTextToText.from_pretrained(model).parameters())
