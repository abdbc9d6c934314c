# `make help` lists what there is. Needs Python 3.11 or newer and nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed.lock
ROOMS := bot handlers services knowledge storage messenger sandbox
CODE := $(ROOMS) tests benchmarks
# What `make test` hands on to pytest, for example: make tests ARGS="tests/storage -k queue"
ARGS ?=
# Test files run side by side; 2 suits the smallest CI machine.
JOBS ?= 2

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the environment -------------------------------------------------------------------------

.PHONY: setup
setup: ## make .venv from requirements.lock; does nothing when it is up to date
	@$(PY) -c '' 2>/dev/null && cmp -s requirements.lock $(READY) || $(MAKE) --no-print-directory install

.PHONY: install
install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "Could not make $(VENV) (on Debian: apt-get install python3-venv)"; exit 1; }
	@rm -f $(READY)
	@echo "Installing what requirements.lock names into $(VENV) (a few minutes the first time)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input \
	  --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@cp requirements.lock $(READY)

.PHONY: lock
lock: setup ## rewrite requirements.lock from pyproject.toml (needs the network)
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet uv
	$(PY) -m uv lock --python $(PY)
	$(PY) -m uv export --quiet --frozen --all-extras --no-emit-project --no-emit-index-url \
	  --no-annotate --no-header --format requirements.txt -o requirements.lock
	$(PY) -m uv export --quiet --frozen --no-dev --no-emit-project --no-emit-index-url \
	  --no-annotate --no-header --format requirements.txt -o deploy/requirements.lock

.PHONY: clean
clean: ## forget caches; keeps .venv and var
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- running ---------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## the whole thing on this machine, with made-up people: prints its address
	@exec $(PY) -m bot demo

.PHONY: demo-month
demo-month: setup ## the demo with half a year of figures, and a month that went wrong
	@exec $(PY) -m bot demo --bad-month

# --- checking --------------------------------------------------------------------------------

.PHONY: test
test: setup lint types imports tests ## everything that must hold before a change is taken

.PHONY: lint
lint: setup ## style of Python, YAML, shell and container files
	@$(call timed,style,$(PY) -m ruff check --quiet $(CODE) && \
	  $(PY) -m ruff format --check --quiet $(CODE) && \
	  $(PY) -m yamllint --strict .)
	@$(VENV)/bin/hadolint deploy/Containerfile
	@$(VENV)/bin/shellcheck .ci/run deploy/*.sh

.PHONY: types
types: setup ## mypy --strict over every room
	@$(call timed,types,$(PY) -m mypy --strict $(CODE))

.PHONY: imports
imports: setup ## who may import whom (.importlinter)
	@$(call timed,imports,$(PY) -c 'import sys; from importlinter.cli import lint_imports; \
	  sys.exit(lint_imports(no_logo=True))')

.PHONY: tests
tests: setup ## the suites alone; ARGS="tests/storage -k queue" chooses, JOBS=1 for one process
	@$(PY) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

.PHONY: docs
docs: setup ## rewrite docs/settings.md from the settings classes, and docs/facts.md from the facts
	$(PY) -m tests.contracts.settings_table
	$(PY) -m knowledge.coverage > docs/facts.md

.PHONY: format
format: setup ## put the style right
	$(PY) -m ruff check --fix $(CODE)
	$(PY) -m ruff format $(CODE)

# --- the schema ------------------------------------------------------------------------------

.PHONY: migration
migration: setup ## write a schema revision from the models: m="what changed"
	@test -n "$(m)" || { echo 'say what changed: make migration m="card: issued_on"'; exit 1; }
	$(PY) -m storage.migrate revision -m "$(m)"
	@$(tidy-migrations)

.PHONY: renew-schema
renew-schema: setup ## before the first release only: rewrite the one first revision
	rm -f storage/migrations/versions/[0-9]*.py
	$(PY) -m storage.migrate revision -m "first tables" --rev-id 0001
	@$(tidy-migrations)

define tidy-migrations
$(PY) -m ruff check --fix --quiet storage/migrations; $(PY) -m ruff format --quiet storage/migrations
endef

# $(call timed,name,command): run it and print the seconds it took.
define timed
start=$$(date +%s); { $(2); }; code=$$?; echo "$(1): $$(( $$(date +%s) - start )) s"; exit $$code
endef
