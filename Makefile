# Every target prints its result as its last line. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := .venv/bin
# Named after what it was made from: another lock or another pyproject.toml asks for a new set-up.
STAMP := .venv/.setup-$(shell cat requirements-dev.lock pyproject.toml tools/setup.sh | cksum | tr ' ' '-')

# Every command starts three times as fast with its byte code kept
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check cover simulate soak crash bench wheel sbom lock reference

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 8

setup: $(STAMP) ## lay .venv from the lock files
	@echo "setup: .venv is ready"

$(STAMP):
	@tools/setup.sh $@

demo: $(STAMP) ## run Wave to Pipedrive on the sandbox; ONCE=1 ends when all is in step
	@$(BIN)/ml-connector demo $(if $(ONCE),--once)

test: $(STAMP) ## run all tests
	@$(BIN)/pytest --numprocesses 2

check: $(STAMP) ## format, lint, types, floors, licences, known weaknesses, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/licences.py
	@$(BIN)/python tools/audit.py
	@$(BIN)/pytest tests/project/test_documents.py tests/project/test_reference.py \
		tests/project/test_tracked_files.py
	@echo "check: format, lint, types, floors, licences and documents are in order"

cover: $(STAMP) ## run all tests and tell how much of the code they reach, by branches
	@$(BIN)/coverage erase
	@$(BIN)/coverage run --source=$(CURDIR)/src/ml_connector -m pytest --numprocesses 2
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=90
	@for room in core store engine; do \
		$(BIN)/coverage report --fail-under=95 --include="*/ml_connector/$$room/*"; done

simulate: $(STAMP) ## play SEEDS= simulated histories with faults, from FIRST= on
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),1000) --first $(or $(FIRST),1)

soak: $(STAMP) ## work steadily for MINUTES= (60) and look for what grows
	@$(BIN)/python -m benchmarks.soak $(or $(MINUTES),60)

crash: $(STAMP) ## kill the server -9 again and again and reconcile; ROUNDS= and SEED=
	@$(BIN)/python -m tests.crash $(or $(ROUNDS),50) $(or $(SEED),1)

bench: $(STAMP) ## measure, and write benchmarks/results.md
	@$(BIN)/python -m benchmarks

wheel: $(STAMP) ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation

sbom: $(STAMP) ## write dist/sbom.json, what is installed with the product
	@$(BIN)/python tools/sbom.py

lock: $(STAMP) ## write the lock files anew from pyproject.toml
	@tools/lock.sh
	@echo "lock: requirements.lock and requirements-dev.lock are written"

reference: $(STAMP) ## write docs/reference from the program
	@$(BIN)/python tools/reference.py
	@$(BIN)/python tools/flow_reference.py
	@echo "reference: docs/reference is as the program is"
