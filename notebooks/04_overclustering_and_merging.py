# %% [markdown]
# # 4. Overclustering and merging
#
# A training of IIC can get stuck at an accuracy of 60 or 80 %. Then only another seed
# helps. This notebook shows what "stuck" means and how merging overclusters prevents it. It
# assumes notebooks 1 to 3: mutual information, heads and the joint distribution. Labels are
# used only to inspect the results.

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np

from data_generator import DataGenerator
from infomax.cli.training import make_deterministic
from infomax.clustering.assignment import consensus, groups_by_vote
from infomax.clustering.merging import (
    information,
    merge_clusters,
    merged_joint,
    shared_images,
)
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.plots import clusters as figures
from infomax.plots.information import joint_matrix, merge_tree
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)
dataset = load_dataset("mnist")
count = 2560 if small else 30_000
images, labels = dataset.x_train[:count], dataset.y_train[:count]

# %% [markdown]
# ## A training that gets stuck
#
# The network has three heads of ten clusters and three heads of fifty, as in the paper (Ji et
# al., ICCV 2019, section 4.1). With `merging=False` every head has a layer of its own.

# %%
backbone = VGG("F", input_shape=(24, 24, 1), width=0.125 if small else 0.25)
iic = IIC(backbone, heads=3, clusters=10, overclusters=50, merging=False)
pairs = DataGenerator(images, Perturbation(), crop_size=(24, 24), batch_size=256)
iic.compile(optimizer=keras.optimizers.Adam(1.5e-3))
history = iic.fit(pairs, epochs=3, verbose=2)

# %%
outputs = iic.predict_heads(images)
for name, output in zip(iic.head_names, outputs, strict=True):
    own = Labels(labels, labels).score(output, output)
    print(f"{name:20s} {100 * own['many_to_one']:5.1f} % many-to-one accuracy")

# %% [markdown]
# Many-to-one accuracy assigns each cluster its most frequent digit. That is easier with fifty
# clusters than with ten, but chance gives only slightly more than 11 % in both cases. The next
# figure shows the worst head of ten clusters, each assigned to a different digit. A column with
# two large cells is a cluster that two digits share. For each such cluster, another one is
# superfluous: it contains a part of a digit, or unusual images of several digits.

# %%
known = Labels(labels, labels)
worst = min(outputs[:3], key=lambda output: known.score(output, output)["accuracy"])
confusion = known.confusion(worst, worst)
figures.confusion_matrix(
    confusion, known.class_names, "Training images by class and by cluster"
)

# %% [markdown]
# Such an error is a local maximum of the information. To correct it, a cluster would have to
# leave its images and move to one of the two digits. In between there is less information, and
# gradient ascent does not cross such a region. Fifty clusters do not have this problem: there
# are enough for every way to write a seven, and no cluster has to move.
#
# This suggests the method: **train fifty clusters first, then merge those that belong
# together.**
#
# ## Which clusters belong together
#
# Labels must not decide this, but the network's predictions can: an image between two clusters
# of one digit has some probability in both. In notebook 2 the joint distribution was that of an
# image and its perturbation. Here both are the same image, and the joint distribution is that
# of *two clusters to which one image could belong*:
#
# $$P = \frac{1}{n}\sum_i w_i w_i^\top, \qquad w_i \propto \sqrt{z_i},$$
#
# where $w_i$ is scaled to sum to 1. The square root gives more weight to second-best clusters. This
# joint distribution is specific to this project (`docs/iic.md`). In the next figure, clusters
# that will be merged are next to each other. Most images are certain, so most of the mass is on
# the diagonal. The colours are logarithmic, to show the rest: blocks of clusters that share
# images with each other and few with others.

# %%
probabilities = outputs[3]  # the first overclustering head
joint = shared_images(probabilities)
order = np.argsort(merge_clusters(joint, 10), kind="stable")
joint_matrix(
    joint[np.ix_(order, order)],
    "Clusters that share images, sorted by group",
    xlabel="a cluster to which an image could belong",
    ylabel="another such cluster",
    logarithmic=True,
)

# %% [markdown]
# ## Merging with the least loss of information
#
# If two clusters are merged, two rows and two columns of $P$ are replaced by their sums. The
# mutual information of the smaller $P$ is at most that of the larger one, because the merged
# cluster distinguishes less. The *agglomerative information bottleneck* (Slonim and Tishby,
# NIPS 1999) repeatedly merges the two clusters whose union loses the least, until ten are left.
# The height in the tree below is the information lost so far. The first merges lose almost
# nothing, the last ones much. The dashed line marks ten groups.

# %%
merge_tree(joint, groups=10)

# %% [markdown]
# A greedy merge can be wrong. Therefore single clusters then move to another group, as long as
# that raises the information. (Information prefers groups of equal size. For classes of unequal
# size, there is `merge_clusters(joint, 10, any_size=True)`; see `docs/iic.md`.)

# %%
groups = merge_clusters(joint, 10)
before, after = information(joint), information(merged_joint(joint, groups))
print(f"{before:.3f} nats in 50 clusters, {after:.3f} in ten groups")
for group in range(10):
    members = np.flatnonzero(groups == group)
    inside = np.isin(probabilities.argmax(axis=1), members)
    digits = np.bincount(labels[inside], minlength=10)
    print(f"group {group}: {len(members):2d} clusters, digits {digits}")

# %% [markdown]
# `merge_clusters` has not used the digits; they are only printed. The next cell scores the
# merge.

# %%
merged = np.eye(10)[groups[probabilities.argmax(axis=1)]]
alone = Labels(labels, labels).score(merged, merged)["accuracy"]
print(f"one head of fifty, merged to ten: {100 * alone:.1f} %")

# %% [markdown]
# ## A vote of all heads
#
# Heads differ in a few clusters, so all of them vote. Each head numbers its groups differently.
# `consensus` renumbers the groups so that as many images as possible agree, and then gives each
# image the group that most heads assign to it. `groups_by_vote` moves each of the fifty clusters
# of a head to the group that most of its images were voted into.

# %%
partitions = [
    merge_clusters(shared_images(output), 10)[output.argmax(axis=1)]
    for output in outputs[3:]
]
vote = consensus(partitions, 10)
for index, output in enumerate(outputs[3:]):
    following = groups_by_vote(output, vote, 10)
    merged = np.eye(10)[following[output.argmax(axis=1)]]
    share = Labels(labels, labels).score(merged, merged)["accuracy"]
    print(f"overclustering_{index}, merged by the vote: {100 * share:.1f} %")

# %% [markdown]
# ## Merging during training
#
# With `merging=True`, a clustering head *is* the merge of an overclustering head: the fifty
# probabilities are summed by group, and the loss of the ten groups is trained beside the loss
# of the fifty clusters. The callback `MergeClusters` merges after a few epochs, and again after
# each of the next epochs, with the votes of all merges so far. This is the default of
# `unsupervised_clustering.py`. All its heads then have about the same accuracy. Without merging
# some heads stay at 80 to 85 % (`docs/experiments.md`, "The default").
#
# ## Exercises
#
# 1. Merge to 11 groups, and to 9. Which group is split, and which are merged? Compare the
#    information. (*Expected:* a small loss from 11 to 10 groups, and a larger one from 10 to 9,
#    where two digits that look alike are merged.)
# 2. Replace `shared_images` by `probabilities.T @ probabilities / len(probabilities)`, without
#    the square root. Do the heads still agree? (*Expected:* little difference on most heads.)
# 3. Train with 20 overclusters, and with 200. From which number on does the number not matter?
#    (*Expected:* almost no difference. 20 clusters are enough, and fewer than half of 200 are
#    used.)
