# %% [markdown]
# # 10. Your photographs
#
# Notebook 9 trains a network on the images that it clusters. That needs thousands of images, and
# photographs differ in so many ways that their classes are hard to find. The usual way out is a
# network that has been trained before, on *other* images: a **pretrained** network. It makes one
# vector of numbers per photograph, and the vectors are clustered. This notebook goes from a folder
# of photographs to named clusters. [docs/features.md](../docs/features.md) has the mathematics.

# %%
import os
import pathlib

# %matplotlib inline
import sys
import tempfile

sys.path.insert(0, "..")  # the project is one folder up

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
import skimage
from PIL import Image

import unsupervised_clustering
from data_generator import DataGenerator
from deep_infomax import DeepInfoMax
from infomax.cli.training import make_deterministic
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets import load_dataset
from infomax.layers.encoders import vector_encoder
from infomax.transforms.perturbation import Perturbation
from pretrained import Pretrained
from vectors import Vectors
from vgg import VGG

small = "INFOMAX_SMALL" in os.environ  # short runs, for tests
make_deterministic(0)

# %% [markdown]
# ## A folder of photographs
#
# The example is made of six photographs that the package scikit-image contains: a cat (`chelsea`), a
# cup of coffee, gravel, distant galaxies (`hubble`), stained tissue (`ihc`), and a rocket. Random
# crops of 96×96 pixels are our images, and the photograph of a crop is its class.
#
# To use your own photographs, set `photographs` to the path of your folder. Sub-folders, one per
# class, are optional. They name the clusters at the end, and training does not read them.

# %%
folder = pathlib.Path(tempfile.mkdtemp())
photographs, source = folder / "photographs", pathlib.Path(skimage.__file__).parent
files = "chelsea.png coffee.png gravel.png hubble_deep_field.jpg ihc.png rocket.jpg"
generator = np.random.default_rng(0)
for file in files.split():
    picture = Image.open(source / "data" / file).convert("RGB")
    own = photographs / file.split("_")[0].split(".")[0]
    own.mkdir(parents=True)
    for index in range(16 if small else 120):
        left, top = generator.integers(np.array(picture.size) - 96)
        picture.crop((left, top, left + 96, top + 96)).save(own / f"{index:03d}.png")
print(sorted(path.name for path in photographs.iterdir()))

# %% [markdown]
# ## A pretrained network
#
# With a network connection, write `network = "EfficientNetV2B0"`, and skip the next two cells. Keras
# then downloads this network once. It was trained on 1.3 million images of ImageNet, **with their
# labels**. Your images have no labels, but the network has seen labels of other images. Whoever
# reports such a result should say so. Any `.keras` file that makes vectors of images will do, too.
#
# This notebook must run without a connection, so it trains a small network itself, in about half a
# minute, on other images that come with the project: the earth from above. It uses Deep InfoMax
# (notebook 6), which needs no labels. This network has seen neither labels nor our photographs. It
# is also much weaker than EfficientNet.

# %%
earth = load_dataset("earth").x_train[:, ::3, ::3]  # 96 to 32 pixels
encoder = vector_encoder(VGG("F", (32, 32, 3), width=0.05 if small else 0.25))
method = DeepInfoMax(encoder)
method.compile(optimizer=keras.optimizers.Adam(1.5e-3))
as_of_photographs = Perturbation(
    zoom=1, translation=0, thickness=0, bars=0, area=0.3, flip=True, saturation=1.6
)
steps = 3 if small else 30
pairs = DataGenerator(earth, as_of_photographs, batch_size=64, steps=steps)
history = method.fit(pairs, epochs=1 if small else 4, verbose=0)
print("local loss per epoch:", np.round(history.history["loss"], 2))

# %% [markdown]
# A `.keras` file for `Pretrained` takes RGB in 0…255. The scaling that the network needs is part of
# the file.

# %%
image = keras.Input((32, 32, 3))
vector = method.encode(keras.layers.Rescaling(1 / 255)(image))
keras.Model(image, vector).save(folder / "earth.keras")
network = str(folder / "earth.keras")

# %% [markdown]
# ## Neighbours
#
# IIC needs pairs that are probably of the same class. In notebook 3, a pair is an image and its
# perturbation. Of vectors, a pair is a vector and one of its **nearest neighbours**. So everything
# depends on one question: are neighbours of the same class? In each row of the figure, the first
# image is followed by its six nearest neighbours. With labels, we can also count.

# %%
images = load_dataset(photographs, at_most=96)
backbone = Pretrained(network)
vectors = backbone.encode(images.x_train)
directions = Vectors(vectors.shape[1]).adapt(vectors).encode(vectors)
neighbours = nearest_neighbours(directions, 6)
same = images.y_train[neighbours] == images.y_train[:, None]
print(
    f"{vectors.shape}; {same.mean():.0%} of the neighbours are of the same photograph"
)
chosen = np.linspace(0, len(vectors) - 1, 9).astype(int)[:-1]
rows = [images.x_train[np.append(i, neighbours[i])] for i in chosen]
Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows]))

# %% [markdown]
# Expect errors: a neighbour looks alike *to this network*. What the network does not distinguish, no
# clustering of its vectors will.
#
# ## Train
#
# `--backbone` takes the name or the file of the network. Vectors are computed once, and kept beside
# the run. Then linear heads are trained, which takes seconds to minutes. By default there are 50 heads
# that vote, or 8 that merge small groups of vectors. For a few hundred images, five heads are enough.

# %%
run = folder / "run"
options = "--clusters 6 --verbose 0 "
options += "--heads 2 --epochs 3 --epoch-steps 3" if small else "--heads 5 --epochs 15"
unsupervised_clustering.main(
    ["--train", "--eval", "--dataset", str(photographs), "--backbone", network]
    + ["--run-dir", str(run), *options.split()]
)

# %% [markdown]
# The line that begins with `clusters are` says how clusters are found, and why. If each class is one
# compact group of vectors, heads vote. Here some photographs consist of several groups, such as the
# cup and the table, which neighbours connect. Then clusters are merges of small groups.
#
# The information is below its ceiling $\ln 6$, because not all neighbours are of one class. This is
# different from images and their perturbations: the class of a perturbed image is certain.
#
# ## Inspect the clusters
#
# Clusters are numbered. Because the sub-folders are known, `--eval` gives each cluster the name of a
# class, every name once. The names need not fit: if one photograph has two clusters, one of them gets
# the name that is left over. If a cluster mixes photographs, compare it with the neighbours above:
# some tissue looks like the fur of the cat, to this network and perhaps to us.

# %%
Image.open(run / "clusters.png")

# %%
Image.open(run / "confusion.png")

# %% [markdown]
# The map shows the vectors in the plane of their two largest principal components. `--plane tsne`
# draws a map in which neighbours stay close, if scikit-learn is installed.

# %%
Image.open(run / "plane.png")

# %% [markdown]
# ## Predict
#
# A run holds the heads, but not the network. `--predict` applies both to new photographs.

# %%
out = folder / "clusters.csv"
unsupervised_clustering.main(
    ["--predict", str(photographs / "coffee"), "--out", str(out), "--run-dir", str(run)]
)
print("".join(out.read_text(encoding="utf-8").splitlines(keepends=True)[:8]))

# %% [markdown]
# ## Exercises
#
# 1. Leave out `method.fit` and the line below, and run all again. (*Expected:* fewer neighbours of the same
#    photograph, and less information. What the network has learned matters, though it has never seen
#    a photograph of this kind.)
# 2. Use a better network: `network = "EfficientNetV2B0"`, on a computer with a connection, or a file
#    that `Pretrained("EfficientNetV2B0").save("net.keras")` has written on such a computer.
#    (*Expected:* most neighbours are of the same photograph.)
# 3. Add `brick.png` and `grass.png`, and ask for 8 clusters. (*Expected:* grey photographs share
#    a cluster, and other ones have two. This network sees colours better than textures.)
