# A machine with python3 (3.10 to 3.13, with venv) and make is enough; `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tests start hundreds of interpreters. Without compiled files each of them compiles every module that it imports, and
# every process of pytest rewrites all assertions.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-fast test-fallbacks test-windows coverage lint format docs clean bundle

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

bundle: $(VENV)/installed-dev ## make the Windows bundle: Python and aind-lint in one zip file
	@echo "Making the Windows bundle (one to two minutes) ..."
	@$(BIN)/python scripts/windows_bundle.py

demo: $(VENV)/installed-audit ## make two example assets, check them, publish them into a folder, audit it
	@$(BIN)/aind-lint demo

test: $(VENV)/installed-dev ## run all tests; they start their own S3 server
	@echo "Running all tests (about nine minutes on two cores) ..."
	@$(BIN)/python -m pytest -n auto

test-fast: $(VENV)/installed-dev ## run the tests that need no server and are not slow
	@echo "Running the unit tests (about three minutes on two cores) ..."
	@$(BIN)/python -m pytest -n auto -m unit

# The schema and publish tests that do not ask for one of these packages by name.
test-fallbacks: $(VENV)/installed-dev ## run tests as if awscrt, jsonschema-rs and pycurl were not installed
	@echo "Running tests without the compiled packages (about two minutes on two cores) ..."
	@PYTHONPATH=tests/without_compiled $(BIN)/python -m pytest -q -n auto tests/schema/test_sidecar_validator.py \
		tests/schema/test_versions.py tests/schema/test_models.py tests/publication/test_publish.py

test-windows: $(VENV)/installed-dev ## run the tests under a Windows Python in Wine, which this sets up; TESTS="..." runs some
	@scripts/windows_python.sh; code=$$?; \
	if [ $$code = 3 ]; then echo "SKIPPED: nothing was tested under Windows Python." >&2; \
	elif [ $$code = 0 ]; then echo "Running the tests under Windows Python ..."; $(BIN)/python scripts/run_windows.py -m pytest -q -n 2 -p no:cacheprovider $(TESTS); \
	else exit $$code; fi

# Before Python 3.12 measuring doubles the CPU time, so this runs only tests that reach many lines in a short time.
coverage: $(VENV)/installed-dev ## measure how much of the code the unit tests run
	@echo "Measuring the coverage by the unit tests (about four minutes on two cores) ..."
	@COVERAGE_CORE=$$($(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")') \
		HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n auto -m unit --cov --cov-report=
	@echo "Coverage: the unit tests themselves run $$($(BIN)/coverage report --format=total) % of the lines of aind_lint" \
		"(not measured: slow tests, tests with a server, and processes that tests start)."

lint: $(VENV)/installed-dev ## check style, types and the layers of the package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev ## fix style where ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed-docs ## build the documentation into build/site and check its links
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The site is in build/site."

clean: ## remove .venv and build
	rm -rf $(VENV) build

# pip prints nothing while it installs, so each step announces itself.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 10) <= v[:2] <= (3, 13) or sys.exit("aind-lint needs Python 3.10 to 3.13; $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12 demo" % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks the venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Creating $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml $(VENV)/bin/python
	@echo "Installing aind-lint into $(VENV) (about a minute) ..."
	@# Before 21.3 pip cannot install this project in editable mode.
	@$(PIP_INSTALL) --upgrade pip
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/installed-audit: $(VENV)/installed
	@echo "Installing what an audit needs into $(VENV) (half a minute) ..."
	@$(PIP_INSTALL) --editable '.[audit]' || echo "The packages of the extra 'audit' cannot be installed; the demo runs without them." >&2
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what the tests and linters need into $(VENV) (about a minute) ..."
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(VENV)/installed-docs: $(VENV)/installed
	@echo "Installing what the documentation needs into $(VENV) (less than a minute) ..."
	@$(PIP_INSTALL) --editable '.[docs]'
	@touch $@
