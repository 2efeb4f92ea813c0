"""Training on many devices and processes, by `keras.distribution` on JAX."""

import contextlib
import os

import keras

# What `keras.distribution.initialize` reads; the last differs between processes.
NAMES = (
    "KERAS_DISTRIBUTION_JOB_ADDRESSES",
    "KERAS_DISTRIBUTION_NUM_PROCESSES",
    "KERAS_DISTRIBUTION_PROCESS_ID",
)


def require_platform():
    """Raise ValueError if JAX_PLATFORMS names no device that JAX can use."""
    asked = os.environ.get("JAX_PLATFORMS")
    # Processes that train together must connect before JAX looks for its devices.
    if keras.config.backend() != "jax" or not asked or NAMES[0] in os.environ:
        return
    import jax

    try:
        jax.devices()
    except (AssertionError, RuntimeError) as error:
        raise ValueError(
            f"JAX_PLATFORMS: got {asked}, expected platforms that JAX finds here; "
            "unset it, or set it to cpu"
        ) from error


def join_processes():
    """Connect to the other processes of a training, if the environment names them."""
    given = [name for name in NAMES if name in os.environ]
    if not given:
        return
    if len(given) < len(NAMES):
        raise ValueError(
            f"--distribute: the environment has {', '.join(given)} only, expected all "
            f"of {', '.join(NAMES)}, or none for one process"
        )
    import jax

    if not jax.distributed.is_initialized():  # by the training of a teacher, say
        keras.distribution.initialize()


def process():
    """Return (index, count) of this process among those that train together."""
    if keras.config.backend() != "jax" or NAMES[0] not in os.environ:
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()


@contextlib.contextmanager
def distributed(training):
    """Split every batch over all devices in this context, if `training` asks for it."""
    if training.distribute == "none":
        yield
        return
    if keras.config.backend() != "jax":
        raise ValueError(
            f"--distribute: got the backend {keras.config.backend()}, expected jax; "
            "set KERAS_BACKEND=jax"
        )
    join_processes()
    former = keras.distribution.distribution()
    devices = keras.distribution.list_devices()
    if training.batch_size % len(devices):
        fitting = training.batch_size - training.batch_size % len(devices)
        raise ValueError(
            f"--batch-size: got {training.batch_size} for {len(devices)} devices, "
            f"expected a multiple; give {fitting or len(devices)}"
        )
    # Each process prepares its own part of a batch (`DataGenerator`).
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    )
    try:
        yield
    finally:
        keras.distribution.set_distribution(former)
