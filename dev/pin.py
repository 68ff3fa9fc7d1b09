"""Prints the versions that pip would install for stvqa with all extras and the dev group, one `name==version` a line.

    python dev/pin.py > constraints.txt

Local version labels (`+cpu`) are left out: the default builds of a version are meant.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys


def main() -> None:
    """Asks pip for a report of what it would install, and prints names and versions."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run(  # noqa: S603 (fixed words only)
        [*command, ".[train,notebooks]", "--group", "dev"], capture_output=True, text=True, check=True
    )
    items = [item["metadata"] for item in json.loads(done.stdout)["install"]]
    pins = {re.sub(r"[-_.]+", "-", item["name"]).lower(): item["version"].partition("+")[0] for item in items}
    pins.pop("stvqa", None)
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in sorted(pins.items()))


if __name__ == "__main__":
    main()
