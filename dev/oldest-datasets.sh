#!/usr/bin/env bash
# Makes .venv-oldest with the oldest `datasets` that the installed trl admits, so that the tests can load a pushed set
# with it: bash dev/oldest-datasets.sh && make test
set -euo pipefail

venv=$(cd "${VENV:-.venv}" && pwd)
oldest=$("$venv/bin/python" - <<'CODE'
import re
from importlib.metadata import requires

[found] = [re.search(r">=([0-9.]+)", line) for line in requires("trl") if re.match(r"datasets\b", line)]
print(found[1])
CODE
)
"$venv/bin/python" -m venv .venv-oldest
.venv-oldest/bin/python -m pip --disable-pip-version-check install --quiet "datasets==$oldest" pillow
.venv-oldest/bin/python -c 'import datasets; print("datasets", datasets.__version__)'
