"""Debian's Chromium for tests of pages: where it is, and why there is none.

CHROMIUM may name another binary.
"""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium():
    """Path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)
