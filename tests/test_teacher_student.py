"""Teacher and student, and teacher_student.py from the command line."""

import csv
import dataclasses
import functools
import json

import numpy as np
import pytest
from PIL import Image

import mine
import teacher_student
from data_generator import LabelledDataGenerator
from infomax.cli.reproducibility import make_deterministic
from infomax.cli.run_folder import RunFolder
from infomax.models.teacher import Teacher, pixel_components
from infomax.transforms.perturbation import Perturbation
from teacher_student import Student, encoder_of_run
from vgg import VGG

OPTIONS = (
    "--epochs 5 --learning-rate 0.01 --width 0.05 --clusters 4 --latent-dim 8 "
    "--batch-size 32 --verbose 0 --kind strokes --teacher"
).split()


def agreement(clusters, classes):
    """Share of images in whose cluster their class is the most frequent."""
    groups = [classes[clusters == cluster] for cluster in np.unique(clusters)]
    return sum(np.bincount(group).max() for group in groups) / len(classes)


def test_pixel_components_see_the_centre_crop(toy_images):
    images, _ = toy_images(60)
    encoder = pixel_components(images, (10, 10, 1), 5)
    crop = images[:, 1:-1, 1:-1].reshape(60, -1) / 255
    vectors = np.asarray(encoder(images[:, 1:-1, 1:-1] / 255.0))
    left, lengths, _ = np.linalg.svd(crop - crop.mean(axis=0), full_matrices=False)
    expected = np.abs(left * lengths)[:, :5]
    np.testing.assert_allclose(np.abs(vectors), expected, atol=1e-3)


def test_a_teacher_s_network_says_what_k_means_said(toy_images):
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


def test_a_student_learns_the_labels_and_mends_some(toy_images):
    make_deterministic(0)
    images, classes = toy_images(192)
    wrong = classes.copy()
    wrong[::12] = (wrong[::12] + 1) % 4
    student = Student(VGG("F", (12, 12, 1), width=0.05), clusters=4, latent_dim=8)
    generator = LabelledDataGenerator(images, Perturbation().scaled(0.2), batch_size=32)
    log = student.train(generator, wrong, epochs=5, learning_rate=0.01, verbose=0)
    probabilities, vectors = student.predict(images)
    assert np.mean(probabilities.argmax(axis=1) == classes) > 0.98
    assert vectors.shape == (192, 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert list(log.reports) == ["student", "teacher"]
    assert log.rows[0]["stability"] < 1  # the first is the agreement with the teacher


@pytest.mark.parametrize("option", [{"clusters": 1}, {"latent_dim": 0}])
def test_bad_numbers_are_refused(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"{name}: got {option[name]}, expected"):
        Student(VGG("F", (12, 12, 1), width=0.05), **option)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, toy_npz):
    """A run folder, trained by principal components and evaluated."""
    path = tmp_path_factory.mktemp("runs") / "teacher-student"
    data = ["--dataset", str(toy_npz), "--run-dir", str(path)]
    teacher_student.main(["--train", "--eval", *data, *OPTIONS, "pca"])
    return path


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return functools.partial(refused_by, teacher_student.main)


def test_a_run_folder_holds_student_and_teacher(finished):
    assert sorted(path.name for path in finished.iterdir()) == [
        "checkpoints",
        "clusters.png",
        "config.json",
        "confusion.png",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "teacher.keras",
        "training.png",
    ]
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["selected_head"] == "student"
    assert json.loads((finished / "config.json").read_text())["method"] == (
        "teacher-student"
    )
    student, teacher = metrics["heads"]
    assert min(student["accuracy"], teacher["accuracy"]) > 0.9
    assert metrics["accuracy"] == student["accuracy"]
    assert 0.8 < metrics["mean_average_precision"] <= 1


@pytest.mark.parametrize("fixture", ["finished_mine", "finished_deep_infomax"])
def test_the_run_of_another_script_teaches(fixture, request, tmp_path, toy_npz, capsys):
    teacher = request.getfixturevalue(fixture).path
    path = tmp_path / "run"
    data = ["--dataset", str(toy_npz), "--run-dir", str(path)]
    teacher_student.main(["--train", "--eval", *data, *OPTIONS, str(teacher)])
    metrics = json.loads((path / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.7
    assert capsys.readouterr().out.count("student *") == 1


def test_deep_cluster_teaches_too(tmp_path, toy_npz, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = "--epochs 2 --width 0.05 --clusters 8 --batch-size 32 --verbose 0".split()
    small += ["--kind", "strokes"]
    data = ["--dataset", str(toy_npz)]
    more = ["--features", "16", "--dimension", "6"]
    teacher_student.deep_cluster.main(["--train", *data, *small, *more])
    options = [*OPTIONS, "deep-cluster"]
    teacher_student.main(["--train", "--eval", *data, *options])
    run = tmp_path / "runs" / "teacher-student-toy"
    assert json.loads((run / "metrics.json").read_text())["accuracy"] > 0.5


def test_a_teacher_that_is_not_there_is_trained_first(tmp_path, monkeypatch, toy_npz):
    monkeypatch.chdir(tmp_path)
    calls = []

    def train(configuration, run, dataset, resume):
        calls.append((configuration, dataset))
        run.start(
            {"method": "mine", "configuration": dataclasses.asdict(configuration)}
        )
        (run.path / "model.keras").write_text("")

    monkeypatch.setattr(mine.SCRIPT, "train", train)
    configuration = teacher_student.Configuration(
        teacher="mine",
        dataset=str(toy_npz),
        kind="strokes",
        seed=3,
        crop=10,
        epochs=9,
    )
    for _ in range(2):
        run = teacher_student.teacher_run(configuration, "data")
    assert run.path.name == "mine-toy"
    ((given, data),) = calls
    assert (given.seed, given.crop, given.epochs, data) == (3, 10, 12, "data")
    other = dataclasses.replace(configuration, seed=4)
    with pytest.raises(ValueError, match="has seed 3, expected 4; train it anew, or"):
        teacher_student.teacher_run(other, "data")


def test_a_student_that_cannot_be_is_refused_before_its_teacher_is_trained(
    refused, tmp_path, toy_npz, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    data = "--train", "--dataset", toy_npz, "--teacher", "mine"
    assert "crop_size: got 99x99" in refused(*data, "--crop", 99, "--batch-size", 32)
    assert not (tmp_path / "runs").exists()


def test_runs_that_cannot_teach_are_refused(finished_run, finished_mine):
    with pytest.raises(ValueError, match="a run of iic, expected one of mine, deep"):
        encoder_of_run(RunFolder(finished_run.path), (12, 12, 1))
    with pytest.raises(ValueError, match="expected vectors of images of"):
        encoder_of_run(RunFolder(finished_mine.path), (13, 12, 1))


def test_a_search_is_a_table_and_a_picture(
    finished, tmp_path, toy_images, capsys, monkeypatch
):
    load = teacher_student.load_clip
    images, classes = toy_images(24, seed=7)
    for index, (image, label) in enumerate(zip(images, classes, strict=True)):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{label}-{index}.png")
    query = tmp_path / "2-2.png"
    arguments = "--retrieve", query, "--among", tmp_path, "--count", 6
    arguments += "--run-dir", finished
    teacher_student.main([str(argument) for argument in arguments])
    with open(finished / "retrieved.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == list("123456")
    assert (rows[0]["item"], rows[0]["cosine"]) == ("2-2.png", "1.0000")
    assert np.mean([row["item"].startswith("2-") for row in rows]) > 0.8
    with Image.open(finished / "retrieved.png") as picture:
        assert min(picture.size) > 100
    assert "2-2.png" in capsys.readouterr().out
    encoded = []
    monkeypatch.setattr(
        teacher_student,
        "load_clip",
        lambda *given: encoded.append(given) or load(*given),
    )
    teacher_student.main([str(argument) for argument in arguments])
    assert len(encoded) == 1 + 6  # the query, and what is shown: the others are known
    for name in ("retrieved.csv", "retrieved.png", "index.npz"):
        (finished / name).unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train", "--latent-dim", 0], "--latent-dim: got 0, expected 1 or more"),
        (["--retrieve", "x.png"], "--retrieve and --among go together"),
        (["--eval", "--count", 3], "--count belongs to --retrieve"),
        (
            ["--retrieve", "x", "--among", ".", "--count", 0],
            "--count: got 0, expected 1",
        ),
        (["--retrieve", "x.png", "--train"], "--retrieve stands alone"),
        (["--train", "--teacher", "nowhere"], "got nowhere, expected pca, mine, deep"),
    ],
)
def test_bad_calls_are_refused_in_one_line(refused, arguments, message):
    assert message in refused(*arguments)
