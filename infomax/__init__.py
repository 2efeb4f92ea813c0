"""The code that the scripts share, in layers: imports only go down this table.

| package | subject |
| --- | --- |
| `cli` | command line, options and presets, run folder, report page |
| `plots` | Matplotlib figures of arrays |
| `evaluation` | every score; labels are for reports only |
| `estimators` | mutual information of samples: estimate, interval, warning |
| `callbacks` | what happens between epochs: logs, merging, checkpoints |
| `clustering` | merging, consensus and k-means, in NumPy |
| `layers` | every serialisable layer and critic |
| `transforms` | perturbations of a batch of images |
| `datasets` | arrays from files and names; all checks of untrusted files |
| `distributions` | pairs of variables whose mutual information is known |
| `information` | pure functions of `keras.ops`: information, bounds, losses |

`import infomax` comes before anything that imports TensorFlow, which reads some
settings only at its start. It switches oneDNN's kernels on: TensorFlow does so by
itself only with AVX-512 VNNI or better, and elsewhere a training step of backbone F
took 2.5 times as long (docs/experiments.md). It hides TensorFlow's start-up messages
on standard error, but no Python errors, so that a one-line error is seen. The
user's TF_ENABLE_ONEDNN_OPTS and TF_CPP_MIN_LOG_LEVEL take precedence. A backend that
Keras does not have, or that is not installed, ends the import with one sentence; a
`keras.json` that asks for another number format or order of axes is overridden.

It also registers every layer of a saved model.

Two names are imported when they are first asked for, for users who know `infomax`
only: `mutual_information`, and `InformationClusterer`, which needs scikit-learn. The
latter comes from a script, the only exception to the arrows.
"""

import importlib
import os
from typing import Any

from infomax.environment import silent_tensorflow, usable_keras

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with usable_keras(), silent_tensorflow() as silent:
    import keras

    if silent and keras.config.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.list_physical_devices("GPU")

from infomax import layers  # noqa: E402 - after the settings above

__version__ = "1.0.0"
__all__ = ["layers"]


LATE = {
    "InformationClusterer": "information_clusterer",
    "mutual_information": "infomax.estimators.measure",
}


def __getattr__(name: str) -> Any:
    """Import a name that is not needed otherwise."""
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the package, with those that are imported late."""
    return sorted([*globals(), *LATE])
