# %% [markdown]
# # 2. Invariant information clustering by hand
#
# This notebook shows the whole idea of IIC on a problem in two dimensions: points in the
# plane instead of images. It needs only the mutual information of notebook 1.
#
# **The idea.** Take a point $x$ and a perturbed copy $x'$. A network assigns each of them
# a distribution over $k$ clusters, the softmax outputs $z$ and $z'$. Training has one
# objective: maximise the mutual information between the cluster of $x$ and the cluster of
# $x'$, over all pairs.

# %%
# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
import tensorflow as tf

from infomax.information.discrete import joint_distribution, mutual_information
from infomax.information.losses import iic_loss
from infomax.plots.information import joint_matrix, simplex
from infomax.plots.plane import plane_clusters

keras.utils.set_random_seed(0)
generator = np.random.default_rng(0)

# %% [markdown]
# ## From a batch of pairs to a joint distribution
#
# For $n$ pairs, the mean of the outer products $z_i z_i'^\top$ is a joint distribution of
# $k \times k$ cells: how often $x$ is in cluster $a$ while $x'$ is in cluster $b$. The order
# within a pair has no meaning, so the joint distribution is made symmetric:
#
# $$P = \frac{1}{n}\sum_i z_i z_i'^\top, \qquad P \leftarrow \frac{P + P^\top}{2} .$$
#
# (Ji et al., ICCV 2019, equation 2). The loss is $-I(P)$, with the $I$ of notebook 1
# (equation 3). This loss is a statistic of the *whole batch*. Unlike cross-entropy, it is
# not a mean of losses of single pairs.

# %%
z = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7]], "float32")
z_perturbed = np.array([[0.8, 0.2], [0.9, 0.1], [0.2, 0.8], [0.1, 0.9]], "float32")
joint = np.asarray(joint_distribution(z, z_perturbed))
print(joint)
print(f"I    = {float(mutual_information(joint)):+.3f} nats")
print(f"loss = {float(iic_loss(z, z_perturbed)):+.3f} nats")

# %% [markdown]
# ## Why the loss has no degenerate solution
#
# Most losses that ask for equal outputs have a degenerate solution: the same output for
# every input. This loss has none, because $I = H(z) - H(z|z')$ has two terms. It reaches its
# maximum, $\ln k$, if the first term is $\ln k$ and the second is 0:
#
# - $H(z|z')$ is small if $z'$ predicts $z$: *the assignments of a pair agree, and are
#   certain.*
# - $H(z)$ is large if *all clusters are used equally often.* This is the entropy of the mean
#   prediction of the batch, not that of a single prediction, which should be certain.

# %%
same = np.tile([[1.0, 0.0, 0.0]], (9, 1))
uniform = np.full((9, 3), 1 / 3)
certain = np.eye(3)[np.repeat(range(3), 3)]
for name, (first, second) in {
    "all in one cluster": (same, same),
    "always uniform": (uniform, uniform),
    "certain, but pairs agree only by chance": (
        certain,
        np.eye(3)[np.tile(range(3), 3)],
    ),
    "certain, and pairs agree": (certain, certain),
}.items():
    joint = joint_distribution(first.astype("float32"), second.astype("float32"))
    print(f"I = {float(mutual_information(joint)):.3f} of 1.099   {name}")

# %% [markdown]
# ## Gradient descent without a network
#
# The next cell has sixty predictions, three clusters and no network: gradient descent
# changes the logits themselves. In each panel a corner is a cluster and a dot is a
# prediction. The predictions start uncertain, in the middle, and move to the corners, an
# equal share to each.

# %%
logits = tf.Variable(generator.normal(0, 0.3, (60, 3)).astype("float32"))
stages = {}
for step in range(201):
    if step in (0, 50, 70, 200):
        stages[f"step {step}"] = tf.nn.softmax(logits).numpy()
    with tf.GradientTape() as tape:
        z = tf.nn.softmax(logits)
        loss = iic_loss(z, z)  # each is its own pair
    logits.assign_sub(30.0 * tape.gradient(loss, logits))
simplex(stages)

# %% [markdown]
# Here chance decides which dot goes to which corner, because nothing distinguishes the
# dots. The *network* and the *perturbation* (augmentation) change that. A network gives
# similar outputs for inputs that look similar to it, and the perturbation defines which
# inputs should look similar.
#
# ## Clusters of points in the plane
#
# The data is three groups of points. The perturbation moves each point by a small distance,
# so the point stays within its group. Training uses no labels.

# %%
centres = np.array([[0, 2], [-2, -1], [2, -1]])
group = generator.integers(0, 3, 900)  # only for figures, never for training
points = (centres[group] + generator.normal(0, 0.5, (900, 2))).astype("float32")
moved = points + generator.normal(0, 0.4, points.shape).astype("float32")


# %% [markdown]
# The network has one hidden layer. The model below sends $x$ and $x'$ through the same
# network. Keras's `fit` minimises what `compute_loss` returns: $-I$ of the batch. The class
# `IIC` of `unsupervised_clustering.py` does the same for images and for several heads.


# %%
class PairedModel(keras.Model):
    """Trains a network on pairs of points by the loss of IIC."""

    def __init__(self, network, entropy_weight=1.0):
        super().__init__()
        self.network, self.entropy_weight = network, entropy_weight

    def call(self, pair):
        """Return z and z', each of shape (n, clusters)."""
        return [self.network(points) for points in pair]

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """Return the loss of a batch; there is no target y."""
        return iic_loss(*y_pred, entropy_weight=self.entropy_weight)


# %%
hidden = keras.layers.Dense(32, activation="relu")
head = keras.layers.Dense(3, activation="softmax")
network = keras.Sequential([keras.Input((2,)), hidden, head])
model = PairedModel(network)
model.compile(optimizer=keras.optimizers.Adam(0.01))

# %%
stages = {"before": network.predict(points, verbose=0)}
for last, epochs in ((1, 1), (5, 4), (20, 15)):
    history = model.fit((points, moved), batch_size=300, epochs=epochs, verbose=0)
    joint = joint_distribution(network(points), network(moved))
    title = f"epoch {last}: I = {float(mutual_information(joint)):.2f} of 1.10"
    stages[title] = network.predict(points, verbose=0)
simplex(stages, labels=group)

# %% [markdown]
# Colour and shape show the true groups, and $I$ is the mutual information over all pairs.
# Each of the three groups has moved to a corner of its own. The next two figures show the
# cluster of every place in the plane, and the joint distribution after training.

# %%
plane_clusters(points, network, "Clusters of the plane, found without labels")

# %%
joint_matrix(joint)

# %% [markdown]
# ## The perturbation decides what a cluster is
#
# Mutual information does not know which differences *matter*. The next perturbation moves a
# point to any place at the same height. The two lower groups then cannot be distinguished.
# Horizontal stripes can be, and IIC finds them.

# %%
sideways = points.copy()
sideways[:, 0] = generator.uniform(-4, 4, 900)
keras.utils.set_random_seed(1)
model = PairedModel(keras.models.clone_model(network))  # with new random weights
model.compile(optimizer=keras.optimizers.Adam(0.01))
model.fit((points, sideways), batch_size=300, epochs=100, verbose=0)
plane_clusters(points, model.network, "Perturbed sideways: stripes")

# %% [markdown]
# The same holds for images. If a network sees digits that are rotated and shifted, but never
# thicker or thinner, it may cluster them by their thickness. With the perturbation, *you*
# define which differences do not matter. It influences the clusters more than the network
# does.
#
# ## Exercises
#
# 1. Train with 6 clusters instead of 3 (`Dense(6)`) for 100 epochs. What happens to $I$
#    and to the groups? (*Expected:* about four of the six clusters are used, and one or two
#    groups are split. $I$ is slightly above $\ln 3$: points near the border of two halves are
#    moved across it, so the halves add little information. Move points by 0.1 instead of
#    0.4, and the halves add more.)
# 2. Make one group ten times as large as the others. (*Expected:* it stays whole, and in some
#    runs the two small groups share a cluster.) Then use
#    `PairedModel(network, entropy_weight=1.5)`, whose loss is
#    $H(z, z') - 1.5\, (H(z) + H(z'))$. (*Expected:* the large group is split. More weight on
#    $H(z)$ asks for clusters of equal size, at the cost of information. Notebook 3 lowers the
#    weight to 0.6 instead.)
# 3. Set the batch size to 4, for 20 epochs. Compare `history.history["loss"]` with
#    `mutual_information(joint)`. (*Expected:* the loss is clearly above $-I$, although the
#    groups are found. The loss is a mean over batches, and the joint distribution of four pairs
#    is a poor estimate of that of all pairs.)
