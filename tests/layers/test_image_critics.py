"""Critics of feature maps and encoded variables: each score against its pair alone."""

import numpy as np
import pytest

from infomax.layers.image_critics import GlobalCritic, LocalCritic

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

COUNT, SIDE, CHANNELS = 4, 5, 3
RANDOM = np.random.default_rng(0)
FEATURE_MAP = RANDOM.normal(size=(COUNT, SIDE, SIDE, CHANNELS)).astype("float32")


@pytest.fixture(params=[(COUNT, 2), (COUNT, SIDE, SIDE, 2)], ids=["vector", "maps"])
def encoded(request):
    return np.random.default_rng(1).normal(size=request.param).astype("float32")


@pytest.mark.parametrize("others", [0, 2, 3])
def test_global_score_is_that_of_its_pair_alone(encoded, others):
    critic = GlobalCritic((6,), 4)
    scores = np.asarray(critic((FEATURE_MAP, encoded), others=others))
    assert scores.shape == (COUNT, 1 + others)
    for i, j in np.ndindex(*scores.shape):
        other = encoded[(i + j) % COUNT][None]
        alone = np.asarray(critic((FEATURE_MAP[i][None], other), others=0))
        assert scores[i, j] == pytest.approx(alone.item(), abs=1e-5)


@pytest.mark.parametrize("others", [0, 2, 3])
def test_local_score_is_that_of_its_location_and_pair_alone(encoded, others):
    critic = LocalCritic((6,), 4)
    scores = np.asarray(critic((FEATURE_MAP, encoded), others=others))
    assert scores.shape == (SIDE * SIDE * COUNT, 1 + others)
    scores = scores.reshape(SIDE, SIDE, COUNT, 1 + others)
    for row, column, i, j in ((0, 0, 0, 0), (2, 4, 3, others), (4, 1, 1, others)):
        here = FEATURE_MAP[i, row, column].reshape(1, 1, 1, CHANNELS)
        other = encoded[(i + j) % COUNT][None]
        if other.ndim == 4:
            other = other[:, row : row + 1, column : column + 1]
        alone = np.asarray(critic((here, other), others=0))
        assert scores[row, column, i, j] == pytest.approx(alone.item(), abs=1e-5)


def test_large_maps_are_summarised_first():
    images = np.random.default_rng(0).random((2, 40, 40, 1)).astype("float32")
    maps = np.random.default_rng(1).random((2, 40, 40, 3)).astype("float32")
    critic = GlobalCritic((6,), 4)
    assert np.asarray(critic((images, maps), others=1)).shape == (2, 2)
    sizes = [np.prod(kernel.shape) for kernel in critic.critic.of_x.weights]
    assert max(sizes) <= 8 * 8 * 16 * 6
