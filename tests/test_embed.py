"""embed.py: what it writes, what it computes again, and what it refuses."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import embed
from infomax.datasets import embedding
from pretrained import Pretrained
from tests.conftest import make_toy_images
from tests.run_files import names_in, run_here


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    """A network of any size, RGB in 0…255, to 4 numbers."""
    path = tmp_path_factory.mktemp("network") / "tiny.keras"
    steps = [layers.Conv2D(4, 3, strides=2), layers.GlobalAveragePooling2D()]
    keras.Sequential([keras.Input((None, None, 3)), *steps]).save(path)
    return path


@pytest.fixture
def options(network_file, tmp_path):
    """Arguments of all calls, without the source."""
    out = tmp_path / "out" / "vectors.npz"
    return "--out", out, "--backbone", network_file, "--image-size", 10


@pytest.fixture
def toy(tmp_path):
    """A data set file of 20 images to train on and 8 to test on."""
    return write_toy(tmp_path / "toy.npz")


def write_toy(path, shift=0):
    arrays = {}
    for split, count in (("train", 20), ("test", 8)):
        images, labels = make_toy_images(count)
        arrays |= {f"x_{split}": images, f"y_{split}": (labels + shift) % 4}
    np.savez(path, **arrays)
    return path


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


@pytest.fixture
def encoded(monkeypatch):
    """List of the numbers of images that are encoded together, in parts of 8."""
    sizes, encode = [], Pretrained.encode

    def counted(self, images):
        sizes.append(len(images))
        return encode(self, images, batch_size=8)

    in_parts = functools.partial(embedding.kept_vectors, part_size=8)
    monkeypatch.setattr(embedding, "kept_vectors", in_parts)
    monkeypatch.setattr(Pretrained, "encode", counted)
    return sizes


def test_output_has_the_vectors_and_labels_of_both_splits(toy, options, network_file):
    printed = run_here("embed", toy, *options)
    out, given = options[1], arrays_of(toy)
    found = arrays_of(out)
    assert sorted(found) == ["made_of", "x_test", "x_train", "y_test", "y_train"]
    backbone = Pretrained(network_file, (10, 10, 3))
    for split in ("train", "test"):
        expected = backbone.encode(given[f"x_{split}"])
        np.testing.assert_allclose(found[f"x_{split}"], expected, rtol=1e-5)
        np.testing.assert_array_equal(found[f"y_{split}"], given[f"y_{split}"])
    assert names_in(out.parent) == [out.name]
    assert "28 images in" in printed and "images per second" in printed
    assert printed.endswith(f"x_train 20x4 and x_test 8x4 in {out}\n")


def test_folder_of_classes_keeps_their_names_and_sizes_may_differ(tmp_path, options):
    images, labels = make_toy_images(12)
    for index, (image, label) in enumerate(zip(images[..., 0], labels, strict=True)):
        path = tmp_path / "photos" / f"class {label}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((12, 12 + index)).save(path)
    run_here("embed", tmp_path / "photos", *options)
    found = arrays_of(options[1])
    assert found["class_names"].tolist() == [f"class {label}" for label in range(4)]
    assert found["x_train"].shape == (10, 4) and found["y_test"].shape == (2,)


def test_images_without_labels_give_vectors_alone(tmp_path, options):
    np.save(tmp_path / "x.npy", make_toy_images(12)[0])
    run_here("embed", tmp_path / "x.npy", *options)
    assert sorted(arrays_of(options[1])) == ["made_of", "x_test", "x_train"]


def test_second_call_says_so_and_does_nothing(toy, options, encoded):
    run_here("embed", toy, *options)
    before = options[1].stat().st_mtime_ns
    encoded.clear()
    printed = run_here("embed", toy, *options)
    assert "has the vectors of these images by tiny already" in printed
    assert encoded == [] and options[1].stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["labels", "size"])
def test_change_writes_the_output_again(toy, options, encoded, change):
    run_here("embed", toy, *options)
    before = arrays_of(options[1])
    if change == "labels":
        write_toy(toy, shift=1)
    run_here("embed", toy, *options[:-1], 10 if change == "labels" else 9)
    after = arrays_of(options[1])
    changed = "y_train" if change == "labels" else "x_train"
    assert after["made_of"] != before["made_of"]
    assert not np.array_equal(after[changed], before[changed])


def test_interrupted_call_goes_on_where_it_was(toy, options, encoded, capsys):
    out = options[1]
    encode, calls = Pretrained.encode, []

    def stopping(self, images):
        calls.append(len(images))
        if len(calls) > 2:
            raise KeyboardInterrupt
        return encode(self, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pretrained, "encode", stopping)
        with pytest.raises(SystemExit) as exit_:
            run_here("embed", toy, *options)
    assert exit_.value.code == 130
    error = "interrupted; the same command goes on with the rest\n"
    assert capsys.readouterr().err == error
    assert names_in(out.parent) == ["vectors.npz.parts"]
    encoded.clear()
    printed = run_here("embed", toy, *options)
    assert encoded == [4, 8] and "12 images in" in printed
    assert names_in(out.parent) == ["vectors.npz"]
    resumed = arrays_of(out)
    out.unlink()
    run_here("embed", toy, *options)
    np.testing.assert_equal(resumed, arrays_of(out))


def test_file_of_others_among_the_parts_stays(toy, options):
    folder = options[1].with_name("vectors.npz.parts")
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("mine")
    run_here("embed", toy, *options)
    assert names_in(folder) == ["note.txt"]


def test_parts_in_use_by_another_process_are_refused(toy, options, refused_by):
    with embed.parts_of(options[1]):
        line = refused_by(quiet_main, toy, *options)
    assert line.startswith("error: --out: ") and "in use by another process" in line


def quiet_main(argv):
    """Run `main` without what it prints before an error."""
    embed.announce, former = lambda dataset: None, embed.announce
    try:
        embed.main(argv)
    finally:
        embed.announce = former


def test_input_is_not_replaced(toy, options, refused_by):
    line = refused_by(embed.main, toy, *options, "--out", toy)
    assert line.startswith(f"error: --out: got {toy}, which is the input")


@pytest.mark.parametrize("content", ["arrays", "text"])
def test_file_of_others_is_not_replaced(tmp_path, toy, options, refused_by, content):
    other = write_toy(tmp_path / "other.npz")
    if content == "text":
        other.write_text("mine")
    before = other.read_bytes()
    line = refused_by(embed.main, toy, *options, "--out", other)
    assert line.startswith(f"error: --out: got {other}, which embed.py has not written")
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "required: FOLDER, --out; see --help"),
        (["mnist"], "required: --out; see --help"),
        (["mnist", "--out", "x.csv"], "--out: got x.csv, expected the name of a .npz"),
        (["mnist", "--out=x.npz", "--image-size=-1"], "--image-size: got -1, expected"),
        (["mnist", "--out=x.npz", "--pixel-low=3"], "--pixel-low: got 3.0 with"),
        (["mnist", "--out=x.npz", "--backbone=Net"], "--backbone: got 'Net', expected"),
        (
            ["mnist", "--out=x.npz", "--backbone=a.keras"],
            "--backbone: a.keras does not",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, message, refused_by):
    assert message in refused_by(embed.main, *arguments)


def test_missing_source_is_refused(options, refused_by):
    line = refused_by(embed.main, "nowhere", *options)
    assert line.startswith("error: nowhere does not exist, expected a path or one of")


def test_folder_as_output_is_refused(tmp_path, toy, options, refused_by):
    (tmp_path / "folder.npz").mkdir()
    line = refused_by(embed.main, toy, *options, "--out", tmp_path / "folder.npz")
    assert "folder.npz is a folder, expected a file's name" in line
