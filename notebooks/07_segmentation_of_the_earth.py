# %% [markdown]
# # 7. Segmentation of the earth
#
# This notebook applies IIC to every pixel of a picture of the earth. The classes are water,
# vegetation, and bare ground or ice. Training uses no labels.

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
from infomax.cli.training import make_deterministic
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
# The images are windows of 96 by 96 pixels of NASA's Blue Marble. The land cover of the same
# places gives the labels. Before the evaluation it is used for two things only: to choose windows
# with two kinds of land cover, and to set the number of clusters.

# %%
dataset = load_segmentation("earth3")
count, width = (64, 0.05) if small else (len(dataset.x_train), 0.5)
images = dataset.x_train[:count]
print(images.shape, dataset.class_names)

# %% [markdown]
# ## Pairs of images, pairs of pixels
#
# The perturbation (augmentation) of a window changes its brightness, its sharpness and its haze,
# the bluish light that air adds, and mirrors it at random. The network assigns a distribution over
# clusters to every pixel of both images. The output of a mirrored image is mirrored back, so that
# both outputs are aligned. Pixels at the same place are a pair, and so are pixels up to $T$ apart:
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
# As in notebook 4, overclusters are trained first. After each epoch the callback `MergePixels`
# merges them to as many clusters as there are classes. Here it merges them by their colours: a
# merge that keeps the most information would make clusters of equal size
# (`docs/segmentation.md`). Before the first merge, each clustering head is a single cluster
# without information.

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
# Each cluster is assigned to a class on *training* windows and scored on *test* windows, which are
# at other longitudes. The next cell also prints the scores of baselines without a network.

# %%
counts = [output.shape[-1] for output in iic.network.outputs]
scores, assignments = score_heads(dataset, iic.assign_heads, counts)
head = iic.selected
print(f"IIC: {100 * scores[head]['accuracy']:.1f} % of the pixels")
for name, own in baselines(dataset, len(dataset.class_names)).items():
    print(f"{name}: {100 * own['accuracy']:.1f} %")

# %% [markdown]
# The next figure shows six test windows: the image, the predicted classes over the image, the
# predicted classes, and the land cover.

# %%
chosen = np.linspace(0, len(dataset.x_test) - 1, 6).astype(int)
predicted = assignments[head][iic.assign(dataset.x_test[chosen])]
segmentation_figures.segment_gallery(
    dataset.x_test[chosen], predicted, dataset.y_test[chosen], dataset.class_names
)

# %% [markdown]
# ## The whole globe
#
# `segment` predicts the picture tile by tile. Neighbouring tiles overlap by a margin.

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
# 1. Train on a quarter of the windows, `dataset.x_train[:1000]`, and look at the globe.
#    (*Expected:* the deep ocean is taken for vegetation. It is as dark as a forest, and few windows
#    show it, because each window has two kinds of land cover.)
# 2. Use `load_segmentation("earth6")`. Which of its six classes are not distinguished by colour?
#    (*Expected:* crops lie between forest and savanna, and one or two of the six clusters stay
#    empty. `MergePixels(apart=0)` fills them, and splits savanna instead.)
# 3. Switch off the mirroring, `dataclasses.replace(PERTURBATION, flip=False)`. Which differences
#    does the network still ignore? (*Expected:* haze, brightness, blur, and displacements of up to
#    $T$ pixels.) Then also switch off the haze, `haze=0.0`. (*Expected:* water is split by depth.)
