"""Ten steps of a training, as a process of its own: weights and losses to a file.

python ten_steps.py OUT.npz METHOD DEVICES
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
OUT, METHOD, DEVICES = sys.argv[1:]
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={DEVICES}"

import infomax  # noqa: E402, F401, I001 - before anything imports a backend

import keras  # noqa: E402
import numpy as np  # noqa: E402

import segmentation  # noqa: E402
import unsupervised_clustering  # noqa: E402
from infomax.cli.devices import NAMES, distributed, process  # noqa: E402
from infomax.datasets.dataset import Dataset  # noqa: E402
from infomax.settings import replaced  # noqa: E402

SETTINGS = {"batch_size": 32, "epochs": 2, "heads": 2, "clusters": 4, "merge_after": 0}
OWN = {
    "clustering": {"width": 0.1, "overclusters": 8, "epoch_steps": 0},
    "segmentation": {
        "width": 0.05,
        "overclusters": 6,
        "epoch_steps": 0,
        "rotation": 10.0,
        "learning_rate": 1e-3,
    },
}
SCRIPTS = {"clustering": unsupervised_clustering, "segmentation": segmentation}


def dataset(side, channels):
    """Return five batches of noise, of patterns that differ."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (5 * 32, side, side, channels), dtype="uint8")
    images[::2, : side // 2] //= 4
    if METHOD == "segmentation":
        labels = np.zeros(images.shape[:3], "int16")
        return Dataset("noise", images, labels, images, labels, ("a", "b"))
    return Dataset("noise", images, None, images, None)


def main():
    shared = int(DEVICES) > 1 or NAMES[0] in os.environ
    values = {**SETTINGS, **OWN[METHOD], "distribute": "data" if shared else "none"}
    script = SCRIPTS[METHOD]
    options = replaced(script.Options(), values)
    with distributed(options.training):
        data = dataset(32, 3) if METHOD == "segmentation" else dataset(16, 1)
        method, pairs = script.prepare(options, data)
        history = method.fit(pairs, epochs=2, verbose=0)
        weights = [keras.ops.convert_to_numpy(w) for w in method.network.weights]
        clusters = method.predict(data.x_test)
    if process()[0] == 0:
        arrays = {f"weight {index}": weight for index, weight in enumerate(weights)}
        np.savez(OUT, losses=history.history["loss"], clusters=clusters, **arrays)


main()
