"""The precision that `auto` chooses."""

import keras
import numpy as np
import pytest

import unsupervised_clustering
from infomax.cli import precision
from infomax.cli.clustering_options import Options
from infomax.datasets.dataset import Dataset
from infomax.settings import replaced


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """Set the instruction sets of the processor; there is no GPU."""
    monkeypatch.setattr(precision, "gpu_capability", lambda backend: None)
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(precision, "PROCESSOR", path)

    def set_flags(flags):
        path.write_text(f"processor: 0\nflags\t\t: fpu sse {flags}\nbugs: none\n")

    return set_flags


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "flags, expected",
    [
        ("avx512f amx_bf16", "mixed_bfloat16"),
        ("avx512_bf16", "mixed_bfloat16"),
        ("avx2 avx512f", "float32"),
    ],
)
def test_auto_is_bfloat16_with_fast_instructions(processor, flags, expected):
    processor(flags)
    assert precision.best_precision()[0] == expected


def test_auto_is_float32_on_an_unknown_processor(processor):
    assert precision.best_precision()[0] == "float32"


@pytest.mark.parametrize(
    "capability, expected", [((9, 0), "mixed_bfloat16"), ((7, 5), "float32")]
)
def test_auto_follows_the_gpu(monkeypatch, capability, expected):
    monkeypatch.setattr(precision, "gpu_capability", lambda backend: capability)
    found, reason = precision.best_precision()
    assert found == expected
    assert f"capability {capability[0]}.{capability[1]}" in reason


def test_several_processes_have_float32(processor, monkeypatch):
    processor("amx_bf16")
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", "one,two")
    assert precision.best_precision()[0] == "float32"


@pytest.mark.tensorflow
def test_sentence_gives_the_reason_of_the_best_precision_alone(processor):
    processor("amx_bf16")
    chosen = precision.with_precision(Options()).network.precision
    said = precision.sentence(chosen)
    assert said.startswith("computing in mixed_bfloat16, because the processor has amx")
    assert precision.sentence("float32") == "computing in float32 (--precision)"


def test_what_is_given_is_not_changed(processor):
    processor("amx_bf16")
    options = replaced(Options(), {"precision": "mixed_float16"})
    assert precision.with_precision(options) == options


@pytest.mark.tensorflow
def test_vectors_are_in_float32(processor):
    processor("amx_bf16")
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    options = replaced(Options(), {"features": "x.npz", "neighbours": 5, "clusters": 3})
    dataset = Dataset("x", vectors, None, vectors, None)
    options, *_ = unsupervised_clustering.settle(options, dataset)
    assert options.network.precision == "float32"


@pytest.mark.tensorflow
def test_policy_of_auto_is_that_of_the_machine(processor, policy):
    processor("amx_bf16")
    Options().network.set_policy()
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    policy("float32")
