# %% [markdown]
# # 1. Mutual information
#
# How much do two things tell about each other? This notebook measures it by hand, for
# variables that take a few values, and then for two images. Everything is in **nats**,
# the unit of the natural logarithm: one bit is $\ln 2 = 0.693$ nats.
#
# It needs no network, and runs in a few seconds.

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
# ## Entropy: how much there is to know
#
# A variable $z$ takes the value $i$ with probability $p_i$. To learn that something of
# probability $p$ has happened is worth $-\ln p$: nothing if it was certain, much if it
# was rare. The mean of this is the **entropy**
#
# $$H(z) = -\sum_i p_i \ln p_i .$$
#
# (Shannon, 1948; Cover and Thomas, "Elements of Information Theory", 2006, section 2.1,
# which is also the source of the formulas below.) It is 0 for a certain value, and
# largest, $\ln k$, for $k$ equally likely ones. A value of probability 0 adds nothing,
# since $p \ln p$ goes to 0 with $p$.

# %%
for name, p in {
    "a fair coin": [0.5, 0.5],
    "a coin that falls on heads 9 times of 10": [0.9, 0.1],
    "a fair die": [1 / 6] * 6,
    "a certain thing": [1.0, 0.0],
}.items():
    print(f"H = {float(entropy(np.array(p))) + 0.0:.3f} nats   {name}")

# %% [markdown]
# ## Two variables: the joint distribution
#
# Let $z$ be the weather in the morning (dry, wet) and $z'$ that in the afternoon. Their
# **joint distribution** $P_{ij}$ says how often each pair occurs. Its rows and columns
# add up to the **marginals**, the distributions of $z$ and $z'$ alone.

# %%
weather = np.array([[0.5, 0.1], [0.1, 0.3]])
morning, afternoon = (np.asarray(p) for p in marginals(weather))
print("morning  ", morning)
print("afternoon", afternoon)
print("if the two knew nothing of each other:\n", np.outer(morning, afternoon))

# %% [markdown]
# ## Mutual information: what the one tells about the other
#
# Two variables that tell nothing of each other are *independent*; we call them strangers.
# Their joint distribution is the product of the marginals, $p_i\, p'_j$. So ask how far
# $P$ is from that product. How far a distribution $P$ is from another one, $Q$, is
# measured by the **Kullback-Leibler divergence** $\sum P \ln (P / Q)$: the mean, over
# what happens by $P$, of how much less likely $Q$ thought it, as a difference of logarithms.
# It is 0 where the two are equal, and above 0 elsewhere (section 2.3). With the product for
# $Q$ it is the **mutual information**
#
# $$I(z; z') = \sum_{ij} P_{ij} \ln \frac{P_{ij}}{p_i\, p'_j} .$$
#
# Write $H(z, z')$ for the entropy of the pair, that is of all cells of $P$. Where $z'$ is
# known to be $j$, the distribution of $z$ is the column $P_{\cdot j}$ divided by its sum
# $p'_j$; the mean of the entropies of these, each weighed by $p'_j$, is the **conditional
# entropy** $H(z|z')$: what is left to know of $z$ once $z'$ is known. By taking the
# logarithm apart one finds three more ways to say the same:
#
# $$I = H(z) + H(z') - H(z, z') = H(z) - H(z|z') = H(z') - H(z'|z) .$$
#
# The second reads: *what there is to know about $z$, less what is left to know once $z'$
# is known*. (Section 2.4.) Here are all of them, of the weather.

# %%
product = np.outer(morning, afternoon)
divergence = float(np.sum(weather * np.log(weather / product)))
sum_of_entropies = float(entropy(morning) + entropy(afternoon) - entropy(weather))
left_to_know = sum(
    float(share * entropy(column / share))
    for share, column in zip(afternoon, weather.T, strict=True)
)
for name, nats in {
    "the divergence": divergence,
    "H(z) + H(z') - H(z, z')": sum_of_entropies,
    "H(z) - H(z|z')": float(entropy(morning)) - left_to_know,
    "the project's function": float(mutual_information(weather)),
}.items():
    print(f"I = {nats:.6f} nats   {name}")

# %% [markdown]
# The two ends: strangers tell nothing of each other, twins tell all there is. (The most
# that $I$ can be stands beside it: no more can be known of $z$ than there is.)

# %%
for name, joint in {
    "strangers": product,
    "twins": np.diag(morning),
    "three classes, told apart perfectly": np.eye(3) / 3,
}.items():
    most = min(float(entropy(p)) for p in marginals(joint))
    print(f"I = {float(mutual_information(joint)):.3f} of {most:.3f} nats   {name}")

# %%
names = ["dry", "wet"]
joint_matrix(weather, "Weather", xlabel="afternoon", ylabel="morning", names=names)

# %% [markdown]
# (Above it stands what two values could tell at most, $\ln 2$.) Two properties matter for
# all that follows:
#
# - **Names do not count.** Exchange "dry" and "wet" in the afternoon, and the information
#   is the same. Information sees *which* values go together, not what they are called.
#   Clusters have no names either, which is why information suits them.
# - **More cannot be known than there is.** $I \le \min(H(z), H(z'))$.

# %%
renamed = weather[:, ::-1]
for name, joint in {"as it was": weather, "renamed": renamed}.items():
    print(f"I = {float(mutual_information(joint)):.3f} nats   {name}")

# %% [markdown]
# ## Two images
#
# A pixel of one image and the pixel at the same place of another are a pair of values.
# Count how often each pair of grey values occurs, and the histogram is a joint
# distribution. The information in it says how far one image can be told from the other;
# it has been used to align scans of a patient that look quite different (Viola and
# Wells, 1997). `Histogram` cuts the grey values into `bins` of one width.

# %%
digits = load_dataset("mnist")
image = digits.x_train[0].astype(float)
generator = np.random.default_rng(0)
others = {
    "itself": image,
    "its negative": 255 - image,
    "itself, with noise": image + generator.normal(0, 40, image.shape),
    "itself, one pixel to the right": np.roll(image, 1, axis=1),
    "another digit": digits.x_train[1].astype(float),
    "noise": generator.normal(0, 40, image.shape),
}
for name, other in others.items():
    found = Histogram(bins=8, scaling="none").estimate(image.ravel(), other.ravel())
    print(f"I = {found:5.2f} nats   {name}")

# %% [markdown]
# The negative knows as much as the image itself: names do not count. One pixel to the
# right, and most of it is gone, since pixels are compared place by place.
#
# Counting has a price: with few samples the cells of a histogram are filled by chance,
# and chance looks like information. The bias is about $(b-1)^2 / 2n$ for $b$ bins a
# side and $n$ samples (Miller, 1955); `Histogram` takes this first part of it off. With
# fewer samples than cells, much of it remains:

# %%
x, y = generator.normal(size=(2, 784))  # strangers: the truth is 0
for bins in (4, 8, 16, 32):
    plain = Histogram(bins=bins, correct_bias=False).estimate(x, y)
    corrected = Histogram(bins=bins).estimate(x, y)
    print(f"{bins:3d} bins: {plain:.3f} as counted, {corrected:+.3f} corrected")

# %% [markdown]
# ## Exercises
#
# 1. Let the afternoon always be as the morning: a diagonal `weather`. What is the
#    information, and why is it not $\ln 2$? (*Expect* $H(z)$ = 0.673 for 0.6 and 0.4: the
#    mornings themselves are not evenly dry and wet.)
# 2. Show with a joint of your own that $I = 0$ can hold though both entropies are large.
#    (*Expect* any outer product of two distributions to do.)
# 3. Roll the image by 2, 3, 4, … pixels and watch the information fall. Where does it
#    stop? (*Expect* some hundredths of a nat, and not 0: image and rolled image both have
#    an empty border.)
