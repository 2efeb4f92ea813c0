"""Finding and decoding image files."""

import numpy as np
import pytest
from PIL import EpsImagePlugin, ExifTags, Image

from infomax.datasets import (
    headers,
    image_files,
    image_folder,
    load_dataset,
    load_images,
    on_demand,
)
from infomax.datasets.finding import find_images, formats_of, suffixes
from infomax.datasets.headers import Headers, common_image_shape
from infomax.datasets.image_files import decode_images
from infomax.datasets.reading import Reading, described
from tests.datasets.small_files import save_animation, save_image


def decode(path):
    return decode_images([path], common_image_shape([path]))[0]


@pytest.fixture
def colours():
    return np.random.default_rng(1).integers(0, 256, (4, 5, 3), dtype=np.uint8)


def test_images_are_found_sorted_in_all_folders(tmp_path, colours):
    for name in ("b.png", "A/c.JPG", "a.webp", ".hidden.png", ".git/d.png"):
        save_image(tmp_path / name, colours)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "folder.png").mkdir()
    names = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert names == ["A/c.JPG", "a.webp", "b.png"]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff"])
def test_lossless_formats_preserve_pixels(tmp_path, colours, suffix):
    path = save_image(tmp_path / f"a{suffix}", colours)
    np.testing.assert_array_equal(decode(path), colours)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp", ".gif"])
def test_lossy_formats_preserve_a_flat_colour(tmp_path, suffix):
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    pixels = decode(save_image(tmp_path / f"a{suffix}", flat))
    np.testing.assert_allclose(pixels, flat, atol=4)


def test_first_frame_of_a_gif_is_decoded(tmp_path):
    frames = np.zeros((2, 2, 3, 3), "uint8") + [[[[255, 0, 0]]], [[[0, 0, 255]]]]
    path = save_animation(tmp_path / "a.gif", frames.astype("uint8"))
    assert (decode(path) == [255, 0, 0]).all()


@pytest.mark.parametrize(
    "array, expected",
    [
        (np.array([[0, 7, 255]], np.uint8), [0, 7, 255]),
        (np.array([[256, 7 * 257, 65535]], np.uint16), [0, 7, 255]),
        (np.array([[False, True, True]]), [0, 255, 255]),
    ],
    ids=["L", "I;16", "1"],
)
def test_grey_modes_give_one_channel(tmp_path, array, expected):
    pixels = decode(save_image(tmp_path / "a.png", array))
    assert pixels.shape == (1, 3, 1)
    assert pixels.ravel().tolist() == expected


def test_one_colour_image_makes_all_images_colour(tmp_path, colours):
    grey, colour = tmp_path / "a.png", tmp_path / "b.png"
    save_image(grey, colours[..., 0])
    save_image(colour, colours)
    assert common_image_shape([grey]) == (4, 5, 1)
    assert common_image_shape([grey, colour]) == (4, 5, 3)
    pixels = decode_images([grey, colour], (4, 5, 3))
    np.testing.assert_array_equal(pixels[0], np.repeat(colours[..., :1], 3, axis=-1))
    np.testing.assert_array_equal(pixels[1], colours)


def test_transparency_becomes_black(tmp_path):
    colour = np.array([[[200, 100, 50, 0], [200, 100, 50, 255]]], np.uint8)
    pixels = decode(save_image(tmp_path / "a.png", colour))
    assert pixels.tolist() == [[[0, 0, 0], [200, 100, 50]]]
    Image.fromarray(colour).convert("LA").save(tmp_path / "b.png")
    grey = decode(tmp_path / "b.png")
    assert grey.shape == (1, 2, 1)
    assert grey[0, 0, 0] == 0 and grey[0, 1, 0] > 100


def test_colour_becomes_grey_by_luma(tmp_path):
    colours = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    path = save_image(tmp_path / "a.png", colours)
    assert decode_images([path], (1, 2, 1)).ravel().tolist() == [76, 150]


def test_resizing_is_antialiased(tmp_path):
    stripes = np.tile(np.array([0, 255], np.uint8), (32, 16))  # one pixel wide each
    pixels = decode_images([save_image(tmp_path / "a.png", stripes)], (4, 4, 1))
    assert pixels.shape == (1, 4, 4, 1)
    # Sampling without a filter would give stripes or one extreme.
    np.testing.assert_allclose(pixels, 127.5, atol=16)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_images_are_turned_upright(tmp_path, suffix):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise by a quarter
    stored = np.zeros((16, 32, 3), np.uint8)
    stored[:, 16:] = 255  # the right half: the lower one after the turn
    pixels = decode(save_image(tmp_path / f"a{suffix}", stored, exif=exif))
    assert pixels.shape == (32, 16, 3)
    assert pixels[:14].max() < 30 and pixels[18:].min() > 225


@pytest.mark.parametrize("share", [0, 0.5])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif", ".tif", ".webp"])
def test_truncated_file_is_named(tmp_path, suffix, share):
    noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    path = save_image(tmp_path / f"broken{suffix}", noise)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=f"Cannot read the image .*broken{suffix}"):
        decode(path)


def test_damage_that_pillow_calls_a_syntax_error_is_named(tmp_path, colours):
    path = save_image(tmp_path / "a.webp", colours, exif=b"Exif\0\0no header")
    with pytest.raises(ValueError, match="Cannot read the image .*a.webp") as caught:
        decode(path)
    assert isinstance(caught.value.__cause__, SyntaxError)


@pytest.mark.parametrize(
    "value, message",
    [(np.float32(0.5), "are floats"), (np.int32(70000), "exceed 16 bits")],
)
def test_pixels_of_unknown_range_are_refused(tmp_path, value, message):
    with pytest.raises(ValueError, match=f"a.tif .*pixels {message}"):
        decode(save_image(tmp_path / "a.tif", value[None, None]))


# Suffixes, and the format that Pillow writes; each is lossless, or the image is flat.
FORMATS = {
    **dict.fromkeys((".jfif", ".jpe", ".JPEG", ".Jpg"), "JPEG"),
    **dict.fromkeys((".ppm", ".pnm"), "PPM"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx"), "JPEG2000"),
    **dict.fromkeys((".tga", ".vda"), "TGA"),
    **dict.fromkeys((".sgi", ".rgb"), "SGI"),
    **{".apng": "PNG", ".pcx": "PCX", ".ico": "ICO", ".dds": "DDS", ".im": "IM"},
    **{".dib": "DIB", ".avif": "AVIF", ".mpo": "MPO", ".icns": "ICNS", ".qoi": "QOI"},
}


def test_all_that_pillow_reads_is_read(tmp_path):
    Image.init()
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    written = {suffix: kind for suffix, kind in FORMATS.items() if kind in Image.SAVE}
    for suffix, kind in written.items():
        save_image(tmp_path / f"a{suffix}", flat, format=kind)
    Image.fromarray(flat[..., 0]).save(tmp_path / "a.pgm")
    Image.fromarray(flat[..., 0] > 9).save(tmp_path / "a.xbm")
    paths = find_images(tmp_path)
    assert len(paths) == len(written) + 2
    for path in paths:
        wanted = {".pgm": 200, ".xbm": 255}.get(path.suffix, flat)
        pixels = decode_images([path], (16, 16, 3))[0]
        np.testing.assert_allclose(pixels, wanted, atol=6, err_msg=path.suffix)


@pytest.mark.parametrize("kind", ["EPS", "PDF", "WMF", "MPEG", "FITS", "HDF5", "GRIB"])
def test_what_runs_programs_or_is_no_image_is_not_read(kind):
    Image.init()
    read = {kind for suffix in suffixes() for kind in formats_of(f"a{suffix}")}
    assert kind not in read and suffixes().get(".ps") is suffixes().get(".eps") is None


@pytest.mark.parametrize("suffix", sorted({".png", ".tga", ".ico", ".xbm", ".jp2"}))
def test_postscript_of_any_name_is_not_run(tmp_path, colours, suffix, monkeypatch):
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", None)
    path = save_image(tmp_path / "a.eps", colours).rename(tmp_path / f"a{suffix}")
    with pytest.raises(ValueError, match=f"Cannot read the image .*a{suffix}"):
        decode(path)


@pytest.mark.parametrize("large", [False, True])
def test_all_unreadable_images_are_named_at_once(tmp_path, monkeypatch, large):
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0 if large else 50_000_000)
    noise = np.random.default_rng(2).integers(0, 256, (60, 40, 40), dtype=np.uint8)
    for index, image in enumerate(noise):
        suffix = (".png", ".jpg", ".bmp", ".tif", ".gif", ".webp")[index % 6]
        save_image(tmp_path / f"{index:02}{suffix}", image)
    paths = find_images(tmp_path)
    for path in paths[:20]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    paths[20].write_bytes(b"")
    paths[21].write_text("<html>404</html>")
    message = "Cannot read 22 of 60 images: .*/00.png .*/09.tif .*, 12 more; expected"
    with pytest.raises(ValueError, match=message) as caught:
        load_dataset(tmp_path)
    assert "--skip-unreadable" in str(caught.value) and "/10." not in str(caught.value)
    reading = Reading(skip_unreadable=True)
    dataset = load_dataset(tmp_path, reading=reading)
    assert len(dataset.x_train) + len(dataset.x_test) == 38
    assert dataset.x_test[:].shape[1:] == (40, 40, 3)  # as a WebP
    assert reading.unreadable == [path.name for path in paths[:22]]
    assert "22 unreadable left out: 00.png, " in described(dataset)[0]
    images, names = load_images(tmp_path, (40, 40, 1), Reading(skip_unreadable=True))
    assert names == tuple(path.name for path in paths[22:])
    np.testing.assert_array_equal(images[0], decode(paths[22]))


def test_labels_stay_with_their_images_if_some_are_skipped(tmp_path, colours):
    for index in range(12):
        shade = np.full((4, 5), 100 * (index % 2), "uint8")
        save_image(tmp_path / f"{index % 2}" / f"{index:02}.png", shade)
    (tmp_path / "0" / "04.png").write_bytes(b"")
    dataset = load_dataset(tmp_path, reading=Reading(skip_unreadable=True))
    np.testing.assert_array_equal(100 * dataset.y_train, dataset.x_train[:, 0, 0, 0])
    assert len(dataset.y_train) == 10 and len(dataset.y_test) == 1


def test_damage_that_appears_later_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0)
    noise = np.random.default_rng(2).integers(0, 256, (12, 40, 40), dtype=np.uint8)
    for index, image in enumerate(noise):
        path = save_image(tmp_path / f"{index:02}.jpg", image)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // (1 + (index == 3))])
    # As if neither header nor end showed the damage.
    monkeypatch.setattr(headers, "_has_its_end", lambda *_: True)
    monkeypatch.setattr(image_folder, "find_range", lambda *_: None)
    images = load_dataset(tmp_path).x_train
    with pytest.raises(ValueError, match="03.jpg .*or leave such .* --skip-unreadable"):
        images[:]
    skipping = load_dataset(tmp_path, reading=Reading(skip_unreadable=True))
    assert len(skipping.x_train[:]) + len(skipping.x_test[:]) == 11


def test_photographs_in_grey_and_in_colour_are_not_all_read_for_the_range(
    tmp_path, monkeypatch
):
    grey, colour = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray(np.full((4, 5), 200, "uint8")).save(grey)
    Image.fromarray(np.full((4, 5, 3), 90, "uint8")).save(colour)
    found, read = Headers(), []
    assert found.read(grey) and found.read(colour)
    values = image_files.stored_values
    monkeypatch.setattr(
        image_files, "stored_values", lambda path: read.append(path) or values(path)
    )
    assert image_files.find_range([grey, colour], found) is None
    assert read == [grey]
