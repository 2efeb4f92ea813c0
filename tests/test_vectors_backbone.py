"""Vectors as a backbone: directions in principal components, and saving."""

import pathlib
import re

import keras
import numpy as np
import pytest

from infomax.cli.clustering_options import VECTORS, Options
from infomax.cli.training import make_deterministic
from infomax.datasets.vectors import load_vectors
from infomax.settings import replaced
from unsupervised_clustering import IIC, between_epochs, prepare
from vector_clustering import find_neighbours
from vectors import Vectors

pytestmark = pytest.mark.backend


def spread(count=60, dimension=5, seed=0):
    """Vectors whose first numbers vary most, far from the origin."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    return (drawn * np.arange(dimension, 0, -1) + 7).astype("float32")


def outputs_of(backbone, vectors):
    return np.asarray(backbone.model.predict_on_batch(vectors))


@pytest.mark.parametrize("components, length", [(128, 5), (3, 3), (2, 2)])
def test_outputs_have_the_length_of_the_root_of_the_components(components, length):
    backbone = Vectors(5, components).adapt(spread())
    outputs = outputs_of(backbone, spread())
    assert outputs.shape == (60, length) and backbone.components == length
    np.testing.assert_allclose(np.linalg.norm(outputs, axis=1), length**0.5, rtol=1e-5)


def test_outputs_are_zero_before_adapt():
    np.testing.assert_array_equal(outputs_of(Vectors(5), spread()), np.zeros((60, 5)))


def test_cosines_of_all_components_are_those_of_centred_vectors():
    vectors = spread()
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    found = Vectors(5).adapt(vectors).encode(vectors)
    np.testing.assert_allclose(found @ found.T, centred @ centred.T, atol=1e-5)


def test_first_component_is_the_direction_of_the_largest_variance():
    vectors = spread(600)
    vectors[:, 3] = 500 * np.random.default_rng(1).normal(size=600)
    backbone = Vectors(5, 2).adapt(vectors)
    projection = np.asarray(backbone.direction.projection)
    assert np.abs(projection[:, 0]).argmax() == 3


def test_encode_returns_the_directions_of_the_outputs():
    backbone = Vectors(5, 3).adapt(spread())
    found = backbone.encode(spread(seed=1))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    expected = outputs_of(backbone, spread(seed=1)) / 3**0.5
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_fewer_vectors_than_components_leave_the_rest_zero():
    outputs = outputs_of(Vectors(5).adapt(spread(3)), spread(3))
    assert np.isfinite(outputs).all() and np.abs(outputs[:, 3:]).max() < 1e-5


def test_nothing_is_trained_below_the_heads():
    backbone = Vectors(5).adapt(spread())
    assert not backbone.model.trainable_variables
    iic = IIC(backbone, heads=2, clusters=3, overclusters=0, merging=False)
    assert [w.shape for w in iic.network.trainable_variables] == [(5, 6), (6,)]


def test_saved_model_opens_and_predicts_the_same(tmp_path):
    iic = IIC(Vectors(5).adapt(spread()), 2, 3, overclusters=0, merging=False)
    iic.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    expected = iic.predict_heads(spread())
    for head, other in zip(again.predict(spread(), verbose=0), expected, strict=True):
        np.testing.assert_allclose(head, other, atol=1e-6)


@pytest.mark.parametrize("dim, components, name", [(1, 9, "dim"), (9, 1, "components")])
def test_number_below_two_raises(dim, components, name):
    with pytest.raises(ValueError, match=f"{name}: got 1, expected a whole number, 2"):
        Vectors(dim, components)


def test_code_of_the_page_trains_to_the_weights_of_the_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("vectors.npz", x=spread(90))
    page = pathlib.Path(__file__).parents[1] / "docs/features.md"
    (code,) = re.findall(
        r"```python\n(import keras\n.*?)```", page.read_text(), re.DOTALL
    )
    small = {"heads": 2, "clusters": 3, "batch_size": 32, "steps": 2, "epochs": 5}
    code = code.replace("x_train, 40", "x_train, 5")
    for name, value in small.items():
        code = re.sub(rf"\b{name}=\d+", f"{name}={value}", code)
    make_deterministic(0)
    found: dict = {}
    exec(code, found)
    assert found["clusters"].shape == (75,)
    small["epoch_steps"] = small.pop("steps")
    options = replaced(Options(), {**VECTORS, **small, "features": "vectors.npz"})
    dataset = load_vectors("vectors.npz")
    directions = Vectors(5).adapt(dataset.x_train).encode(dataset.x_train)
    iic, pairs = prepare(options, dataset, find_neighbours(options, directions))
    iic.fit(pairs, 5, between_epochs(options, iic), verbose=0)
    expected = found["iic"].network.get_weights()
    np.testing.assert_equal(iic.network.get_weights(), expected)
