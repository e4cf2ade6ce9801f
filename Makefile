# Each target completes from a fresh clone; each sets up first when needed.
PYTHON ?= python3
BIN := .venv/bin
# Three for two processors: tests often wait, for servers, browsers and databases.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2)

# Without cached bytecode, each of the many processes of a server, a build or a test run compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup compared processors serve dev test quick long conformance check lint types data format model gallery bench lock clean

VENDOR := server/uphold/web/static/vendor

setup: .venv/.ready $(VENDOR)/.ready

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip --quiet --disable-pip-version-check check
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# What pages use in a browser; npm is the machine's own, else the one that requirements.lock brings.
$(VENDOR)/.ready: .venv/.ready package.json package-lock.json .npmrc $(wildcard server/uphold/assets/*.py)
	$(BIN)/python -m uphold.assets
	mkdir -p $(VENDOR)
	touch $@

# Another SPARQL engine and canonicalizer, which tests compare with ours, and N3.js, which loads the ontology.
compared: tests/standard/node_modules/.ready

tests/standard/node_modules/.ready: .venv/.ready tests/standard/package.json tests/standard/package-lock.json tests/standard/.npmrc
	cd tests/standard && $(CURDIR)/$(BIN)/python -c 'from subprocess import run; from uphold.assets.vendor import npm; \
		run([*(npm() or ["npm"]), "ci", "--ignore-scripts", "--silent"], check=True)'
	touch $@

# Other SHACL processors, whose verdicts tests compare with those of the cases.
processors: tests/shapes/node_modules/.ready

tests/shapes/node_modules/.ready: .venv/.ready tests/shapes/package.json tests/shapes/package-lock.json tests/shapes/.npmrc
	$(BIN)/pip install --quiet --disable-pip-version-check $$($(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["processors"])')
	cd tests/shapes && $(CURDIR)/$(BIN)/python -c 'from subprocess import run; from uphold.assets.vendor import npm; \
		run([*(npm() or ["npm"]), "ci", "--ignore-scripts", "--silent"], check=True)'
	touch $@

serve: setup
	$(BIN)/uphold build
	$(BIN)/uphold serve

dev: setup
	$(BIN)/uphold build
	UPHOLD_RESPONSE_CACHE_MB=0 $(BIN)/flask --app uphold.app:create --debug run --port 8000

# What measures seconds has the machine to itself; the rest shares it.
ALONE := tests/engines/test_embedded.py tests/protocol/test_crowds.py tests/protocol/test_hostile.py \
	tests/web/test_server_in_time.py

test: setup
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal $(addprefix --ignore=,$(ALONE))
	$(BIN)/pytest $(ALONE)

# Under a minute, on the tiny data: what to run before each commit.
tests_of = $(addprefix $(1)/test_,$(addsuffix .py,$(2)))
QUICK := architecture rdf \
	$(call tests_of,engines,result_cache) \
	$(call tests_of,questions,files framing parameters rows) \
	$(call tests_of,sparql,guard) \
	$(call tests_of,validation,added_triples lexical_forms scaling upload upload_json) \
	$(call tests_of,web,api client_disconnect negotiation signposting site)

quick: lint
	$(BIN)/pytest --quiet --numprocesses $(WORKERS) --dist worksteal $(addprefix tests/,$(QUICK))

# The same promises with more seeds, fonts and examples; for before a release.
long: setup processors
	$(BIN)/pytest --long --timeout 3600 --numprocesses $(WORKERS) --dist worksteal tests/api tests/browser \
		tests/engines/test_join_order.py tests/engines/test_research.py tests/journal tests/replicas tests/rules tests/soak tests/writes \
		tests/protocol/test_not_modified.py \
		tests/questions/test_together.py tests/search tests/shapes tests/validation tests/web/test_caching.py \
		tests/web/test_dereferencing.py

# Each constraint component of SHACL, with what the specification says of it; see tests/validation/conformance/.
conformance: setup
	$(BIN)/pytest --verbose tests/validation/test_conformance.py

check: lint types data  # `make --jobs 2 check` takes half the time

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

data: setup
	$(BIN)/uphold build

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

model: setup
	$(BIN)/python -m tests.docs.model

gallery: setup
	$(BIN)/python -m tests.browser.gallery

bench: setup .venv-bench/.ready
	$(BIN)/python -m bench.compare
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.gate
	$(BIN)/python -m bench.writes
	$(BIN)/python -m bench.research
	$(BIN)/python -m bench.build

# The servers that ours is compared with, apart from our own environment.
.venv-bench/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check $$($(PYTHON) -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"])')
	touch $@

lock:  # needs uv; writes hashes and no index addresses
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-header --no-annotate pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv .venv-bench .uphold node_modules $(VENDOR)
