# %% [markdown]
# # 7. Segmentation of the earth
#
# IIC for every pixel: water, vegetation, and bare ground or ice, from a picture of the
# earth. No label is used in training.

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np

from data_generator import AlignedDataGenerator
from infomax.callbacks.merge_pixels import MergePixels
from infomax.cli.reproducibility import make_deterministic
from infomax.cli.segmentation_options import PERTURBATION
from infomax.datasets import load_segmentation
from infomax.datasets.earth import read_earth
from infomax.evaluation.segments import baselines, score_heads
from infomax.plots import clusters as figures
from infomax.plots import segments as segmentation_figures
from infomax.transforms.tiles import segment
from segmentation import SegmentationIIC
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)

# %% [markdown]
# ## Windows of the earth
#
# 96 by 96 pixels of NASA's Blue Marble. The land cover of the same places is used to
# choose windows with two kinds of it, and to say how many clusters there are to be; and
# then not before the end.

# %%
dataset = load_segmentation("earth3")
count, width = (64, 0.05) if small else (len(dataset.x_train), 0.5)
images = dataset.x_train[:count]
print(images.shape, dataset.class_names)

# %% [markdown]
# ## Pairs of images, pairs of pixels
#
# A window and its perturbation: brighter or darker, more or less sharp, with more or
# less of the bluish light that air adds, perhaps mirrored. The network makes a
# distribution over clusters for every pixel of both; what was mirrored is mirrored back,
# so that the two lie on each other. Each pixel is a pair, and so are pixels up to
# $T$ apart:
#
# $$P = \sum_{|t| \le T} \sum_u z(u)\, z'(u + t)^\top$$
#
# (Ji et al., ICCV 2019, section 3.3).

# %%
pairs = AlignedDataGenerator(images, PERTURBATION, batch_size=32)
((x, x_perturbed, motion),) = pairs[0]
figures.image_pairs(np.asarray(x[:6]), np.asarray(x_perturbed[:6]))

# %% [markdown]
# ## Training
#
# As in notebook 4: overclusters first, merged after each epoch to as many clusters as
# there are classes. They are merged by their colours here, and not by what information
# is kept, which would make clusters of one size (docs/segmentation.md says how). Until
# then the clustering heads are one cluster, and have no information.

# %%
iic = SegmentationIIC(
    VGG("P", dataset.image_shape, width),
    heads=5,
    clusters=len(dataset.class_names),
    overclusters=36,
    overcluster_entropy_weight=1.5,
)
epochs = 2
decay = keras.optimizers.schedules.CosineDecay(5e-3, epochs * len(pairs))
iic.compile(optimizer=keras.optimizers.Adam(decay))
history = iic.fit(pairs, epochs, callbacks=[MergePixels(after=1)], verbose=2)

# %%
figures.training_curves(iic.log.rows)

# %% [markdown]
# ## Against the land cover
#
# Each cluster is assigned to a class on *training* windows and scored on *test* windows,
# which lie on other longitudes. Beside it: what needs no network.

# %%
counts = [output.shape[-1] for output in iic.network.outputs]
scores, assignments = score_heads(dataset, iic.assign_heads, counts)
head = iic.selected
print(f"IIC: {100 * scores[head]['accuracy']:.1f} % of the pixels")
for name, own in baselines(dataset, len(dataset.class_names)).items():
    print(f"{name}: {100 * own['accuracy']:.1f} %")

# %% [markdown]
# Six test windows: the classes laid over the image, alone, and as the land cover has them.

# %%
chosen = np.linspace(0, len(dataset.x_test) - 1, 6).astype(int)
predicted = assignments[head][iic.assign(dataset.x_test[chosen])]
segmentation_figures.segment_gallery(
    dataset.x_test[chosen], predicted, dataset.y_test[chosen], dataset.class_names
)

# %% [markdown]
# ## The whole globe
#
# Tile by tile, each with a margin that the neighbours share.

# %%
globe, _ = read_earth()
if small:
    globe = globe[600:900, 600:900]
network = iic.selected_network


def classes_of(tiles):
    """Return the class of each pixel of some tiles."""
    outputs = network.predict_on_batch(tiles)
    return assignments[head][outputs.argmax(axis=-1)]


classes = segment(classes_of, globe, 96)

# %%
step = 1 if small else 8
segmentation_figures.whole_picture(
    globe[::step, ::step], classes[::step, ::step], dataset.class_names
)

# %% [markdown]
# ## Exercises
#
# 1. Train on a quarter of the windows, `"train_images": 1000`, and look at the globe.
#    (*Expect* the deep ocean to be taken for vegetation: it is as dark as a forest, and few
#    windows show it, since each is to have two kinds of cover.)
# 2. Use `"dataset": "earth6"`. Which of its six classes does colour alone not tell?
#    (*Expect* crops to lie between forest and savanna, and one or two of six clusters to
#    stay empty: `"apart": 0` fills them, and parts savanna instead.)
# 3. Take the mirroring away, `"flip": False`. What is the network still asked to ignore?
#    (*Expect* haze, brightness and blur to be left, and where within $T$ pixels something
#    lies.) And then the haze, `"haze": 0.0`. (*Expect* water to be parted by its depth.)
