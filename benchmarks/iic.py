"""Train IIC as `unsupervised_clustering.py` does, without a run folder."""

from infomax.callbacks.merge_clusters import MergeClusters
from infomax.cli.clustering_options import Options
from infomax.cli.precision import with_precision
from infomax.settings import flat, replaced
from unsupervised_clustering import prepare

__all__ = ["fit", "options_with", "prepare", "train"]


def options_with(**values):
    """Return the options of IIC with some values replaced.

    Raises:
        ValueError: for a name that is not an option.
    """
    unknown = sorted(values.keys() - flat(Options()))
    if unknown:
        raise ValueError(f"got {', '.join(unknown)}, expected options of IIC")
    return with_precision(replaced(Options(), values))


def train(options, dataset, callbacks=()):
    """Train from the seed of the options; return the `IIC`."""
    return fit(options, *prepare(options, dataset), callbacks)


def fit(options, iic, pairs, callbacks=()):
    """Train a prepared `IIC`; return it."""
    merging = [MergeClusters(options.merge_epoch)] if iic.merging else []
    epochs, verbose = options.training.epochs, options.run.verbose
    iic.fit(pairs, epochs, [*merging, *callbacks], verbose)
    return iic
