"""The kind of images that the pixels show."""

import functools

import numpy as np
import pytest

from infomax.datasets import load_dataset
from infomax.datasets.on_demand import Selected
from infomax.transforms import kinds
from infomax.transforms.kinds import kind_of
from tests.images import noise

SHAPE = (300, 24, 24, 3)


@functools.cache
def digits():
    images = load_dataset("mnist").x_test
    return images[np.random.default_rng(0).permutation(len(images))[:600]]


@functools.cache
def earth():
    return load_dataset("earth").x_train[:600]


def objects(count=300, side=32, seed=0):
    generator = np.random.default_rng(seed)
    x, y, radius = (
        side * generator.uniform(low, high, (count, 1, 1))
        for low, high in ((0.4, 0.6), (0.4, 0.6), (0.25, 0.35))
    )
    rows, columns = np.mgrid[:side, :side]
    inside = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    value = generator.uniform(0.4, 1, (count, 1, 1))
    return (inside * value)[..., None].astype("float32")


def landscapes():
    sky = np.linspace(0.6, 0, 24)[:, None, None]
    return (0.4 * noise(SHAPE) + sky).astype("float32")


def on_noise(images):
    generator = np.random.default_rng(0)
    values = 40 + images * 0.7 + generator.normal(0, 15, images.shape)
    return np.clip(values, 0, 255).astype("uint8")


def in_colour(images):
    colours = np.random.default_rng(0).uniform(0, 1, (len(images), 1, 1, 3))
    colours /= colours.max(-1, keepdims=True)
    return (images * colours).astype("uint8")


STROKES = {
    "as they are": lambda images: images,
    "ten": lambda images: images[:10],
    "as floats": lambda images: images.astype("float32") / 255,
    "14 pixels": lambda images: images.reshape(-1, 14, 2, 14, 2, 1).mean((2, 4)) / 255,
    "84 pixels": lambda images: images.repeat(3, 1).repeat(3, 2),
    "wide": lambda images: np.pad(images, ((0, 0), (0, 0), (6, 6), (0, 0))),
    "on noise": on_noise,
    "in colour": in_colour,
}


@pytest.mark.parametrize("change", STROKES.values(), ids=STROKES)
def test_digits_are_strokes(change):
    kind, reason = kind_of(change(digits()))
    assert kind == "strokes"
    assert reason.startswith("thin bright strokes cover ")


def test_reason_for_strokes_gives_their_share_of_the_pixels():
    images = np.zeros((20, 20, 20, 1), "uint8")
    images[:, :, 9:11] = 200  # 2 columns of 20
    assert kind_of(images)[1] == "thin bright strokes cover 10% of a dark ground"


def speckled_layers():
    rows = np.arange(28)[:, None, None] - 14
    layer = 0.1 + 0.7 * np.exp(-((rows / 3.0) ** 2))
    speckle = np.random.default_rng(0).gamma(6, 1 / 6, (200, 28, 28, 1))
    return np.clip(layer * speckle, 0, 1).astype("float32")


def detail_in_the_centre():
    images = 0.4 + 0.2 * noise(SHAPE, seed=1)
    images[:, 8:16, 8:16] = noise(SHAPE)[:, 8:16, 8:16]
    return images


def stripes():
    images = noise(SHAPE)
    images[:, :12] = images[:, :1]
    images[:, 12:] = images[:, 12:, :1]
    return images


PHOTOGRAPHS = {
    "dark strokes": lambda: 255 - digits(),
    "filled shapes": objects,
    "speckled layers": speckled_layers,
    "a sky": landscapes,
    "detail in the centre only": detail_in_the_centre,
    "directions that depend on the place": stripes,
}


@pytest.mark.parametrize("make", PHOTOGRAPHS.values(), ids=PHOTOGRAPHS)
def test_images_without_strokes_but_with_special_places_are_photographs(make):
    kind, reason = kind_of(make())
    assert kind == "photographs"
    assert "the variance" in reason


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [200, 500])
def test_windows_of_the_earth_are_overhead(count, seed):
    chosen = np.random.default_rng(seed).permutation(len(earth()))[:count]
    kind, reason = kind_of(earth()[chosen])
    assert kind == "overhead"
    assert reason.startswith("no place is special: ")


OVERHEAD = {
    "rotated": lambda: np.rot90(earth(), 1, (1, 2)),
    "upside down": lambda: earth()[:, ::-1],
    "noise": lambda: noise(SHAPE),
}


@pytest.mark.parametrize("name", OVERHEAD)
def test_images_without_special_places_are_overhead(name):
    assert kind_of(OVERHEAD[name]())[0] == "overhead"


DOUBTFUL = {
    "no strokes, and 50 images are too few to compare places": lambda: earth()[:50],
    "nearly blank images with a contrast of 0.000": lambda: np.full((99, 9, 9, 1), 0.7),
    "7 pixels are too few to see what is shown": lambda: noise((300, 7, 7, 3)),
}


@pytest.mark.parametrize("reason, make", DOUBTFUL.items())
def test_doubtful_images_are_photographs_and_the_reason_says_why(reason, make):
    assert kind_of(make()) == ("photographs", reason)


def test_same_seed_gives_the_same_answer_and_images_stay_as_they_are():
    images = earth().copy()
    assert kind_of(images, seed=3) == kind_of(images, seed=3)
    np.testing.assert_array_equal(images, earth())


def test_images_on_demand_give_the_same_answer_as_an_array():
    images = Selected(earth(), np.arange(300))
    assert kind_of(images) == kind_of(earth()[:300])


class Counted:
    """Blank images that record which are read."""

    def __init__(self, *shape):
        self.shape, self.dtype, self.read = shape, np.dtype("uint8"), []

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, chosen):
        self.read += list(chosen)
        return np.zeros((len(chosen), *self.shape[1:]), "uint8")


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((1_000_000, 8, 8, 1), kinds.LOOKED_AT),
        ((500, 200, 300, 3), kinds.FEWEST),
        ((30, 8, 8, 1), 30),
    ],
)
def test_no_more_images_are_read_than_needed(shape, count):
    images = Counted(*shape)
    kind_of(images)
    assert len(images.read) == len(set(images.read)) == count
    assert max(images.read) < shape[0]
    assert len(set(np.array(images.read) % 2)) == 2  # no even stride
