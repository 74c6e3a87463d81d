# One command a job, the same here and in CI. `make help` lists them.
# Everything runs from .venv, which is made from requirements-dev.lock and rebuilt when that file or pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
# More than cores: tests often wait for browsers, databases and commands of their own.
JOBS ?= 3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
UV_VERSION := 0.13.9
COMPILE = build/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

# A part that has no tests yet is not a failure: pytest says so with exit code 5.
NONE_YET = || { code=$$?; [ $$code -eq 5 ] || exit $$code; echo "no test carries this mark yet"; }

# Compiled modules are kept: demo and tests start hundreds of short commands.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help dev demo test check fix prove teeth package bench bench-history assurance docs words screenshots lock test-services clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: $(STAMP) ## Make .venv with the product (editable) and every development tool

$(STAMP): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11"; exit 1; }
	@echo "Making $(VENV) (once; about a minute)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## Run a federation of hubs and nodes on this machine, with real letters
	$(BIN)/axis demo

test: $(STAMP) ## Run the tests (under 8 minutes on 2 cores); what a missing service skips is listed
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not prove and not bench"

check: $(STAMP) ## Format, lint, types, directions of import, spelling, packaging
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/pytest -q tests/test_packaging.py tests/test_architecture.py

fix: $(STAMP) ## Format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

prove: $(STAMP) ## The longer proofs: seeded kills, simulation, planted faults
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m prove --timeout 600 $(NONE_YET)

teeth: $(STAMP) ## Plant bugs, one line each, in a copy, and see that the suite notices every one (part of prove)
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m prove --timeout 600 tests/prove/teeth

package: $(STAMP) ## Build wheel and sdist, install the wheel into a clean environment, test it there
	scripts/package $(BIN)/python

bench: $(STAMP) ## Measure, and write docs/benchmarks.md
	$(BIN)/python -m bench

bench-history: $(STAMP) ## Ask about 10 million deliveries, and write docs/benchmarks-history.md
	$(BIN)/python -m bench.history --folder build/history --sqlite 1000000 --postgres 10000000 --write

assurance: $(STAMP) ## Hours of proofs, by hand; figures go to docs/assurance.md
	AXIS_ASSURANCE=1 AXIS_FIGURES=build/figures $(BIN)/pytest -m prove --timeout 0
	$(BIN)/python scripts/assurance.py --figures build/figures

docs: $(STAMP) ## Generate the pages that are made from code, and show what changed
	$(BIN)/python scripts/pages.py docs
	git diff --exit-code --stat -- docs

words: $(STAMP) ## Collect what the pages say into their catalogs, and compile the translations
	$(BIN)/python scripts/catalogs.py

screenshots: $(STAMP) ## Photograph every page into build/screenshots, to be looked at
	$(BIN)/python scripts/screenshots.py

lock: ## Resolve the lock files anew from pyproject.toml (needs a package index)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE:pyproject.toml=tests/judges/requirements.in) --output-file tests/judges/requirements.lock

test-services: ## Install the services and outside judges that tests use (Debian, needs root): PostgreSQL, xmlsec1, JDK …
	scripts/test-services

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
