"""`stvqa doctor`: what this machine has that stvqa uses. Keys are said to be set or not, never shown.

stvqa doctor --json
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from stvqa import __version__

__all__ = ["doctor"]

_BASE = (
    "aiohttp", "dask", "datasets", "distributed", "httpx2", "huggingface-hub", "jinja2", "numpy", "openai", "pillow",
    "pyarrow", "pydantic", "pyyaml", "scipy", "shapely", "tqdm", "typer",
)  # fmt: skip
_TRAIN = ("torch", "torchvision", "transformers", "trl", "peft", "accelerate")
_KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HF_TOKEN", "HF_ENDPOINT")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False) -> None:
    """Show what this machine has: versions, cores, disk, keys.

    Exit 1 if the base installation lacks something.
    """
    found: dict[str, dict[str, str]] = {
        "stvqa": {"version": __version__, "python": platform.python_version(), "platform": platform.platform()},
        "machine": _machine(),
        "base": {name: _version(name) for name in _BASE},
        "train (optional)": {name: _version(name) for name in _TRAIN},
        "browser (optional)": {"chromium": next((name for name in _BROWSERS if shutil.which(name)), "not found")},
        "environment": {name: "set" if os.environ.get(name) else "not set" for name in _KEYS},
    }
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        for title, values in found.items():
            typer.echo(title)
            for name, value in values.items():
                typer.echo(f"  {name:<18}{value}")
    if _MISSING in found["base"].values():
        typer.echo("stvqa: the base installation is not complete: install stvqa again", err=True)
        raise typer.Exit(1)


_MISSING = "not installed"


def _machine() -> dict[str, str]:
    usage = shutil.disk_usage(Path.cwd())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": str(os.cpu_count() or 1),
        "memory": f"{memory / 2**30:.1f} GiB",
        "disk free here": f"{usage.free / 2**30:.1f} GiB",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _MISSING
