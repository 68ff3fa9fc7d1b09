"""What of a finished training goes to the Hub: the model's folder, and how it came to be.

model_files(Path("runs/demo/train/grpo-tiny"))
# {"README.md": ..., "model.safetensors": ..., "training/train.json": ..., "training/curves.jsonl": ...}

`stvqa push --model` sends them (a package beside this one, which imports no torch); the card is in them already.
"""

from __future__ import annotations

import json
from pathlib import Path

from stvqa.errors import InputError
from stvqa.train.state import TRAIN_FILE, read_train_file
from stvqa.train.watch import CURVES

__all__ = ["WEIGHTS", "adapter_base", "model_files"]

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors")
"""Files of which a finished model has one."""
_BESIDE = (TRAIN_FILE, CURVES, "report.html")


def adapter_base(model: Path) -> str:
    """Hub id or folder of the weights that an adapter stands on; "" for a whole model."""
    path = model / "adapter_config.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]) if path.is_file() else ""


def model_files(training: Path) -> dict[str, Path]:
    """Path in the repository to file, for every file of the finished model; no checkpoints, no completions.

    Args:
        training: the folder of a training (`--out`), or its folder `model`.

    Raises:
        InputError: no training, one that is not complete, a model without weights or card, or an adapter whose base
            is a folder of this machine.
    """
    folder = training.parent if training.name == "model" and (training.parent / TRAIN_FILE).is_file() else training
    file = read_train_file(folder)
    if file.state != "complete":
        raise InputError(f"the training in {folder} is {file.state}: end it with `stvqa train --resume` first")
    model = folder / file.output
    found = {path.relative_to(model).as_posix(): path for path in sorted(model.rglob("*")) if path.is_file()}
    if not any(name in found for name in WEIGHTS):
        raise InputError(f"{model} holds no weights ({', '.join(WEIGHTS)}): train again with another --out")
    base = adapter_base(model)
    if Path(base).is_dir() and base:
        raise InputError(
            f"the adapter in {model} stands on {base}, which nobody else has: merge the two by "
            "`stvqa.train.merge_adapter` and upload the folder that it makes"
        )
    if "README.md" not in found:
        raise InputError(f"{model} holds no card (README.md): train again with another --out")
    found |= {f"training/{name}": folder / name for name in _BESIDE if (folder / name).is_file()}
    return found
