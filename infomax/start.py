"""Imported first by a script: what TensorFlow reads only while it starts.

oneDNN's kernels are asked for on every processor. TensorFlow asks for them by itself
only where it finds AVX-512 VNNI or better; elsewhere a training step of backbone F
took 2.5 times as long without them (docs/experiments.md).

TensorFlow's C++ part writes to standard error while it is imported and when it looks
for devices, before any of its settings are read; a one-line error of ours would drown
in that. Python's own errors are not hidden.

Nothing is changed where the user has set TF_ENABLE_ONEDNN_OPTS, or has set
TF_CPP_MIN_LOG_LEVEL to let something through.
"""

import contextlib
import os
import sys


@contextlib.contextmanager
def _silent_standard_error():
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3":
    with _silent_standard_error():
        import keras

        if keras.config.backend() == "tensorflow":
            import tensorflow

            tensorflow.config.list_physical_devices("GPU")
