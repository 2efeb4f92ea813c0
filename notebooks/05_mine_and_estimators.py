# %% [markdown]
# # 5. MINE, and the estimators of continuous variables
#
# Notebook 1 counted. A continuous variable cannot be counted: no two samples are equal.
# This notebook estimates the information of samples whose answer is known, so that each
# estimate can be checked, and then shows when to trust one.

# %%
import dataclasses
import os

# %matplotlib inline
import sys

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras

from data_generator import DataGenerator
from infomax.cli.reproducibility import make_deterministic
from infomax.cli.tables import ESTIMATE_HEADING, estimate_row
from infomax.datasets import load_dataset
from infomax.distributions import distribution_named
from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.estimators import KSG, Neural
from infomax.estimators.named import estimate_by
from infomax.plots.estimates import fit_figure
from infomax.plots.latents import latent_map
from infomax.transforms.perturbation import Perturbation
from mine import MINE, SimpleMINE
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)
samples = 1000 if small else 10_000

# %% [markdown]
# ## A case with a known answer
#
# Two normal variables of correlation $\rho$ have
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
# equality. $T$ is called the *critic*. So: let $T$ be a small network, and raise the right
# side. That is MINE, mutual information neural estimation (Belghazi et al., ICML 2018). The
# second mean is over pairs of *strangers*: an $x$ of one sample with the $y$ of another.
#
# `SimpleMINE` is the network of the chapter "Unsupervised Learning Using Mutual
# Information" that this project follows: a Dense layer for each input, added, ReLU,
# one output. It is fitted on one part of the samples, stopped by a second, and **read on
# a third**: a bound that is read on what it was fitted on is no bound.

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
# ## All of a kind
#
# The package has classical estimators and neural ones behind one contract: `estimate`
# returns nats, and `estimate_with_info` adds a 95 % interval and warnings. `estimate_by`
# asks several of them by name:
#
# - `histogram`: counts, as in notebook 1;
# - `ksg-1`: by the distances to each sample's nearest neighbours (Kraskov, Stögbauer and
#   Grassberger, 2004);
# - `gaussian`: the formula above, of the samples' correlation, or of their covariance
#   where there are more columns;
# - `mine`: the class `Neural`, which differs from `SimpleMINE` in that it is *cross-fitted*:
#   each third of the samples is read by a critic that was fitted on the other two. Its
#   critic starts as the answer for normal variables, so that normal samples are no test of
#   it; those with heavy tails, further below, are.

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
# Here $x$ and $y$ have five columns each, of which two pairs depend on each other. The
# histogram can afford two bins a column, and says that these are too coarse. Nearest
# neighbours are no longer near.

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
# A Student-t variable of one degree of freedom has neither mean nor variance, and so its
# columns have no correlation. And yet they share a scale: where one is large, the other
# tends to be. The Gaussian formula is helpless; ranks, which change nothing of the
# information, help the others.

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
# ## The same error for all samples? No: the spread
#
# One estimate is one draw. Here are several draws of the same distribution, with the
# interval that each gives. An honest 95 % interval misses the truth now and then.

# %%
distribution = bivariate_normal(0.5)
for seed in range(2 if small else 6):
    x, y = distribution.sample(samples // 2, seed=100 + seed)
    found = Neural("mine", seed=seed).estimate_with_info(x, y)
    holds = found.low <= distribution.mutual_information <= found.high
    print(f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}] holds: {holds}")
print(f"truth {distribution.mutual_information:.4f}")

# %% [markdown]
# ## The same bound makes features
#
# Until here the samples were given, and a network learned to measure them. Let a second
# network *make* the samples: an image $x$ and its perturbation $x'$ become two numbers
# each, the *latents*, and both networks are trained to raise the same bound. What the
# latents share is then what survives the perturbation. `MINE` does this; its critic is a
# cosine, which gains nothing by telling single images apart.

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
# Colour and shape are the true digits, which training never saw. A cosine sees only the
# direction of the latents, and so each digit has a sector of its own, as far as two numbers
# have room for ten: neighbours run into each other, and in the middle all mix. With ten
# numbers a linear classifier tells 98.9 % of the digits by their latents (README, "Features
# by MINE"). The nats above are few since a critic with a bound finds few; they say whether
# a training goes on rising, and are no estimate.
#
# `benchmarks/estimators.py` measures all estimators on all test distributions; the README
# has a guide drawn from it. `python mine.py --estimate FILE.npz --estimator all`
# does it for your own samples.
#
# ## Exercises
#
# 1. Apply `np.exp` to one column of normal samples. What may change, and what must not?
#    (*Expect* the truth to stay: a rising map of one column changes no information. Each
#    estimator that uses ranks stays exactly the same: `mine`, and the others with
#    `scaling="rank"`.)
# 2. Take 200 samples of `sparse_normal(5)`. Which estimators warn, and of what? (*Expect*
#    all to, but for the Gaussian formula, which needs few samples and is right here.)
# 3. Set `epochs=2, normal_start=False` in `Neural`. (*Expect* an estimate that is too low,
#    and a warning that the curve still rose.)
