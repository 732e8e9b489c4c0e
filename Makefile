# The doors of the course. `make` alone lists them; each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SAMPLE := 06-self-attention
SHELL  := /bin/bash
READY  := $(VENV)/.ready
# nbgrader shells out to alembic, Jupyter to its subcommands: the environment's own bin comes first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# No compiled files among the sources.
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup course book publish notebooks learn grade formgrader weights test test-processors bench clean

help:            ## list these targets
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+: +##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1|/' | column -t -s '|'

setup: $(READY)  ## the environment: .venv with pinned packages, bubblewrap and chromium

$(READY): pyproject.toml constraints.txt .ci/system-packages
	$(PYTHON) .ci/python_version.py
	PYTHON=$(PYTHON) bash .ci/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --upgrade -c constraints.txt pip
	$(BIN)/pip install -c constraints.txt -e ".[learn,book,grade,cluster,pretrained,dev,bench]"
	touch $@

notebooks: $(READY)  ## solutions/ and exercises/ from book/*/exercises.md and the library
	$(BIN)/unrolled notebooks

# Warnings are errors. What is filtered out is the settings' echo and a notice of each kernel's.
book: $(READY)  ## the published book, in _build/html
	@set -o pipefail; PYTHONUNBUFFERED=1 $(BIN)/jupyter-book build . -W --keep-going 2>&1 | \
	  grep --line-buffered -vE 'IPKernelApp|^.{0,6}(myst|myst-nb|sphinx-multitoc-numbering) v|^=*$$'
	@echo "The book is in _build/html: open _build/html/index.html"

# Fails at once where a file of real data is missing: a published page shows what it speaks of.
publish: $(READY) ## the site as it is deployed: with the real data, and what must hold for it
	@$(BIN)/python -m unrolled.data
	@$(MAKE) --no-print-directory book
	$(BIN)/pytest -m published tests/book

course: notebooks book  ## everything: notebooks, book, and the sample class graded with feedback
	mkdir -p class/submitted && cp -Rn tests/sample_class/learner-* class/submitted/
	$(BIN)/unrolled grade $(SAMPLE)
	$(BIN)/unrolled report $(SAMPLE)
	@echo
	@echo "The course is ready."
	@echo "  book        _build/html/index.html"
	@echo "  marks       class/grades.csv (and class/gradebook.db for nbgrader and formgrader)"
	@echo "  feedback    class/feedback/learner-03/$(SAMPLE)/$(SAMPLE).html, one for each learner"
	@echo "  report      class/reports/$(SAMPLE).html, on the whole class"

learn: $(READY)  ## JupyterLab on the exercises
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/exercises

grade: $(READY)  ## grade class/submitted: make grade ASSIGNMENT=06-self-attention
	@test -n "$(ASSIGNMENT)" || { echo 'Which one? make grade ASSIGNMENT=06-self-attention'; exit 2; }
	$(BIN)/unrolled grade $(ASSIGNMENT)

formgrader: $(READY)  ## nbgrader's formgrader: the gradebook, and marks by hand
	$(BIN)/jupyter lab --LabApp.default_url=/formgrader

# The tests of the real weights are skipped where there are none, and say so.
weights: $(READY) ## real pretrained weights, verified by hash, into build/weights
	$(BIN)/python -m unrolled.pretrained || echo "No weights: the tests that need them are skipped."

# The tests of the book build it, beside the others. A module is tested in one process, where what its
# tests share is made once. Three for two cores: a third of the time, one waits for a page or a kernel.
PYTEST := $(BIN)/pytest -n 3 --dist loadscope --durations=10

# Sweeps count no lines, which would double their time; only their files are read, not 10,000 tests.
test: weights  ## every test: library, checks, grading, notebooks, and the book in a browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(PYTEST) -m "not sweep" --cov=unrolled --cov-fail-under=95
	$(PYTEST) -m sweep $$(grep -rl --include='*.py' 'mark\.sweep' tests)

test-processors: weights  ## what computes, under other instruction sets and two threads: half an hour
	$(BIN)/python tests/processors.py $(ONLY:%=--only %)

# With NANOGPT=path/to/nanoGPT where nanoGPT's file cannot be downloaded.
bench: $(READY) weights ## measured against peers, more seeds, mutants: hours; into benchmarks/
	for name in attention blocks recurrent gpt generation bert growth; do \
	  $(BIN)/python benchmarks/$$name.py || exit 1; done
	$(BIN)/python benchmarks/table.py
	$(BIN)/python benchmarks/mutants.py
	$(BIN)/python benchmarks/probe_mutants.py
	$(BIN)/python benchmarks/checker.py
	for name in grading simulate attacks faults; do $(BIN)/python benchmarks/$$name.py || exit 1; done
	UNROLLED_HOSTILE_VALUES=10000 $(BIN)/pytest -n 2 tests/checks/test_hostile.py

clean:           ## remove what was built; keeps class/ and mylib/
	rm -rf $(VENV) build _build .pytest_cache .ruff_cache .hypothesis
