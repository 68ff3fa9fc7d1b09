"""The demo source's only randomness: sha256 of (seed, what, id).

seeded(7, "scene", "12").random()      # the same number on every machine and in every process
"""

from __future__ import annotations

import hashlib
import random

__all__ = ["seeded"]


def seeded(seed: int, what: str, record_id: str) -> random.Random:
    """A generator of its own for one purpose and one record."""
    digest = hashlib.sha256(f"{seed}\x1fdemo\x1f{what}\x1f{record_id}".encode()).digest()
    return random.Random(int.from_bytes(digest[:16], "big"))
