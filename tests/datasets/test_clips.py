"""Clips from folders and animated images, and of moving digits."""

import numpy as np
import pytest
from PIL import Image

from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.moving_digits import FRAMES, moving_digits

SHAPE = (8, 8, 1)


def frames(count, seed=0):
    """Random grey frames, uint8 of shape (count, 8, 8)."""
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A clip of each kind, and a single image."""
    (tmp_path / "a").mkdir()
    for index, frame in enumerate(frames(3)):
        Image.fromarray(frame).save(tmp_path / "a" / f"{index}.png")
    first, *others = map(Image.fromarray, frames(4, seed=1))
    first.save(tmp_path / "b.tif", save_all=True, append_images=others)
    Image.fromarray(frames(1, seed=2)[0]).save(tmp_path / "c.png")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_each_kind_of_item_is_a_clip(folder):
    paths = find_clips(folder)
    assert [path.name for path in paths] == ["a", "b.tif", "c.png"]
    clips = [load_clip(path, SHAPE) for path in paths]
    for clip, expected in zip(
        clips, (frames(3), frames(4, seed=1), frames(1, seed=2)), strict=True
    ):
        np.testing.assert_array_equal(clip[..., 0], expected)


def test_an_animated_gif_has_all_its_frames(tmp_path):
    shades = [np.full((8, 8), shade, "uint8") for shade in (0, 100, 250)]
    first, *others = map(Image.fromarray, shades)
    path = tmp_path / "clip.gif"
    first.save(path, save_all=True, append_images=others, duration=50)
    clip = load_clip(path, SHAPE)
    assert clip.shape == (3, *SHAPE)
    np.testing.assert_allclose(clip.mean(axis=(1, 2, 3)), [0, 100, 250], atol=2)


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_nothing_to_search_among(tmp_path, kind):
    path = tmp_path / kind
    if kind == "empty":
        path.mkdir()
    with pytest.raises(FileNotFoundError, match=f"{kind} (is no folder|contains no)"):
        find_clips(path)
    with pytest.raises(FileNotFoundError):
        load_clip(path, SHAPE)


def digits(count=30):
    """Bright squares of different sizes in the middle."""
    images = np.zeros((count, 28, 28, 1), "uint8")
    for index, image in enumerate(images):
        half = 3 + index % 7
        image[14 - half : 14 + half, 14 - half : 14 + half] = 200 + index
    return images


def test_near_duplicates_stand_after_their_original():
    clips, groups = moving_digits(digits(), originals=3, copies=2, parts=4, seed=1)
    assert groups.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for clip in clips:
        assert clip.dtype == np.uint8 and clip.shape[1:] == (28, 28, 1)
    assert [len(clip) for clip in clips[::3]] == [4 * FRAMES] * 3
    assert len({len(clip) for clip in clips}) > 2  # other speeds
    for original, copy in zip(clips[::3], clips[1::3], strict=True):
        assert original[0].mean() > 0 and (original[0] != copy[0]).any()


def test_digits_move_and_no_two_originals_share_one():
    clips, _ = moving_digits(digits(), originals=6, copies=0, parts=5)
    first = clips[0][:FRAMES].astype(float)[..., 0]
    rows = np.arange(28)
    centres = (first.sum(axis=2) * rows).sum(axis=1) / first.sum(axis=(1, 2))
    assert np.ptp(centres) > 0.2
    brightest = [clip.max(axis=(1, 2, 3))[::FRAMES].tolist() for clip in clips]
    assert len(set(sum(brightest, []))) > 20


def test_one_seed_is_one_set_of_clips():
    one, other = (moving_digits(digits(), 2, 1, 3, seed=5)[0] for _ in range(2))
    for clip, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(clip, same)


def test_a_near_duplicate_differs_in_brightness_noise_and_order():
    generous = {"originals": 1, "copies": 30, "parts": 5}
    (original, *copies), _ = moving_digits(digits(), **generous)
    peaks = [np.quantile(clip, 0.999) / 255 for clip in copies]
    assert min(peaks) < 0.7 and max(peaks) > 0.9
    noise = [clip[:, 0, 0].std() for clip in copies]
    assert min(noise) < 5 and max(noise) > 8
    sizes = [(clip > 100).mean(axis=(1, 2, 3)) for clip in copies]
    largest = {int(5 * size.argmax() / len(size)) for size in sizes}
    assert len(largest) > 2  # the largest digit stands in another place
    assert (original[:FRAMES] > 0).any()
