"""Files that were made to do harm: each is refused in one line, and at once."""

import gzip
import io
import json
import operator
import os
import pickle
import struct
import time
import zipfile
import zlib

import h5py
import keras
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from infomax.callbacks.checkpoints import Checkpoints
from infomax.cli.run_folder import RunFolder
from infomax.datasets import limits, load_dataset, load_images
from infomax.datasets.clips import load_clip
from infomax.datasets.image_files import decode_frames
from infomax.datasets.npz import read_npz_pair
from infomax.datasets.segmentation import load_segmentation
from tests.hostile.loaders import (
    COLOURS,
    SHAPE,
    checkpoints,
    coco,
    idx,
    labelled,
    potsdam,
    run,
)

pytestmark = pytest.mark.usefixtures("little_memory")


@pytest.fixture
def refused():
    """Function: the one line with which a call is refused, within a second."""

    def call(function, *arguments):
        start = time.process_time()
        with pytest.raises(ValueError) as caught:
            function(*arguments)
        assert time.process_time() - start < 1
        return str(caught.value)

    return call


def npy(shape, descr="|u1", content=b"", version=(1, 0)):
    """Bytes of a .npy file whose header says what it likes."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    write = {
        (1, 0): np.lib.format.write_array_header_1_0,
        (2, 0): np.lib.format.write_array_header_2_0,
    }[version]
    write(file, header)
    return file.getvalue() + content


def zipped(path, **members):
    """Write a .npz file of such bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path, refused):
    path = tmp_path / "bomb.npz"
    size = 10 * 2**30
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x_train.npy", "w", force_zip64=True) as file:
            file.write(npy((size // 2**20, 1024, 1024)))
            for _ in range(64):  # a start; the directory says the rest
                file.write(bytes(2**20))
        member = archive.getinfo("x_train.npy")
        member.file_size, member.compress_size = size, size // 1000
    for load in (load_dataset, read_npz_pair, lambda path: load_images(path, SHAPE)):
        line = refused(load, path)
        assert f"bomb.npz would expand to {size} bytes" in line
        assert f"expected at most {limits.LIMIT} (4 GiB)" in line


def test_many_members_are_added_up(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(limits, "LIMIT", 10_000)
    arrays = {f"x{index}": np.zeros(2000, np.uint8) for index in range(6)}
    np.savez_compressed(tmp_path / "bomb.npz", **arrays)
    assert "bomb.npz would expand to 12" in refused(load_dataset, tmp_path / "bomb.npz")


def test_a_member_that_announces_more_than_deflate_can_hold(tmp_path, refused):
    path = zipped(tmp_path / "bomb.npz", x_train=npy((9,), content=bytes(9)))
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\1\2") + 24  # the size, in the directory
    content[place : place + 4] = (3 * 2**30).to_bytes(4, "little")
    path.write_bytes(content)
    line = refused(load_dataset, path)
    assert "Member 'x_train.npy' of" in line and "at most 1032 times" in line


@pytest.mark.parametrize(
    "shape, descr",
    [
        ((2**40,), "|u1"),
        ((2**15, 2**15), "<f8"),
        ((-3, -3), "|u1"),
        ((10**10,), "|S0"),
        ((), "|V999999999"),
        ((3,), "|u1"),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [(1, 0), (2, 0)], ids=str)
def test_a_header_that_lies(tmp_path, refused, shape, descr, version):
    path = zipped(
        tmp_path / "lie.npz", x_train=npy(shape, descr, bytes(9), version), x=npy(shape)
    )
    line = refused(load_dataset, path)
    assert "'x_train' of" in line and "lie.npz" in line and "there are 9" in line


def test_a_pickled_array_is_refused_and_never_unpickled(tmp_path, refused):
    trace = tmp_path / "trace"

    class Intruder:
        def __reduce__(self):
            return os.mkdir, (str(trace),)

    pickled = npy((1,), "|O", pickle.dumps(np.array([Intruder()], object)))
    path = zipped(tmp_path / "objects.npz", x_train=pickled, x=pickled, y=pickled)
    for load in (load_dataset, read_npz_pair, lambda path: load_images(path, SHAPE)):
        assert "pickled objects are never loaded" in refused(load, path)
    run(tmp_path)
    path.rename(tmp_path / "index.npz")
    line = refused(RunFolder(tmp_path).indexed, [tmp_path / "item"], None)
    assert "index.npz" in line and "pickled objects are never loaded" in line
    assert not trace.exists()


def test_a_gzip_bomb_is_read_no_further_than_its_header_says(tmp_path, refused):
    idx(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    content = struct.pack(">4I", 0x803, 8, 6, 5) + bytes(2**28)
    path.write_bytes(gzip.compress(content))
    line = refused(load_dataset, tmp_path)
    assert f"{path} has at least 257 bytes, expected 256" in line


@pytest.mark.parametrize(
    "shape, expected",
    [((2**20, 2**10, 2**10), "expand to 1099511627776"), ((99, 999, 999), "1032 time")],
)
def test_an_idx_header_that_lies(tmp_path, refused, shape, expected):
    idx(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(struct.pack(">4I", 0x803, *shape) + bytes(256)))
    line = refused(load_dataset, tmp_path)
    assert str(path) in line and expected in line


def png(width, height, frames=None):
    """Bytes of a PNG that has a header and little else."""
    chunks = [(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))]
    if frames:
        chunks.append((b"acTL", struct.pack(">2I", frames, 0)))
    chunks += [(b"IDAT", zlib.compress(bytes(999))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def test_an_image_of_too_many_pixels(tmp_path, refused):
    path = tmp_path / "3.png"
    path.write_bytes(png(60_000, 60_000))
    for load in (load_images, load_clip):
        line = refused(load, path, SHAPE)
        assert f"Cannot read the image {path}" in line
        assert f"{limits.PIXELS} pixels" in line
    labelled(tmp_path)
    path.replace(tmp_path / "labels" / "3.png")
    line = refused(load_segmentation, tmp_path, 8)
    assert "labels/3.png" in line and f"{limits.PIXELS} pixels" in line


def test_an_animation_of_too_many_frames(tmp_path, refused):
    path = tmp_path / "clip.png"
    for side, shape in ((1000, (6, 5, 1)), (1, (1000, 1000, 3))):
        path.write_bytes(png(side, side, frames=2000))
        line = refused(decode_frames, path, shape)
        assert "clip.png (its 2001 frames of 1000x1000 pixels would expand" in line


def test_frames_of_which_a_later_one_is_too_large(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(limits, "PIXELS", 100)
    small, large = Image.new("L", (5, 5)), Image.new("L", (50, 50))
    small.save(tmp_path / "clip.tif", save_all=True, append_images=[large])
    line = refused(decode_frames, tmp_path / "clip.tif", SHAPE)
    assert "clip.tif (it has 50x50 pixels, the limit is 100)" in line


def test_postscript_called_png_is_not_run(tmp_path, refused, monkeypatch):
    Image.fromarray(COLOURS).save(tmp_path / "a.eps")
    path = (tmp_path / "a.eps").rename(tmp_path / "a.png")
    with Image.open(path) as image:
        assert image.format == "EPS"  # which Pillow would give to Ghostscript
    assert "Cannot read the image" in refused(lambda: load_images(path, SHAPE))


def test_folders_that_lie_deeper_than_calls_can(tmp_path):
    folder, folders = tmp_path, []
    for _ in range(1200):
        folder = folder / "a"
        folder.mkdir()
        folders.append(folder)
    Image.fromarray(COLOURS).save(folder / "a.png")
    images, (name,) = load_images(tmp_path, SHAPE)
    assert images.shape == (1, *SHAPE) and name == "a/" * 1200 + "a.png"
    (folder / "a.png").unlink()
    for folder in reversed(folders):  # pytest's own way would call too deep
        folder.rmdir()


@pytest.mark.parametrize("name", ["../7", "/7", "a/../../7", "..\\7", "C:\\7"])
def test_lists_do_not_lead_out_of_their_folder(tmp_path, refused, name):
    layouts = {
        coco: "curated/train2017/Coco164kFull_Stuff_Coarse_7.txt",
        potsdam(False): "labelled_test.txt",
    }
    for number, (write, file) in enumerate(layouts.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder)
        (folder / file).write_text(f"7\n{name}\n")
        line = refused(load_segmentation, folder)
        assert f"{folder / file} has the name {name!r}, which leads out of" in line


def test_a_name_repeated_in_a_list_is_one_image(tmp_path):
    potsdam(False)(tmp_path)
    (tmp_path / "labelled_train.txt").write_text("3\n" * 100_000)
    assert len(load_segmentation(tmp_path).x_train) == 1


def test_an_array_of_matlab_that_is_none(tmp_path, refused):
    potsdam(True)(tmp_path)
    path = tmp_path / "imgs" / "3.mat"
    cells = np.empty((6, 5, 4), object)
    cells[:] = [[["a"] * 4] * 5] * 6
    for strange in (cells, {"a": 1}, "text", np.zeros((6, 5, 4)), np.zeros((3, 0))):
        savemat(path, {"img": strange})
        assert f"{path} has no array img of whole numbers" in refused(
            load_segmentation, tmp_path
        )


def keras_file(folder, change=None, weights=None, **further):
    """The valid network's file, with another configuration, other weights or more."""
    run(folder)
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if change:
        config = json.loads(members["config.json"])
        change(config["config"]["layers"])
        members["config.json"] = json.dumps(config)
    if weights:
        members["model.weights.h5"] = weights
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members | further).items():
            archive.writestr(name, content)
    return RunFolder(folder)


def test_a_network_with_a_lambda_layer(tmp_path, refused):
    trace = tmp_path / "trace"
    image = keras.Input(SHAPE)
    name = str(trace)
    outputs = keras.layers.Lambda(lambda x: (open(name, "w"), x)[1])(image)
    trace.unlink()  # it was called once, when it was made
    run(tmp_path)
    keras.Model(image, outputs).save(tmp_path / "model.keras")
    line = refused(RunFolder(tmp_path).load_network)
    assert "model.keras: damaged, or no Keras model (it has the class Lambda" in line
    assert "\n" not in line and not trace.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"module": "os", "class_name": "system"},
        {"module": "keras.layers", "class_name": "TFSMLayer"},
        {"module": "subprocess", "class_name": "Popen", "registered_name": "Conv2D"},
    ],
    ids=lambda change: change["class_name"],
)
def test_a_network_with_classes_that_are_none(tmp_path, refused, change):
    found = keras_file(tmp_path, lambda layers: layers[1].update(change))
    line = refused(found.load_network)
    assert f"it has the class {change['class_name']} of {change['module']}" in line


def test_a_network_with_more_weights_than_its_file_holds(tmp_path, refused):
    def change(layers):
        layers[1]["config"]["filters"] = 10**12
        layers[3]["build_config"]["input_shape"] = [None, 12 * 10**12]
        layers[3]["inbound_nodes"][0]["args"][0]["config"]["shape"] = [
            None,
            12 * 10**12,
        ]

    line = refused(keras_file(tmp_path, change).load_network)
    assert "model.keras: damaged" in line
    assert "it announces 46000000000003 weights in" in line


def test_weights_that_are_announced_and_not_there(tmp_path, refused):
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights.create_dataset("a", (2**20, 2**11), "f4", chunks=(1024, 1024))
    found = keras_file(tmp_path, weights=file.getvalue())
    assert "it announces 8589934592 weights in" in refused(found.load_network)


@pytest.mark.parametrize("name", ["../outside", "assets/words.txt", "weights.npz"])
def test_a_network_with_further_files(tmp_path, refused, name):
    found = keras_file(tmp_path, **{name: b"anything"})
    line = refused(found.load_network)
    assert "its members are" in line and name in line
    assert not (tmp_path.parent / "outside").exists()


def test_a_network_that_expands_beyond_the_limit(tmp_path, refused, monkeypatch):
    found = keras_file(tmp_path)
    monkeypatch.setattr(limits, "LIMIT", 10_000)
    assert "expected at most 10000" in refused(found.load_network)


@pytest.mark.parametrize(
    "content, expected",
    [
        ("[" * 100_000, "not readable as JSON"),
        ("[1, 2]", "a list instead of an object"),
        ("9" * 5000, "not readable as JSON"),
        ("{}", "has no "),
        (b"\xff\xfe", "not readable as JSON"),
    ],
    ids=["deep", "list", "long", "empty", "no text"],
)
def test_json_that_no_run_wrote(tmp_path, refused, content, expected):
    content = content if isinstance(content, bytes) else content.encode()
    for name in ("config", "metrics"):
        path = tmp_path / f"{name}.json"
        path.write_bytes(content)
        read = operator.attrgetter(name)
        line = refused(lambda run, read=read: read(run)["dataset"], RunFolder(tmp_path))
        assert str(path) in line and expected in line


@pytest.mark.parametrize(
    "shape", ["abc", [28, 28], None, [28, 28, -1], [28, 28, 1.0], [10**9, 10**9, 1]]
)
def test_an_image_shape_that_is_none(tmp_path, refused, shape):
    found = RunFolder(tmp_path)
    found.start({"image_shape": shape})
    line = refused(lambda: found.image_shape)
    assert f"config.json: got image_shape {shape}, expected [height, width" in line


def test_a_checkpoint_without_its_place(tmp_path, capsys):
    checkpoints(tmp_path)
    path = tmp_path / "checkpoints" / "epoch-000001-step-000000000.npz"
    for place in ("{}", "[]", "[" * 100_000, '{"epoch": "one"}'):
        np.savez(path, place=np.array(place))
        assert not Checkpoints(path.parent).find()
        assert f"{path} is damaged" in capsys.readouterr().err


def test_an_index_of_other_vectors(tmp_path, refused):
    run(tmp_path)
    with np.load(tmp_path / "index.npz") as kept:
        arrays = dict(kept)
    item, more = tmp_path / "item", tmp_path / "more"
    more.write_text("new")
    for change in (
        {"vectors": np.array([np.nan] * 3)[None]},
        {"vectors": np.ones(3)},
        {"stamps": arrays["stamps"].repeat(2)},
        {"vectors": np.ones((1, 4))},
    ):
        np.savez(tmp_path / "index.npz", **{**arrays, **change})
        line = refused(RunFolder(tmp_path).indexed, [item, more], lambda _: np.ones(3))
        assert "index.npz" in line and "delete it, and it is made anew" in line
