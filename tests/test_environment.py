"""Settings of Keras outside the program: usable, corrected, or one line of error."""

import json
import sys
import types

import keras
import pytest

from infomax import environment
from infomax.cli.devices import require_platform
from tests import processes

USABLE = "expected tensorflow, jax, torch"


@pytest.fixture
def keras_json(monkeypatch, tmp_path):
    """Path of a keras.json that Keras would read; there is no KERAS_BACKEND."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path / "keras.json"


@pytest.mark.parametrize(
    "backend, advice",
    [
        ("pytorch", "write torch"),
        ("PyTorch", "write torch"),
        ("TensorFlow", "write tensorflow"),
        ("tf", "write tensorflow"),
        (" jax", "write jax"),
        ("theano", "write tensorflow"),
        ("numpy", "write tensorflow"),
    ],
)
def test_unknown_backend_is_named_with_the_one_that_is_meant(
    monkeypatch, keras_json, backend, advice
):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    expected = f"KERAS_BACKEND: got '{backend}', {USABLE}; {advice}"
    with pytest.raises(ImportError) as error:
        environment._require_backend()
    assert str(error.value) == expected
    monkeypatch.delenv("KERAS_BACKEND")
    keras_json.write_text(json.dumps({"backend": backend}), encoding="utf-8")
    with pytest.raises(ImportError) as error:
        environment._require_backend()
    assert str(error.value) == f'"backend" in {keras_json}: ' + expected[15:]


@pytest.mark.parametrize("text", ["", "{", '{"floatx": "float64"}', None])
@pytest.mark.parametrize("variable", ["", None])
def test_default_backend_needs_no_setting(monkeypatch, keras_json, text, variable):
    if variable is not None:
        monkeypatch.setenv("KERAS_BACKEND", variable)
    if text is not None:
        keras_json.write_text(text, encoding="utf-8")
    environment._require_backend()


@pytest.mark.parametrize("absent", ["torch", "jax", "jaxlib", "tensorflow"])
def test_backend_that_is_not_installed_is_named(monkeypatch, keras_json, absent):
    backend = absent.removesuffix("lib")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(
        ImportError, match=f"the backend {backend}, but {absent} cannot"
    ):
        environment._require_backend()


def test_settings_that_are_no_object_are_refused(keras_json):
    keras_json.write_text("[1]", encoding="utf-8")
    with pytest.raises(ImportError, match=r"keras.json: got \[1\], expected settings"):
        environment._require_backend()


@pytest.mark.parametrize(
    "name, value",
    [
        ("floatx", "float64"),
        ("floatx", "float16"),
        ("image_data_format", "channels_first"),
        ("epsilon", 1e-3),
        ("max_epochs", 1),
        ("max_steps_per_epoch", 1),
    ],
)
def test_settings_that_change_results_are_corrected_and_said(capsys, name, value):
    before = getattr(keras.config, name)()
    getattr(keras.config, f"set_{name}")(value)
    try:
        with environment.usable_keras():
            pass
        assert getattr(keras.config, name)() == before
    finally:
        getattr(keras.config, f"set_{name}")(before)
    said = capsys.readouterr().err
    assert said == f"infomax sets {name} {before} instead of {value} for Keras here\n"
    with environment.usable_keras():
        pass
    assert capsys.readouterr().err == ""


def test_import_error_of_a_backend_is_one_sentence():
    with pytest.raises(ImportError, match="imported .OSError: libcuda is missing.;"):
        with environment.usable_keras():
            raise OSError("libcuda\nis missing")


@pytest.mark.parametrize("script", sorted(processes.SCRIPTS))
def test_script_with_an_unusable_backend_ends_with_one_line(script):
    env = processes.environment(KERAS_BACKEND="pytorch")
    done = processes.run(script, "--help", env=env)
    line = f"error: KERAS_BACKEND: got 'pytorch', {USABLE}; write torch\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


@pytest.mark.parametrize("platforms", ["cuda", "nonsense"])
def test_platform_that_jax_does_not_find_is_named(monkeypatch, platforms):
    def devices():
        raise RuntimeError(f"Unable to initialize backend '{platforms}'")

    jax = types.SimpleNamespace(devices=devices)
    monkeypatch.setitem(sys.modules, "jax", jax)
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    monkeypatch.setenv("JAX_PLATFORMS", platforms)
    with pytest.raises(ValueError, match=f"JAX_PLATFORMS: got {platforms}, expected"):
        require_platform()
    jax.devices = list
    require_platform()


def test_import_with_an_unusable_backend_raises_import_error():
    done = processes.run_python(
        "import os; os.environ['KERAS_BACKEND'] = 'pytorch'; import infomax"
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: KERAS_BACKEND: got 'pytorch', ")


@pytest.mark.slow
def test_channels_first_in_keras_json_changes_no_layer(tmp_path):
    settings = {"image_data_format": "channels_first", "floatx": "float64"}
    (tmp_path / "keras.json").write_text(json.dumps(settings), encoding="utf-8")
    done = processes.run_python(
        f"import os; os.environ['KERAS_HOME'] = {str(tmp_path)!r}\n"
        "import infomax; from vgg import VGG\n"
        "model = VGG('F', (24, 24, 1)).model\n"
        "print(model.output_shape[-1], model.output.dtype, model.layers[1].data_format)"
    )
    assert done.stdout.split()[1:] == ["float32", "channels_last"], done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("infomax sets floatx float32 instead of float64, image_data")
