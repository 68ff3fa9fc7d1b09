#!/usr/bin/env bash
# Builds the wheel and tries it outside the checkout: import, --help, and a small build with the wheel's own resources.
# Dependencies are borrowed from $VENV through a path file, so that nothing is downloaded.
set -euo pipefail

venv=$(cd "${VENV:-.venv}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$venv/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work" .
"$venv/bin/python" -m venv --without-pip "$work/venv"
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$site/borrowed.pth"
"$venv/bin/python" -m pip --python "$work/venv/bin/python" install --quiet --no-deps --force-reinstall "$work"/stvqa-*.whl

cd "$work"
"$work/venv/bin/python" - "$site" <<'CODE'
import sys
from pathlib import Path

import stvqa
from stvqa.resources import resource_folder

site = Path(sys.argv[1]).resolve()
for place in (Path(stvqa.__file__), *(resource_folder(kind) for kind in ("pipelines", "prompts", "schemas"))):
    if not place.resolve().is_relative_to(site):
        sys.exit(f"{place} is not the wheel's")
CODE
"$work/venv/bin/stvqa" --help > /dev/null
"$work/venv/bin/stvqa" schemas --check
"$work/venv/bin/stvqa" build --source demo --n 20 --out "$work/run" --scheduler sync > /dev/null
"$work/venv/bin/stvqa" verify "$work/run" > /dev/null
echo "wheel: works outside the checkout"
