"""What a clustering run writes once its clusters meet labels, or new images."""

import csv

import numpy as np
import pytest
from matplotlib.figure import Figure

from infomax.cli import cluster_report
from infomax.cli.cluster_report import likeliest_by, report_clusters, write_clusters
from infomax.cli.run_folder import RunFolder
from infomax.cli.tables import cluster_table
from infomax.cli.training_report import findings
from infomax.datasets.dataset import Dataset
from infomax.evaluation.labels import SCORES

LABELS = np.arange(12) % 3
GOOD = {"clusters": 10, "clusters_in_use": 10}
GOOD |= {"mutual_information": 2.28, "ceiling": 2.3026}


def outputs(clusters, count, certainty=0.9):
    rest = (1 - certainty) / (count - 1)
    return np.where(np.eye(count, dtype=bool)[clusters], certainty, rest)


# head_0 follows the labels but has the higher loss; head_1 splits otherwise.
ON_IMAGES = [
    outputs((LABELS + 1) % 3, 3),
    outputs(np.arange(12) // 4, 3, certainty=0.7),
    outputs(LABELS + 3 * (np.arange(12) % 2), 6),
]


@pytest.fixture(autouse=True)
def empty_figures(monkeypatch):
    monkeypatch.setattr(cluster_report, "cluster_gallery", lambda *_: Figure())
    monkeypatch.setattr(Figure, "savefig", lambda _, path, **__: path.touch())


@pytest.fixture
def run(tmp_path):
    """A run folder after training; head_1 is selected."""
    folder = RunFolder(tmp_path / "run")
    names = "head", "clusters", "mutual_information", "ceiling", "training_loss"
    heads = ("head_0", 3, 0.5), ("head_1", 3, 0.9), ("overclustering_0", 6, 1.2)
    rows = [
        dict(zip(names, (name, k, nats, np.log(k), -nats), strict=True))
        for name, k, nats in heads
    ]
    folder.write_metrics({"dataset": "toy", "selected_head": "head_1", "heads": rows})
    return folder


def report(run, y_train=LABELS, y_test=LABELS, class_names=None, clusters=ON_IMAGES):
    """The report on twelve images that are both training and test images."""
    images = np.zeros((12, 4, 4, 1), np.uint8)
    dataset = Dataset("toy", images, y_train, images, y_test, class_names)
    return report_clusters(run, dataset, lambda images: clusters)


def written(run, clusters=ON_IMAGES, names="abcdefghijkl"):
    out = run.path / "new" / "clusters.csv"
    write_clusters(run, list(names), np.zeros(12), lambda images: clusters, out)
    with open(out, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(run):
    return sorted(path.name for path in run.path.iterdir())


def test_labels_do_not_change_the_selection(run):
    report(run)
    metrics = run.metrics
    assert metrics["selected_head"] == "head_1"
    assert run.selected_head() == 1
    # head_0 is perfect, but the scores are those of the selected head.
    assert metrics["heads"][0]["accuracy"] == 1
    assert metrics["accuracy"] < 0.6
    for name in SCORES:
        assert metrics[name] == metrics["heads"][1][name]


def test_every_head_has_its_scores_beside_those_of_training(run):
    before = run.metrics
    report(run)
    assert run.metrics["dataset"] == "toy"
    for head, former in zip(run.metrics["heads"], before["heads"], strict=True):
        assert set(SCORES) <= set(head)
        assert former.items() <= head.items()
    overclustering = run.metrics["heads"][2]
    assert overclustering["accuracy"] is None
    assert overclustering["accuracy_test_assignment"] is None
    assert overclustering["many_to_one"] == 1
    assert 0 < overclustering["nmi"] < 1


def test_report_with_test_labels_alone_has_the_test_fitted_accuracy(run):
    assert "there is no accuracy" in report(run, None, LABELS)
    assert run.metrics["assignment"] is run.metrics["accuracy"] is None
    assert run.metrics["accuracy_test_assignment"] == pytest.approx(0.5)


def test_report_with_training_labels_alone_has_names_but_no_scores(run):
    report(run, LABELS, None, ("cat", "dog", "bird"))
    assert sorted(run.metrics["assignment"]) == ["bird", "cat", "dog"]
    assert run.metrics["accuracy"] is None
    assert "confusion.png" not in files(run)


def test_second_report_replaces_the_first_but_for_the_names_of_clusters(run):
    report(run)
    report(run, None, None)
    assert run.metrics["accuracy"] is None
    assert run.metrics["assignment"] == ["0", "1", "2"]
    assert all(head["nmi"] is None for head in run.metrics["heads"])
    assert "confusion.png" not in files(run)


def test_table_has_a_line_per_head_and_marks_the_selected_one(run):
    text = report(run)
    assert text == cluster_table(run.metrics)
    lines = text.splitlines()
    beginnings = "head_0 ", "head_1 *", "overclustering_0 "
    assert all(map(str.startswith, lines[1:4], beginnings))
    assert "*" not in lines[1] + lines[3]
    assert "0.50 of 1.10" in lines[1] and "100.00 %" in lines[1]
    assert "-0.900" in lines[2]
    assert lines[3].split().count("-") == 2  # no one-to-one accuracy
    assert all(len(line) == len(lines[0]) for line in lines[1:4])


def test_table_explains_its_columns(run):
    text = report(run)
    assert "selected by its training loss; I in nats" in text
    assert "assigned to classes on the training images" in text
    assert "as the papers do" in text


def test_clusters_are_written_with_one_row_per_image(run):
    assert written(run, [o[[1, 8]] for o in ON_IMAGES], ["b.png", "a.png"]) == [
        {"image": "b.png", "cluster": "0", "probability": "0.700000"},
        {"image": "a.png", "cluster": "2", "probability": "0.700000"},
    ]


def test_more_clusters_than_classes_have_their_most_frequent_class(run):
    report(run, np.arange(12) // 6, np.arange(12) // 6)
    assert run.metrics["assignment"] == ["0", "0", "1"]
    assert {row["class"] for row in written(run)} == {"0", "1"}


def test_empty_cluster_has_no_class(run):
    empty = [outputs(np.arange(12) // 6, 3)] * 2 + [ON_IMAGES[2]]
    report(run, np.arange(12) % 2, np.arange(12) % 2, clusters=empty)
    assert run.metrics["assignment"].count(None) == 1
    assert "" in {row["class"] for row in written(run, [outputs(LABELS, 3)] * 3)}


def test_probabilities_are_read_some_images_at_a_time(monkeypatch):
    monkeypatch.setattr(cluster_report, "PART", 5)
    sizes = []

    def predict(images):
        sizes.append(len(images))
        return [output[images] for output in ON_IMAGES]

    heads = likeliest_by(predict, np.arange(12))
    assert max(sizes) <= 5 and sum(sizes) == 12
    for head, output in zip(heads, ON_IMAGES, strict=True):
        np.testing.assert_array_equal(head.clusters, output.argmax(axis=1))
        np.testing.assert_array_equal(head.certainty, output.max(axis=1))
        assert head.total == output.shape[1]


def test_confusion_of_many_classes_shows_the_largest(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(cluster_report, "MATRIX", 2)
    monkeypatch.setattr(
        cluster_report, "confusion_matrix", lambda *given: drawn.append(given)
    )
    monkeypatch.setattr(RunFolder, "write_figure", lambda *_: None)
    report(run, LABELS, np.array([0, 2, 2] * 4), ("cat", "dog", "bird"))
    counts, names, title = drawn[0]
    assert counts.shape == (2, 4) and names == ["cat", "bird"]
    assert title == "Test images of the 2 largest of 3 classes, by cluster"


def test_findings_of_a_good_run_are_one_line():
    assert findings(GOOD, 0.991) == [
        "found: 10 of 10 clusters in use, information 2.28 of 2.30 nats (99%), heads "
        "agree on 99% of the images"
    ]


@pytest.mark.parametrize(
    "changes, agreement, expected",
    [
        ({"mutual_information": 0.1}, 0.99, "almost no information"),
        ({"clusters_in_use": 7}, 0.99, "Only 7 clusters"),
        ({}, 0.5, "Heads disagree"),
    ],
)
def test_findings_of_a_poor_run_end_with_what_to_try(changes, agreement, expected):
    _, advice = findings(GOOD | changes, agreement)
    assert expected in advice
    assert "Try " in advice


def test_findings_of_a_method_without_information_count_clusters():
    (line,) = findings({"clusters": 4, "clusters_in_use": 4})
    assert line == "found: 4 of 4 clusters in use"
