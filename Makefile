# Docker Playground. `make run` and `make test` set up what they need; the rest is in docs/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
BIND ?= 127.0.0.1
BENCH ?=
STUDENTS ?= 100
MINUTES ?= 15
SWEEP ?= 10 25 50 75 100
ARGS ?=
JOBS ?= 2
RUN := .venv/bin/python
DEV := .venv-dev/bin/python

.PHONY: help setup setup-dev run stop test test-all test-vm lint bench load load-sweep screenshots doctor openapi lock reset clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing, build host image and catalogue (once)
	@scripts/bootstrap.sh run
	@$(RUN) -m playground.install

setup-dev:
	@scripts/bootstrap.sh dev
	@$(DEV) -m playground.install

run: setup ## set up and serve on http://localhost:8000 (PORT= and BIND= move it)
	@exec $(RUN) -m playground.serve --port $(PORT) --host $(BIND)

stop: ## end a running playground, or what a dead one has left
	@$(RUN) -m playground.serve --stop

test: setup-dev lint ## set up and run the tests, short forms of the long ones
	@$(DEV) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-all: setup-dev lint ## all tests in their full form
	@PLAYGROUND_FULL=1 $(DEV) -m pytest $(ARGS)

test-vm: setup-dev ## the runtime core's tests in a virtual machine with systemd and cgroup v2
	@PLAYGROUND_FULL=1 $(DEV) -m pytest -m vm $(ARGS)

lint: setup-dev ## style, types, imports
	@.venv-dev/bin/ruff format --check .
	@.venv-dev/bin/ruff check .
	@.venv-dev/bin/mypy
	@.venv-dev/bin/lint-imports --no-cache

bench: setup-dev ## measurements as JSON lines (BENCH=sandbox.cold runs one)
	@$(DEV) -m bench $(BENCH)

load: setup-dev ## students at work against a site of its own (STUDENTS=100 MINUTES=15), with a report
	@$(DEV) -m load --students $(STUDENTS) --minutes $(MINUTES) $(ARGS)

load-sweep: setup-dev ## the same for SWEEP="10 25 50 75 100" students, and a model of many more
	@$(DEV) -m load --sweep "$(SWEEP)" --minutes $(MINUTES) $(ARGS)

screenshots: setup-dev ## the pictures of docs/guide, taken from the running product
	@PYTHONPATH=. $(DEV) -m scripts.screenshots $(ARGS)

doctor: setup ## check this machine
	@$(RUN) manage.py doctor

openapi: setup-dev ## write docs/openapi.json anew
	@$(DEV) manage.py export_openapi_schema --api playground.api.main.api --indent 1 --sorted --output docs/openapi.json

lock: ## pin what requirements*.in ask for
	@uv pip compile -q --universal --python-version 3.10 --no-annotate --no-header requirements.in -o requirements.txt
	@uv pip compile -q --universal --python-version 3.10 --no-annotate --no-header requirements-dev.in -c requirements.txt -o requirements-dev.txt

reset: ## forget all data of this checkout, keep the cache
	@[ ! -x $(RUN) ] || $(RUN) -m playground.serve --stop
	rm -rf var

clean: ## remove everything that this product made on this machine
	@scripts/clean.sh
