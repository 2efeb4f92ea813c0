"""A training step of IIC, and the machine's ceiling: what speed benchmarks time."""

import dataclasses
import statistics
import time

import keras
import numpy as np
from keras import ops

from infomax.transforms.perturbation import compiled
from unsupervised_clustering import IIC
from vgg import VGG

BATCH = 256  # pairs
PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16"}
INPUTS = {"F": (24, 24, 1), "A": (32, 32, 1)}  # A pools five times


@dataclasses.dataclass
class Step:
    """A training step of an `IIC` on random pairs, ready to be timed.

    Args:
        backbone: configuration of `VGG`.
        precision: Keras dtype policy of the layers.
    """

    backbone: str
    precision: str

    def __post_init__(self):
        """Build the model, and a batch."""
        keras.config.set_dtype_policy(self.precision)
        self.model = IIC(VGG(self.backbone, INPUTS[self.backbone]))
        keras.config.set_dtype_policy("float32")
        self.network = self.model.network
        self.model.compile(optimizer=keras.optimizers.Adam())
        generator, shape = np.random.default_rng(0), (BATCH, *INPUTS[self.backbone])
        halves = (generator.random(shape, "float32") for _ in range(2))
        self.pair = tuple(map(ops.convert_to_tensor, halves))

    def __call__(self, _=None):
        """Take one step."""
        self.model.train_on_batch(self.pair)

    @property
    def operations(self):
        """Floating-point operations of a step: 2 per multiplication and sum."""
        forward = []
        for layer in self.network.layers:
            if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
                places = np.prod(layer.output.shape[1:-1])
                forward.append(2 * places * np.prod(layer.kernel.shape))
        # Backward, each layer does this once for its kernel and once for its input; the
        # first layer's input is the image and needs no gradient.
        return int(2 * BATCH * (3 * sum(forward) - forward[0]))


def matrix_product(precision, side):
    """Return a product of two square matrices, as a function to be timed."""
    numbers = np.random.default_rng(0).standard_normal((side, side), "float32")
    matrix = ops.cast(ops.convert_to_tensor(numbers), PRECISIONS[precision])
    product = compiled(ops.matmul)
    # Reading one value waits for the whole.
    return lambda _=None: float(product(matrix, matrix)[0, 0])


def seconds_each(tasks, rounds=15):
    """Return the median seconds of each task, over rounds that alternate."""
    times = {name: [] for name in tasks}
    for round_number in range(rounds + 2):
        for name, task in tasks.items():
            start = time.perf_counter()
            task(round_number)
            if round_number >= 2:  # the first rounds trace and warm up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def step_rows(steps, seconds, side):
    """Return a row per `Step`: pairs per second, and the share of the ceiling.

    Args:
        steps: dict of `Step` by name.
        seconds: of each step by its name, and of the matrix products by precision.
        side: of the matrices of the products.
    """
    rows = []
    for name, step in steps.items():
        ceiling = 2 * side**3 / seconds[step.precision]
        speed = step.operations / seconds[name]
        rows.append(
            {
                "backbone": step.backbone,
                "precision": step.precision,
                "pairs_per_second": BATCH / seconds[name],
                "gflops": speed / 1e9,
                "ceiling_gflops": ceiling / 1e9,
                "share_of_ceiling": speed / ceiling,
            }
        )
    return rows
