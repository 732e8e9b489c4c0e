# The doors of the course. `make` alone lists them; each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash
READY  := $(VENV)/.ready
# nbgrader shells out to alembic, Jupyter to its subcommands: the environment's own bin comes first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# One process of the tests or the book must not take every core from the others.
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup course book notebooks learn grade test bench clean

help:            ## list these targets
	@grep -hE '^[a-z]+: .*##|^[a-z]+: +##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */  make \1|/' | column -t -s '|'

setup: $(READY)  ## the environment: .venv with pinned packages, bubblewrap and chromium

$(READY): pyproject.toml constraints.txt .ci/system-packages
	$(PYTHON) .ci/python_version.py
	bash .ci/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --upgrade -c constraints.txt pip
	$(BIN)/pip install -c constraints.txt -e ".[learn,book,grade,dev]"
	touch $@
