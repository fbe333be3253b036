# Two words do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test bench fuzz browser lock format clean

demo: $(STAMP)  ## write the example city, evaluate it, say where the files are
	$(BIN)/parkeval demo demo

test: $(STAMP)  ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(STAMP)  ## the same work beside its peers, agreement first
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

fuzz: $(STAMP)  ## broken files for every reader; N=10000 for more
	$(BIN)/python benchmarks/fuzz_readers.py $(or $(N),1000)

browser: $(STAMP)  ## the map in headless Chromium with the network off (needs chromium)
	$(BIN)/pytest tests/browser

lock:  ## renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-emit-index-url --output-file requirements.lock

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

clean:
	rm -rf $(VENV) demo build *.egg-info
