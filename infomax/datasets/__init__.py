"""Image data sets: one container, one loader per source, two entry points."""

from infomax.datasets.dataset import Dataset
from infomax.datasets.loading import load_dataset, load_images

__all__ = ["Dataset", "load_dataset", "load_images"]
