# %% [markdown]
# # 6. Deep InfoMax: what the features look like
#
# IIC makes clusters, MINE a few numbers. Deep InfoMax makes features of any shape, by
# raising the information between an image and what it is encoded as (Hjelm et al.,
# ICLR 2019). With feature *maps* one can look at them. The question of this notebook is
# whether the geometry of the encoder matters: **which keeps the most of the image?**

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np

from data_generator import DataGenerator
from deep_infomax import DeepInfoMax
from infomax.callbacks.training_log import StepLog
from infomax.cli.reproducibility import make_deterministic
from infomax.datasets import load_dataset
from infomax.evaluation.maps import ESTIMATES, measure_maps
from infomax.layers.encoders import GEOMETRIES, map_encoder
from infomax.plots import maps as map_figures
from infomax.transforms.perturbation import Perturbation

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)

# %% [markdown]
# ## Images
#
# Windows of NASA's Blue Marble, 96 by 96 pixels, in grey. (Images of STL-10 are read from
# a folder of its binary files.)

# %%
dataset = load_dataset("earth").in_grey()
images = dataset.x_train[: 64 if small else 1024]
print(images.shape)

# %% [markdown]
# ## The objectives
#
# A critic, as in notebook 5, scores pairs of an image (resized to the maps) and maps:
# those of the same image against those of different ones. Training raises the difference,
# by a measure of Jensen and Shannon that is a relative of notebook 5's bound. With
# $\alpha$ image and maps are compared as wholes, with $\beta$ at every location. With
# $\gamma$ the values of the maps are pushed towards a given distribution, the *prior*: a
# small network, the *discriminator*, learns to tell the two, and the encoder to deceive it.
#
# ## Four geometries
#
# Four layers of 3×3 kernels each, which differ in what they do to the size:
#
# | geometry | how | size |
# | --- | --- | --- |
# | `smaller` | no padding | 96, 94, 92, 90, 88 |
# | `larger` | transposed | 96, 98, 100, 102, 104 |
# | `same` | zeros around | 96 throughout |
# | `out-and-back` | transposed, then without padding | 96, 98, 100, 98, 96 |

# %%
measures, losses = {}, {}
for geometry in GEOMETRIES:
    encoder = map_encoder(geometry, (96, 96, 1), maps=8 if small else 32)
    method = DeepInfoMax(encoder, global_weight=0.5, prior_weight=0.1, views=1)
    nothing = Perturbation().scaled(0)  # images are not perturbed
    pairs = DataGenerator(images, nothing, batch_size=32, perturb_both=False)
    decay = keras.optimizers.schedules.CosineDecay(1e-3, len(pairs))
    method.compile(optimizer=keras.optimizers.Adam(decay))
    steps = StepLog()
    method.fit(pairs, epochs=1, callbacks=[steps], verbose=0)
    shown = dataset.x_test[: 4 if small else 100]
    measures[geometry] = measure_maps(method.network, shown, geometry)
    losses[geometry] = [steps.losses]
    print(f"{geometry:13s} {np.mean(steps.losses[-5:]):.3f} loss at the end")

# %%
map_figures.loss_curves(losses)

# %% [markdown]
# ## The maps of one image
#
# Each map is shown with its information with the image, in nats, by a histogram of the
# pixels as in notebook 1.

# %%
image = measures["same"].shown[0][0]
maps = {
    geometry: (found.shown[0][1], found.information["resized"][0])
    for geometry, found in measures.items()
}
map_figures.map_grid(image, maps)

# %% [markdown]
# ## Which geometry keeps the most?
#
# The mean over maps and images, in three ways: by a histogram with the image resized to
# the map; by a histogram of the part that both share; and by nearest neighbours, which
# need no bins.

# %%
means = {
    name: {geometry: [found.mean(name)] for geometry, found in measures.items()}
    for name in ESTIMATES
}
map_figures.information_bars(means, ESTIMATES)

# %%
for name, of_geometries in means.items():
    print(f"{name}: {ESTIMATES[name]}")
    for geometry, (value,) in of_geometries.items():
        print(f"    {geometry:13s} {value:.3f} nats")

# %% [markdown]
# One training of each is an anecdote. `python deep_infomax.py --compare` does it for
# three seeds each, on twice as many images. There, image and map compared pixel by pixel,
# the order is another, and no difference is larger than twice the spread over seeds
# (README, "Does keeping the image's size keep the most information?").
#
# ## Exercises
#
# 1. Measure the maps of an encoder that was never trained. How much of the information is
#    due to training at all? (*Expect* about as much as above, more for some geometries and
#    less for others: a convolution with random weights keeps what it sees.)
# 2. Train with `prior_weight=0`. What changes in the values of the maps? (*Expect* them to
#    be less like the prior; nothing else asks for any distribution.)
# 3. Resize the image by `scipy.ndimage.zoom` to 88 and back to 96 pixels, and measure the
#    information between the two. Which geometries does this penalise? (*Expect* less than
#    the image's own entropy, and so a loss for `smaller` and `larger` alone, in the first
#    of the three estimates.)
