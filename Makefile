# What a person needs on this machine: python3 (3.11 or later, with venv) and make.
PYTHON ?= python3

# Nothing is installed that the lock does not name, and nothing whose hash is another.
PIP := -m pip install -qq --disable-pip-version-check --require-hashes --requirement
RUN := PYTHONPATH=layers/scorer:layers/connectors .venv/bin/python
TYPED := layers/scorer/customer_success layers/connectors/connectors local $(wildcard functions/*/wiring.py)
# Byte code is stored: rewriting the asserts of all tests takes each process a third of a minute.
PYTEST := PYTHONDONTWRITEBYTECODE= .venv/bin/pytest --numprocesses 2 --dist worksteal
LAYERS := $(wildcard layers/*/requirements.txt)
ENVIRONMENTS := .venv .stack .sam .checkov .lock

# `sam build` needs the runtime's own Python: the first that runs, not a pyenv shim that only says where it is.
RUNTIME = $(shell for python in python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13); do \
	$$python -c 'import ensurepip' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help demo demo-qbr import-history ingest check-book redrive rescan forget outcomes doctor shadow-report notion-setup notion-import cost api \
	generated openapi picture permissions imports demo-clean install lock locks-fresh types test test-slow pr bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: install ## a day of the whole system on this machine: ACCOUNTS=book.csv MAP=map.toml DATE=YYYY-MM-DD DAYS=3 FORCE=1 DOWN=slack SHADOW=1
	@$(RUN) -m local.demo

demo-qbr: install ## a quarter's reviews of a book: ACCOUNTS=book.csv DATE=YYYY-MM-DD NARRATOR=bedrock DOWN=bedrock
	@$(RUN) -m local.demo qbr

import-history: install ## bring in older scores: FILE=history.csv, and ACCOUNTS=book.csv, or TABLE= TENANT= of a real deployment
	@$(RUN) -m $(if $(TABLE),local.import_history,local.demo import-history)

ingest: install ## take a file of signals in: FILE= KIND=usage SOURCE=product SNAPSHOT=1 MAP=map.toml, and ACCOUNTS=book.csv, or STACK= of a real deployment
	@$(RUN) -m $(if $(STACK),local.operating,local.demo) ingest

check-book: install ## what a file of accounts holds, and who could be scored: FILE=accounts.csv MAP=map.toml DATE= CURRENCY=EUR TIMEZONE=
	@$(RUN) -m local.check_book

redrive: install ## bring the dead letters of a queue back: QUEUE=alert-chat, and ACCOUNTS=book.csv, or STACK= of a real deployment
	@$(RUN) -m $(if $(STACK),local.operating redrive,local.demo redrive)

rescan: install ## scan a day of a real deployment again: STACK= DATE=YYYY-MM-DD
	@$(RUN) -m local.operating rescan

forget: install ## remove what is stored of an account: ACCOUNT=acc-001, and ACCOUNTS=book.csv, or STACK= of a real deployment
	@$(RUN) -m $(if $(STACK),local.operating forget,local.demo forget)

outcomes: install ## what became of the contracts of a real deployment, as CSV: STACK=
	@$(RUN) -m local.operating outcomes

doctor: install ## look at all that a deployment depends on, and say what to do: STACK=, or what the demo left behind
	@$(RUN) -m local.doctor

shadow-report: install ## what a deployment in shadow would have let out: DATE=, and STACK=, or what make demo SHADOW=1 left
	@$(RUN) -m $(if $(STACK),local.shadow_report,local.demo shadow-report)

notion-setup: install ## make the databases in Notion, or what they lack: NOTION_TOKEN= PARENT=page-id, ACCOUNTS=id of a team's own
	@$(RUN) -m local.notion.setup

notion-import: install ## bring accounts into Notion: FILE=book.csv MAP=map.toml NOTION_TOKEN= NOTION_ACCOUNTS=id, DRY_RUN=1 shows the plan
	@$(RUN) -m local.notion.importing

cost: install ## what a month costs: ACCOUNTS=5000 MODEL=yes MODEL_PRICE=3,15
	@$(RUN) -m local.cost

api: install ## the API of a scanned book on this machine, with signed calls to try: ACCOUNTS=book.csv
	@$(RUN) -m local.demo api

generated: openapi picture permissions imports ## write anew what is made from the code and the template

openapi: install ## write docs/openapi.json anew, from the code
	@$(RUN) -m local.api.openapi

picture: install ## write docs/architecture.md anew, a flowchart from the template
	@$(RUN) -m local.picture

imports: install ## write docs/imports anew: what each function loads before its first message
	@$(RUN) -m local.cold_start

permissions: install ## write docs/permissions.md anew, from the template
	@$(RUN) -m local.permissions

demo-clean: ## forget all that demos have left behind
	rm -rf .demo

install: .venv/installed .stack/installed ## make the virtual environments, which the other targets do by themselves

lock: .lock/installed ## write the lock files anew after a change of requirements: UPGRADE=1 for newer versions of what is not pinned
	@.lock/bin/python -m local.locks

locks-fresh:
	@$(PYTHON) -m local.locks scorer connectors venv stack sam checkov lock

types:
	.venv/bin/mypy $(TYPED)

test: install .sam/installed .checkov/installed ## lint, types and all tests but the slow ones
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	@$(MAKE) --no-print-directory types
	$(PYTEST)

test-slow: install ## the tests marked slow (every fault of every dependency, whole books), and properties at length
	$(PYTEST) -m "slow or hypothesis" --hypothesis-profile slow

pr: test test-slow ## what has to pass before a change goes in

bench: install ## the figures: requests, writes, memory, time over the floor, cold starts
	@$(RUN) -m tests.benchmarks

clean: demo-clean ## remove everything that was made here
	rm -rf $(ENVIRONMENTS) .build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Two environments: the project's own, and that of the embedded AWS, in which the functions run.
.venv/installed: locks/venv.txt pyproject.toml $(LAYERS)
	$(call environment,venv)

.stack/installed: locks/stack.txt pyproject.toml
	$(call environment,stack)

# And two for checks of the template, which only the tests need: SAM's own tool and checkov share packages, not versions.
.sam/installed: locks/sam.txt pyproject.toml
	$(call environment,sam,$(RUNTIME))

.checkov/installed: locks/checkov.txt pyproject.toml
	$(call environment,checkov)

# What writes the locks is locked too, and does not ask whether they are fresh.
.lock/installed: locks/lock.txt
	$(call installed,lock)

define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "$(PYTHON) must be Python 3.11 or later; name another with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m local.locks $(1)
	$(call installed,$(1),$(2))
endef

# `installed` is a copy of the lock that the environment was made from: if that did not change, nothing is made anew.
define installed
	@if cmp -s locks/$(1).txt .$(1)/installed; then touch .$(1)/installed; else \
	set -e; echo "installing into .$(1) (once, takes about a minute) …"; \
	$(or $(2),$(PYTHON)) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "$(or $(2),$(PYTHON)) must be Python 3.11 or later, with venv; name another with PYTHON=…" >&2; exit 1; }; \
	$(or $(2),$(PYTHON)) -m venv --clear .$(1); \
	.$(1)/bin/python $(PIP) locks/$(1).txt; \
	cp locks/$(1).txt .$(1)/installed; fi
endef
