"""Images split into tiles and joined again."""

import numpy as np
import pytest

from infomax.transforms.tiles import borders, segment, starts


@pytest.mark.parametrize("length", [20, 21, 37, 100])
def test_tiles_predict_each_pixel_once_and_away_from_their_borders(length):
    side, margin = 20, 4
    begins = starts(length, side, margin)
    assert (begins[0], begins[-1]) == (0, length - side)
    owned = borders(begins, side, length)
    assert [first for first, _ in owned] == [0, *(end for _, end in owned[:-1])]
    assert owned[-1][1] == length
    for index, (begin, (first, end)) in enumerate(zip(begins, owned, strict=True)):
        assert first - begin >= (margin if index else 0)
        assert begin + side - end >= (margin if index < len(begins) - 1 else 0)


@pytest.mark.parametrize("shape", [(31, 50), (20, 20), (7, 33), (5, 6)])
def test_segment_joins_the_tiles_of_an_image_of_any_size(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 1), dtype=np.uint8)

    def predict(tiles):
        assert tiles.shape[1:] == (20, 20, 1)
        assert 0 <= tiles.min() <= tiles.max() <= 1
        return np.rint(255 * tiles[..., 0]).astype(int)

    np.testing.assert_array_equal(segment(predict, image, 20, 4), image[..., 0])
