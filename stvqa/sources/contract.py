"""What every source gives: partitions to read in parallel, and a stream of scene graphs for each.

source = open_source("vg", root=Path("/data/vg"))
for partition in source.partitions(limit=None):
    for item in source.read(partition):   # SceneGraph or Rejection
        ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stvqa.records import Record, Rejection, SceneGraph

__all__ = ["Partition", "Source"]


class Partition(Record):
    """A piece of a source that one task reads: small, picklable, made of ids and offsets only.

    Attributes:
        number: position among the partitions; depends on the data and `limit`, never on the machine.
        locator: what the source needs to find the piece (JSON of the source's own).
    """

    number: int
    locator: str


class Source(Protocol):
    """A set of scene graphs."""

    name: str

    def fingerprint(self) -> str:
        """What the content depends on (files, sizes, settings), for the hash of the load stage."""

    def partitions(self, *, limit: int | None) -> list[Partition]:
        """The pieces, in order.

        Args:
            limit: at most so many images over all pieces; None for all (the demo source, which has
                no end, refuses None).

        Raises:
            InputError: the source is not there, or not what it should be.
        """

    def read(self, partition: Partition) -> Iterator[SceneGraph | Rejection]:
        """One image at a time, in bounded memory. Same partition, same output."""
