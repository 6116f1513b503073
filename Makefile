PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Exact versions, e.g. constraints.txt, which continuous integration tests; else the newest ones.
CONSTRAINTS ?=

.PHONY: install demo test test-watch lint format docs results tables figures wheel clean

install: $(STAMP)

$(STAMP): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "awry needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		$(addprefix -c ,$(CONSTRAINTS)) -e ".[dev]"
	touch $@

demo: install
	$(BIN)/awry demo --out demo-out

test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-watch: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m live tests/watch_live

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: install
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

results: install
	$(BIN)/python docs/make_results.py

tables: install
	$(BIN)/python docs/make_tables.py
	$(BIN)/python docs/make_settings.py

figures: install
	$(BIN)/python docs/make_figures.py

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: install
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf $(VENV) build dist demo-out
