# %% [markdown]
# # 2. Invariant information clustering, by hand
#
# Here is the whole idea of IIC on a problem that one can see: points in the plane, in
# place of images. It uses notebook 1's mutual information and nothing else.
#
# **The idea.** Take a point $x$ and a disturbed copy $x'$ of it. A network gives each of
# them a distribution over $k$ clusters, $z$ and $z'$: a softmax output. Ask for one
# thing: that the cluster of $x$ and that of $x'$, over all pairs, tell as much as possible
# about each other.

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
# For $n$ pairs the outer products $z_i z_i'^\top$ say how often cluster $a$ of $x$ meets
# cluster $b$ of $x'$; their mean is a joint distribution of $k \times k$ cells. Which of
# a pair is called $x$ is a matter of taste, so it is made symmetric:
#
# $$P = \frac{1}{n}\sum_i z_i z_i'^\top, \qquad P \leftarrow \frac{P + P^\top}{2} .$$
#
# (Ji et al., ICCV 2019, equation 2.) The loss is $-I(P)$, with notebook 1's $I$ (equation
# 3). Note that it is a number of the *whole batch*: no single pair has a loss, as it would
# have with cross-entropy.

# %%
z = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7]], "float32")
z_perturbed = np.array([[0.8, 0.2], [0.9, 0.1], [0.2, 0.8], [0.1, 0.9]], "float32")
joint = np.asarray(joint_distribution(z, z_perturbed))
print(joint)
print(f"I    = {float(mutual_information(joint)):+.3f} nats")
print(f"loss = {float(iic_loss(z, z_perturbed)):+.3f} nats")

# %% [markdown]
# ## Why it does not degenerate
#
# A network could please most losses that ask for equal outputs by giving the same answer
# to everything. Not this one, because $I = H(z) - H(z|z')$ has two terms, and is largest,
# $\ln k$, where the first is $\ln k$ and the second 0:
#
# - $H(z|z')$ small: $z'$ tells what $z$ is. *Pairs agree, and are sure.*
# - $H(z)$ large: there is much to tell. *All clusters are used, equally often.* (This is
#   the entropy of the batch's mean, and not of one prediction: that one is to be sure.)

# %%
same = np.tile([[1.0, 0.0, 0.0]], (9, 1))
unsure = np.full((9, 3), 1 / 3)
sure = np.eye(3)[np.repeat(range(3), 3)]
for name, (first, second) in {
    "all in one cluster": (same, same),
    "no idea, always": (unsure, unsure),
    "sure, but pairs agree only by chance": (sure, np.eye(3)[np.tile(range(3), 3)]),
    "sure, and pairs agree": (sure, sure),
}.items():
    joint = joint_distribution(first.astype("float32"), second.astype("float32"))
    print(f"I = {float(mutual_information(joint)):.3f} of 1.099   {name}")

# %% [markdown]
# ## The pull of the gradient
#
# Sixty predictions, three clusters, and no network at all: let the logits themselves follow
# the gradient. In each panel a corner is a cluster, a dot a prediction. They begin in the
# middle, undecided, and are pulled to the corners, an equal share to each.

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
# Which dot goes to which corner was decided by chance, since nothing tells them apart.
# That is what the *perturbation* and the *network* are for: a network gives alike answers
# to what looks alike to it, and the perturbation says what is to look alike.
#
# ## Points in the plane
#
# Three groups of points. The perturbation moves a point a little way; it stays within its
# group. No label is used.

# %%
centres = np.array([[0, 2], [-2, -1], [2, -1]])
group = generator.integers(0, 3, 900)  # to look at, never to train by
points = (centres[group] + generator.normal(0, 0.5, (900, 2))).astype("float32")
moved = points + generator.normal(0, 0.4, points.shape).astype("float32")


# %% [markdown]
# The network has one hidden layer. The model below sends $x$ and $x'$ through the same
# network. Keras's `fit` minimises what `compute_loss` returns: $-I$ of the batch. The class
# `IIC` of `unsupervised_clustering.py` does the same for images and for several heads.


# %%
class PairedModel(keras.Model):
    """A network that learns clusters from pairs of points."""

    def __init__(self, clusters=3, entropy_weight=1.0):
        super().__init__()
        self.entropy_weight = entropy_weight
        hidden = keras.layers.Dense(32, activation="relu")
        head = keras.layers.Dense(clusters, activation="softmax")
        self.network = keras.Sequential([keras.Input((2,)), hidden, head])
        self.compile(optimizer=keras.optimizers.Adam(0.01))

    def call(self, pair):
        """Return z and z', each of shape (n, clusters)."""
        return [self.network(points) for points in pair]

    def compute_loss(self, x=None, y=None, y_pred=None, **options):
        """Return the IIC loss of a batch; there is no target y."""
        return iic_loss(*y_pred, entropy_weight=self.entropy_weight)


def information(network, points, moved):
    """Return I of all pairs, in nats."""
    return float(
        mutual_information(joint_distribution(network(points), network(moved)))
    )


# %%
model = PairedModel()
network = model.network
stages = {"before": network.predict(points, verbose=0)}
for last, epochs in ((1, 1), (5, 4), (20, 15)):
    model.fit((points, moved), batch_size=300, epochs=epochs, verbose=0)
    title = f"epoch {last}: I = {information(network, points, moved):.2f} of 1.10"
    stages[title] = network.predict(points, verbose=0)
simplex(stages, labels=group)

# %% [markdown]
# Colour and shape are the groups, and $I$ is that of all pairs. The three
# groups have gone to three corners, each to one of its own. Here is what the network makes
# of the plane, and the joint distribution that it has arrived at.

# %%
plane_clusters(points, network, "Clusters of the plane, found without labels")

# %%
joint_matrix(joint_distribution(network(points), network(moved)))

# %% [markdown]
# ## What it cannot know
#
# Information does not know which difference *matters*. Under a perturbation that puts a
# point anywhere on its own height, the two lower groups cannot be told apart; horizontal
# stripes can, and IIC finds these.

# %%
sideways = points.copy()
sideways[:, 0] = generator.uniform(-4, 4, 900)
keras.utils.set_random_seed(1)
model = PairedModel()
model.fit((points, sideways), batch_size=300, epochs=100, verbose=0)
plane_clusters(points, model.network, "Perturbed sideways: stripes")

# %% [markdown]
# For images it is the same: a network that is shown digits turned and moved, but never
# thicker or thinner, may cluster them by how thick they are. The perturbation is where
# *you* say what is to be ignored. It decides more than the network does.
#
# ## Exercises
#
# 1. Train with 6 clusters in place of 3, for 100 epochs. What becomes of $I$, and of the
#    groups? (*Expect* four or so of the six to be used, a group or two cut in two, and $I$
#    a little above $\ln 3$: points near the cut are moved across it, so that halves of a
#    group tell little. Move them by 0.1 in place of 0.4, and they tell more.)
# 2. Make one group ten times as large as the others. (*Expect* it to stay whole; the two
#    small ones share a cluster now and then.) Then give `PairedClustering` an
#    `entropy_weight=1.5`: the loss is then $H(z, z') - 1.5\, (H(z) + H(z'))$. (*Expect* the
#    large group to be divided: more weight on $H(z)$ asks for clusters of one size, and
#    pays for it with information. Notebook 3 goes the other way, to 0.6.)
# 3. Set the batch size to 4, for 20 epochs, and compare `loss` and `information` in
#    `history.history`. (*Expect* a loss well above $-I$, though the groups are found: it is
#    the mean over batches, and the joint distribution of four pairs is a poor estimate of
#    that of all.)
