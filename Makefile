# make demo | make test | make check: each installs what it needs into .venv, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test check format constraints clean miniature miniature-page miniature-small
.DELETE_ON_ERROR:

demo: $(VENV)/.base
	$(BIN)/stvqa build --source demo --n 200 --out runs/demo
	$(BIN)/stvqa verify runs/demo
	$(BIN)/stvqa push runs/demo --dry-run
	@echo
	@echo "The set, as the Hub takes it:  runs/demo/push (its card: README.md)"
	@echo "What was done, with counts:    runs/demo/run.json"
	@echo "Look at it in a browser:       runs/demo/report.html"
	@echo "One row explained:             $(BIN)/stvqa explain ROW_ID runs/demo"

test: $(VENV)/.tests
	$(BIN)/python -m pytest --numprocesses=auto

check: $(VENV)/.tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(BIN)/stvqa schemas --check
	VENV=$(VENV) bash dev/try-wheel.sh

# docs/miniature.md from the trainings in the repository; MINIATURE="--out runs/again --workers 2" makes all of it anew:
# hours on a CPU, and it goes on where it was stopped ("--minutes 60" for an hour of it).
miniature: $(VENV)/.tests
	$(BIN)/python benchmarks/miniature $(MINIATURE)

miniature-page: $(VENV)/.tests
	$(BIN)/python benchmarks/miniature --page-only

miniature-small: $(VENV)/.tests
	$(BIN)/python benchmarks/miniature --settings benchmarks/miniature/small.yaml --out runs/miniature-small

format: $(VENV)/.tests
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/stvqa schemas

# Pins everything, extras included, to what pip chooses today; the lines hold names and versions only.
constraints: $(VENV)/bin/python
	$(BIN)/python dev/pin.py > constraints.txt.new
	mv constraints.txt.new constraints.txt

clean:
	rm -rf $(VENV) build dist

# A Python whose venv module comes without pip (as some distributions split it) still has a pip of its own.
# Dependency groups need pip 25.1.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("stvqa needs Python 3.11 or newer: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet pip; }
	$(PIP) install --quiet --upgrade 'pip>=25.1'

$(VENV)/.base: $(INPUTS) | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.tests: $(INPUTS) | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,notebooks]' --group dev
	touch $(VENV)/.base $@
