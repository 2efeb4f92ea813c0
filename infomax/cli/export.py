"""`--export`: the network of a run as one file that runs without this project."""

import contextlib
import importlib.util
import io
import json
import warnings

import keras
from keras import ops

from infomax.cli.command_line import FORMATS
from infomax.cli.reading import reading_of_run
from infomax.files import replacing
from infomax.transforms.geometry import center_crop

LEVELS = 255  # integers of more levels are rounded to so many, as the loaders do


def require_export(name):
    """Raise ValueError if this process cannot write a format of `FORMATS`."""
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ValueError(
            f"--export: got the backend {backend}, expected tensorflow, which also "
            "opens runs of other backends; set KERAS_BACKEND=tensorflow"
        )
    if name == "onnx" and importlib.util.find_spec("tf2onnx") is None:
        raise ValueError(
            "--export: onnx needs tf2onnx, which is not installed; pip install tf2onnx"
        )


def export_run(run, name, network, encoder=None):
    """Write a run's network in a format of `FORMATS`; print its input and outputs.

    The file takes vectors, or images in the pixel range of the run, and computes in
    float32. With `encoder`, it takes the images that this encodes to vectors.
    """
    require_export(name)
    kind, target = FORMATS[name]
    with run.held():
        pixel_range = reading_of_run(run).pixel_range
        model = exported(network, run.image_shape, pixel_range, encoder)
        path = run.path / target
        with replacing(path) as temporary:
            _write(model, temporary, kind)
    shapes = [
        " x ".join(map(str, ("n", *one.shape[1:])))
        for one in (model.input, *model.outputs)
    ]
    print(f"{path}: {model.input.dtype} {shapes[0]} to {' and '.join(shapes[1:])}")


def _write(model, path, kind):
    # Converters print what they do, warn of what they use, and raise any error.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.export(str(path), format=kind, verbose=False)
        except OSError:
            raise
        except Exception as error:
            raise ValueError(f"--export: {kind} cannot be written ({error})") from error


def exported(network, shape, pixel_range=None, encoder=None):
    """Return the `keras.Model` to export; it scales and crops raw pixels itself."""
    network = in_float32(network)
    if encoder:
        shape = encoder.input_shape[1:]
    if len(shape) == 1:
        given = seen = keras.Input(shape, dtype="float32", name="vector")
    else:
        low, high = pixel_range or (0, 255)
        dtype = "uint8" if 0 <= low < high <= 255 and high > 1 else "float32"
        given = keras.Input(shape, dtype=dtype, name="image")
        seen = (ops.cast(given, "float32") - low) / (high - low)
        if pixel_range and float(high - low).is_integer() and high - low > 2:
            seen = ops.round(LEVELS * seen) / LEVELS
        seen = encoder(seen) if encoder else center_crop(seen, network.input_shape[1:3])
    model = keras.Model(given, network(seen))
    model(ops.zeros((1, *shape), given.dtype))  # Keras exports what was called
    return model


def in_float32(network):
    """Return a copy of a network that computes in float32."""
    config = json.dumps(keras.saving.serialize_keras_object(network))
    for policy in ("mixed_bfloat16", "mixed_float16"):
        config = config.replace(f'"{policy}"', '"float32"')
    copy = keras.saving.deserialize_keras_object(json.loads(config))
    copy.set_weights(network.get_weights())
    return copy
