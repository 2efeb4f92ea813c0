"""`--precision auto`: 16 bits where the machine computes them faster."""

import os
import pathlib

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
    # Layers of vectors are in float32.
    vectors = getattr(options, "of_vectors", False)
    precision = "float32" if vectors else best_precision()[0]
    return replaced(options, {"precision": precision})


def announce_precision(options):
    """Print the precision, and the reason, if it was `auto`."""
    vectors = getattr(options, "of_vectors", False)
    if not (vectors or "precision" in options.data.given):
        precision, reason = best_precision()
        print(f"computing in {precision}, because {reason} (--precision)")


def best_precision():
    """Return "mixed_bfloat16" or "float32", and the reason."""
    if NAMES[0] in os.environ:  # they must connect before they look for devices
        return "float32", "several processes train together"
    backend = keras.config.backend()
    capability = gpu_capability(backend)
    if capability:
        fast = capability >= CAPABILITY
        reason = f"the GPU has compute capability {'.'.join(map(str, capability))}"
        return "mixed_bfloat16" if fast else "float32", reason
    flags = processor_flags() if backend == "tensorflow" else ()
    for name in INSTRUCTIONS:
        if name in flags:
            return "mixed_bfloat16", f"the processor has {name}"
    return "float32", f"{backend} finds no fast 16-bit units"


def gpu_capability(backend):
    """Return the compute capability of the first GPU, (major, minor); None without."""
    if backend == "tensorflow":
        import tensorflow

        for device in tensorflow.config.list_physical_devices("GPU"):
            details = tensorflow.config.experimental.get_device_details(device)
            return details.get("compute_capability")
    elif backend == "jax":
        import jax

        found = getattr(jax.devices()[0], "compute_capability", None)
        return tuple(map(int, found.split("."))) if found else None
    else:
        import torch

        if torch.cuda.is_available():
            return torch.cuda.get_device_capability()
    return None


def processor_flags():
    """Return the names of the processor's instruction sets, as far as known."""
    if not PROCESSOR.exists():
        return ()
    lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.split() for line in lines if line.startswith("flags")), ())
