"""What a repository of the Hub can hold: a set or a model, by the same rules.

Remote("me/vg-grpo", kind=MODEL).url     # https://huggingface.co/me/vg-grpo
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

__all__ = ["MODEL", "SET", "RepoKind"]


class RepoKind(NamedTuple):
    """One kind of repository.

    Attributes:
        repo_type: as huggingface_hub calls it.
        noun: what messages call its content.
        prefix: of its addresses, between the Hub's and the repository's name.
        message: of a commit.
        parts: names of files, matched whole, that readers take for parts of the content wherever they come from.
    """

    repo_type: Literal["dataset", "model"]
    noun: str
    prefix: str
    message: str
    parts: re.Pattern[str]


SET = RepoKind("dataset", "set", "datasets/", "Set made by stvqa", re.compile(r"data/(?:train|val)-[^/]*\.parquet"))

MODEL = RepoKind(
    "model",
    "model",
    "",
    "Model trained by stvqa",
    re.compile(
        r"(?:adapter_model|model|pytorch_model)[^/]*\.(?:safetensors|bin)(?:\.index\.json)?|adapter_config\.json"
    ),
)
"""A stray `adapter_config.json` lets transformers load an adapter instead of the weights beside it."""
