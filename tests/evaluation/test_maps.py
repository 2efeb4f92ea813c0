"""Information of images and maps: against other estimators, and by properties."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from infomax.estimators.histogram import histogram_estimate
from infomax.evaluation.maps import (
    aligned,
    binned,
    informations,
    map_information,
    nearest_neighbor_information,
)


@pytest.fixture
def image():
    draws = np.random.default_rng(0).random((30, 34))
    rows = np.cumsum(draws, axis=0)
    return ((rows - rows.min()) / np.ptp(rows)).astype("float32")[..., None]


@pytest.fixture
def maps(image):
    """A copy of the image, a noisy copy, noise, and a constant map."""
    noise = np.random.default_rng(1).normal(size=(*image.shape[:2], 2))
    parts = (image, image + 0.2 * noise[..., :1], noise[..., 1:], np.ones_like(image))
    return np.concatenate(parts, axis=-1)


def test_map_information_equals_that_of_scikit_learn_on_the_same_bins(image, maps):
    found = map_information(image, maps, bins=12, correct_bias=False)
    of_image, of_maps = binned(image, 12)[:, 0], binned(maps, 12)
    expected = [mutual_info_score(of_image, column) for column in of_maps.T]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_bias_is_corrected_as_in_the_histogram_estimate(image, maps):
    found = map_information(image, maps[..., :3], bins=12)
    pixels, columns = image.reshape(-1, 1), maps[..., :3].reshape(-1, 3).T
    expected = [histogram_estimate(pixels, one[:, None], 12) for one in columns]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_map_information_falls_with_noise_and_is_zero_for_a_constant(image, maps):
    copy, noisy, noise, constant = map_information(image, maps, bins=8)
    assert copy > noisy > 0.2
    assert abs(noise) < 0.03
    assert constant == 0


def test_map_information_of_a_decreasing_map_is_that_of_a_copy(image):
    found = map_information(image, np.concatenate([image, 3 - 2 * image], -1), bins=8)
    assert found[0] == pytest.approx(found[1], abs=0.02)


def test_informations_treat_each_image_alone(image, maps):
    images, both = np.stack([image, image[::-1]]), np.stack([maps, maps])
    found = informations(images, both, bins=8)
    assert found.shape == (2, 4)
    np.testing.assert_array_equal(found[0], map_information(image, maps, 8))
    assert found[1, 0] < found[0, 0]


@pytest.mark.parametrize("change", [-8, 0, 8])
def test_aligned_pixels_have_the_same_location(change):
    side = 20
    image = np.arange(side * side, dtype="float32").reshape(1, side, side, 1)
    larger = np.pad(image, [[0, 0], [4, 4], [4, 4], [0, 0]])
    maps = {-8: image[:, 4:-4, 4:-4], 0: image, 8: larger}[change]
    one, other = aligned(image, maps)
    np.testing.assert_array_equal(one, other)
    assert one.shape[1] == side + min(change, 0)


def test_nearest_neighbors_agree_without_bins_and_repeat(image, maps):
    found, again = (
        nearest_neighbor_information(image[None], maps[None], pixels=800)[0]
        for _ in range(2)
    )
    np.testing.assert_array_equal(found, again)
    assert found[0] > found[1] > 0.2
    assert abs(found[2]) < 0.15
    assert found[3] == 0
