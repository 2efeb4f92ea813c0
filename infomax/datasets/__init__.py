"""Image data sets from files, folders and Keras; with labels per image or per pixel.

| module | idea |
| --- | --- |
| `loading` | entry points: data sets by name or path; images to predict from |
| `dataset`, `on_demand` | the containers, their checks, and images read on demand |
| `numpy_files`, `idx`, `stl10`, `image_folder`, `keras_sources`, `earth` | sources |
| `coco_stuff`, `potsdam`, `label_images` | sources with a label per pixel |
| `clips`, `moving_digits` | sequences of frames: from files, and of moving digits |
| `vectors`, `vector_tables`, `embedding` | vectors: from files, and of images |
| `image_files`, `matlab` | finding and decoding image files; reading .mat files |
| `foreign_files` | limits and checks of untrusted files |
"""

from infomax.datasets.dataset import Dataset
from infomax.datasets.loading import load_dataset, load_images, load_segmentation

__all__ = [
    "Dataset",
    "load_dataset",
    "load_images",
    "load_segmentation",
]
