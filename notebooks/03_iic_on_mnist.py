# %% [markdown]
# # 3. IIC on MNIST
#
# The main job of the project, step by step with its own classes: 60,000 handwritten
# digits, ten clusters, no label. In the settings below it takes about five minutes on two
# processor cores.

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project lies one folder up

import infomax.start  # noqa: F401, I001 - quiet, and oneDNN on every processor

import keras
import numpy as np

from data_generator import DataGenerator
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.reports import figures
from infomax.reports.information_figures import information_plane, simplex
from infomax.running.reproducibility import make_deterministic
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # a quick look, for tests
make_deterministic(0)

# %% [markdown]
# ## Images

# %%
dataset = load_dataset("mnist")
images = dataset.x_train[:2560] if small else dataset.x_train
print(images.shape, images.dtype)

# %% [markdown]
# ## Pairs
#
# `Perturbation` says how far two images may differ and still be the same thing: turned by
# up to 20 degrees, slanted, thicker or thinner, and so on. `DataGenerator` yields batches
# of pairs $(x, x')$, both perturbed, each by a draw of its own.

# %%
perturbation = Perturbation()
generator = DataGenerator(images, perturbation, crop_size=(24, 24), batch_size=256)
((x, x_perturbed),) = generator[0]
figures.image_pairs(np.asarray(x[:8]), np.asarray(x_perturbed[:8]))

# %% [markdown]
# ## The network
#
# A `VGG` backbone is given to `IIC`, whose `build_model()` stacks the heads on it. A
# *head* is a softmax layer on the backbone's features, and so one clustering of the
# images. There are five *overclustering* heads of fifty clusters; and five of ten, which
# with `merging` have no weights of their own: their clusters are sums of the fifty, from
# the second epoch on. Notebook 4 says why.

# %%
backbone = VGG("F", input_shape=(24, 24, 1), width=0.125 if small else 0.25)
iic = IIC(backbone, heads=5, clusters=10, overclusters=50, merging=True)
for name, output in zip(iic.network.output_names, iic.network.outputs, strict=True):
    print(f"{name:20s} {output.shape}")

# %% [markdown]
# ## Training
#
# `train` compiles the model with Adam and calls Keras's own `fit`. The loss is the mean
# over the heads of minus the mutual information, each from the joint distribution of the
# whole batch; after the merge $H(z)$ and $H(z')$ weigh only 0.6. To see the clusters form,
# what the network makes of 500 images is kept on the way.

# %%
watched, labels = dataset.x_test[:500], dataset.y_test[:500]
seen = {}


def keep(epoch, logs):
    """Keep the predictions of all heads after an epoch."""
    seen[epoch + 1] = iic.predict(watched)


epochs = 4 if small else 8
watch = keras.callbacks.LambdaCallback(on_epoch_end=keep)
log = iic.train(generator, epochs, callbacks=[watch], verbose=2)

# %% [markdown]
# ## What one sees without labels
#
# The information of the clustering heads rises towards its ceiling, $\ln 10 = 2.30$
# nats. The loss jumps once: clusters are merged, the clustering heads join it, and the
# weight of the entropies falls.

# %%
figures.training_curves(log.rows)

# %% [markdown]
# In the *information plane*, up means that clusters are used more evenly, left that pairs
# agree more. The grey lines are those of equal information.

# %%
selected = log.select()
information_plane(log.rows[2:], heads=[selected, "overclustering_0"])

# %% [markdown]
# ## Clusters forming
#
# Corners are clusters, dots are images; colour and shape are the true digits, which
# training never saw. (After figure 3 of Ji et al., ICCV 2019.)

# %%
head = iic.network.output_names.index(selected)
shown = sorted({2, 3, epochs // 2 + 1, epochs})
simplex({f"epoch {epoch}": seen[epoch][head] for epoch in shown}, labels)

# %% [markdown]
# ## With labels, at last
#
# The head was chosen by its training loss. Now each of its clusters is assigned to a
# digit, one to one and so that most *training* images agree; the score is that of the
# *test* images. (Papers assign on the test images themselves; that figure has a name of
# its own.)

# %%
on_train, on_test = iic.predict(images)[head], iic.predict(dataset.x_test)[head]
scores = Labels(dataset.y_train[: len(images)], dataset.y_test)
for name, value in scores.score(on_train, on_test).items():
    print(f"{name:26s} " + ("-" if value is None else f"{100 * value:6.2f} %"))

# %%
names = scores.assignment(on_train)
titles = [f"cluster {cluster}: {name}" for cluster, name in enumerate(names)]
figures.cluster_gallery(dataset.x_test, on_test, titles, each=6)

# %%
figures.confusion_matrix(scores.confusion(on_train, on_test), scores.class_names)

# %% [markdown]
# ## The same as one command
#
# `python unsupervised_clustering.py --train --eval` does all of this at half width in
# twelve epochs, lets the perturbation become milder on the way, and keeps everything in a
# run folder; ten seeds of it end between 99.1 and 99.3 %
# (`benchmarks/results/seeds-default.json`).
#
# ## Exercises
#
# 1. Give `DataGenerator` `perturb_both=False`, so that $x$ is left alone. (*Expect* far
#    lower accuracy after the same time: see the ablation in `docs/experiments.md`.)
# 2. Use `Perturbation(thickness=0, blur=0, shear=0)`. Which digits are mixed up?
# 3. Ask for 12 clusters. (*Expect* two digits to have two clusters each, often one and
#    seven, of which there are two ways to write.)
