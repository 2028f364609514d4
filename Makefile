# Everything a newcomer runs. Each target sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: tools setup test check fast demo bench pictures minutes story triggers build clean

tools:                  ## what the real client's tests need beside Python
	@for tool in npm git tmux; do command -v $$tool >/dev/null || { \
	  echo "make: $$tool is missing; install it (Debian: apt install $$tool) and call again" >&2; exit 1; }; done

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stagelock needs Python 3.11 or newer here: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

build: setup            ## compile the shipped workflows, the schema and hooks.json
	$(BIN)/python -m stagelock.authoring.shipped

check: setup            ## lint and types
	$(BIN)/ruff check .
	$(BIN)/mypy

test: tools check             ## everything, the real client included
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not client'
	$(BIN)/python -m pytest -n 3 --dist worksteal -m client

fast: check             ## everything but the real client
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not client'

demo: tools setup             ## the main job, in the real client, as a play-by-play
	$(BIN)/python -m tests.client.demo

bench: setup            ## what a hook costs, as a ratio to the bare interpreter
	$(BIN)/python -m tests.bench

pictures: setup         ## draw docs/pictures anew, from a run that is played for them
	$(BIN)/python -m tests.pictures

minutes: tools setup          ## play a new user's first five minutes, and write docs/first-minutes.md
	$(BIN)/python -m tests.client.first_minutes

triggers: setup         ## which prompts call which discipline, by the words of the descriptions
	$(BIN)/python -m tests.skills.judge

story: tools setup           ## play /fix in the real client, and write docs/fix.md
	$(BIN)/python -m tests.client.fix_story

clean:
	rm -rf .venv .clients .pytest_cache .mypy_cache .ruff_cache
