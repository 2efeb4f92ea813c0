# %% [markdown]
# # 4. Overclustering, and merging
#
# A run of IIC can get stuck: it sits at 60 or 80 % of the images right, and only another
# seed helps. This notebook shows what "stuck" is, and what ends it. It uses what notebooks
# 1 to 3 say of information, heads and the joint distribution. Labels serve to look at
# results, and nothing else.

# %%
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np

from data_generator import DataGenerator
from infomax.cli.reproducibility import make_deterministic
from infomax.clustering.consensus import consensus, groups_by_vote
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
# ## Stuck
#
# Three heads of ten clusters and three of fifty, side by side on one network, as in the
# paper (Ji et al., ICCV 2019, section 4.1). `merging=False`: every head has a layer of its
# own.

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
    print(f"{name:20s} {100 * own['many_to_one']:5.1f} % in a cluster of their digit")

# %% [markdown]
# (Each cluster counts for its most frequent digit. With fifty clusters that is easier than
# with ten, but chance alone would give little over 11 % either way.) Here is the worst head
# of ten; each of its clusters is assigned to a digit of its own. Look for a column that two
# rows feed: two digits that share a cluster. For each such pair there is a cluster too many
# elsewhere: it has a part of a digit, or odd images of several.

# %%
known = Labels(labels, labels)
worst = min(outputs[:3], key=lambda output: known.score(output, output)["accuracy"])
confusion = known.confusion(worst, worst)
figures.confusion_matrix(
    confusion, known.class_names, "Training images by class and by cluster"
)

# %% [markdown]
# Such a mistake is stable. To mend it, a cluster would have to leave what it has and come to
# one of the two digits, and in between there is less information than before. Training goes
# uphill in information, and does not cross a region where it is lower. Fifty clusters have
# no such trouble: there is room for every way to write a seven, and no need to leave
# anything.
#
# So: **let fifty clusters form, and join those that belong together.**
#
# ## Which clusters belong together?
#
# No label may say so. But the network itself does: an image between two clusters of one
# digit is given to both in part. In notebook 2 the joint distribution was that of an image
# and its perturbation. Here both are the same image, and the joint distribution is that of
# *two clusters that one image could belong to*:
#
# $$P = \frac{1}{n}\sum_i w_i w_i^\top, \qquad w_i \propto \sqrt{z_i},$$
#
# where $w_i$ is scaled to sum to 1, and the root lets second choices be heard. (This is the
# project's own; `docs/iic.md`.) Below, clusters that will be joined stand side by side.
# Most images are sure, which is the diagonal; the colours are logarithmic, so that one sees
# the rest: blocks of clusters that share images among themselves, and few with others.

# %%
probabilities = outputs[3]  # the first overclustering head
joint = shared_images(probabilities)
order = np.argsort(merge_clusters(joint, 10), kind="stable")
joint_matrix(
    joint[np.ix_(order, order)],
    "Clusters that share images, put in order",
    xlabel="a cluster that an image could belong to",
    ylabel="another one",
    logarithmic=True,
)

# %% [markdown]
# ## Joining without losing
#
# Join two clusters, and two rows and two columns of $P$ become one of each: their sum. $I$
# of the smaller $P$ is at most that of the former, since who does not tell two things apart
# knows less. Join the two whose union loses the least, and go on so until ten are left: the
# *agglomerative information bottleneck* (Slonim and Tishby, NIPS 1999). The height in this
# tree is what was lost until then. The first unions cost next to nothing, the last ones
# much; the line is drawn where ten are left.

# %%
merge_tree(joint, groups=10)

# %% [markdown]
# A greedy choice can be wrong, so single clusters then move to another group for as long
# as that raises the information.

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
# (The digits are shown to us; `merge_clusters` has not seen them.) How good is it?

# %%
merged = np.eye(10)[groups[probabilities.argmax(axis=1)]]
alone = Labels(labels, labels).score(merged, merged)["accuracy"]
print(f"one head of fifty, merged to ten: {100 * alone:.1f} %")

# %% [markdown]
# ## A vote
#
# Heads differ in a few clusters. So all of them vote. The groups of one head have other
# numbers than those of the next; `consensus` renumbers them, so that most images agree,
# and then takes for each image the group that most heads give it. `groups_by_vote` puts
# each of a head's fifty clusters where most of its images were voted to.

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
# ## In training
#
# With `merging=True`, a clustering head *is* the merge of an overclustering head: the
# fifty probabilities are summed by group, and the loss of the ten is trained beside that
# of the fifty. The merge is made after a few epochs and made again in the next ones, with
# the votes of all merges so far. This is the default of `unsupervised_clustering.py`. Its
# heads then end alike, where without merging some stay at 80 to 85 %
# (`docs/experiments.md`, "What each part is worth").
#
# ## Exercises
#
# 1. Merge to 11 groups, and to 9. What is divided, and what is joined? Watch the
#    information. (*Expect* a small step from 11 to 10 and a larger one from 10 to 9, where
#    two digits that look alike are joined.)
# 2. Use `probabilities.T @ probabilities / len(probabilities)`, without the root, in place
#    of `shared_images`. Do the heads still agree? (*Expect* little difference on most.)
# 3. Train with 20 overclusters, and with 200. From how many on does it not matter?
#    (*Expect* hardly a difference: with 20 there is room enough already, and of 200 not
#    half are used.)
