"""`--precision auto`: 16 bits where the machine computes them faster."""

import os
import pathlib
import re

import keras

from infomax.cli.devices import NAMES
from infomax.settings import replaced

# Of x86 processors. TensorFlow uses them; JAX and PyTorch gain little on a processor.
INSTRUCTIONS = "amx_bf16", "avx512_bf16"
CAPABILITY = 8, 0  # of NVIDIA's GPUs, from which they compute in bfloat16
PROCESSOR = pathlib.Path("/proc/cpuinfo")


def with_precision(options):
    """Return the options with the precision that `auto` stands for."""
    if options.network.precision != "auto":
        return options
    return replaced(options, {"precision": best_precision()[0]})


def sentence(precision):
    """Return a sentence on the precision of a training."""
    best, reason = best_precision()
    because = f", because {reason}" if precision == best else ""
    return f"computing in {precision}{because} (--precision)"


def best_precision():
    """Return "mixed_bfloat16" or "float32", and the reason."""
    if NAMES[0] in os.environ:  # processes must connect before they look for devices
        return "float32", "several processes train together"
    backend = keras.config.backend()
    capability = gpu_capability(backend)
    if capability:
        found = ".".join(map(str, capability))
        if capability >= CAPABILITY:
            return "mixed_bfloat16", f"the GPU has compute capability {found}"
        return "float32", f"the GPU has compute capability {found}, below 8.0"
    if backend != "tensorflow":
        return "float32", f"there is no NVIDIA GPU, and the backend is {backend}"
    flags = processor_flags()
    for name in INSTRUCTIONS:
        if name in flags:
            return "mixed_bfloat16", f"the processor has {name}"
    return "float32", f"the processor has neither {' nor '.join(INSTRUCTIONS)}"


def gpu_capability(backend):
    """Return the compute capability of an NVIDIA GPU, (major, minor); None without."""
    if backend == "tensorflow":
        import tensorflow

        for device in tensorflow.config.list_physical_devices("GPU"):
            details = tensorflow.config.experimental.get_device_details(device)
            return details.get("compute_capability")
    elif backend == "jax":
        import jax

        found = getattr(jax.devices()[0], "compute_capability", "")
        if re.fullmatch(r"\d+\.\d+", str(found)):
            return tuple(map(int, found.split(".")))
    else:
        import torch

        if torch.cuda.is_available() and torch.version.cuda:
            return torch.cuda.get_device_capability()
    return None


def processor_flags():
    """Return the names of the processor's instruction sets, as far as known."""
    if not PROCESSOR.exists():
        return ()
    lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.split() for line in lines if line.startswith("flags")), ())
