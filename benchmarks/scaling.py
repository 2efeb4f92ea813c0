"""Time and bytes of a training step on 1, 2 and 4 processes of JAX, on this machine.

    python benchmarks/scaling.py

The default run's network and batch; each process trains on its share of every batch.
The processes exchange gradients over the loopback interface, whose counter is read
before and after the steps: let nothing else use it. One machine has no more cores for
more processes, so the time shows what the exchange costs, not how fast more machines
would be; docs/many_devices.md estimates that. The results are in
`benchmarks/results/scaling.json`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports a backend

import argparse
import json
import math
import os
import socket
import subprocess
import time

import keras

from benchmarks import iic
from benchmarks.results_file import processor, write_results
from infomax.datasets import load_dataset
from infomax.callbacks.fitting import fit_pairs
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.cli.devices import NAMES, distributed, process

COUNTS = (1, 2, 4)
WARMUP, STEPS = 5, 20
COUNTER = pathlib.Path("/sys/class/net/lo/statistics/tx_bytes")


class Measured(keras.callbacks.Callback):
    """Measures time and bytes of the steps after the first ones; ends the training."""

    def on_train_batch_end(self, batch, logs=None):
        """Read clock and counter."""
        float(logs["loss"])  # waits for the step
        if batch == WARMUP:
            self.start, self.sent = time.perf_counter(), int(COUNTER.read_bytes())
        if batch == WARMUP + STEPS:
            self.step_seconds = (time.perf_counter() - self.start) / STEPS
            self.step_bytes = (int(COUNTER.read_bytes()) - self.sent) / STEPS
            self.model.stop_training = True


def work():
    """Train for some steps, as one of the processes; the first prints its row."""
    options = iic.options_with(distribute="data")
    with distributed(options.training):
        model, pairs = iic.prepare(options, load_dataset("mnist"))
        measured = Measured()
        fit_pairs(model, pairs, 1, [measured], verbose=0)
        index, count = process()
        if index == 0:
            row = {
                "processes": count,
                "batch_size": options.training.batch_size,
                "parameters": sum(
                    math.prod(weight.shape) for weight in model.trainable_weights
                ),
                "step_seconds": measured.step_seconds,
                "step_bytes": measured.step_bytes,
            }
            print(json.dumps(row))


def measure(count):
    """Return the row of `count` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    processes = []
    for index in range(count):
        told = dict(zip(NAMES, (address, str(count), str(index)), strict=True))
        processes.append(
            subprocess.Popen(
                [sys.executable, __file__, "--work"],
                env={**os.environ, "KERAS_BACKEND": "jax", **told},
                stdout=subprocess.PIPE if index == 0 else subprocess.DEVNULL,
                text=True,
            )
        )
    output, _ = processes[0].communicate()
    if any(process.wait() for process in processes):
        raise ValueError(f"{count} processes: one of them failed; see above")
    return json.loads(output.splitlines()[-1])


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--work", action="store_true", help="be one of the processes")
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Measure, and write the results."""
    if build_parser().parse_args(argv).work:
        work()
        return
    rows = []
    for count in COUNTS:
        rows.append(measure(count) | {"processor": processor()})
        print(rows[-1], flush=True)
    print(write_results("scaling", "python benchmarks/scaling.py", rows))


if __name__ == "__main__":
    main()
