# Every target sets up .venv first where it is missing or older than its pins.
# Another Python: make setup PYTHON=/path/to/python3.12
.PHONY: setup demo test check format parity-full bench docs signatures clean help
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/ready
WORKERS ?= 2
# oneDNN's AVX-512 convolutions are a hundred times slower in MindSpore 2.10; and two workers that
# each use every core slow each other down.
TEST_ENV := ONEDNN_MAX_CPU_ISA=AVX2 OMP_NUM_THREADS=1

help:
	@echo "make demo         set up everything, then run the main job"
	@echo "make test         set up everything, then run the tests"
	@echo "make setup        .venv alone (PYTHON=... names the interpreter)"
	@echo "make check        format, lint, types, mapping lint"
	@echo "make parity-full  every parity case of every entry"
	@echo "make bench        the measured goals, in ratios"
	@echo "make docs         write the generated pages again"
	@echo "make signatures   write the signature snapshots again"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	@sh scripts/setup.sh $(PYTHON)

demo: $(STAMP)
	@$(BIN)/apimap demo

test: $(STAMP)
	$(TEST_ENV) $(BIN)/python -m pytest -n $(WORKERS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/apimap lint
	$(BIN)/python -m scripts.docs --check

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

parity-full: $(STAMP)
	$(BIN)/apimap parity --jobs $(WORKERS) --evidence apimap/evidence.json

bench: $(STAMP)
	$(BIN)/python -m benchmarks

docs: $(STAMP)
	$(BIN)/python -m scripts.docs

signatures: $(STAMP)
	$(BIN)/python -m apimap.frameworks.snapshot

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
