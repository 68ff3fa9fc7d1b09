"""The model card of a finished training: what it was trained on and how, what it can do, and under which licence.

write_model_card(Path("out/model"), read_train_file(Path("out")), Path("out"))     # out/model/README.md
"""

from __future__ import annotations

import re
from pathlib import Path

from stvqa.plain_yaml import write_yaml
from stvqa.store.atomic import atomic_file
from stvqa.train.curves import trend
from stvqa.train.state import TrainFile
from stvqa.train.watch import read_curves

__all__ = ["write_model_card"]

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SHOWN = ("accuracy", "mean_iou", "format", "count", "spatial", "total", "length", "finished")


def write_model_card(folder: Path, file: TrainFile, training: Path) -> Path:
    """README.md beside the weights, in the Hub's form; it replaces the one that the trainer leaves.

    Args:
        folder: of the model or adapter.
        training: the training's folder, with its curves.

    Raises:
        StorageError: it cannot be written.
    """
    path = folder / "README.md"
    with atomic_file(path) as target:
        target.write(_card(folder, file, training).encode())
    return path


def _card(folder: Path, file: TrainFile, training: Path) -> str:
    adapter = (folder / "adapter_config.json").is_file()
    base = str(file.recipe["model"])
    warmed = file.recipe["method"] == "grpo" and file.recipe["warm_start"]["steps"] > 0
    between = adapter and warmed and base != "tiny"
    header: dict[str, object] = {
        "library_name": "peft" if adapter else "transformers",
        "pipeline_tag": "image-text-to-text",
    }
    header |= _licence_header(base)
    header["tags"] = ["stvqa", str(file.recipe["method"]), "spatial-reasoning"]
    if _is_on_hub(base) and not between:
        header["base_model"] = base
    if _is_on_hub(file.data.origin):
        header["datasets"] = [file.data.origin]
    lines = ["---", write_yaml(header, width=80).strip(), "---", ""]
    lines += [f"# {file.recipe['name']}", "", _what(file, adapter=adapter, base=base), ""]
    lines += ["## Results", "", *_results(file), "", "## Training", "", *_training(file, training), ""]
    if between:
        lines += [f"It stands on the warm start of `{base}`, a folder that the training made: merge the two.", ""]
    lines += ["## Use", "", *_use(adapter), "", "## Licence", "", _licence(base)]
    return "\n".join(lines) + "\n"


def _is_on_hub(name: str) -> bool:
    return _HUB_ID.fullmatch(name) is not None and not Path(name).exists()


def _licence_header(base: str) -> dict[str, object]:
    """What the Hub shows; the base model's own licence is not known here, only that it holds."""
    if base == "tiny":
        return {"license": "other", "license_name": "that-of-the-data"}
    link = {"license_link": f"https://huggingface.co/{base}"} if _is_on_hub(base) else {}
    return {"license": "other", "license_name": "that-of-the-base-model", **link}


def _what(file: TrainFile, *, adapter: bool, base: str) -> str:
    method = "GRPO" if file.recipe["method"] == "grpo" else "supervised training"
    kind = "An adapter for" if adapter else "A model trained from"
    start = "a model of 1.7 million random weights, made for trying things out" if base == "tiny" else f"`{base}`"
    reward = f" and the reward `{file.recipe['reward']['name']}`" if file.recipe["method"] == "grpo" else ""
    return f"{kind} {start} with {method}{reward}, by stvqa {file.stvqa}."


def _results(file: TrainFile) -> list[str]:
    if not file.results:
        return ["None were measured: the training ran on several processes. The curves below hold its own evaluations."]
    phases = list(file.results)
    rows = next(iter(file.results.values())).get("rows", 0)
    lines = [f"Greedy answers to {rows:.0f} rows whose images were not trained on.", ""]
    lines += ["| | " + " | ".join(phases) + " |", "|---|" + "---|" * len(phases)]
    for name in _SHOWN:
        values = [file.results[phase].get(name) for phase in phases]
        if any(value is not None for value in values):
            lines.append(
                f"| {name} | " + " | ".join("" if value is None else f"{value:.3f}" for value in values) + " |"
            )
    return lines


def _training(file: TrainFile, training: Path) -> list[str]:
    data = file.data
    origin = data.origin if _HUB_ID.fullmatch(data.origin) else Path(data.origin).name
    lines = [
        f"- data: `{origin}`, {data.rows:,} rows trained on, {data.val:,} looked at, fingerprint `{data.fingerprint}`",
        *(f"- left out: {count:,} rows ({why})" for why, count in data.dropped.items()),
        f"- recipe: `{file.recipe['name']}`, sha256 `{file.recipe_hash}` of its resolved form below",
        f"- versions: {', '.join(f'{name} {number}' for name, number in file.versions.items())}",
    ]
    for phase, name in (("warm-start", "loss"), ("sft", "loss"), ("grpo", "parts/total"), ("grpo", "parts/accuracy")):
        found = trend(read_curves(training), phase, name)
        if found is not None:
            lines.append(
                f"- {phase}, {name}: {found.first:.3f} in the first tenth of the steps, {found.last:.3f} in the last"
            )
    shown = {key: value for key, value in file.recipe.items() if key != "name"}
    return [*lines, "", "```yaml", write_yaml(shown, width=80).strip(), "```"]


def _use(adapter: bool) -> list[str]:
    if adapter:
        return ["`stvqa.train.merge_adapter` makes one model of it and its base; or load it with `peft.PeftModel`."]
    load = "AutoModelForImageTextToText"
    return [
        "```python",
        f"from transformers import AutoProcessor, {load}",
        "",
        'processor = AutoProcessor.from_pretrained(".")',
        f'model = {load}.from_pretrained(".")',
        "```",
    ]


def _licence(base: str) -> str:
    if base == "tiny":
        return "The weights were made from nothing but the data; what holds for the data's licence holds for them."
    return (
        f"The licence of the base model `{base}` holds for these weights. The terms of the data are on the card of "
        "the set "
        "(scenes of Visual Genome are CC BY 4.0: name it)."
    )
