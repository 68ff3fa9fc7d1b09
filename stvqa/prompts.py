"""What models are told: the templates of `prompts/<name>/{system,user}.txt`.

    fill(load_prompt("answer", "user"), width=640, height=480, question="...")

Templates use `$name`; a `$` of their own is written `$$`. Values are data: nothing in them is expanded.
"""

from __future__ import annotations

from functools import lru_cache
from string import Template
from typing import Literal

from stvqa.resources import read_resource

__all__ = ["fill", "load_prompt"]


@lru_cache(maxsize=64)
def load_prompt(name: str, part: Literal["system", "user"]) -> str:
    """The text of one template, without the newline at its end.

    Raises:
        FileNotFoundError: no such template, or `prompts/` is not part of this installation.
    """
    return read_resource("prompts", f"{name}/{part}.txt").rstrip("\n")


def fill(template: str, **values: object) -> str:
    """The template with its names replaced.

    Raises:
        KeyError: a name of the template has no value.
    """
    return Template(template).substitute(values)
