# Everything is installed from the lock file into .venv; nothing outside the project changes.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install help shell backtest paper test quick slow soak worlds answer docs screenshots lint benchmark lock sessions clean

install: $(VENV)/installed  ## Install the bot and its tools into .venv.

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Installed. So that the shell finds bot: source $(BIN)/activate, or make shell."

help:               ## List the targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

shell: install      ## Open a shell that finds bot.
	@PATH="$(CURDIR)/$(BIN):$$PATH" VIRTUAL_ENV="$(CURDIR)/$(VENV)" $${SHELL:-/bin/sh}

backtest: install   ## Backtest the rotation on the demo market and write its report.
	$(BIN)/bot backtest

paper: install      ## Trade a quarter of the demo on a local venue, then review it.
	ledger=rehearsal-$$(date +%s); \
		$(BIN)/bot paper rehearse --market demo --ledger $$ledger && $(BIN)/bot review $$ledger

test: install       ## Run the fast tests.
	$(BIN)/python -m pytest

quick: install      ## Run the tests of the core, the golden stages and the guard, in under 30 seconds.
	$(BIN)/python -m pytest tests/core tests/golden tests/brokers/testnet/test_guard.py

slow: install       ## Run the tests of kills, whole runs and wide searches.
	$(BIN)/python -m pytest -m 'slow and not soak'

soak: install       ## Run the tests that take minutes.
	$(BIN)/python -m pytest -m soak

worlds: install     ## Run the rule of the verdict on markets whose truth is known, in two minutes.
	$(BIN)/bot study worlds

answer: install     ## Write docs/answer.md and its figures from the prices of MARKET_DATA_DIR.
	$(BIN)/python -m bot.study.answer

docs: install       ## Build the documentation as a site in build/site. It opens offline.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Site: build/site/index.html"

screenshots: install ## Take docs/screenshots from the demo market. Needs Chromium.
	$(BIN)/python -m website.screenshots

lint: install       ## Check style, types and import contracts.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: install  ## Measure speed and memory; MARKET_DATA_DIR adds the real prices.
	$(BIN)/python -m benchmarks

lock:               ## Resolve the newest dependencies again. Needs uv.
	uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --output-file requirements.lock
	uv pip compile pyproject.toml --extra anchor --extra notify --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --constraint requirements.lock --output-file requirements-run.lock

sessions: install   ## Write the exchange's sessions again, after an update of their library.
	$(BIN)/python -m bot.data.exchange_days

clean:              ## Remove .venv.
	rm -rf $(VENV)
