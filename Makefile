# From Neuron to ConvNet. `make` lists what can be made; each target sets up what it needs.

PYTHON  ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV    ?= .venv
BIN     := $(VENV)/bin
# Two stages of one set-up: what the book is built from, and everything, with PyTorch, JupyterLab and the tests.
READER  := $(VENV)/.book
STAMP   := $(VENV)/.everything
PIP     := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
BOOK    := _build/html/index.html
NOTEBOOKS = $(sort $(wildcard chapters/*.ipynb laboratories/*.ipynb)) $(wildcard verification.ipynb speed.ipynb)
SOURCES := _config.yml _toc.yml references.bib tools/build_book.py tools/only.py $(wildcard *.md api/*.md) $(NOTEBOOKS) \
           $(shell find _ext cnnlib -type f ! -name '*.pyc')
JOBS    ?= 2
# The benchmarks compare with two more libraries; what cannot be had is reported as left out.
PEERS   = -$(PIP) -e '.[bench]'
PYPDF   = $(shell sed -n 's/^pdf = \["\(.*\)"\]$$/\1/p' pyproject.toml)
NBVAL   = --nbval --nbval-current-env --nbval-sanitize-with nbval_sanitize.cfg -p no:cacheprovider

, := ,
say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.DEFAULT_GOAL := help
.PHONY: help setup book test lint unit doctest nbval check-book lab notebooks pdf sheet student instructor colab grade \
        crosscheck mutate fuzz matrix page-report bench bench-full resolve clean

help: ## list the targets
	@printf 'From Neuron to ConvNet\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## install everything into .venv: 1.7 GB, with PyTorch for the CPU

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
		f"Python 3.11 or newer is needed; $(PYTHON) is {v[0]}.{v[1]}. Try: make PYTHON=python3.11")'
	"$(PYTHON)" -m venv $(VENV)

$(READER): requirements-book.txt | $(BIN)/pip
	$(call say,Setting up $(VENV) for the book (once; 0.4 GB))
	$(PIP) -r requirements-book.txt
	@touch $@

$(STAMP): requirements.txt pyproject.toml $(READER)
	$(call say,Setting up $(VENV) for tests and chapters (once; 1.3 GB more$(,) with PyTorch for the CPU))
	@$(BIN)/python tools/which_torch.py
	$(PIP) -r requirements.txt
	@touch $@

book: $(BOOK) ## build the book and print where its first page is (0.4 GB; no PyTorch)
	@printf '\nThe book is built. Open in a browser:\n  %s\n' "$(CURDIR)/$(BOOK)"

$(BOOK): $(READER) $(SOURCES)
	$(call say,Building the book (warnings are errors))
	$(BIN)/python tools/build_book.py
	@touch $@

test: lint unit doctest nbval check-book ## run every check: style, units, doctests, notebooks, book, browser
	$(call say,All tests passed)

lint: $(STAMP)
	$(call say,Style: ruff)
	$(BIN)/ruff check .

unit: $(STAMP)
	$(call say,Unit tests against PyTorch and finite differences)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) -m "not book and not browser"

doctest: $(STAMP)
	$(call say,Doctests: the examples in the docstrings)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --doctest-modules cnnlib

nbval: $(STAMP)
	$(call say,Notebooks: run again and compared with what is committed)
	$(if $(NOTEBOOKS),OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q $(NBVAL) -n $(JOBS) --dist loadfile $(NOTEBOOKS),@echo "no notebooks yet")

check-book: $(STAMP) $(BOOK)
	$(call say,The built book: links$(,) requests$(,) accessibility$(,) interaction)
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m "book or browser"

page-report: $(STAMP) $(BOOK) ## measure every page: weight, axe, requests, focus, Lighthouse (PAGES="intro chapters/09")
	$(call say,The pages$(,) measured)
	-@$(PIP) -e '.[report]'
	$(BIN)/python tools/page_report.py $(PAGES)

lab: $(STAMP) ## open JupyterLab with the chapters
	$(call say,JupyterLab: stop it with Ctrl-C)
	@# Without trust JupyterLab would strip the committed figures until their cells are run.
	@$(BIN)/jupyter trust chapters/*.ipynb laboratories/*.ipynb >/dev/null
	cd chapters && ../$(BIN)/python -m jupyterlab

notebooks: $(STAMP) ## run every notebook again, in place, byte for byte reproducible
	$(call say,Running the notebooks in place)
	$(BIN)/python tools/notebooks.py $(NOTEBOOKS)

pdf: $(READER) $(BOOK) ## the whole book as one PDF (minutes; needs Chromium)
	$(PIP) '$(PYPDF)'
	$(BIN)/python tools/pdf.py

sheet: $(READER) ## the library on one page of A3, to pin to the wall (needs Chromium)
	$(BIN)/python tools/print_sheet.py

student: $(READER) ## the chapters without solutions, in _build/student
	$(BIN)/python tools/editions.py student

instructor: $(STAMP) ## the chapters with open solutions and a note on each, in _build/instructor
	$(BIN)/python tools/editions.py instructor

colab: $(READER) ## the chapters for Colab, in _build/colab (set course_repository in _config.yml first)
	$(BIN)/python tools/editions.py colab

grade: $(STAMP) ## grade what a class handed in (CHAPTER=02 HANDED_IN="folder/*.ipynb"), with otter-grader
	$(PIP) -e '.[grade]'
	$(BIN)/python tools/grading.py $(CHAPTER) $(HANDED_IN)

crosscheck: $(STAMP) ## print the table of agreement with PyTorch
	$(call say,Agreement with PyTorch)
	$(BIN)/python -m cnnlib.crosscheck

mutate: $(STAMP) ## break operations one at a time; the tests must notice each
	$(call say,Mutations: every planted bug must be caught)
	$(BIN)/python -m tests.mutations

fuzz: $(STAMP) ## draw networks and calls until one is wrong (FUZZ="--minutes 10 --seed 1")
	$(call say,Fuzzing: engine against layers$(,) operations against PyTorch)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.differential $(FUZZ)

matrix: $(STAMP) ## compare the notebooks under other BLAS kernels and thread counts
	$(BIN)/python tools/matrix.py $(NOTEBOOKS)

bench: $(STAMP) ## cnnlib against PyTorch and others (minutes)
	$(call say,Benchmarks)
	$(PEERS)
	$(BIN)/python -m benchmarks

bench-full: $(STAMP) ## the same, longer, with MNIST and scaling
	$(call say,Benchmarks in full)
	$(PEERS)
	$(BIN)/python -m benchmarks --full

resolve: $(READER) ## show on which Pythons and systems every pinned version is to be had
	@$(PIP) uv
	$(BIN)/python tools/resolve.py

clean: ## remove what was built (not .venv)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
