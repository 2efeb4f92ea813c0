"""One seed, one result; and which versions made it."""

import importlib.metadata
import platform

import keras


def make_deterministic(seed):
    """Seed Python, NumPy and the backend, and ask the backend for repeatable sums.

    Args:
        seed: integer, 0 to 2³² - 1.
    """
    keras.utils.set_random_seed(seed)
    if keras.config.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def versions():
    """Versions of what a result depends on.

    Returns:
        Dict of package name to version, with "python" and the Keras "backend".
    """
    packages = ("keras", keras.config.backend(), "numpy", "scipy")
    return {
        "python": platform.python_version(),
        "backend": keras.config.backend(),
        **{name: importlib.metadata.version(name) for name in packages},
    }
