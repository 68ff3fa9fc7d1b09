"""Runs as a version before this one left them."""

from __future__ import annotations

from stvqa.store import read_statistics, write_json


def without_checksums(folder):
    """Takes the checksums out of a stage's stats.json, as it was written before there were any."""
    write_json(folder / "stats.json", read_statistics(folder).model_copy(update={"checksums": {}, "read": ""}))
