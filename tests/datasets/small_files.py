"""Small data sets in the real formats, for tests of loaders and of damaged files."""

import gzip
import struct

import numpy as np
from PIL import Image
from scipy.io import savemat


def save_image(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array)).save(path, **options)
    return path


def save_animation(path, frames, **options):
    first, *others = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=others, **options)
    return path


def write_idx(path, array, pack=None):
    """Write an IDX file, gzipped if the name or `pack` says so."""
    header = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    pack = pack or (gzip.compress if path.suffix == ".gz" else bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(header + array.tobytes()))
    return path


def write_stl10(folder, split, images, labels):
    """Write images colour by colour, column by column; labels begin at 1."""
    (folder / f"{split}_X.bin").write_bytes(images.transpose(0, 3, 2, 1).tobytes())
    (folder / f"{split}_y.bin").write_bytes((labels + 1).astype("uint8").tobytes())
    names = "airplane bird car cat deer dog horse monkey ship truck"
    (folder / "class_names.txt").write_text(names.replace(" ", "\n"))


def write_coco(folder, image, labels):
    """Write the layout of COCO-Stuff, with one image per split."""
    for split in ("train2017", "val2017"):
        save_image(folder / "images" / split / "7.jpg", image)
        save_image(folder / "annotations" / split / "7.png", labels)
        names = folder / "curated" / split / "Coco164kFull_Stuff_Coarse_7.txt"
        names.parent.mkdir(parents=True)
        names.write_text("7\n")


def write_potsdam(folder, lists, **options):
    """Write the layout of Potsdam: lists of names, and an image and labels per name."""
    for kind in ("imgs", "gt"):
        (folder / kind).mkdir()
    for name, images in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(images))
        for image, (pixels, labels) in images.items():
            savemat(folder / "imgs" / f"{image}.mat", {"img": pixels}, **options)
            if labels is not None:
                savemat(folder / "gt" / f"{image}.mat", {"gt": labels}, **options)


def check_splits(dataset, x_train, y_train, x_test, y_test):
    """Compare a data set with images, of rank 3 if grey, and with labels or None."""
    for found, expected in ((dataset.x_train, x_train), (dataset.x_test, x_test)):
        found = found[..., 0] if expected.ndim == 3 else found
        np.testing.assert_array_equal(found, expected)
    for found, expected in ((dataset.y_train, y_train), (dataset.y_test, y_test)):
        assert (found is None) == (expected is None)
        np.testing.assert_array_equal(found, expected)
