# %% [markdown]
# # 1. Mutual information
#
# How much does one variable say about another? This notebook measures it by hand, first
# for variables with a few values, then for two images. All numbers are in **nats**, the
# unit of the natural logarithm: one bit is $\ln 2 = 0.693$ nats.
#
# There is no network here. The notebook runs in a few seconds.

# %%
# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import numpy as np

from infomax.datasets import load_dataset
from infomax.estimators import Histogram
from infomax.information.discrete import entropy, marginals, mutual_information
from infomax.plots.information import joint_matrix

# %% [markdown]
# ## Entropy
#
# A variable $z$ has the value $i$ with probability $p_i$. An event of probability $p$
# carries $-\ln p$ nats of information: nothing if it is certain, much if it is rare. The
# mean of this is the **entropy**
#
# $$H(z) = -\sum_i p_i \ln p_i .$$
#
# The source of this and the following formulas is Cover and Thomas, "Elements of
# Information Theory", 2006, section 2.1; the entropy is Shannon's (1948). The entropy is 0
# if one value is certain. It is largest, $\ln k$, for $k$ equally likely values. A value of
# probability 0 adds nothing, because $p \ln p$ tends to 0 with $p$.

# %%
for name, p in {
    "a fair coin": [0.5, 0.5],
    "a coin that shows heads 9 times in 10": [0.9, 0.1],
    "a fair die": [1 / 6] * 6,
    "a certain event": [1.0, 0.0],
}.items():
    print(f"H = {float(entropy(np.array(p))) + 0.0:.3f} nats   {name}")

# %% [markdown]
# ## The joint distribution of two variables
#
# Let $z$ be the weather in the morning (dry or wet) and $z'$ the weather in the afternoon.
# Their **joint distribution** $P_{ij}$ is the probability of each pair of values. The sums
# of its rows and of its columns are the **marginals**, the distributions of $z$ and of $z'$
# alone.

# %%
weather = np.array([[0.5, 0.1], [0.1, 0.3]])
morning, afternoon = (np.asarray(p) for p in marginals(weather))
print("morning  ", morning)
print("afternoon", afternoon)
print(
    "the joint distribution if both were independent:\n", np.outer(morning, afternoon)
)

# %% [markdown]
# ## Mutual information
#
# Two variables are *independent* if neither says anything about the other. Their joint
# distribution is then the product of the marginals, $p_i\, p'_j$. Mutual information
# measures how far $P$ is from this product.
#
# The **Kullback-Leibler divergence** $\sum P \ln (P / Q)$ measures how far a distribution
# $P$ is from another one, $Q$. It is the mean, over samples of $P$, of the difference
# between the log probabilities under $P$ and under $Q$. It is 0 if $P = Q$, and positive
# otherwise (section 2.3). If $Q$ is the product of the marginals, the divergence is the
# **mutual information**
#
# $$I(z; z') = \sum_{ij} P_{ij} \ln \frac{P_{ij}}{p_i\, p'_j} .$$
#
# Let $H(z, z')$ be the entropy of the pair, that is, of all cells of $P$. If $z'$ is known
# to be $j$, the distribution of $z$ is the column $P_{\cdot j}$ divided by its sum $p'_j$.
# The mean of the entropies of these distributions, weighted by $p'_j$, is the **conditional
# entropy** $H(z|z')$: the entropy of $z$ that remains when $z'$ is known. Splitting the
# logarithm gives three equivalent formulas:
#
# $$I = H(z) + H(z') - H(z, z') = H(z) - H(z|z') = H(z') - H(z'|z) .$$
#
# The second formula says: mutual information is *the entropy of $z$, minus the entropy of
# $z$ that remains when $z'$ is known* (section 2.4). The next cell computes the formulas for
# the weather.

# %%
product = np.outer(morning, afternoon)
divergence = float(np.sum(weather * np.log(weather / product)))
sum_of_entropies = float(entropy(morning) + entropy(afternoon) - entropy(weather))
conditional_entropy = sum(
    float(share * entropy(column / share))
    for share, column in zip(afternoon, weather.T, strict=True)
)
for name, nats in {
    "the divergence": divergence,
    "H(z) + H(z') - H(z, z')": sum_of_entropies,
    "H(z) - H(z|z')": float(entropy(morning)) - conditional_entropy,
    "mutual_information(weather)": float(mutual_information(weather)),
}.items():
    print(f"I = {nats:.6f} nats   {name}")

# %% [markdown]
# Now the two extremes: independent variables have no mutual information, and identical
# variables have all of it. Each line also shows the upper bound, $\min(H(z), H(z'))$.

# %%
for name, joint in {
    "independent": product,
    "identical": np.diag(morning),
    "identical, with three equally likely values": np.eye(3) / 3,
}.items():
    most = min(float(entropy(p)) for p in marginals(joint))
    print(f"I = {float(mutual_information(joint)):.3f} of {most:.3f} nats   {name}")

# %%
names = ["dry", "wet"]
joint_matrix(weather, "Weather", xlabel="afternoon", ylabel="morning", names=names)

# %% [markdown]
# The title of the figure shows the upper bound for two values, $\ln 2$. Two properties
# matter in all following notebooks:
#
# - **Names do not matter.** If "dry" and "wet" are exchanged in the afternoon, the
#   information is the same. It depends on *which* values occur together, not on their
#   names. Clusters have no names either, so mutual information suits them.
# - **Mutual information is bounded by the entropies:** $I \le \min(H(z), H(z'))$.

# %%
renamed = weather[:, ::-1]
for name, joint in {"original": weather, "renamed": renamed}.items():
    print(f"I = {float(mutual_information(joint)):.3f} nats   {name}")

# %% [markdown]
# ## Mutual information of two images
#
# A pixel of one image and the pixel at the same place of another image are a pair of
# values. The histogram of all pairs of grey values is a joint distribution. Its mutual
# information shows how well one image predicts the other. It has been used to align scans
# of a patient that look very different (Viola and Wells, 1997). `Histogram` divides the
# grey values into `bins` of equal width.

# %%
digits = load_dataset("mnist")
image = digits.x_train[0].astype(float)
generator = np.random.default_rng(0)
others = {
    "the image itself": image,
    "its negative": 255 - image,
    "the image with noise": image + generator.normal(0, 40, image.shape),
    "the image, shifted right by one pixel": np.roll(image, 1, axis=1),
    "another digit": digits.x_train[1].astype(float),
    "noise": generator.normal(0, 40, image.shape),
}
for name, other in others.items():
    found = Histogram(bins=8, scaling="none").estimate(image.ravel(), other.ravel())
    print(f"I = {found:5.2f} nats   {name}")

# %% [markdown]
# The negative has as much information as the image itself, because names do not matter. A
# shift by one pixel removes most of the information, because pixels are compared place by
# place.
#
# A histogram of few samples is biased. Its cells are filled by chance, and chance looks
# like information. The bias is about $(b-1)^2 / 2n$ for $b$ bins per side and $n$ samples
# (Miller, 1955). `Histogram` subtracts this first-order term. With fewer samples than cells,
# much of the bias remains:

# %%
x, y = generator.normal(size=(2, 784))  # independent: the truth is 0
for bins in (4, 8, 16, 32):
    plain = Histogram(bins=bins, correct_bias=False).estimate(x, y)
    corrected = Histogram(bins=bins).estimate(x, y)
    print(f"{bins:3d} bins: {plain:.3f} as counted, {corrected:+.3f} corrected")

# %% [markdown]
# ## Exercises
#
# 1. Let the weather in the afternoon always equal that in the morning: `weather` is then
#    diagonal. What is the information, and why is it not $\ln 2$? (*Expected:*
#    $H(z) = 0.673$ for 0.6 and 0.4, because dry and wet mornings are not equally likely.)
# 2. Construct a joint distribution with $I = 0$ and large entropies. (*Expected:* every
#    outer product of two distributions has this property.)
# 3. Shift the image by 2, 3, 4, … pixels. To which value does the information fall?
#    (*Expected:* to some hundredths of a nat, and not to 0, because image and shifted image
#    both have an empty border.)
