# The commands a newcomer needs. Each does its own set-up; caches lie outside the working tree.
SHELL := /bin/bash -o pipefail
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked-$(shell cat requirements/dev.lock pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
PACKAGES := access cli components credentials iam_profiles local pipeline policies tests benchmarks tools __main__.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-enforced check format generate lock bench-deploy clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk 'BEGIN{FS=":.*?## "}{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(STAMP)  ## make .venv, with the iam-profiles command in .venv/bin

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) tools/bootstrap.py $(VENV) requirements/dev.lock
	@rm -f $(VENV)/.locked-* && touch $@

demo: setup  ## four accounts from one model, by the real engine, on this machine
	@$(BIN)/iam-profiles demo

test: setup  ## all tests
	@$(BIN)/iam-profiles local install
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-enforced: setup  ## the deployment and every AssumeRole against fakecloud, where it is on PATH
	@$(BIN)/iam-profiles local install
	@$(BIN)/python -m pytest -m enforced tests/enforced

check: setup  ## ruff, pyright strict, import-linter, generated files up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python tools/pyright.py
	@$(BIN)/python tools/generate.py --check

format: setup  ## format and mend what ruff can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

generate: setup  ## write the generated files again: schemas, rendered documents, command help, examples
	@$(BIN)/python tools/generate.py
	@$(BIN)/python tools/examples.py

lock: setup  ## resolve requirements/*.in into locks with hashes
	@$(BIN)/python tools/lock.py

bench-deploy: setup  ## preview and up seconds per stack, against a plain program; one JSON line at the end
	@$(BIN)/iam-profiles local install
	@$(BIN)/python benchmarks/deploy.py

clean:  ## remove .venv and what tests left in the tree; caches outside the tree stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
