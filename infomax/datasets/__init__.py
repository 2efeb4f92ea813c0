"""Image data sets from files, folders and Keras; with labels, or a label a pixel.

| module | idea |
| --- | --- |
| `loading` | entry points: a data set by name or path; images to predict from |
| `segmentation` | entry point to images of which every pixel has a label |
| `dataset`, `label_images` | the two containers, and their checks |
| `idx`, `npz`, `stl10`, `image_folder`, `keras_sources`, `earth` | a source each |
| `coco_stuff`, `potsdam`, `labelled_folder` | sources with a label for each pixel |
| `clips`, `moving_digits` | sequences of frames: from files, and made of digits |
| `image_files`, `matlab` | finding and decoding image files; reading .mat files |
| `limits`, `npz_archive`, `name_lists` | checks of files that are not trusted |
"""

from infomax.datasets.dataset import Dataset
from infomax.datasets.loading import load_dataset, load_images

__all__ = ["Dataset", "load_dataset", "load_images"]
