# `make train` and `make test` each work alone on a clean clone with Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
MATHEMATICS := tests/information tests/transforms tests/layers tests/clustering tests/callbacks tests/test_vgg.py
# Two processes for two cores; the tests of a file share a process, and so their fixtures.
TWO := -n 2 --dist loadfile
# One thread per process: two processes with two threads each wait for one another.
ALONE := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
# JAX compiles these for longest: a quarter of its time. `make test-slow` runs them.
LONG := each_range or of_all_pairs or mixed or stopped_training or of_its_pair_alone
LONG += or code_of_the_page or heads_that_vote or float64_reference or spectral_norms
LONG += or single_head_trains or local_score or only_the_encoder or are_white
LONG += or undo_undoes or of_the_latents_and_the_metric
# What tests compile runs for milliseconds: JAX need not optimise it.
ALONE += JAX_DISABLE_MOST_OPTIMIZATIONS=1
# uv installs in a fifth of pip's time; pip knows more kinds of mirror.
INSTALL = $(BIN)/pip install --quiet uv && \
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(^:%=--requirement %) || \
	$(BIN)/pip install --quiet $(^:%=--requirement %)

.PHONY: train test checks test-slow all-tensorflow all-jax all-torch
.PHONY: test-jax notebooks docs format

train: .venv/train
	$(BIN)/python unsupervised_clustering.py --train --eval

# Mypy runs beside the tests of JAX: for most of their time, there are two processes.
test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(ALONE) $(BIN)/python -m pytest $(TWO)
	$(MAKE) --jobs 2 --output-sync=line checks test-jax

checks: .venv/test
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

# Every test under two backends, side by side, since each keeps one core busy.
test-slow: .venv/test
	$(MAKE) --jobs 2 --output-sync=line all-tensorflow all-jax all-torch

all-tensorflow:
	$(BIN)/python -m pytest -m ""

all-jax:
	KERAS_BACKEND=jax $(BIN)/python -m pytest

# PyTorch is large, and not among the requirements.
all-torch:
	if $(BIN)/python -c "import torch" 2> /dev/null; then KERAS_BACKEND=torch \
	$(BIN)/python -m pytest -m "backend and not slow" $(MATHEMATICS); fi

test-jax: .venv/test
	KERAS_BACKEND=jax $(ALONE) $(BIN)/python -m pytest -m backend $(TWO) -k "not ($(LONG))"

notebooks: .venv/test
	$(BIN)/python notebooks/build.py

# Sphinx makes pages of docs/, the notebooks and the docstrings; a warning is an error.
docs: .venv/docs
	$(BIN)/sphinx-build -W --keep-going -q -c docs/site -b html . site
	@echo site/docs/index.html

format: .venv/test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A stamp is older than its requirements when they change, and is then made again.
.venv/train: requirements.txt
	$(PYTHON) -m venv .venv
	$(INSTALL)
	touch $@

.venv/test: requirements-dev.txt requirements.txt
	$(PYTHON) -m venv .venv
	$(INSTALL)
	touch $@

.venv/docs: requirements-docs.txt requirements.txt
	$(PYTHON) -m venv .venv
	$(INSTALL)
	touch $@
