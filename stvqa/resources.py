"""Where the files that people read and edit lie: `pipelines/`, `prompts/`, `schemas/`.

In an installed wheel they are `stvqa/_data/<kind>/`, in a checkout they stand beside the package.

    resource_folder("pipelines") / "demo.yaml"
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["ResourceKind", "read_resource", "resource_folder"]

ResourceKind = Literal["pipelines", "prompts", "schemas"]


def resource_folder(kind: ResourceKind) -> Path:
    """The folder of one kind of resource: the wheel's copy if there is one, else the checkout's.

    Raises:
        FileNotFoundError: neither exists, so the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_data" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    message = f"{kind}/ is missing from this installation of stvqa (looked in and beside {package})"
    raise FileNotFoundError(f"{message}: install it again")


def read_resource(kind: ResourceKind, name: str) -> str:
    """Text of one resource, `name` relative to its folder (`"problem/user.txt"`).

    Raises:
        FileNotFoundError: there is no such file.
    """
    return (resource_folder(kind) / name).read_text(encoding="utf-8")
