# Each target sets up what it needs in its own .venv; PYTHON names the interpreter to build it with.
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN := .venv/bin
STAMP := .venv/.installed
# If it were set, each of hundreds of processes of the tests would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test engines check bench effect clean

demo: $(STAMP)  ## substitute the shipped demo corpus and show some of it
	$(BIN)/python scripts/demo/demo.py

test: check  ## everything that CI runs
	$(BIN)/python -m pytest -n auto

engines:  ## Ray, Spark, datatrove and S3, each as far as it can be installed, in an environment of their own
	PYTHON=$(PYTHON) scripts/test_engines.sh

check: $(STAMP)  ## lint, format, types, the shipped lexicons
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict link
	$(BIN)/python -m link lexicon check --strict lexicons/*.tsv

bench: $(STAMP)  ## ratios of speeds; CORPUS, LEXICON, PART, ROUNDS, BESIDE (a checkout) may be given
	$(BIN)/python -m pip install --quiet --editable '.[bench]' || true
	$(BIN)/python scripts/bench.py $(if $(CORPUS),--corpus $(CORPUS)) \
	  $(if $(LEXICON),--lexicon $(LEXICON)) $(if $(PART),--part $(PART)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(BESIDE),--beside $(BESIDE))

effect: $(STAMP)  ## train small models with and without LINK; ARGS="--size 6M …" may be given
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --editable '.[effect]'
	$(BIN)/python scripts/effect/effect.py $(ARGS)

clean:
	rm -rf .venv .venv-engines build dist demo-output effect-output .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@
