"""Clips from folders and animated images, and of moving digits."""

import numpy as np
import pytest

from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.moving_digits import FRAMES, moving_digits
from tests.datasets.small_files import save_animation, save_image

SHAPE = (8, 8, 1)


def test_folder_animation_and_image_are_clips(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (8, 8, 8), dtype=np.uint8)
    expected = {"a": frames[:3], "b.tif": frames[3:7], "c.png": frames[7:]}
    for index, frame in enumerate(expected["a"]):
        save_image(tmp_path / "a" / f"{index}.png", frame)
    save_animation(tmp_path / "b.tif", expected["b.tif"])
    save_image(tmp_path / "c.png", frames[7])
    (tmp_path / "notes.txt").write_text("no image")
    paths = find_clips(tmp_path)
    assert [path.name for path in paths] == list(expected)
    for path in paths:
        found = load_clip(path, SHAPE)[..., 0]
        np.testing.assert_array_equal(found, expected[path.name])


def test_animated_gif_has_all_its_frames(tmp_path):
    shades = [np.full((8, 8), shade, "uint8") for shade in (0, 100, 250)]
    clip = load_clip(save_animation(tmp_path / "clip.gif", shades, duration=50), SHAPE)
    assert clip.shape == (3, *SHAPE)
    np.testing.assert_allclose(clip.mean(axis=(1, 2, 3)), [0, 100, 250], atol=2)


@pytest.mark.parametrize(
    "path, message", [("missing", "missing is no folder"), (".", "contains no image")]
)
def test_folder_without_clips_is_refused(tmp_path, path, message):
    with pytest.raises(FileNotFoundError, match=message):
        find_clips(tmp_path / path)
    with pytest.raises(FileNotFoundError):
        load_clip(tmp_path / path, SHAPE)


@pytest.fixture(scope="module")
def digits():
    images = np.zeros((30, 28, 28, 1), "uint8")
    for index, image in enumerate(images):
        half = 3 + index % 7
        image[14 - half : 14 + half, 14 - half : 14 + half] = 200 + index
    return images


def test_near_duplicates_follow_their_original(digits):
    clips, groups = moving_digits(digits, originals=3, copies=2, parts=4, seed=1)
    assert groups.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for clip in clips:
        assert clip.dtype == np.uint8 and clip.shape[1:] == (28, 28, 1)
    assert [len(clip) for clip in clips[::3]] == [4 * FRAMES] * 3
    assert len({len(clip) for clip in clips}) > 2  # other speeds
    for original, copy in zip(clips[::3], clips[1::3], strict=True):
        assert original[0].mean() > 0 and (original[0] != copy[0]).any()


def test_digits_move_and_no_two_originals_share_one(digits):
    clips, _ = moving_digits(digits, originals=6, copies=0, parts=5)
    first = clips[0][:FRAMES].astype(float)[..., 0]
    rows = np.arange(28)
    centres = (first.sum(axis=2) * rows).sum(axis=1) / first.sum(axis=(1, 2))
    assert np.ptp(centres) > 0.2
    brightest = [clip.max(axis=(1, 2, 3))[::FRAMES].tolist() for clip in clips]
    assert len(set(sum(brightest, []))) > 20


def test_one_seed_gives_one_set_of_clips(digits):
    one, other = (moving_digits(digits, 2, 1, 3, seed=5)[0] for _ in range(2))
    np.testing.assert_equal(one, other)


def test_near_duplicates_differ_in_brightness_noise_and_order(digits):
    (original, *copies), _ = moving_digits(digits, originals=1, copies=30, parts=5)
    peaks = [np.quantile(clip, 0.999) / 255 for clip in copies]
    assert min(peaks) < 0.7 and max(peaks) > 0.9
    noise = [clip[:, 0, 0].std() for clip in copies]
    assert min(noise) < 5 and max(noise) > 8
    sizes = [(clip > 100).mean(axis=(1, 2, 3)) for clip in copies]
    largest = {int(5 * size.argmax() / len(size)) for size in sizes}
    assert len(largest) > 2  # the largest digit has another position
    assert (original[:FRAMES] > 0).any()
