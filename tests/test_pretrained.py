"""Networks by name and from files as backbones: vectors, scaling, and errors."""

import json
import re
import zipfile

import keras
import numpy as np
import pytest
from keras import layers, ops

import pretrained
from pretrained import Pretrained
from tests.images import noise

COLOUR = (noise((5, 9, 12, 3)) * 255).astype("uint8")


def network(shape=(None, None, 3), top=True, outputs=1):
    """A network of one convolution, with its scaling inside, and dropout."""
    image = keras.Input(shape)
    features = layers.Rescaling(1 / 255)(image)
    features = layers.Conv2D(4, 3, strides=2)(features)
    features = layers.Dropout(0.5)(layers.BatchNormalization()(features))
    if top:
        features = layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, [features] * outputs if outputs > 1 else features)


def saved(folder, model, name="tiny net.keras"):
    model.save(folder / name)
    return folder / name


@pytest.fixture(scope="module")
def tiny_file(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("networks"), network())


@pytest.fixture(scope="module")
def backbone(tiny_file):
    return Pretrained(tiny_file, (8, 10, 3))


def resized(images, size=(8, 10)):
    pixels = np.asarray(images, "float32")
    return ops.convert_to_numpy(ops.image.resize(pixels, size, antialias=True))


def outputs(model, pixels):
    return np.asarray(model.predict_on_batch(pixels))


def test_vectors_are_those_of_the_network_for_resized_images(tiny_file, backbone):
    expected = outputs(keras.saving.load_model(tiny_file), resized(COLOUR))
    vectors = backbone.encode(COLOUR, batch_size=2)
    assert vectors.shape == (5, 4) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, rtol=1e-5)
    floats = COLOUR / np.float32(255)
    np.testing.assert_allclose(backbone.encode(floats), expected, rtol=1e-5)
    assert (backbone.name, backbone.dimension) == ("tiny net", 4)


def test_model_takes_images_in_0_to_1(backbone):
    images = resized(COLOUR) / 255
    expected = backbone.encode(COLOUR)
    np.testing.assert_allclose(outputs(backbone.model, images), expected, rtol=1e-5)
    assert backbone.model.input_shape == (None, *backbone.input_shape)


def test_model_is_frozen_and_the_same_in_training(backbone):
    images = resized(COLOUR) / 255
    assert not backbone.model.trainable_weights
    before = backbone.model.get_weights()
    in_training = np.asarray(backbone.model(images, training=True))
    np.testing.assert_allclose(in_training, backbone.encode(COLOUR), rtol=1e-5)
    np.testing.assert_equal(backbone.model.get_weights(), before)


def test_grey_images_become_three_equal_channels(backbone):
    grey = COLOUR[..., :1]
    expected = backbone.encode(np.repeat(grey, 3, axis=3))
    np.testing.assert_allclose(backbone.encode(grey), expected, rtol=1e-5)


def test_colour_becomes_luma_for_a_network_of_one_channel(tmp_path):
    grey = Pretrained(saved(tmp_path, network((None, None, 1))), (9, 12, 1))
    luma = COLOUR @ np.array([0.299, 0.587, 0.114]) / 255
    expected = grey.encode(luma[..., None].astype("float32"))
    np.testing.assert_allclose(grey.encode(COLOUR), expected, rtol=1e-4)


def test_progress_counts_images(backbone):
    seen = []
    backbone.encode(COLOUR, batch_size=2, progress=seen.append)
    assert seen == [2, 4, 5]


def test_map_is_averaged_and_the_size_is_that_of_the_file(tmp_path):
    model = network((12, 10, 3), top=False)
    backbone = Pretrained(saved(tmp_path, model))
    assert backbone.input_shape == (12, 10, 3)
    expected = outputs(model, resized(COLOUR, (12, 10))).mean(axis=(1, 2))
    np.testing.assert_allclose(backbone.encode(COLOUR), expected, rtol=1e-5)


def test_size_is_160_if_the_file_has_none(tiny_file):
    assert Pretrained(tiny_file).input_shape == (160, 160, 3)


def test_saved_backbone_makes_the_same_vectors(tmp_path, backbone):
    backbone.save(tmp_path / "again.keras")
    again = Pretrained(tmp_path / "again.keras")
    assert again.input_shape == backbone.input_shape
    np.testing.assert_allclose(again.encode(COLOUR), backbone.encode(COLOUR), 1e-6)


def test_fingerprint_changes_with_the_content_and_the_size(tmp_path, tiny_file):
    found = {
        Pretrained(path, shape).fingerprint
        for path in (tiny_file, saved(tmp_path, network()))
        for shape in ((8, 8, 3), (8, 9, 3))
    }
    assert len(found) == 4
    copy = tmp_path / "copy.keras"
    copy.write_bytes(tiny_file.read_bytes())
    assert Pretrained(copy, (8, 8, 3)).fingerprint in found


def test_network_of_keras_applications_makes_vectors(monkeypatch):
    monkeypatch.setattr(pretrained, "WEIGHTS", None)
    backbone = Pretrained("MobileNetV3Small", (32, 32, 3))
    assert backbone.encode(COLOUR, batch_size=5).shape == (5, 576)
    assert backbone.name == "MobileNetV3Small"


@pytest.mark.parametrize("name", ["VGG16", "ResNet50V2", "ConvNeXtTiny", "DenseNet121"])
def test_pixels_are_scaled_as_the_module_of_the_network_says(name, monkeypatch):
    tiny, real = network((8, 10, 3)), getattr(keras.applications, name)

    def build(**options):
        expected = {"include_top": False, "pooling": "avg", "weights": "imagenet"}
        assert options == expected | {"input_shape": (8, 10, 3)}
        return tiny

    build.__module__ = real.__module__
    monkeypatch.setattr(keras.applications, name, build)
    preprocess = pretrained.sys.modules[real.__module__].preprocess_input
    expected = outputs(tiny, preprocess(resized(COLOUR)))
    found = Pretrained(name, (8, 10, 3)).encode(COLOUR)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_failed_download_says_how_to_make_a_file(monkeypatch):
    def build(**options):
        raise Exception("URL fetch failure on https://x: None -- no\nnetwork")

    monkeypatch.setattr(keras.applications, "EfficientNetV2B0", build)
    message = (
        "got EfficientNetV2B0, but the download of its weights failed (URL fetch "
        "failure on https://x: None -- no network); give a .keras file instead"
    )
    with pytest.raises(FileNotFoundError, match=re.escape(message)):
        Pretrained("EfficientNetV2B0")


@pytest.mark.parametrize(
    "name, message",
    [
        ("EfficientNetV2BO", "got 'EfficientNetV2BO', expected.*EfficientNetV2B0"),
        ("vectors.npz", "got 'vectors.npz', expected.*EfficientNetV2B0, Mobile"),
        ("preprocess_input", "expected a class of keras.applications"),
    ],
)
def test_unknown_name_raises(name, message):
    with pytest.raises(ValueError, match=message):
        Pretrained(name)


def test_size_that_is_too_small_for_a_network_raises():
    with pytest.raises(ValueError, match=r"InceptionV3 for .*\(32, 32, 3\).*75x75"):
        Pretrained("InceptionV3", (32, 32, 3))


def test_missing_file_raises():
    with pytest.raises(FileNotFoundError, match="no.keras does not exist, expected"):
        Pretrained("no.keras")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4" + bytes(100)])
def test_file_that_is_no_model_raises(tmp_path, content):
    path = tmp_path / "x.keras"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="x.keras is damaged, or no Keras model"):
        Pretrained(path)


def test_file_that_is_cut_off_raises(tmp_path, tiny_file):
    path = tmp_path / "x.keras"
    path.write_bytes(tiny_file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="x.keras is damaged, or no Keras model"):
        Pretrained(path)


@pytest.mark.parametrize("change", [{"module": "theirs"}, {"class_name": "Lambda"}])
def test_file_that_needs_code_raises(tmp_path, tiny_file, change):
    path = tmp_path / "x.keras"
    with zipfile.ZipFile(tiny_file) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1] |= change
                content = json.dumps(config)
            new.writestr(name, content)
    with pytest.raises(ValueError, match="x.keras is.*which can run code"):
        Pretrained(path)


def of_vectors():
    return keras.Sequential([keras.Input((7,)), layers.Dense(3)])


def of_sequences():
    return keras.Sequential([keras.Input((6, 5, 3)), layers.Reshape((30, 3))])


def of_two_images():
    images = [keras.Input((8, 8, 3)), keras.Input((8, 8, 3))]
    return keras.Model(images, layers.Flatten()(layers.Add()(images)))


def of_four_channels():
    return network((None, None, 4))


@pytest.mark.parametrize(
    "make, message",
    [
        (of_vectors, r"takes inputs of shape \(None, 7\), expected \(None, height"),
        (of_two_images, "takes inputs of shape.*expected"),
        (of_four_channels, r"takes inputs of shape \(None, None, None, 4\)"),
        (of_sequences, r"returns outputs of shape \(None, 30, 3\), expected one vec"),
        (lambda: network(outputs=2), r"returns outputs of shape \(\), expected one"),
    ],
)
def test_network_of_other_inputs_or_outputs_raises(tmp_path, make, message):
    with pytest.raises(ValueError, match=message):
        Pretrained(saved(tmp_path, make()))


@pytest.mark.parametrize("shape", [(9, 8, 3), (8, 8, 1), (8, 8)], ids=str)
def test_shape_that_the_file_does_not_take_raises(tmp_path, shape):
    path = saved(tmp_path, network((8, 8, 3)))
    message = re.escape(f"takes images of shape (8, 8, 3), but got the input {shape}")
    with pytest.raises(ValueError, match=message.replace("input", "input shape")):
        Pretrained(path, shape)


def test_size_that_the_layers_do_not_take_raises(tiny_file):
    with pytest.raises(ValueError, match="does not take images of shape"):
        Pretrained(tiny_file, (2, 2, 3))


@pytest.mark.parametrize("shape", [(5, 9, 12, 4), (5, 9, 12)], ids=str)
def test_images_of_other_channels_raise(backbone, shape):
    with pytest.raises(ValueError, match="images: got shape.*1 or 3 channels"):
        backbone.encode(noise(shape))


def test_network_whose_vectors_are_not_finite_raises(tmp_path):
    model = network()
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    backbone = Pretrained(saved(tmp_path, model), (8, 8, 3))
    with pytest.raises(ValueError, match="tiny net makes vectors with NaN or infinite"):
        backbone.encode(COLOUR)
