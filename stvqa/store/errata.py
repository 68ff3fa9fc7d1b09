"""Reads an errata file that `report.html` exported.

read_errata(Path("stvqa-7k.errata.json")).errata[0].row_id   # "4f0c2d9a1b7e3c55"
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from stvqa.errors import InputError
from stvqa.records import Errata

__all__ = ["read_errata"]

_MOST_BYTES = 10_000_000
"""A mark has some hundreds."""


def read_errata(path: Path) -> Errata:
    """The errata of one file.

    Raises:
        InputError: there is no such file, or it is no errata file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InputError(f"{path} has more than {_MOST_BYTES:,} bytes: give a file that report.html exported")
        return Errata.model_validate_json(data)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}: name a file that report.html exported") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" (at {place})" if place else ""
        raise InputError(
            f"{path} is not an errata file: {first['msg']}{where}: give one that report.html exported"
        ) from error
