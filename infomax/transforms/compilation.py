"""Compiling a function of tensors on whichever backend there is."""

from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function, where the backend can.

    Op by op, a small batch costs more in calls than in arithmetic.

    Args:
        function: of tensors, and of dicts of tensors, written with `keras.ops`.

    Returns:
        A function of the same arguments.
    """
    if keras.config.backend() == "tensorflow":
        import tensorflow

        return tensorflow.function(function)
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    return function
