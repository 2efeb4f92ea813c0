# %% [markdown]
# # 9. Your own images
#
# From a folder of images to a table that says which belong together. Nothing here knows
# what is in the images. To have some at hand, this notebook writes a folder of digits;
# put the path of yours in its place.

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
# The commands are those of a terminal: `main` takes what would stand behind `python
# unsupervised_clustering.py`. Two decisions are yours: how many clusters, and **which
# differences do not matter**. For the second there is a default for each kind of images,
# and the program tells the kind from the pixels: these digits are *strokes*. `--kind`
# says otherwise, and single options, such as `--rotation`, change single ranges.
#
# What counts is the number of training steps, not the number of passes over the images.
# So an epoch is 234 batches here as well, about twelve passes over 5,000 images.

# %%
run = folder / "run"
options = "--clusters 10 --width 0.25 --verbose 0 "
options += "--epochs 3 --epoch-steps 4 --batch-size 64" if small else "--epochs 6"
unsupervised_clustering.main(
    ["--train", "--eval", "--dataset", str(folder / "images")]
    + ["--run-dir", str(run), *options.split()]
)

# %% [markdown]
# There are no labels, so there is no accuracy; a dash stands where it would be. What one
# can look at is the information: a head whose $I$ is near $\ln k$ is sure of the cluster
# of each image, gives the same to its perturbation, and has clusters of about one size.
# Where it stays far below, a warning says what may be wrong, and what to try.
#
# ## Look
#
# `report.html` in the run folder has everything on one page. Here is the gallery of it:
# the most certain images of each cluster on the left, the least certain on the right.
# This is the place to see whether the clusters are what you had in mind. If not, it is
# mostly the perturbation that has to change.

# %%
Image.open(run / "clusters.png")

# %% [markdown]
# And this is how it came about. The clustering heads are nothing until the merge; then
# their information rises to the ceiling, and $H(z|z')$, what a pair disagrees on, falls.

# %%
Image.open(run / "training.png")

# %% [markdown]
# ## Apply
#
# Any folder of images, old or new, becomes a CSV: the name, the cluster, and how sure the
# network is.

# %%
out = folder / "clusters.csv"
unsupervised_clustering.main(
    ["--predict", str(folder / "images"), "--out", str(out), "--run-dir", str(run)]
)
print("".join(out.read_text().splitlines(keepends=True)[:8]))

# %% [markdown]
# ## If some labels are known
#
# Sort the images into sub-folders, one a class, and `--eval` will name the clusters and
# score them; training still does not look. Every sixth image is held out to score on, or
# what is in `test/` beside `train/`.
#
# ## Exercises
#
# 1. Add `--epoch-steps 0`: an epoch is then one pass, 16 steps of 256 images. (*Expect* an
#    $I$ far below $\ln 10$, heads that disagree, and a sentence that says so.)
# 2. Train on a folder of your own photographs, once with `--rotation 0` and once with
#    `--rotation 180`. Which clusters come and go? (*Expect* those to go that differ in
#    which side is up.)
# 3. Ask for twice as many clusters as you expect. Are the halves of a cluster different in
#    a way that you would call different? (*Expect* some to be, and $I$ to stay further
#    below its ceiling, which is now higher.)
