# Every target sets up what it needs; `make run` and `make test` are all a newcomer types.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test

# Districts that `make test` simulates: they meet every coverage mark; in storms, all at once. Those that are open show
# something that is wrong and not mended yet; one that is good again has to leave the list.
SEEDS ?= 500
STORMS ?= 50
OPEN ?=
# Of `make soak`: a seed has some 80 faults, a storm some 385, so these are five million.
SOAK_SEEDS ?= 20000
SOAK_STORMS ?= 9500

.PHONY: run test test-engine test-proofs test-fuzz test-learning test-real test-rooms coverage lint types format bench soak system-deps clean

# Tests of the engine, and its proofs; of what is known of learners; of real processes; all others
# are `test-rooms`. The longest first: two at a time, one a core, and both end together.
ENGINE_TESTS := tests/sync
PROOF_TESTS := tests/second tests/simulation tests/powerloss
FUZZ_TESTS := tests/fuzz
REAL_TESTS := tests/e2e tests/kills
NOT_ROOMS := $(ENGINE_TESTS) $(PROOF_TESTS) $(FUZZ_TESTS) $(REAL_TESTS) tests/learning

run: $(STAMP)
	@$(BIN)/darasa demo

test: $(TEST_STAMP) lint types
	$(MAKE) --no-print-directory -j2 \
	  test-learning test-rooms test-engine test-real test-proofs test-fuzz
	$(BIN)/darasa verify-sync --seeds $(SEEDS) --storms $(STORMS) --open "$(OPEN)"

test-engine: $(TEST_STAMP)
	$(BIN)/pytest -q $(ENGINE_TESTS)

test-proofs: $(TEST_STAMP)
	$(BIN)/pytest -q $(PROOF_TESTS)

test-fuzz: $(TEST_STAMP)
	$(BIN)/pytest -q $(FUZZ_TESTS)

test-learning: $(TEST_STAMP)
	$(BIN)/pytest -q tests/learning

test-real: $(TEST_STAMP)
	$(BIN)/pytest -q $(REAL_TESTS)

test-rooms: $(TEST_STAMP)
	$(BIN)/pytest -q $(addprefix --ignore=,$(NOT_ROOMS)) tests

# All tests once more, measured: it takes twice as long, so it is not part of `make test`.
coverage: $(TEST_STAMP)
	$(BIN)/coverage erase
	$(BIN)/coverage run $(BIN)/pytest -q
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=80 | tail -n 30

lint: $(TEST_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(TEST_STAMP)
	$(BIN)/mypy
	MYPYPATH=bench $(BIN)/mypy bench

format: $(TEST_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(TEST_STAMP)
	$(BIN)/darasa bench all

# The tests that grow with patience: many more districts, every broken engine, power cuts, kills and
# spoilt frames, and the real processes ten times over.
soak: $(TEST_STAMP) coverage
	$(BIN)/darasa verify-sync --seeds $(SOAK_SEEDS) --storms $(SOAK_STORMS) --open "$(OPEN)"
	DARASA_KILLS=1000 $(BIN)/darasa bench proofs
	DARASA_EXAMPLES=20 $(BIN)/pytest -q tests/sync
	DARASA_ORDERS=10000 DARASA_SPLITS=10000 DARASA_ANY_KEYS=1000 DARASA_STARTS=200 \
	  $(BIN)/pytest -q tests/learning/planning
	DARASA_ANY_KEYS=2000 $(BIN)/pytest -q tests/learning/planning/test_any_keys.py
	DARASA_LAB=30 $(BIN)/pytest -q tests/e2e/test_lab.py
	for n in 1 2 3 4 5 6 7 8 9 10; do $(BIN)/pytest -q tests/e2e || exit 1; done

# The power-loss test builds a small C program, the lab's test a network of its own.
system-deps:
	@command -v cc >/dev/null || { apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }
	@command -v ip >/dev/null || { apt-get update -qq && apt-get install -y -qq iproute2; }

# The stamps depend on pyproject.toml alone, so that both targets work with the network off once
# the packages are there. byte code is made at install: a first start without it is four times slower.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Darasa needs Python 3.11 or newer: install it, then run  make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@$(BIN)/python -m compileall -q sync content_packs learning server client_tui cli || true
	@touch $@

$(TEST_STAMP): pyproject.toml $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .coverage* .hypothesis
