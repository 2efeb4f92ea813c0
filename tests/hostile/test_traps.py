"""Files that were made to do harm are refused at once, in one line."""

import gzip
import io
import json
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

from infomax.callbacks.checkpoint import Checkpoint
from infomax.cli.run_folder import RunFolder
from infomax.cli.search import indexed
from infomax.datasets import foreign_files, load_dataset, load_images, load_segmentation
from infomax.datasets.clips import load_clip
from infomax.datasets.image_files import decode_frames
from infomax.datasets.paired_samples import read_npz_pair
from tests.hostile import loaders
from tests.hostile.loaders import COLOURS, SHAPE, run

pytestmark = pytest.mark.usefixtures("little_memory")
NPZ_LOADERS = (load_dataset, read_npz_pair, lambda path: load_images(path, SHAPE))


@pytest.fixture
def refused():
    """Function that returns the one line with which a call is refused in a second."""

    def call(function, *arguments):
        start = time.process_time()
        with pytest.raises(ValueError) as caught:
            function(*arguments)
        assert time.process_time() - start < 1
        return str(caught.value)

    return call


def npy(shape, descr="|u1", content=b"", form=1):
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    getattr(np.lib.format, f"write_array_header_{form}_0")(file, header)
    return file.getvalue() + content


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_zip_bomb_is_refused_by_its_directory(tmp_path, refused):
    path, size = tmp_path / "bomb.npz", 10 * 2**30
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x_train.npy", "w", force_zip64=True) as file:
            file.write(npy((size // 2**20, 1024, 1024)))
            file.write(bytes(2**20))  # the directory declares the rest
        member = archive.getinfo("x_train.npy")
        member.file_size, member.compress_size = size, size // 1000
    for load in NPZ_LOADERS:
        line = refused(load, path)
        assert f"bomb.npz would expand to {size} bytes" in line
        assert f"expected at most {foreign_files.LIMIT} (4 GiB)" in line


def test_sizes_of_zip_members_are_added_up(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(foreign_files, "LIMIT", 10_000)
    arrays = {f"x{index}": np.zeros(2000, np.uint8) for index in range(6)}
    np.savez_compressed(tmp_path / "bomb.npz", **arrays)
    assert "bomb.npz would expand to 12" in refused(load_dataset, tmp_path / "bomb.npz")


def test_zip_member_larger_than_deflate_can_hold_is_refused(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", npy((9,), content=bytes(9)))
        archive.getinfo("x_train.npy").file_size = 3 * 2**30
    line = refused(load_dataset, tmp_path / "bomb.npz")
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
@pytest.mark.parametrize("form", [1, 2])  # of the header
def test_npy_header_of_another_size_is_refused(tmp_path, refused, shape, descr, form):
    array = npy(shape, descr, bytes(9), form)
    path = zipped(tmp_path / "lie.npz", x_train=array, x=npy(shape))
    line = refused(load_dataset, path)
    assert "'x_train' of" in line and "lie.npz" in line and "there are 9" in line


def test_pickled_array_is_never_unpickled(tmp_path, refused):
    trace = tmp_path / "trace"

    class Intruder:
        def __reduce__(self):
            return os.mkdir, (str(trace),)

    content = pickle.dumps(np.array([Intruder()], object))
    content += bytes(-len(content) % 8)  # as many bytes as the header declares
    pickled = npy((len(content) // 8,), "|O", content)
    path = zipped(tmp_path / "objects.npz", x_train=pickled, x=pickled, y=pickled)
    for load in NPZ_LOADERS:
        assert "pickled objects are never loaded" in refused(load, path)
    run(tmp_path)
    path.rename(tmp_path / "index.npz")
    line = refused(indexed, RunFolder(tmp_path), [tmp_path / "item"], None)
    assert "index.npz" in line and "pickled objects are never loaded" in line
    assert not trace.exists()
    np.load(tmp_path / "index.npz", allow_pickle=True)["x"]
    assert trace.exists()


@pytest.mark.parametrize(
    "shape, size, expected",
    [
        ((8, 6, 5), 2**24, "has at least 257 bytes, expected 256"),
        ((2**20, 2**10, 2**10), 256, "expand to 1099511627776"),
        ((99, 999, 999), 256, "1032 times"),
    ],
    ids=["bomb", "beyond the limit", "beyond gzip"],
)
def test_gzip_is_read_no_further_than_the_idx_header_declares(
    tmp_path, refused, shape, size, expected
):
    loaders.idx(tmp_path)
    content = struct.pack(">4I", 0x803, *shape) + bytes(size)
    (tmp_path / loaders.X).write_bytes(gzip.compress(content))
    line = refused(load_dataset, tmp_path)
    assert f"{tmp_path / loaders.X} " in line and expected in line


def png(width, height, frames=None):
    """Return a PNG that has a header and little else."""
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


def test_image_of_too_many_pixels_is_refused(tmp_path, refused):
    path = tmp_path / "3.png"
    path.write_bytes(png(60_000, 60_000))
    for load in (load_images, load_clip):
        line = refused(load, path, SHAPE)
        assert f"Cannot read the image {path}" in line
        assert f"{foreign_files.PIXELS} pixels" in line
    loaders.labelled(tmp_path)
    path.replace(tmp_path / "labels" / "3.png")
    line = refused(load_segmentation, tmp_path, 8)
    assert "labels/3.png" in line and f"{foreign_files.PIXELS} pixels" in line


def test_animation_of_too_many_frames_is_refused(tmp_path, refused):
    path = tmp_path / "clip.png"
    for side, shape in ((1000, (6, 5, 1)), (1, (1000, 1000, 3))):
        path.write_bytes(png(side, side, frames=2000))
        line = refused(decode_frames, path, shape)
        assert "clip.png (its 2001 frames of 1000x1000 pixels would expand" in line


@pytest.mark.parametrize(
    "compression, limit, expected",
    [
        ("tiff_lzw", 10_000, "Image size (2500 pixels) exceeds limit of 100 pixels"),
        (None, 400, "a frame would expand to 10000 bytes"),
    ],
)
def test_too_large_later_frame_is_refused(
    tmp_path, refused, monkeypatch, compression, limit, expected
):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    monkeypatch.setattr(foreign_files, "LIMIT", limit)
    small, large = Image.new("L", (5, 5)), Image.new("L", (50, 50))
    options = {"save_all": True, "append_images": [large], "compression": compression}
    small.save(tmp_path / "clip.tif", **options)
    line = refused(decode_frames, tmp_path / "clip.tif", SHAPE)
    assert f"clip.tif ({expected}" in line


def test_postscript_called_png_is_not_run(tmp_path, refused, monkeypatch):
    Image.fromarray(COLOURS).save(tmp_path / "a.eps")
    path = (tmp_path / "a.eps").rename(tmp_path / "a.png")
    with Image.open(path) as image:
        assert image.format == "EPS"  # which Pillow would give to Ghostscript
    assert "Cannot read the image" in refused(lambda: load_images(path, SHAPE))


def test_folders_deeper_than_the_recursion_limit_are_read(tmp_path):
    folders = [tmp_path / ("a/" * depth) for depth in range(1, 1201)]
    for folder in folders:
        folder.mkdir()
    path = folders[-1] / "a.png"
    Image.fromarray(COLOURS).save(path)
    images, (name,) = load_images(tmp_path, SHAPE)
    assert images.shape == (1, *SHAPE) and name == "a/" * 1200 + "a.png"
    path.unlink()
    for folder in reversed(folders):  # pytest's own way would call too deep
        folder.rmdir()


@pytest.mark.parametrize("name", ["../7", "/7", "a/../../7", "..\\7", "C:\\7"])
@pytest.mark.parametrize(
    "write, file",
    [(loaders.coco, loaders.COCO_LIST), (loaders.potsdam, "labelled_test.txt")],
)
def test_lists_do_not_lead_out_of_their_folder(tmp_path, refused, name, write, file):
    path = tmp_path / file
    write(tmp_path)
    path.write_text(f"7\n{name}\n")
    line = refused(load_segmentation, tmp_path)
    assert f"{path} has the name {name!r}, which leads out of" in line


def test_repeated_name_in_a_list_is_one_image(tmp_path):
    loaders.potsdam(tmp_path)
    (tmp_path / "labelled_train.txt").write_text("3\n" * 100_000)
    assert len(load_segmentation(tmp_path).x_train) == 1


def keras_file(folder, change=None, weights=None, **further):
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


def test_network_with_a_lambda_layer_is_refused(tmp_path, refused):
    trace, image = tmp_path / "trace", keras.Input(SHAPE)
    name = str(trace)
    outputs = keras.layers.Lambda(lambda x: (open(name, "wb"), x)[1])(image)
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
def test_network_with_foreign_classes_is_refused(tmp_path, refused, change):
    found = keras_file(tmp_path, lambda layers: layers[1].update(change))
    line = refused(found.load_network)
    assert f"it has the class {change['class_name']} of {change['module']}" in line


def test_network_with_more_weights_than_its_file_holds_is_refused(tmp_path, refused):
    def change(layers):
        layers[1]["config"]["filters"] = 10**12
        shape = [None, 12 * 10**12]
        layers[3]["build_config"]["input_shape"] = shape
        layers[3]["inbound_nodes"][0]["args"][0]["config"]["shape"] = shape

    line = refused(keras_file(tmp_path, change).load_network)
    assert "model.keras: damaged" in line
    assert "it announces 46000000000003 weights in" in line


def test_weights_that_are_declared_but_absent_are_refused(tmp_path, refused):
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights.create_dataset("a", (2**20, 2**11), "f4", chunks=(1024, 1024))
    found = keras_file(tmp_path, weights=file.getvalue())
    assert "it announces 8589934592 weights in" in refused(found.load_network)


@pytest.mark.parametrize("name", ["../outside", "assets/words.txt", "weights.npz"])
def test_network_with_further_files_is_refused(tmp_path, refused, name):
    found = keras_file(tmp_path, **{name: b"anything"})
    line = refused(found.load_network)
    assert "its members are" in line and name in line
    assert not (tmp_path.parent / "outside").exists()


def test_network_that_expands_beyond_a_limit_is_refused(tmp_path, refused, monkeypatch):
    found = keras_file(tmp_path)
    monkeypatch.setattr(foreign_files, "LIMIT", 10_000)
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
@pytest.mark.parametrize("name", ["config", "metrics"])
def test_other_json_is_refused(tmp_path, refused, name, content, expected):
    path = tmp_path / f"{name}.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = refused(lambda: getattr(RunFolder(tmp_path), name)["dataset"])
    assert str(path) in line and expected in line


@pytest.mark.parametrize(
    "shape", ["abc", [28, 28], None, [28, 28, -1], [28, 28, 1.0], [10**9, 10**9, 1]]
)
def test_invalid_image_shape_is_refused(tmp_path, refused, shape):
    found = RunFolder(tmp_path)
    found.start({"image_shape": shape})
    line = refused(lambda: found.image_shape)
    assert f"config.json: got image_shape {shape}, expected [height, width" in line


def test_checkpoint_without_its_place_is_damaged(tmp_path, capsys):
    loaders.checkpoints(tmp_path)
    path = tmp_path / loaders.CHECKPOINT
    for place in ("{}", "[]", "[" * 100_000, '{"epoch": "one"}'):
        np.savez(path, place=np.array(place))
        assert not Checkpoint(path.parent).find()
        assert f"{path} is damaged" in capsys.readouterr().err


def test_index_of_other_vectors_is_refused(tmp_path, refused):
    run(tmp_path)
    with np.load(tmp_path / "index.npz") as kept:
        arrays = dict(kept)
    item, more = tmp_path / "item", tmp_path / "more"
    more.write_text("new")
    for change in (
        {"vectors": np.full((1, 3), np.nan)},
        {"vectors": np.ones(3)},
        {"stamps": arrays["stamps"].repeat(2)},
        {"vectors": np.ones((1, 4))},
    ):
        np.savez(tmp_path / "index.npz", **arrays | change)
        line = refused(indexed, RunFolder(tmp_path), [item, more], lambda _: np.ones(3))
        assert "index.npz" in line and "delete it, and it is" in line
