"""Folders as `stvqa train` leaves them, with tensors of a few numbers; no torch."""

from __future__ import annotations

import json

HASH = "0123456789abcdef"
CARD = """---
library_name: transformers
pipeline_tag: image-text-to-text
tags:
- stvqa
- grpo
---

# small

A model trained from `{base}` with GRPO and the reward `dense`, by stvqa 0.1.0.

## Training

- data: `demo`, 8 rows trained on, fingerprint `0123456789abcdef`
- recipe: `small`, sha256 `0123456789abcdef` of its resolved form below

```yaml
model: {base}
```

## Use

```python
model = AutoModelForImageTextToText.from_pretrained(".")
```

## Licence

The licence of the base model holds for these weights.
"""


def tensors(count=4, *, seed=0):
    """A safetensors file of so many float32, little endian."""
    header = json.dumps({"weight": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes((seed + place) % 251 for place in range(4 * count))


def write_training(folder, *, base="/home/ada/models/base vlm", adapter=False, seed=0, state="complete", shards=0):
    """A training of 8 rows; returns its folder."""
    model = folder / "model"
    model.mkdir(parents=True)
    (model / "README.md").write_text(CARD.format(base=base), encoding="utf-8")
    (model / "tokenizer.json").write_text(json.dumps({"vocab": {"/home": 0, "~": 1}}), encoding="utf-8")
    if adapter:
        config = {"base_model_name_or_path": base, "target_modules": r"\w+_proj", "r": 4}
        (model / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
        (model / "adapter_model.safetensors").write_bytes(tensors(seed=seed))
    else:
        (model / "config.json").write_text(json.dumps({"model_type": "qwen2_5_vl"}), encoding="utf-8")
        _write_weights(model, seed=seed, shards=shards)
    (folder / "curves.jsonl").write_text('{"phase": "grpo", "step": 1, "loss": 0.5}\n', encoding="utf-8")
    (folder / "report.html").write_text(f"<p>grpo of {base} in {folder.absolute()}</p>", encoding="utf-8")
    (folder / "grpo" / "checkpoint-1").mkdir(parents=True)
    (folder / "grpo" / "checkpoint-1" / "model.safetensors").write_bytes(tensors())
    (folder / "train.json").write_text(json.dumps(_record(base, state), indent=2), encoding="utf-8")
    return folder


def files_of(folder):
    """Path in the repository to file, as `stvqa.train.model_files` names them."""
    found = {f"training/{name}": folder / name for name in ("train.json", "curves.jsonl", "report.html")}
    return {path.name: path for path in sorted((folder / "model").iterdir())} | found


def _write_weights(model, *, seed, shards):
    if not shards:
        (model / "model.safetensors").write_bytes(tensors(seed=seed))
        return
    names = [f"model-{place + 1:05d}-of-{shards:05d}.safetensors" for place in range(shards)]
    for place, name in enumerate(names):
        (model / name).write_bytes(tensors(seed=seed + place))
    weights = {"weight_map": {f"weight.{place}": name for place, name in enumerate(names)}}
    (model / "model.safetensors.index.json").write_text(json.dumps(weights), encoding="utf-8")


def _record(base, state):
    return {
        "stvqa": "0.1.0",
        "recipe": {"name": "small", "method": "grpo", "model": base, "reward": {"name": "dense"}},
        "recipe_hash": HASH,
        "model": base,
        "data": {
            "origin": "/home/ada/runs/demo",
            "fingerprint": HASH,
            "rows": 8,
            "val": 2,
            "notes": ["rows of /home/ada/runs/demo: 8"],
        },
        "versions": {"torch": "2.8.0"},
        "state": state,
        "error": "[Errno 28] No space left: /home/ada/scratch",
        "results": {"end": {"accuracy": 0.5}},
        "output": "model",
    }
