# Every target sets the machine up first; where that is done, it costs nothing.
BIN := .venv/bin
JOBS := $(shell nproc | awk '{ print $$1 < 4 ? $$1 : 4 }')
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 16

setup: ## install what is missing on this machine, and .venv
	@scripts/setup.sh

demo: setup ## find the people in a real video; writes an MP4 and prints the counts
	@$(BIN)/penstock demo $(ARGS)

test: setup ## run the tests; ARGS="tests/gst -k carrier" chooses, JOBS=0 lets a debugger in
	@scripts/setup.sh --for-tests
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --max-worker-restart 0 $(ARGS)

check: setup ## lint, formatting, types, room walls, doctests; ARGS="src/penstock/meta" chooses
	@echo "ruff check" && $(BIN)/ruff check --quiet $(or $(ARGS),.)
	@echo "ruff format" && $(BIN)/ruff format --check --quiet $(or $(ARGS),.)
	@echo "mypy" && $(BIN)/mypy --no-error-summary $(filter src%,$(ARGS))
	@echo "lint-imports" && $(BIN)/lint-imports --no-logo
	@files=$$(grep -rls --include='*.py' --include='*.md' '^ *>>> ' src docs README.md; ls -d tests/docs 2>/dev/null); \
	test -z "$$files" || { echo "docs" && $(BIN)/python -m pytest -q --doctest-modules --doctest-glob='*.md' $$files; }

soak: setup ## run for a long time and watch the memory
	@$(BIN)/python benchmarks/soak.py $(ARGS)
	@$(BIN)/python benchmarks/user_meta.py
	@$(BIN)/python benchmarks/add_remove.py
	@$(BIN)/python benchmarks/come_and_go.py
	@$(BIN)/python benchmarks/forgotten_unmap.py
	@$(BIN)/python benchmarks/triton.py
	@$(BIN)/python benchmarks/cameras.py

clean: ## remove what set-up and the tools made here; downloads of the kit stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +
