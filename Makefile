# `make demo` installs tinylite and runs its model on its pictures; `make test` installs and runs the tests;
# `make converter` does so with TensorFlow, which the others do without; `make fuzz` attacks for an hour, or SECONDS=60.
# `make benchmark` times models, ops and starts for half an hour, and writes the tables of README.md and docs/benchmark-results.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SECONDS ?= 3600

.PHONY: demo test slow targets converter fuzz lint benchmark clean

demo: $(VENV)/demo
	$(BIN)/tinylite demo
	@echo "Next: $(BIN)/tinylite --help, or put it on the PATH: . $(BIN)/activate"

test: $(VENV)/test
	$(BIN)/python -m pytest -n auto -m "not slow"

slow: $(VENV)/test
	$(BIN)/python -m pytest -m slow

targets: $(VENV)/test
	$(BIN)/python -m pytest -m slow tests/test_targets.py

converter: $(VENV)/test $(VENV)/examples
	$(BIN)/python -m pytest -n auto -m "not slow" tests/converter tests/quantize tests/examples

fuzz: $(VENV)/test
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

lint: $(VENV)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python schema/generate.py --check
	rm -rf build $(VENV)/typed  # setuptools would pack what an older build left
	$(BIN)/python -m pip install --quiet --no-deps --target $(VENV)/typed .
	cd $(VENV)/typed && MYPYPATH=. ../bin/mypy --config-file ../../pyproject.toml

benchmark: $(VENV)/test
	$(BIN)/python -m benchmarks all

clean:
	rm -rf $(VENV) build *.egg-info

# Debian packages apart what venv needs to install pip, and keeps pip from installing next to the system's packages; a folder is allowed.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "tinylite needs Python 3.10 or newer, and $(PYTHON) is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) > /dev/null || { rm -rf $(VENV); \
	  $(PYTHON) -m pip install --quiet --target $(VENV).virtualenv virtualenv && PYTHONPATH=$(VENV).virtualenv $(PYTHON) -m virtualenv --quiet $(VENV) \
	  && rm -rf $(VENV).virtualenv || { rm -rf $(VENV) $(VENV).virtualenv; \
	  echo "$(PYTHON) can make no environment, with venv or with virtualenv: install the package python3-venv" >&2; exit 1; }; }

# The stamps keep pip from asking the network again until what is to be installed changes.
$(VENV)/demo: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/test $(VENV)/examples $(VENV)/lint: $(VENV)/%: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	@touch $@
