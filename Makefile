# Needs Python 3.11 or newer with venv, and make. Everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo serve serve-full check test test-mariadb test-faults test-browser test-planted simulate lint lint-files format types migrations messages docs reference screenshots bench bench-quick coverage dist tox clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed-dev ## Everything for working on the package, in .venv

demo: $(VENV)/.installed-demo ## Watch budgets hold: three days of spend in a minute
	cd example_project && ../$(BIN)/python manage.py demo

serve: $(VENV)/.installed-demo ## The example site with its worker and beat, until Ctrl-C
	$(BIN)/python example_project/serve.py

serve-full: $(VENV)/.installed-test ## The example as docker-compose.yml runs it, on a PostgreSQL and a Redis of its own
	$(BIN)/python -m tests.servers postgres redis -- $(BIN)/python example_project/serve_full.py

test: $(VENV)/.installed-test ## All tests: on SQLite, then on a real PostgreSQL with a real broker
	$(BIN)/python -m tests

test-mariadb: $(VENV)/.installed-test $(VENV)/.installed-mysql ## The database tests on a real MariaDB
	$(BIN)/python -m tests mariadb

test-faults: $(VENV)/.installed-faults ## Kills, crashes and storms: a tenth, or ADBUDGET_FAULTS=full (hours), or a part such as 0.5
	$(BIN)/python -m tests faults crashes -- -n0 -q -s
	$(if $(ADBUDGET_FAULTS),$(BIN)/python -m tests postgres -- -n0 -q -s tests/faults)

test-browser: $(VENV)/.installed-browser ## The admin in a real browser; needs Debian's chromium
	$(BIN)/python -m tests browser

test-planted: $(VENV)/.installed-test ## Every planted bug is caught by the tests named for it; SOME=6 of them
	$(BIN)/python -m tests.servers postgres -- $(BIN)/python -m tests.faults.planted $(if $(SOME),--some $(SOME))

simulate: $(VENV)/.installed-test ## 1,000 years of chance and loss; SEEDS=12 FIRST=40 of them, or SEED=17 again
	ADBUDGET_TEST_DB=sqlite SEED=$(SEED) SEEDS=$(SEEDS) FIRST=$(FIRST) $(BIN)/python -m pytest -q $(if $(SEED),-s -n0,-n logical) tests/faults/simulate.py

check: lint types migrations ## What to run before a commit: all but what takes long
	$(BIN)/python -m tests sqlite -- --ignore=tests/integration --ignore=tests/example

lint: lint-files $(VENV)/.installed-dev ## Style, formatting, who may import whom, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tests.audit

lint-files: $(VENV)/.installed-dev ## Workflows, compose files, Dockerfile, scripts and hooks against their schemas and linters
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec example_project/docker-compose*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/hadolint example_project/Dockerfile
	$(BIN)/shellcheck example_project/start.sh example_project/packaging/entrypoints/*.sh .ci/run
	$(BIN)/pre-commit validate-config

format: $(VENV)/.installed-dev ## Mend what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-dev ## mypy, strict, over package, tests and example
	$(BIN)/mypy .

migrations: $(VENV)/.installed-test ## Fails if models have changed without a migration
	$(BIN)/python -m django makemigrations --check --dry-run --settings tests.settings django_adbudget

messages: $(VENV)/.installed-test ## Catalogs brought up to date with the source, and compiled
	$(BIN)/python -m tests.messages

docs: $(VENV)/.installed-docs ## The documentation as pages of a site, in build/docs/; needs no network
	$(BIN)/sphinx-build -q -E -W --keep-going -n -b html docs build/docs

reference: $(VENV)/.installed-test ## The pages in docs/reference/, written anew from the code
	$(BIN)/python -m tests.reference

screenshots: $(VENV)/.installed-browser ## The pictures in docs/, taken anew
	$(BIN)/python -m tests browser -- -q tests/browser/screenshots.py

bench: $(VENV)/.installed-test ## All benchmarks at full size, growth up to ten million records; hours
	$(BIN)/python -m benchmarks --json benchmarks.json
	$(BIN)/python -m benchmarks.plots benchmarks.json

bench-quick: $(VENV)/.installed-test ## A sample of each benchmark beside its limit, in two minutes
	$(BIN)/python -m benchmarks quick

coverage: $(VENV)/.installed-test ## What the tests reach, as a table and in htmlcov/
	$(BIN)/coverage erase
	$(BIN)/python -m tests --coverage
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet
	$(BIN)/coverage report

dist: $(VENV)/.installed-dist ## Wheel and sdist in dist/, looked at as before an upload
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tests/dist.py dist

tox: $(VENV)/.installed-dev ## Every Django on every Python that is here, no extras, lowest versions; or ENV=py312-django61
	$(BIN)/tox $(if $(ENV),-e $(ENV))

clean: ## Take away what tools and the demo have left; .venv stays
	rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist htmlcov example_project/.demo
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=/path/to/python3" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

# One stamp for each extra, so that a second run installs nothing.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing what '$*' needs into $(VENV) ..."
	@$(PIP) --editable '.[$*]'
	@touch $@
