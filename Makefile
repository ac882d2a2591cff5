# The words of this project. Each target makes the environment first where it is missing.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: setup frameworks check unit test prove docs bench demo clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    train a small real model, pack it, prove it, use it"
	@echo "make test    everything that can run on this machine; says what it skips and why"
	@echo "make setup   the environment for development     make check   format, lint, types, layers"
	@echo "make unit    the fast tests                      make prove   the long counts"
	@echo "make docs    the reference pages                 make bench   the benchmarks, beside the rivals"
	@echo "make frameworks   all that the tests of other frameworks stand on, else they are skipped"

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

frameworks: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[frameworks]'

check: setup
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo

unit: setup
	$(BIN)/pytest -q tests/unit

# by file, as what a file sets up is shared by its tests
test: setup
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile

prove: setup
	BOXSHIP_LONG=1 $(BIN)/pytest -q

docs: setup
	$(BIN)/python docs/generate.py

bench: setup
	$(BIN)/python -m benchmarks

demo: setup
	$(BIN)/boxship demo

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
