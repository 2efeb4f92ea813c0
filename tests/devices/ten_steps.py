"""Ten steps of a training, as a process of its own: weights and losses to a file.

    python ten_steps.py OUT.npz METHOD DEVICES [mean]

With `mean` the replicas' losses are averaged, which is not what is wanted.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
OUT, METHOD, DEVICES, *WRONG = sys.argv[1:]
if os.environ.get("KERAS_BACKEND") == "jax" and int(DEVICES) > 1:
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={DEVICES}"

import infomax.start  # noqa: E402, F401, I001

import keras  # noqa: E402
import numpy as np  # noqa: E402

import segmentation  # noqa: E402
import unsupervised_clustering  # noqa: E402
from infomax.models import paired_clustering, paired_segmentation  # noqa: E402
from infomax.datasets import Dataset, SegmentationDataset  # noqa: E402
from infomax.cli.devices import distributed, process  # noqa: E402

SETTINGS = {"batch_size": 32, "epochs": 2, "verbose": 0, "heads": 2, "clusters": 4}


def devices_of_tensorflow(count):
    """Make one processor look like several devices."""
    import tensorflow

    (cpu,) = tensorflow.config.list_physical_devices("CPU")
    parts = [tensorflow.config.LogicalDeviceConfiguration() for _ in range(count)]
    tensorflow.config.set_logical_device_configuration(cpu, parts)


def dataset(side, channels):
    """Ten batches of noise, of patterns that differ."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (5 * 32, side, side, channels), dtype="uint8")
    images[::2, : side // 2] //= 4
    if METHOD == "segmentation":
        labels = np.zeros(images.shape[:3], "int16")
        return SegmentationDataset("noise", images, labels, images, labels, ("a", "b"))
    return Dataset("noise", images, None, images, None)


def main():
    """Train, and write what came of it."""
    if keras.config.backend() == "tensorflow":
        devices_of_tensorflow(int(DEVICES))
    if WRONG:
        for module in (paired_clustering, paired_segmentation):
            module.sum_over_replicas = lambda tensor: tensor
    kind = "none"
    if int(DEVICES) > 1 or "KERAS_DISTRIBUTION_NUM_PROCESSES" in os.environ:
        kind = "data"
    if METHOD == "segmentation":
        script, own = segmentation.SCRIPT, {"width": 0.05, "merge_after": 0}
        own |= {"overclusters": 6, "rotation": 10.0, "learning_rate": 1e-3}
    else:
        script, own = unsupervised_clustering.SCRIPT, {"width": 0.1, "merge_after": 0}
        own |= {"overclusters": 8, "epoch_steps": 0}
    configuration = script.configuration(**SETTINGS, **own)
    with distributed(kind, configuration.batch_size):
        data = dataset(32, 3) if METHOD == "segmentation" else dataset(16, 1)
        method, generator = script.prepare(configuration, data)
        log = method.train(generator, **configuration.course)
        weights = [keras.ops.convert_to_numpy(w) for w in method.network.weights]
        clusters = method.predict(data.x_test)[0]
    if process()[0] == 0:
        arrays = {f"weight {index}": weight for index, weight in enumerate(weights)}
        losses = np.array([row["loss"] for row in log.rows])
        np.savez(OUT, losses=losses, clusters=clusters, **arrays)


main()
