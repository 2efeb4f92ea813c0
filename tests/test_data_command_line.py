"""What the command line says of the data, and what a run keeps of it."""

import functools

import numpy as np
import pytest
from PIL import Image

from infomax.cli.reading import reading_of_run
from infomax.cli.run_folder import RunFolder
from infomax.datasets import load_images
from tests.conftest import TINY
from tests.run_files import read_json, run_here
from unsupervised_clustering import IIC, main

command = functools.partial(run_here, "unsupervised_clustering")
COURSE = *TINY, "--epochs", 1, "--merge-after", 0, "--verbose", 0


@pytest.fixture
def photographs(tmp_path, toy_images):
    """Photographs of 12 bits; one cannot be read, and one other file is beside them."""
    images, labels = toy_images(48)
    for split in ("Train", "val"):
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            folder = tmp_path / "archive" / split / f"class {label}"
            folder.mkdir(parents=True, exist_ok=True)
            pixels = image[..., 0].astype("uint16") * 16
            Image.fromarray(pixels).save(folder / f"{index:02}.png")
    (tmp_path / "archive" / "Train" / "class 0" / "00.png").write_bytes(b"")
    (tmp_path / "archive" / "Train" / "class 1" / "phone.heic").write_bytes(b"x")
    return tmp_path / "archive"


def test_a_run_says_what_it_read_and_keeps_how(
    photographs, tmp_path, refused_by, eager, capsys
):
    eager(IIC)
    run, given = tmp_path / "run", ("--dataset", photographs)
    line = refused_by(main, "--train", *given, "--run-dir", run, *COURSE)
    assert "00.png" in line and "--skip-unreadable" in line and not run.exists()
    printed = command("--train", "--skip-unreadable", *given, "--run-dir", run, *COURSE)
    line = printed.splitlines()[0]
    assert line == (
        "archive: 95 images of 12x12, grey; 4 classes; 47 to train on and 48 to test "
        "on; val is the test split; left out: 1 .heic; 1 unreadable left out: class "
        "0/00.png; pixels 0…4095 are black to white (--pixel-high)"
    )
    assert (run / "unreadable.txt").read_text() == "class 0/00.png\n"
    configuration = read_json(run / "config.json")["configuration"]
    assert (configuration["pixel_low"], configuration["pixel_high"]) == (0, 4095)
    assert command("--eval", "--run-dir", run).splitlines()[0] == line
    dark = tmp_path / "dark"
    dark.mkdir()
    with Image.open(photographs / "val" / "class 2" / "02.png") as image:
        pixels = np.asarray(image) // 16  # within 8 bits: not to be guessed again
    Image.fromarray(pixels).save(dark / "a.png")
    (dark / "b.png").write_bytes(b"x")
    command("--predict", dark, "--out", tmp_path / "a.csv", "--run-dir", run)
    assert "1 unreadable left out: b.png" in capsys.readouterr().err
    assert (run / "unreadable-predict.txt").read_text() == "b.png\n"
    (row,) = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert row.startswith("a.png,")
    images, _ = load_images(dark / "a.png", (12, 12, 1), reading_of_run(RunFolder(run)))
    np.testing.assert_allclose(images[0, ..., 0], pixels / 16, atol=1)


def test_options_that_change_the_images_are_refused_for_a_resume(refused_by, run_copy):
    for option in (["--skip-unreadable"], ["--pixel-high", 9]):
        line = refused_by(main, "--resume", "--run-dir", run_copy, *option)
        assert f"{option[0]}: given with --resume" in line


@pytest.mark.parametrize("given", [(5, 2), (3, "nan"), (0, "inf")])
def test_a_range_that_is_none_is_refused(refused_by, given, toy_npz):
    low, high = given
    call = "--train", "--dataset", toy_npz, "--pixel-low", low, "--pixel-high", high
    assert "--pixel-low: got" in refused_by(main, *call)
