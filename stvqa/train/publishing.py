"""What of a finished training goes to the Hub: the model's folder, and how it came to be.

model_files(Path("runs/demo/train/grpo-tiny"))
# {"README.md": ..., "model.safetensors": ..., "training/train.json": ..., "training/curves.jsonl": ...}

`stvqa push --model` sends them (a package beside this one, which imports no torch); the card is in them already.
"""

from __future__ import annotations

from pathlib import Path

from stvqa.errors import InputError
from stvqa.train.state import TRAIN_FILE, read_train_file
from stvqa.train.watch import CURVES

__all__ = ["WEIGHTS", "model_files"]

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors")
"""Files of which a finished model has one."""
_BESIDE = (TRAIN_FILE, CURVES, "report.html")


def model_files(training: Path) -> dict[str, Path]:
    """Path in the repository to file, for every file of the finished model; no checkpoints, no completions.

    Args:
        training: the folder of a training (`--out`), or its folder `model`.

    Raises:
        InputError: no training, one that is not complete, or a model without weights or card.
    """
    folder = training.parent if training.name == "model" and (training.parent / TRAIN_FILE).is_file() else training
    file = read_train_file(folder)
    if file.state != "complete":
        raise InputError(f"the training in {folder} is {file.state}: end it with `stvqa train --resume` first")
    model = folder / file.output
    found = {path.relative_to(model).as_posix(): path for path in sorted(model.rglob("*")) if path.is_file()}
    if not any(name in found for name in WEIGHTS):
        raise InputError(f"{model} holds no weights ({', '.join(WEIGHTS)}): train again with another --out")
    if "README.md" not in found:
        raise InputError(f"{model} holds no card (README.md): train again with another --out")
    found |= {f"training/{name}": folder / name for name in _BESIDE if (folder / name).is_file()}
    return found
