# %% [markdown]
# # 6. Deep InfoMax: features as maps
#
# IIC computes clusters, and MINE computes a few numbers per image. Deep InfoMax (Hjelm et al.,
# ICLR 2019) computes features of any shape, by maximising the information between an image and
# its features. Features that are *maps* can be displayed. This notebook asks whether the geometry
# of the encoder matters: **which geometry keeps the most information about the image?**

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
from infomax.callbacks.fitting import StepLog
from infomax.cli.training import make_deterministic
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
# The images are windows of NASA's Blue Marble, 96 by 96 pixels, in grey. `load_dataset` also
# reads STL-10 from a folder with its binary files.

# %%
dataset = load_dataset("earth").in_grey()
images = dataset.x_train[: 64 if small else 1024]
print(images.shape)

# %% [markdown]
# ## The objectives
#
# A critic, as in notebook 5, scores pairs of an image (resized to the maps) and maps. Some pairs
# are of the same image, others of different images. Training maximises the difference of their
# scores by the Jensen–Shannon bound, which is related to the bound of notebook 5. There are three
# terms:
#
# - The global term, of weight $\alpha$, compares image and maps as a whole.
# - The local term, of weight $\beta$, compares them at every location.
# - The prior term, of weight $\gamma$, moves the values of the maps towards a given distribution,
#   the *prior*. A small network, the *discriminator*, learns to distinguish the two, and the
#   encoder learns to deceive it.
#
# ## Four geometries
#
# Each encoder has four layers of 3×3 kernels. The geometries differ in the size of the maps:
#
# | geometry | layers | size in pixels |
# | --- | --- | --- |
# | `smaller` | convolutions without padding | 96, 94, 92, 90, 88 |
# | `larger` | transposed convolutions | 96, 98, 100, 102, 104 |
# | `same` | convolutions with zero padding | always 96 |
# | `out-and-back` | transposed convolutions, then convolutions without padding | 96, 98, 100, 98, 96 |

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
# The title of each map is its mutual information with the image in nats, estimated by a histogram
# of the pixels as in notebook 1.

# %%
image = measures["same"].shown[0][0]
maps = {
    geometry: (found.shown[0][1], found.information["resized"][0])
    for geometry, found in measures.items()
}
map_figures.map_grid(image, maps)

# %% [markdown]
# ## Which geometry keeps the most information
#
# The next figure shows the mean over maps and images for three estimates: a histogram with the
# image resized to the map; a histogram of the region that both share; and nearest neighbours,
# which need no bins.

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
# One training per geometry does not decide the question. `python deep_infomax.py --compare` trains
# each geometry with three seeds on twice as many images. In that comparison, pixel by pixel, the
# order of the geometries differs, and no difference is larger than twice the spread over
# seeds (`docs/deep_infomax.md`, "Results").
#
# ## Exercises
#
# 1. Measure the maps of an untrained encoder. How much of the information is due to training?
#    (*Expected:* about the same values as above, higher for some geometries and lower for others. A
#    convolution with random weights keeps most of what it sees.)
# 2. Train with `prior_weight=0`. What changes in the values of the maps? (*Expected:* they are less
#    similar to the prior, because no other term asks for a distribution.)
# 3. Resize the image to 88 pixels and back to 96 with `scipy.ndimage.zoom`, and measure the
#    information between the two images. Which geometries does resizing penalise? (*Expected:* the
#    information is less than the entropy of the image. Only `smaller` and `larger` lose by this, in
#    the first of the three estimates.)
