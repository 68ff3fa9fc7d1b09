"""Loads a set with `datasets` and prints one hash a split of all its rows and image bytes, as JSON.

    python dev/digest_set.py me/STVQA-7K        # {"datasets": "5.2.0", "splits": {"train": {"rows": 6895, ...}}}

It needs nothing but `datasets` and pillow, so that an old environment can be asked as well as this one.
"""

from __future__ import annotations

import hashlib
import json
import sys

import datasets


def digest(name: str) -> dict[str, object]:
    """The hashes of a set on the Hub (HF_ENDPOINT, HF_TOKEN) or in a folder."""
    splits = {}
    for split, rows in datasets.load_dataset(name).items():
        size = rows[0]["images"].size
        found = hashlib.sha256()
        for row in rows.cast_column("images", datasets.Image(decode=False)):
            image = row.pop("images")
            found.update(json.dumps(row, sort_keys=True).encode())
            found.update(hashlib.sha256(image["bytes"]).digest())
        splits[split] = {"rows": len(rows), "sha256": found.hexdigest(), "first_image": size}
    return {"datasets": datasets.__version__, "splits": splits}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digest(sys.argv[1]), indent=2) + "\n")
