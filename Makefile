# Everything runs in .venv, made from the locked requirements. Python 3.11+, git and make are all it takes.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup demo test postgres faults check bench airflow dictionary lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed (set PYTHON=...)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "python3-venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PIP) install --require-hashes --no-deps -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/pulang demo

test: $(STAMP) check postgres
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs

# A server that tests can start; without one they say what they did not test.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| apt-get install -y -qq postgresql >/dev/null 2>&1 \
		|| echo "PostgreSQL is missing and could not be installed (apt-get install postgresql)"

# Every fault, and its counts: about an hour. Once more with the catalog in PostgreSQL.
faults: $(STAMP) postgres
	$(BIN)/python -u -m tests.faults.driver
	$(BIN)/python -u -m tests.faults.driver --postgres

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check pipelines dags tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python tests/benchmarks/national_year.py

# Airflow on this machine with the DAGs of dags/, for PULANG_HOME; prints address and login.
airflow: $(STAMP)
	$(BIN)/python -m pipelines.schedule.launch

dictionary: $(STAMP)
	$(BIN)/python -m pipelines.dictionary
	$(BIN)/python -m pipelines.handbook

# Names, versions and hashes only: no address of any registry.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra airflow --extra s3 --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
