"""`--export`: the network of a run as one file that runs without this project."""

import contextlib
import importlib.util
import io
import json
import os
import shutil
import warnings

import keras
from keras import ops

from infomax.transforms.geometry import center_crop

# Name for Keras, what is written into the run folder, and a package that it needs.
FORMATS = {
    "onnx": ("onnx", "model.onnx", "tf2onnx"),
    "saved_model": ("tf_saved_model", "saved_model", "tensorflow"),
    "litert": ("litert", "model.tflite", "tensorflow"),
}


def export_run(run, name, encoder=None):
    """Write the network of a finished run in a format, and print what it takes.

    The file takes images as they are, uint8 in 0…255, of the size of the run. Scaling
    and crop are part of it. It returns the probabilities of the selected head, or all
    outputs of a network without one. It computes in float32. If the run is of vectors,
    the file takes vectors, or what `encoder` makes them of: its images.

    Args:
        run: `RunFolder`.
        name: of `FORMATS`.
        encoder: `keras.Model` from images in 0…1 to the vectors of the run, or None.

    Raises:
        ValueError: for another backend than TensorFlow, or if a package is missing.
        FileNotFoundError: if the run is not finished.
    """
    kind, target, package = FORMATS[name]
    if keras.config.backend() != "tensorflow":
        raise ValueError(
            f"--export: got the backend {keras.config.backend()}, expected tensorflow, "
            "which also opens runs of other backends; set KERAS_BACKEND=tensorflow"
        )
    if importlib.util.find_spec(package) is None:
        raise ValueError(
            f"--export: {name} needs {package}, which is not installed; pip install "
            f"{package}"
        )
    with run.held():
        model = exported(run, encoder)
        path, temporary = run.path / target, run.path / f".partial-{target}"
        try:
            # tf2onnx and TensorFlow print what they do, and warn of what they use.
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.export(str(temporary), format=kind, verbose=False)
            if path.is_dir():
                shutil.rmtree(path)
            os.replace(temporary, path)
        finally:
            remove = shutil.rmtree if temporary.is_dir() else os.remove
            with contextlib.suppress(FileNotFoundError):
                remove(temporary)
    shapes = [
        " x ".join(map(str, ("n", *one.shape[1:])))
        for one in (model.input, *model.outputs)
    ]
    print(f"{path}: {model.input.dtype} {shapes[0]} to {' and '.join(shapes[1:])}")


def exported(run, encoder=None):
    """Return the `keras.Model` that is exported."""
    network = in_float32(run.load_network())
    shape = encoder.input_shape[1:] if encoder else run.image_shape
    if len(shape) == 1:
        given = seen = keras.Input(shape, dtype="float32", name="vector")
    else:
        given = keras.Input(shape, dtype="uint8", name="image")
        seen = ops.cast(given, "float32") / 255
        seen = encoder(seen) if encoder else center_crop(seen, network.input_shape[1:3])
    metrics, outputs = run.metrics, network(seen)
    heads = {head["head"] for head in metrics.get("heads", ())}
    others = heads - {metrics.get("selected_head")}
    if isinstance(outputs, list):
        named = zip(network.output_names, outputs, strict=True)
        outputs = [output for name, output in named if name not in others]
    model = keras.Model(given, outputs)
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
