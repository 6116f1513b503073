PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Exact versions, e.g. constraints.txt, which continuous integration tests; else the newest ones.
CONSTRAINTS ?=

# Checks pages for people who use a screen reader; a tool of the tests, which is not shipped.
AXE := build/axe/node_modules/axe-core/axe.min.js
AXE_VERSION := 4.14.1

.PHONY: install demo test test-watch axe screens lint format docs results tables figures wheel clean

install: $(STAMP)

$(STAMP): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "awry needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		$(addprefix -c ,$(CONSTRAINTS)) -e ".[dev]"
	touch $@

demo: install
	$(BIN)/awry demo --out demo-out
	@echo "There is a second demo, of cameras that are watched: $(BIN)/awry watch demo"

test: install axe
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-watch: install axe
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m live tests/watch_live

# Where there is no npm, or it cannot be reached, the tests that need axe-core are skipped.
axe:
	@test -f $(AXE) || npm install --silent --no-audit --no-fund --prefix build/axe \
		axe-core@$(AXE_VERSION) || echo "axe-core could not be installed."

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

words: install
	$(BIN)/python docs/make_words.py

figures: install
	$(BIN)/python docs/make_figures.py

screens: install
	$(BIN)/python docs/make_screens.py

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: install
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf $(VENV) build dist demo-out
