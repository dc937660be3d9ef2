# make demo: train, evaluate, predict and submit on the embedded data.   make test: everything CI runs.   make help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
RUN := runs/demo/$(shell date +%Y%m%d-%H%M%S)

.PHONY: help demo test lint parity goldens clean

help:
	@echo "make demo     train, evaluate, predict and write a checked submission on the embedded data"
	@echo "make test     lint, then all tests on TensorFlow and again those of models on JAX"
	@echo "make parity   also compare with Hugging Face transformers on torch (installs them)"
	@echo "make lint     ruff"
	@echo "make clean    remove .venv and caches; runs/ stays"

$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

$(STAMP)-run: requirements.txt requirements-core.txt requirements-tensorflow.txt | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements.txt
	@touch $@

$(STAMP)-dev: $(wildcard requirements*.txt) | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@

$(STAMP)-parity: requirements-parity.txt $(STAMP)-dev
	$(BIN)/pip install --quiet -r requirements-parity.txt
	@touch $@

demo: $(STAMP)-run
	$(BIN)/python run.py train clue/tnews --demo --output $(RUN)
	$(BIN)/python run.py evaluate clue/tnews --run $(RUN) --quiet
	$(BIN)/python run.py predict clue/tnews --run $(RUN) "国足今晚主场迎战，球迷早早排队入场"
	$(BIN)/python run.py submit clue/tnews --run $(RUN)

# TensorFlow's tests run in two parts, because a worker of all of them grows to 11 GB.
LATER := tests/training tests/weights tests/workflows

test: lint
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(LATER:%=--ignore=%)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(LATER)
	KERAS_BACKEND=jax $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m keras

lint: $(STAMP)-dev
	$(BIN)/ruff check .

parity: $(STAMP)-parity
	$(BIN)/pytest -m parity

clean:
	rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis
