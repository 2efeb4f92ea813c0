"""Training on many devices, by Keras's own engines."""

import contextlib
import os

import keras

# What `keras.distribution.initialize` reads: the same everywhere, but for the last.
NAMES = (
    "KERAS_DISTRIBUTION_JOB_ADDRESSES",
    "KERAS_DISTRIBUTION_NUM_PROCESSES",
    "KERAS_DISTRIBUTION_PROCESS_ID",
)


def join_processes():
    """Meet the other processes of a training on JAX, where the environment names them.

    Before anything is computed.

    Raises:
        ValueError: if the environment names them by half, or for another backend.
    """
    given = [name for name in NAMES if name in os.environ]
    if not given:
        return
    if len(given) < len(NAMES):
        raise ValueError(
            f"--distribute: the environment has {', '.join(given)} alone, expected all "
            f"of {', '.join(NAMES)}, or none for one process"
        )
    if keras.config.backend() != "jax":
        raise ValueError(
            f"--distribute: got {NAMES[0]} with the backend {keras.config.backend()}, "
            "expected jax for several processes; set KERAS_BACKEND=jax"
        )
    import jax

    if not jax.distributed.is_initialized():  # by a teacher's training, say
        keras.distribution.initialize()


def process():
    """(index, count) of this process among those that train together.

    The first one writes the run folder, evaluates and predicts.
    """
    if keras.config.backend() != "jax" or NAMES[0] not in os.environ:
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()


@contextlib.contextmanager
def distributed(kind, batch_size):
    """Within this context models are made for, and trained on, many devices.

    Args:
        kind: "none", or "data" for a part of each batch on each device.
        batch_size: pairs a step, on all of them.

    Raises:
        ValueError: if the devices cannot share a batch alike, or the backend has no
            engine for it.
    """
    if kind == "none":
        yield
        return
    backend = keras.config.backend()
    if backend == "jax":
        join_processes()
        former = keras.distribution.distribution()
        devices = keras.distribution.list_devices()
        _check(len(devices), batch_size)
        # Each process makes its own part of a batch (`DataGenerator`).
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
        )
        try:
            yield
        finally:
            keras.distribution.set_distribution(former)
    elif backend == "tensorflow":
        join_processes()
        import tensorflow

        kinds = ("GPU", "CPU")  # all GPUs, or where there is none all logical CPUs
        devices = next(filter(None, map(tensorflow.config.list_logical_devices, kinds)))
        _check(len(devices), batch_size)
        names = [device.name for device in devices]
        with tensorflow.distribute.MirroredStrategy(names).scope():
            yield
    else:
        raise ValueError(
            f"--distribute: got the backend {backend}, expected jax or tensorflow; set "
            "KERAS_BACKEND"
        )


def _check(devices, batch_size):
    if batch_size % devices:
        raise ValueError(
            f"--batch-size: got {batch_size} for {devices} devices, expected a "
            f"multiple; give {batch_size - batch_size % devices or devices}"
        )
