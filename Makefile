# The front door. Everything installs from the lock file into .venv; nothing else is touched.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install backtest paper test soak lint benchmark lock clean

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

backtest: install   ## Backtest the rotation on the demo market and write its report.
	$(BIN)/bot backtest

paper: install      ## Trade a quarter of the demo through the testnet broker on a venue of this machine, and review it.
	ledger=rehearsal-$$(date +%s); \
		$(BIN)/bot paper rehearse --market demo --ledger $$ledger && $(BIN)/bot review $$ledger

test: install       ## Run the fast tests.
	$(BIN)/python -m pytest

soak: install       ## Run the tests that take minutes.
	$(BIN)/python -m pytest -m soak

lint: install       ## Style, types and the import floors.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: install  ## Measure speed and memory; needs MARKET_DATA_DIR for the real prices.
	$(BIN)/python -m benchmarks

lock:               ## Resolve the newest dependencies again. Needs uv.
	uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --output-file requirements.lock
	uv pip compile pyproject.toml --extra notify --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --constraint requirements.lock --output-file requirements-run.lock

clean:
	rm -rf $(VENV)
