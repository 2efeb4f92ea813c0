"""Teacher and student, and teacher_student.py from the command line."""

import functools
import types
import unittest.mock

import keras
import numpy as np
import pytest
from PIL import Image

import teachers
from data_generator import LabelledDataGenerator
from infomax.cli import search
from infomax.cli.run_folder import RunFolder
from infomax.cli.teacher_student_options import Options
from infomax.cli.training import make_deterministic
from infomax.clustering.principal_components import pixel_components
from infomax.settings import flat, replaced
from infomax.transforms.perturbation import Perturbation
from teacher_student import Teacher, TeacherStudent, main
from tests.run_files import names_in, rows_of, run_here
from vgg import VGG

command = functools.partial(run_here, "teacher_student")
OPTIONS = (
    "--epochs 5 --learning-rate 0.01 --width 0.05 --clusters 4 --latent-dim 8 "
    "--batch-size 32 --verbose 0 --kind strokes --teacher"
).split()


def agreement(clusters, classes):
    """Share of images in whose cluster their class is the most frequent."""
    groups = [classes[clusters == cluster] for cluster in np.unique(clusters)]
    return sum(np.bincount(group).max() for group in groups) / len(classes)


def small(encoder=None, **options):
    options = {"clusters": 4, "latent_dim": 8} | options
    return TeacherStudent(VGG("F", (12, 12, 1), width=0.05), encoder, **options)


def test_pixel_components_see_the_centre_crop(toy_images):
    images, _ = toy_images(60)
    encoder = pixel_components(images, (10, 10, 1), 5)
    crop = images[:, 1:-1, 1:-1].reshape(60, -1) / 255
    vectors = np.asarray(encoder(images[:, 1:-1, 1:-1] / 255.0))
    left, lengths, _ = np.linalg.svd(crop - crop.mean(axis=0), full_matrices=False)
    expected = np.abs(left * lengths)[:, :5]
    np.testing.assert_allclose(np.abs(vectors), expected, atol=1e-3)


def test_network_of_a_teacher_predicts_the_clusters_of_k_means(toy_images):
    images, classes = toy_images(120)
    encoder = pixel_components(images, (12, 12, 1), 6)
    before = [np.array(weight) for weight in encoder.weights]
    teacher = Teacher(encoder, clusters=4)
    labels = teacher.fit(images)
    assert agreement(labels, classes) > 0.95
    found = np.asarray(teacher.network(images / 255.0)).argmax(axis=1)
    np.testing.assert_array_equal(found, labels)
    for weight, former in zip(encoder.weights, before, strict=True):
        np.testing.assert_array_equal(weight, former)


def test_student_learns_the_labels_and_corrects_some(toy_images):
    make_deterministic(0)
    images, classes = toy_images(192)
    wrong = classes.copy()
    wrong[::12] = (wrong[::12] + 1) % 4
    student = small()
    student.teacher = types.SimpleNamespace(fit=lambda images: wrong)
    student.compile(optimizer=keras.optimizers.Adam(0.01))
    pairs = LabelledDataGenerator(images, Perturbation().scaled(0.2), batch_size=32)
    history = student.fit(pairs, epochs=5, verbose=0).history
    assert np.mean(student.assign(images) == classes) > 0.98
    assert student.predict(images).shape == (192, 4)
    vectors = student.embed(images)
    assert vectors.shape == (192, 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    # The first is the agreement with the teacher.
    assert history["stability"][0] < 1


def test_student_does_not_train_the_encoder_of_its_teacher(toy_images):
    student = small(pixel_components(toy_images(60)[0], (12, 12, 1), 5))
    own = {id(variable) for variable in student.variables}
    assert not own & {id(variable) for variable in student.teacher.network.variables}


def test_training_without_an_encoder_is_refused():
    with pytest.raises(ValueError, match="encoder: got None, expected a model"):
        small().fit(None)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, toy_npz):
    path = tmp_path_factory.mktemp("runs") / "teacher-student"
    data = "--dataset", toy_npz, "--run-dir", path
    command("--train", "--eval", *data, *OPTIONS, "pca")
    return path


def test_run_folder_holds_student_and_teacher(finished):
    expected = "checkpoints clusters.png config.json confusion.png history.csv "
    expected += "metrics.json model.keras report.html teacher.keras training.png"
    assert names_in(finished) == expected.split()
    metrics, config = RunFolder(finished).metrics, RunFolder(finished).config
    assert metrics["selected_head"] == "student"
    assert config["method"] == "teacher-student"
    student, teacher = metrics["heads"]
    assert (student["head"], teacher["head"]) == ("student", "teacher")
    assert min(student["accuracy"], teacher["accuracy"]) > 0.9
    assert metrics["accuracy"] == student["accuracy"]
    assert 0.8 < metrics["mean_average_precision"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["finished_mine", "finished_deep_infomax"])
def test_the_run_of_another_script_teaches(fixture, request, tmp_path, toy_npz):
    teacher = request.getfixturevalue(fixture).path
    data = "--dataset", toy_npz, "--run-dir", tmp_path / "run"
    printed = command("--train", "--eval", *data, *OPTIONS, teacher)
    assert RunFolder(tmp_path / "run").metrics["accuracy"] > 0.7
    assert printed.count("student *") == 1


@pytest.mark.slow
def test_deep_cluster_teaches_too(tmp_path, toy_npz, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = "--train", "--dataset", str(toy_npz)
    own = "--epochs 2 --width 0.05 --clusters 8 --batch-size 32 --verbose 0".split()
    own += "--kind strokes --features 16 --dimension 6".split()
    teachers.deep_cluster.main([*data, *own])
    command(*data, "--eval", *OPTIONS, "deep-cluster")
    run = RunFolder(tmp_path / "runs" / "teacher-student-toy")
    assert run.metrics["accuracy"] > 0.5


def test_a_teacher_without_a_run_is_trained_once(tmp_path, monkeypatch, toy_images):
    monkeypatch.chdir(tmp_path)
    calls = []

    def train(options, run, dataset, resume):
        calls.append((options, dataset, resume))
        if not resume:
            run.start({"method": "mine", "configuration": flat(options)})
        if len(calls) == 2:  # the first call is interrupted
            (run.path / "model.keras").write_text("")

    monkeypatch.setattr(teachers.mine, "train", train)
    asked = {"teacher": "mine", "dataset": "toy.npz", "kind": "strokes"}
    options = replaced(Options(), {**asked, "seed": 3, "crop": 10, "epochs": 9})
    data = types.SimpleNamespace(x_train=toy_images(8)[0])
    for _ in range(3):
        run = teachers.teacher_run(options, data)
    assert run.path.name == "mine-toy"
    assert [resume for _, _, resume in calls] == [False, True]
    own, of_teacher, _ = calls[0]
    assert (own.training.seed, own.network.crop, of_teacher) == (3, 10, data)
    # A teacher has its own defaults.
    assert own.training.epochs == teachers.mine.Options().training.epochs != 9
    assert own.network.width == teachers.mine.Options().network.width
    other = replaced(options, {"seed": 4})
    with pytest.raises(ValueError, match="has seed 3, expected 4; train it again, or"):
        teachers.teacher_run(other, data)


def test_an_impossible_student_is_refused_before_its_teacher_is_trained(
    refused_by, tmp_path, toy_npz, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    call = "--train", "--dataset", toy_npz, "--teacher", "mine", "--kind", "strokes"
    call += "--crop", 99, "--batch-size", 32
    assert "crop_size: got 99x99" in refused_by(main, *call)
    assert not (tmp_path / "runs" / "mine-toy").exists()


def test_runs_that_cannot_teach_are_refused(finished_run, finished_mine):
    with pytest.raises(ValueError, match="a run of iic, expected one of mine, deep"):
        teachers.encoder_of_run(RunFolder(finished_run.path), (12, 12, 1))
    with pytest.raises(ValueError, match="expected vectors of images of"):
        teachers.encoder_of_run(RunFolder(finished_mine.path), (13, 12, 1))


def test_search_writes_a_table_and_a_picture_and_keeps_vectors(
    finished, tmp_path, toy_images, monkeypatch
):
    for index, (image, label) in enumerate(zip(*toy_images(24, seed=7), strict=True)):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{label}-{index}.png")
    query = tmp_path / "2-2.png"
    arguments = "--retrieve", query, "--among", tmp_path, "--count", 6
    assert "2-2.png" in command(*arguments, "--run-dir", finished)
    rows = rows_of(finished / "retrieved.csv")
    assert [row["rank"] for row in rows] == list("123456")
    assert (rows[0]["item"], rows[0]["cosine"]) == ("2-2.png", "1.0000")
    assert np.mean([row["item"].startswith("2-") for row in rows]) > 0.8
    with Image.open(finished / "retrieved.png") as picture:
        assert min(picture.size) > 100
    load = unittest.mock.Mock(wraps=search.load_clip)
    monkeypatch.setattr(search, "load_clip", load)
    command(*arguments, "--run-dir", finished)
    assert load.call_count == 1 + 6  # the query, and what is shown: others are known
    for name in ("retrieved.csv", "retrieved.png", "index.npz"):
        (finished / name).unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retrieve", "x.png"], "--retrieve and --among go together"),
        (["--eval", "--count", 3], "--count belongs to --retrieve"),
        (["--retrieve", "x", "--among", ".", "--count", 0], "--count: got 0, expected"),
    ],
)
def test_bad_calls_are_refused_in_one_line(refused_by, arguments, message):
    assert message in refused_by(main, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clusters", 1], "--clusters: got 1, expected 2 or more"),
        (["--latent-dim", 0], "--latent-dim: got 0, expected 1 or more"),
        (["--teacher", "nowhere"], "--teacher: got nowhere, expected pca, mine, deep"),
    ],
)
def test_bad_options_are_refused(refused_by, tmp_path, toy_npz, options, message):
    call = "--train", "--dataset", toy_npz, "--run-dir", tmp_path / "run"
    call += "--kind", "strokes", *options
    assert message in refused_by(main, *call)
