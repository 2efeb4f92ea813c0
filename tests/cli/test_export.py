"""Exported networks give the probabilities of the run, by other programs."""

import importlib
import shutil
import types
from pathlib import Path

import keras
import numpy as np
import pytest

import mine
import unsupervised_clustering
from infomax.cli import export
from infomax.cli.command_line import FORMATS
from infomax.cli.run_folder import RunFolder
from tests.run_files import names_in

pytestmark = pytest.mark.tensorflow
FILES = {"onnx": "model.onnx", "litert": "model.tflite", "saved_model": "saved_model"}


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


def needs(name):
    package = {"onnx": "tf2onnx"}.get(name)
    if package:
        pytest.importorskip(package)


def exported(run, script, name):
    """Export a copy of a run; return the path of what was written."""
    needs(name)
    script.main(["--export", name, "--run-dir", str(run)])
    return Path(run) / FILES[name]


def test_formats_are_those_of_the_command_line():
    assert set(export.FORMATS) == set(FORMATS) == set(FILES)


@pytest.mark.parametrize("name", FORMATS)
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
    run = RunFolder(finished_deep_infomax.path)
    names = run.load_network().output_names
    assert len(export.exported(run).outputs) == len(names)


def test_encoder_of_vectors_comes_first(monkeypatch):
    vector, image = keras.Input((3,)), keras.Input((4, 4, 3))
    network = keras.Model(vector, 2 * vector)
    encoder = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    run = types.SimpleNamespace(
        load_network=lambda: network, image_shape=(3,), metrics={}
    )
    images = np.full((2, 4, 4, 3), 255, "uint8")
    np.testing.assert_allclose(export.exported(run, encoder)(images)[0], 2.0)
    np.testing.assert_allclose(export.exported(run)(np.ones((2, 3)))[0], 2.0)


def test_other_backend_is_refused(monkeypatch, run_copy):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="got the backend jax, expected tensorflow"):
        export.export_run(RunFolder(run_copy), "onnx")


def test_missing_package_is_named(monkeypatch, run_copy):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="onnx needs tf2onnx.*; pip install tf2onnx"):
        export.export_run(RunFolder(run_copy), "onnx")


def test_run_that_is_not_finished_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit):
        exported(tmp_path / "none", unsupervised_clustering, "saved_model")
    assert "expected a" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
