"""Exported networks give the probabilities of the run, by other programs."""

import importlib
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import mine
import unsupervised_clustering
from infomax.cli import export
from infomax.cli.command_line import FORMATS
from infomax.cli.run_folder import RunFolder
from infomax.datasets import pixel_range as pixel_ranges
from infomax.transforms.photometry import scale_pixels
from tests.run_files import names_in

pytestmark = pytest.mark.tensorflow


def outputs_of(path, images):
    """Return the outputs for images by the program that a format is made for."""
    if path.suffix == ".onnx":
        runtime = pytest.importorskip("onnxruntime")
        session = runtime.InferenceSession(str(path))
        return session.run(None, {session.get_inputs()[0].name: images})
    if path.suffix == ".tflite":
        interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(
            str(path)
        )
        given = interpreter.get_input_details()[0]["index"]
        interpreter.resize_tensor_input(given, images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given, images)
        interpreter.invoke()
        found = interpreter.get_output_details()
        return [interpreter.get_tensor(one["index"]) for one in found]
    layer = keras.layers.TFSMLayer(str(path), call_endpoint="serve")
    found = layer(images)
    return [np.asarray(one) for one in (found if isinstance(found, list) else [found])]


def exported(run, script, name):
    """Export a copy of a run; return the path of what was written."""
    if name == "onnx":
        pytest.importorskip("tf2onnx")
    script.main(["--export", name, "--run-dir", str(run)])
    return Path(run) / FORMATS[name][1]


SLOW = [
    pytest.param(name, marks=pytest.mark.slow) for name in FORMATS if name != "onnx"
]


@pytest.mark.parametrize("name", ["onnx", *SLOW])
def test_exported_clusters_are_those_of_the_run(run_copy, toy_npz, name, capsys):
    path = exported(run_copy, unsupervised_clustering, name)
    assert capsys.readouterr().out == f"{path}: uint8 n x 12 x 12 x 1 to n x 4\n"
    images = np.load(toy_npz)["x_train"][:50]
    iic, _ = unsupervised_clustering.restore(RunFolder(run_copy))
    expected = iic.predict(images)
    (found,) = outputs_of(path, images)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
    assert len(np.unique(found.argmax(axis=1))) > 1


@pytest.mark.slow
def test_second_export_replaces_the_first_and_the_run_stays_movable(run_copy):
    for _ in range(2):
        exported(run_copy, unsupervised_clustering, "saved_model")
    before = names_in(run_copy)
    assert not [name for name in before if name.startswith(".partial")]
    RunFolder(run_copy).check_start()  # every file is one of a run


def test_copy_in_float32_computes_in_float32(policy):
    policy("mixed_bfloat16")
    image = keras.Input((8, 8, 1))
    network = keras.Model(image, keras.layers.Conv2D(3, 3)(image))
    copy = export.in_float32(network)
    assert network.layers[1].compute_dtype == "bfloat16"
    assert copy.layers[1].compute_dtype == "float32"
    for one, other in zip(copy.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_exported_latents_are_those_of_the_run(finished_mine, toy_npz, tmp_path):
    run = shutil.copytree(finished_mine.path, tmp_path / "run")
    path = exported(run, mine, "onnx")
    images = np.load(toy_npz)["x_test"]
    trained, _ = mine.restore(RunFolder(run))
    (found,) = outputs_of(path, images)
    np.testing.assert_allclose(found, trained.predict(images), atol=1e-4)


def test_network_without_heads_has_all_of_its_outputs(finished_deep_infomax):
    network = RunFolder(finished_deep_infomax.path).load_network()
    shape = network.input_shape[1:]
    assert len(export.exported(network, shape).outputs) == len(network.outputs)


def test_encoder_of_vectors_comes_first():
    vector, image = keras.Input((3,)), keras.Input((4, 4, 3))
    network = keras.Model(vector, 2 * vector)
    encoder = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    images = np.full((2, 4, 4, 3), 255, "uint8")
    both = export.exported(network, (3,), encoder=encoder)
    np.testing.assert_allclose(both(images)[0], 2.0)
    np.testing.assert_allclose(export.exported(network, (3,))(np.ones((2, 3)))[0], 2.0)


@pytest.mark.parametrize(
    "pixel_range, dtype",
    [((0.0, 16.0), "uint8"), ((0.0, 4095.0), "uint16"), ((-1.0, 1.0), "float32")],
)
def test_pixels_have_the_range_of_the_run(pixel_range, dtype):
    image = keras.Input((4, 4, 1))
    network = keras.Model(image, keras.layers.Flatten()(image))
    low, high = pixel_range
    images = np.random.default_rng(0).uniform(low, high, (3, 4, 4, 1)).astype(dtype)
    expected = scale_pixels(pixel_ranges.scaled(images, pixel_range, "x"))
    model = export.exported(network, (4, 4, 1), pixel_range)
    assert model.input.dtype == ("uint8" if dtype == "uint8" else "float32")
    found = model(images.astype(model.input.dtype))
    np.testing.assert_allclose(found, np.reshape(expected, (3, 16)), atol=1e-6)


def test_other_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="got the backend jax, expected tensorflow"):
        export.require_export("onnx")


def test_missing_package_is_named_before_a_training(
    monkeypatch, toy_npz, tmp_path, capsys
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    data = ["--dataset", str(toy_npz), "--run-dir", str(tmp_path / "run")]
    with pytest.raises(SystemExit):
        unsupervised_clustering.main(["--train", *data, "--export", "onnx"])
    error = capsys.readouterr().err
    assert error == (
        "error: --export: onnx needs tf2onnx, which is not installed; pip install "
        "tf2onnx\n"
    )
    assert not list(tmp_path.iterdir())


def test_converter_that_fails_is_one_line_and_leaves_nothing(
    run_copy, monkeypatch, capsys
):
    def fail(*arguments, **options):
        raise TypeError("no such\noperation")

    monkeypatch.setattr(keras.Model, "export", fail)
    before = names_in(run_copy)
    with pytest.raises(SystemExit):
        exported(run_copy, unsupervised_clustering, "litert")
    assert capsys.readouterr().err == (
        "error: --export: litert cannot be written (no such operation)\n"
    )
    assert names_in(run_copy) == before


def test_run_without_a_model_is_one_line(run_copy, capsys):
    (run_copy / "model.keras").unlink()
    with pytest.raises(SystemExit):
        exported(run_copy, unsupervised_clustering, "saved_model")
    error = capsys.readouterr().err
    assert "expected the weights of a finished run" in error
    assert error.count("\n") == 1
