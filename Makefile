# The commands a newcomer needs. Each does its own set-up; caches lie outside the working tree.
SHELL := /bin/bash -o pipefail
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked-$(shell cat requirements/dev.lock pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
PACKAGES := access cli components credentials iam_profiles local pipeline policies tests benchmarks tools __main__.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-enforced test-vault check format generate lock bench-deploy bench-proof bench-credentials soak soak-credentials clean

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

test-vault: setup  ## the secrets stores' suite on a real Vault, built once where there is none on PATH
	@$(BIN)/python -m tests.credentials.stores.vault_server
	@$(BIN)/python -m pytest tests/credentials/stores/test_vault_real.py

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

bench-fleet: setup  ## preview and up of 4, 20 and 100 accounts, beside a plain loop and the engine's floor (ARGS)
	@$(BIN)/iam-profiles local install
	@$(BIN)/python -m benchmarks.fleet $(ARGS)

bench-proof: setup  ## seconds and memory of a proof over up to 55,000 principals, beside two peers (ARGS=--quick)
	@$(BIN)/python -m benchmarks.proof $(ARGS)

bench-credentials: setup  ## seconds for a session, beside `aws sts assume-role`; one JSON line at the end
	@$(BIN)/iam-profiles local install
	@$(BIN)/python -m benchmarks.credentials

soak: setup  ## many generated worlds to the engine and the independent evaluator (WORLDS, SECONDS, SEED)
	@$(BIN)/python tools/soak.py $(if $(WORLDS),--worlds $(WORLDS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

soak-credentials: setup  ## a million sequences of faults to the keys' core (SEQUENCES, SEED, PROCESSES)
	@$(BIN)/python tools/soak_credentials.py

clean:  ## remove .venv and what tests left in the tree; caches outside the tree stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
