"""Clips of moving digits, and near-duplicates of them, for measuring retrieval."""

import numpy as np
from scipy.ndimage import affine_transform

FRAMES = 6  # per digit, at the original's speed
REACH = 3  # pixels that a digit moves to either side
# Ranges of what a near-duplicate changes.
SPEED, ZOOM, BRIGHTNESS, NOISE = (0.5, 2.0), (1.0, 1.3), (0.6, 1.4), (0.0, 0.1)


def moving_digits(
    digits: np.ndarray,
    originals: int = 40,
    copies: int = 4,
    parts: int = 5,
    seed: int = 0,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Make clips, uint8 (frames, height, width, 1), and return each one's original."""
    generator = np.random.default_rng(seed)
    # Originals share no image.
    chosen = generator.choice(len(digits), (originals, parts), replace=False)
    clips = []
    for of_clip in digits[chosen]:  # (parts, height, width, 1)
        paths = generator.uniform(-REACH, REACH, (parts, 2, 2))  # from, to
        clips.append(_clip(of_clip, paths))  # before its near-duplicates
        for _ in range(copies):
            order = generator.permutation(parts)
            speed, zoom, brightness, noise = (
                generator.uniform(*range_)
                for range_ in (SPEED, ZOOM, BRIGHTNESS, NOISE)
            )
            corner = generator.uniform(-1, 1, 2)
            clip = _clip(of_clip[order], paths[order], speed, zoom, corner) * brightness
            clip = clip + 255 * noise * generator.standard_normal(clip.shape)
            clips.append(np.clip(np.rint(clip), 0, 255).astype("uint8"))
    return clips, np.repeat(np.arange(originals), 1 + copies)


def _clip(digits, paths, speed=1.0, zoom=1.0, corner=(0.0, 0.0)):
    count = max(2, round(FRAMES / speed))
    return np.stack(
        [
            _frame(digit[..., 0], start + (end - start) * share, zoom, corner)
            for digit, (start, end) in zip(digits, paths, strict=True)
            for share in np.linspace(0, 1, count)
        ]
    )


def _frame(digit, shift, zoom, corner):
    """Move the digit in a window of 1 / zoom of the frame: (height, width, 1)."""
    centre = (np.array(digit.shape) - 1) / 2
    window = np.asarray(corner) * centre * (1 - 1 / zoom)  # its distance to the centre
    # `affine_transform` wants the inverse: where each output pixel comes from.
    offset = centre - centre / zoom + window - shift
    return affine_transform(digit, [1 / zoom, 1 / zoom], offset, order=1)[..., None]
