# %% [markdown]
# # 5. MINE and the estimators of continuous variables
#
# Notebook 1 counted how often values occur. This does not work for continuous variables,
# because no two samples are equal. This notebook estimates the mutual information of samples
# from distributions whose mutual information is known, so each estimate can be checked. It then
# shows when to trust an estimate.

# %%
import dataclasses
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: I001 - before anything imports TensorFlow

import keras
from keras import layers
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.feature_selection import mutual_info_regression

from data_generator import DataGenerator
from infomax.cli.training import make_deterministic
from infomax.cli.tables import ESTIMATE_HEADING, estimate_row
from infomax.datasets import load_dataset
from infomax.distributions import distribution_named
from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.estimators import KSG, Neural
from infomax.estimators.named import estimate_by
from infomax.layers.prediction import network_outputs
from infomax.plots.estimates import fit_figure
from infomax.plots.latents import latent_map
from infomax.transforms.perturbation import Perturbation
from mine import MINE, SimpleMINE
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)
samples = 1000 if small else 10_000

# %% [markdown]
# ## A distribution with known mutual information
#
# Two normal variables with correlation $\rho$ have
#
# $$I(x; y) = -\tfrac12 \ln(1 - \rho^2)$$
#
# (Cover and Thomas, 2006, example 8.5.1).

# %%
for correlation in (0.0, 0.5, 0.9, 0.99):
    print(correlation, bivariate_normal(correlation).mutual_information)

# %% [markdown]
# ## The bound of Donsker and Varadhan
#
# Let $T(x, y)$ be *any* function. Then
#
# $$I(x; y) \ \ge\ \mathbb{E}_{p(x, y)}[T] - \ln \mathbb{E}_{p(x) p(y)}\left[e^T\right]$$
#
# and the best $T$, the logarithm of the density ratio $p(x, y) / p(x) p(y)$, reaches
# equality. $T$ is called the *critic*. MINE, mutual information neural estimation (Belghazi et
# al., ICML 2018), trains a small network $T$ to maximise the right side. The second mean is over
# *negative pairs*: the $x$ of one sample with the $y$ of another.
#
# `SimpleMINE` is the network of the chapter "Unsupervised Learning Using Mutual Information",
# which this project follows: one Dense layer per input, their sum, ReLU, one output. It is
# fitted on training samples, stopped by validation samples, and **evaluated on test samples**. A
# bound that is evaluated on the samples it was fitted on is no bound.

# %%
distribution = bivariate_normal(0.9)
x, y = (part.astype("float32") for part in distribution.sample(4 * samples, seed=0))
half, end = 2 * samples, 3 * samples
simple = SimpleMINE()
history = simple.fit((x[:half], y[:half]), (x[half:end], y[half:end]))
estimate = simple.estimate(x[end:], y[end:])
print(f"truth {distribution.mutual_information:.4f}, estimate {estimate.value:.4f}")

# %%
with_curve = dataclasses.replace(estimate, curve=history.history["val_information"])
fit_figure(with_curve, distribution.mutual_information, steps=-(-half // 256))

# %% [markdown]
# ## Several estimators with one interface
#
# The package has classical and neural estimators with the same methods: `estimate` returns the
# estimate in nats, and `estimate_with_info` adds a 95 % confidence interval and warnings.
# `estimate_by` runs several estimators by name:
#
# - `histogram`: counts, as in notebook 1;
# - `ksg-1`: the distances to the nearest neighbours of each sample (Kraskov, Stögbauer and
#   Grassberger, 2004);
# - `gaussian`: the formula above for the correlation of the samples, or for their covariance if
#   there are more columns;
# - `mine`: the class `Neural`. Unlike `SimpleMINE` it is *cross-fitted*: each fifth of the
#   samples is evaluated by a critic that was fitted on the other four. Its critic starts as the
#   solution for normal variables. Normal samples therefore do not test it, but the heavy tails
#   below do.

# %%
names = ["histogram", "ksg-1", "gaussian", "mine"]
x, y = distribution.sample(samples, seed=1)
print(ESTIMATE_HEADING)
for row in estimate_by(names, x, y):
    print(estimate_row(*row))
print(f"truth: {distribution.mutual_information:.4f}")

# %% [markdown]
# ## More columns
#
# Here $x$ and $y$ have five columns each, and two pairs of columns are dependent. The histogram
# has enough samples for only two bins per column, and warns that they are too coarse. The nearest
# neighbours are far away, so KSG has a larger error.

# %%
distribution = sparse_normal(5)
x, y = distribution.sample(samples, seed=0)
print(f"truth: {distribution.mutual_information:.4f}")
print(ESTIMATE_HEADING)
for row in estimate_by(names, x, y):
    print(estimate_row(*row))

# %% [markdown]
# ## Heavy tails
#
# A Student-t distribution with one degree of freedom has neither mean nor variance, so its
# columns have no correlation. But they share a scale: if one is large, the other tends to be
# large. The Gaussian formula cannot see this dependence. Replacing values by their ranks does
# not change the information, and helps the other estimators.

# %%
distribution = distribution_named("student-1x1-1")
x, y = distribution.sample(samples, seed=0)
print(f"truth: {distribution.mutual_information:.4f}")
print(ESTIMATE_HEADING)
for row in estimate_by(names, x, y):
    print(estimate_row(*row))

# %%
for scaling in ("standardize", "rank"):
    found = KSG(scaling=scaling).estimate(x, y)
    print(f"KSG with scaling={scaling!r}: {found:.4f}")

# %% [markdown]
# ## The spread over samples
#
# One estimate is one draw. The next cell estimates several draws from the same distribution,
# each with its interval. A correct 95 % interval misses the truth in some draws.

# %%
distribution = bivariate_normal(0.5)
for seed in range(2 if small else 6):
    x, y = distribution.sample(samples // 2, seed=100 + seed)
    found = Neural("mine", seed=seed).estimate_with_info(x, y)
    covers = found.low <= distribution.mutual_information <= found.high
    print(f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}] covers it: {covers}")
print(f"truth {distribution.mutual_information:.4f}")

# %% [markdown]
# ## Features learned by the same bound
#
# So far the samples were given, and a network learned to measure their information. Now a second
# network, the encoder, *computes* the samples: it encodes an image $x$ and its perturbation $x'$
# as two numbers each, the *latents*. Both networks are trained to maximise the same bound. The
# latents then share what survives the perturbation. The class `MINE` does this. Its critic is a
# cosine, which gains nothing by distinguishing single images.

# %%
digits = load_dataset("mnist")
count, width = (2560, 0.125) if small else (30_000, 0.25)
images = digits.x_train[:count]
pairs = DataGenerator(images, Perturbation(), crop_size=(24, 24), batch_size=256)
epochs = 2 if small else 4
mine = MINE(VGG("F", input_shape=(24, 24, 1), width=width), latent_dim=2)
decay = keras.optimizers.schedules.CosineDecay(4e-3, epochs * len(pairs))
mine.compile(optimizer=keras.optimizers.Adam(decay))
history = mine.fit(pairs, epochs, verbose=0)
information = history.history["information"][-1]
print(f"{information:.2f} nats between the latents of x and x'")

# %%
shown = slice(0, 2000)
latent_map(mine.predict(digits.x_test[shown]), digits.y_test[shown])

# %% [markdown]
# Colour and shape show the true digits, which training never reads. The cosine depends only on the
# direction of the latents, so each digit has a sector of its own. Two dimensions are too few
# for ten digits: neighbouring sectors overlap, and all digits mix in the middle. With ten numbers, a
# linear classifier on frozen latents (linear probe) has an accuracy of 98.9 %
# (`docs/estimators.md`). The information above is small because a bounded critic finds little. It
# shows whether a training still improves, and is not an estimate.

# %% [markdown]
# ## A table
#
# `infomax.mutual_information` takes columns of any kind: numbers, numbers that repeat, words. It
# chooses the estimator, and `method` says which and why. The table has ten measurements of 442
# patients with diabetes, and how far the disease progressed in the year after; scikit-learn ships
# it. The last column is scikit-learn's own estimate. `test=True` adds the p-value of independence.

# %%
table = load_diabetes()
of_sklearn = mutual_info_regression(table.data, table.target, random_state=0)
print("         nats   95 % interval       p   scikit-learn")
for name, column, theirs in zip(
    table.feature_names, table.data.T, of_sklearn, strict=True
):
    found = infomax.mutual_information(column, table.target, test=True)
    print(
        f"{name:6}{found.value:7.3f}   {found.low:6.3f} … {found.high:5.3f}"
        f"{found.p_value:8.3f}{theirs:12.3f}"
    )
print(found.method)

# %% [markdown]
# Both use nearest neighbours, and agree within the intervals. The interval and the p-value show
# what the single number hides: most intervals contain 0, but the test finds dependence in nine of
# the ten columns. scikit-learn sets negative estimates to 0.
#
# Does the blood value `s5` say more than the body mass index `bmi` already does? The conditional
# information $I(s_5; \text{progress} \mid \text{bmi})$ answers this.

# %%
columns = dict(zip(table.feature_names, table.data.T, strict=True))
given = infomax.mutual_information(columns["s5"], table.target, given=columns["bmi"])
print(f"{given.value:.3f} nats [{given.low:.3f}, {given.high:.3f}]")

# %% [markdown]
# ## Information in a trained network
#
# Which layer keeps how much of the digit? `weights/` has a network that IIC trained on MNIST
# without labels. The next cell estimates the information between the digit and the ten largest
# principal components of each layer's output. Ten components are a function of the layer, so
# their information is a lower bound on the layer's. At most it is the entropy of the digit,
# $\ln 10 = 2.30$ nats.

# %%
count = 1000 if small else 2000
digit = digits.y_test[:count].astype(str)  # words are categories
trained = keras.saving.load_model("../weights/iic-mnist/model.keras")
maps = [layer.output for layer in trained.layers if isinstance(layer, layers.ReLU)]
stages = network_outputs(keras.Model(trained.input, maps), digits.x_test[:count])
for index, stage in list(enumerate(stages, 1))[2 if small else 0 :]:
    components = PCA(10, random_state=0).fit_transform(stage.reshape(count, -1))
    found = infomax.mutual_information(components, digit)
    print(f"layer {index}: {found.value:.2f} [{found.low:.2f}, {found.high:.2f}]")
print(found.method)

# %% [markdown]
# Information about the digit cannot rise from layer to layer: each layer is a function of the one
# before. What rises is the part that ten numbers hold, until the last layer, whose outputs serve
# fifty overclusters.
#
# `benchmarks/bmi.py` measures estimators on a public benchmark, `benchmarks/estimators.py` on our
# own draws. `docs/estimators.md` derives a guide from both. `python mine.py --estimate FILE.npz
# --estimator all` runs all estimators on your own samples.
#
# ## Exercises
#
# 1. Apply `np.exp` to one column of normal samples. What may change, and what must not?
#    (*Expected:* the true value does not change, because an increasing map of one column keeps the
#    information. Every estimator that uses ranks gives exactly the same estimate: `mine`, and the
#    others with `scaling="rank"`.)
# 2. Take 200 samples of `sparse_normal(5)`. Which estimators warn, and about what? (*Expected:* all
#    except the Gaussian formula, which needs few samples and is correct here.)
# 3. Set `epochs=5, cycles=1` in `Neural`, and estimate `additive_uniform(0.1)`. (*Expected:* an
#    estimate that is too low, and a warning that the fits still rose.)
