# Simpul: `make demo` runs the sample regency, `make test` checks everything. Both set up what they need.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fuzz faults bench peers lock web wheelhouse clean

help:
	@echo "make demo   run the sample regency (PORT=8123 to choose the port)"
	@echo "make test   set up and pass the tests"
	@echo "make check  formatting, types, floors"
	@echo "make fuzz   the same tests with many more random inputs"
	@echo "make faults every kind of source with every fault, and the matrix of what held"
	@echo "make bench  measure, beside others"
	@echo "make peers  measure beside every peer, the limits and at three sizes, into benchmarks/results (root, PostgreSQL 15, Node 20, wrk)"
	@echo "make web    GraphiQL for /graphql (needs Node 20 and npm; without it a plain form is there)"
	@echo "make wheelhouse  everything for an installation without internet, in dist/wheelhouse"
	@echo "make setup  the virtual environment with everything in .venv"

# Two stages: what the hub needs to run, and what its tests need as well. Each is made again only when its list changes.
$(VENV)/.run: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "simpul-checkout.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!%s\nfrom simpul.cli import main\n\nmain()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/simpul && chmod +x $(BIN)/simpul
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.dev

demo: $(VENV)/.run
	$(BIN)/python -m simpul demo --port $(PORT)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

fuzz: $(VENV)/.dev
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 tests/oracle tests/connectors tests/replica tests/config $(ARGS)

faults: $(VENV)/.dev
	$(BIN)/python -m tests.outages.matrix $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/first_load.py

peers: $(VENV)/.dev
	$(BIN)/python benchmarks/peers.py $(ARGS)

# Lock files name no address: they work with any mirror of the index.
lock: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

# GraphiQL's ready-made files, from npm, for whoever builds or checks out; git and the hub need none of them.
GRAPHIQL := simpul/pages/static/graphiql
NODE := browser/node_modules

web: $(GRAPHIQL)/.made

$(GRAPHIQL)/.made: browser/package.json browser/package-lock.json
	cd browser && npm ci --ignore-scripts --loglevel=error
	rm -rf $(GRAPHIQL) && mkdir -p $(GRAPHIQL)
	cp $(NODE)/react/umd/react.production.min.js $(NODE)/react-dom/umd/react-dom.production.min.js $(GRAPHIQL)
	cp $(NODE)/graphiql/graphiql.min.js $(NODE)/graphiql/graphiql.min.css $(GRAPHIQL)
	cp $(NODE)/@graphiql/plugin-explorer/dist/index.umd.js $(GRAPHIQL)/explorer.js
	cp $(NODE)/@graphiql/plugin-explorer/dist/style.css $(GRAPHIQL)/explorer.css
	cat $(NODE)/graphiql/LICENSE $(NODE)/react/LICENSE $(NODE)/@graphiql/plugin-explorer/node_modules/graphiql-explorer/LICENSE > $(GRAPHIQL)/LICENSES.txt
	@touch $@

# The wheel, with the browser's files where Node is, and every dependency: `pip install --no-index --find-links`.
wheelhouse: $(VENV)/.dev
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; fi
	rm -rf dist/wheelhouse && mkdir -p dist/wheelhouse
	$(BIN)/python -m build --quiet --wheel --no-isolation --outdir dist/wheelhouse
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt -d dist/wheelhouse
	@ls dist/wheelhouse | wc -l | xargs printf 'dist/wheelhouse: %s files. On the other machine: python3 -m venv simpul && simpul/bin/pip install --no-index --find-links wheelhouse simpul\n'

clean:
	rm -rf $(VENV) $(GRAPHIQL) browser/node_modules tests/clients/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
