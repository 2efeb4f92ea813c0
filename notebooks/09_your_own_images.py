# %% [markdown]
# # 9. Your own images
#
# This notebook turns a folder of images into a table with the cluster of each image. The program
# needs no knowledge of what the images show. As an example, the notebook writes a folder of digits.
# Replace it by the path of your own folder.

# %%
import os
import pathlib

# %matplotlib inline
import sys
import tempfile

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

from PIL import Image

import unsupervised_clustering
from infomax.datasets import load_dataset

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests

# %%
folder = pathlib.Path(tempfile.mkdtemp())
dataset = load_dataset("mnist")
for index, image in enumerate(dataset.x_train[: 300 if small else 5000, ..., 0]):
    (folder / "images").mkdir(exist_ok=True)
    Image.fromarray(image).save(folder / "images" / f"{index:05d}.png")
print(len(list((folder / "images").iterdir())), "images in", folder / "images")

# %% [markdown]
# ## Train
#
# `main` takes the arguments of the command `python unsupervised_clustering.py`. You decide two
# things: the number of clusters, and **which differences do not matter**, that is, the perturbation
# (augmentation). The perturbation has a default for each kind of images, and the program decides
# the kind from the pixels: these digits are *strokes*. `--kind` sets another kind, and options such
# as `--rotation` change single ranges.
#
# The number of training steps matters, not the number of passes over the images. Therefore an epoch
# has 234 batches for any data set: about twelve passes over 5,000 images.

# %%
run = folder / "run"
options = "--clusters 10 --width 0.25 --verbose 0 "
options += "--epochs 3 --epoch-steps 4 --batch-size 64" if small else "--epochs 6"
unsupervised_clustering.main(
    ["--train", "--eval", "--dataset", str(folder / "images")]
    + ["--run-dir", str(run), *options.split()]
)

# %% [markdown]
# Without labels there is no accuracy, and the table shows a dash instead. The mutual information is
# available without labels. If $I$ of a head is close to $\ln k$, the head is certain about the
# cluster of each image, assigns the perturbed image to the same cluster, and has clusters of about
# equal size. If $I$ stays far below, a warning says what may be wrong and what to try.
#
# ## Inspect the clusters
#
# `report.html` in the run folder shows everything on one page. The next figure is its gallery: the
# most certain images of each cluster on the left, the least certain on the right. Check whether the
# clusters are what you had in mind. If not, the perturbation is usually what has to change.

# %%
Image.open(run / "clusters.png")

# %% [markdown]
# The next figure shows the training. Before the merge the clustering heads have no information.
# After the merge their information rises to the ceiling, and $H(z|z')$, the disagreement within
# pairs, falls.

# %%
Image.open(run / "training.png")

# %% [markdown]
# ## Predict
#
# `--predict` writes a CSV file for any folder of images. It has one row per image: the name, the
# cluster and its probability.

# %%
out = folder / "clusters.csv"
unsupervised_clustering.main(
    ["--predict", str(folder / "images"), "--out", str(out), "--run-dir", str(run)]
)
print("".join(out.read_text(encoding="utf-8").splitlines(keepends=True)[:8]))

# %% [markdown]
# ## With labels
#
# If you sort the images into sub-folders, one per class, `--eval` names the clusters and scores
# them. Training still does not read the labels. The test images are those in `test/` beside
# `train/`, if there are such folders, or else every sixth image.
#
# ## Exercises
#
# 1. Add `--epoch-steps 0`: an epoch is then one pass, 16 steps of 256 images. (*Expected:* an
#    $I$ far below $\ln 10$, heads that disagree, and a sentence that says so.)
# 2. Train on a folder of your own photographs, once with `--rotation 0` and once with
#    `--rotation 180`. Which clusters appear and disappear? (*Expected:* those disappear that differ
#    only in which side is up.)
# 3. Ask for twice as many clusters as you expect. Do the halves of a cluster differ in a way that
#    matters to you? (*Expected:* some do, and $I$ stays further below its ceiling, which is now
#    higher.)
