# %% [markdown]
# # 8. The rivals: DeepCluster, teacher and student
#
# This notebook shows two other methods that cluster images without labels. **DeepCluster** (Caron
# et al., ECCV 2018) runs k-means in the training loop. **Teacher and student** (after Liang et
# al., ICCV workshops 2019) runs k-means on a learned representation, and then trains a network
# on the clusters. Images and perturbations are those of notebook 4.

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np

from data_generator import LabelledDataGenerator
from deep_cluster import DeepCluster
from infomax.cli.training import make_deterministic
from infomax.clustering.principal_components import pixel_components
from infomax.datasets import load_dataset
from infomax.datasets.moving_digits import moving_digits
from infomax.evaluation.labels import Labels
from infomax.evaluation.retrieval import Index, mean_average_precision
from infomax.plots import clusters as figures
from infomax.plots.retrieval import retrieved_items
from infomax.transforms.perturbation import Perturbation
from teacher_student import TeacherStudent, clip_vector
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)
dataset = load_dataset("mnist")
count, width = (2560, 0.125) if small else (30_000, 0.25)
images, labels = dataset.x_train[:count], dataset.y_train[:count]
scores = Labels(labels, dataset.y_test)
shape = (24, 24, 1)

# %% [markdown]
# ## DeepCluster
#
# After each epoch, DeepCluster whitens the features of all images, scales them to length 1, and
# runs k-means. The clusters are the labels of the next epoch, for a classifier that is reset. Two
# rules prevent degenerate solutions: an empty cluster takes over a part of another one, and the
# classifier sees every cluster equally often, however small it is.

# %%
method = DeepCluster(VGG("F", shape, width), clusters=50)
method.compile(optimizer=keras.optimizers.Adam(1.5e-3))
pairs = LabelledDataGenerator(images, Perturbation(), crop_size=shape[:2])
history = method.fit(pairs, epochs=2 if small else 6, verbose=2)

# %% [markdown]
# The *stability* is the normalised mutual information (NMI, see notebook 3) of the clusters before
# and after an epoch. It needs no labels.

# %%
figures.assignment_curves(method.log.rows)

# %%
on_train, on_test = method.predict(images), method.predict(dataset.x_test)
found = scores.score(on_train, on_test)
print(f"50 clusters, many-to-one accuracy: {100 * found['many_to_one']:.1f} %")

# %% [markdown]
# ## Teacher and student
#
# The teacher in this example is simple: k-means of the principal components of the pixels. Its
# labels are poor. `fit` first fits the teacher and then trains the student on the teacher's
# labels, from *perturbed* images. The student cannot learn a label that does not survive the
# perturbation.

# %%
encoder = pixel_components(images, shape, 64)
student = TeacherStudent(VGG("F", shape, width), encoder, clusters=10, latent_dim=64)
pairs = LabelledDataGenerator(images, Perturbation(), crop_size=shape[:2])
epochs = 2 if small else 4
decay = keras.optimizers.schedules.CosineDecay(1.5e-3, epochs * len(pairs))
student.compile(optimizer=keras.optimizers.Adam(decay))
history = student.fit(pairs, epochs=epochs, verbose=2)

# %%
taught = np.eye(10)[pairs.clusters]  # the teacher's clusters
learned = student.predict(images)
on_images = Labels(labels, labels)  # scores on the training images themselves
print(f"teacher {100 * on_images.score(taught, taught)['accuracy']:.1f} %")
print(f"student {100 * on_images.score(learned, learned)['accuracy']:.1f} %")

# %% [markdown]
# ## Search
#
# The student's vector is compact and ignores what the perturbation changes, so it finds
# near-duplicates. The next cells search among clips of moving digits. Each original has copies with
# another speed, crop, brightness, noise and order.

# %%
clips, originals = moving_digits(dataset.x_test, originals=5 if small else 20, copies=3)
vectors = np.stack([clip_vector(student, clip) for clip in clips])
pixels = np.stack([clip.mean(axis=0).ravel() for clip in clips])
print(f"mean average precision {mean_average_precision(vectors, originals):.3f}")
print(f"with the mean of the pixels {mean_average_precision(pixels, originals):.3f}")

# %%
nearest, cosines = Index(vectors).nearest(vectors[0], 7)
items = [
    (f"clip {item} (of {originals[item]})", clips[item], cosine)
    for item, cosine in zip(nearest[1:], cosines[1:], strict=True)  # not itself
]
retrieved_items("clip 0 (of 0)", clips[0], items)

# %% [markdown]
# `benchmarks/rivals.py` compares all methods with IIC, with full trainings and several seeds.
#
# ## Exercises
#
# 1. Give DeepCluster `clusters=10`. (*Expected:* a poor accuracy. Ten clusters of k-means are not
#    the ten digits, and nothing in the training asks them to be.)
# 2. Use the trained DeepCluster as the teacher: `encoder = method.encode`. (*Expected:* a far better
#    teacher than principal components.)
# 3. Search without the student, by `encoder = pixel_components(images, shape, 64)` alone. The vector
#    of a clip is `network_outputs(encoder, clip)[0].mean(axis=0)`, with `network_outputs` from
#    `infomax.layers.prediction`. (*Expected:* a precision between those of the student and of the
#    pixels, because brightness and crop change a vector of pixels strongly.)
