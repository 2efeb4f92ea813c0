"""What is written of a run once its clusters meet labels, or new images."""

import csv

import numpy as np
import pytest

from infomax.cli.cluster_report import (
    report_clusters,
    selected_index,
    write_clusters,
)
from infomax.cli.run_folder import RunFolder
from infomax.cli.tables import cluster_table
from infomax.cli.training_report import findings
from infomax.datasets.dataset import Dataset

SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")


def outputs(clusters, count, certainty=0.9):
    """Probabilities whose largest is at the given clusters."""
    rest = (1 - certainty) / (count - 1)
    return np.where(np.eye(count, dtype=bool)[clusters], certainty, rest)


def head(name, clusters, loss):
    """An entry of `heads`, as training writes it."""
    return {
        "head": name,
        "clusters": clusters,
        "mutual_information": -loss,
        "ceiling": np.log(clusters),
        "training_loss": loss,
    }


LABELS = np.arange(12) % 3
# head_0 follows the labels but has the higher loss; head_1 splits otherwise.
ON_IMAGES = [
    outputs((LABELS + 1) % 3, 3),
    outputs(np.arange(12) // 4, 3, certainty=0.7),
    outputs(LABELS + 3 * (np.arange(12) % 2), 6),
]


@pytest.fixture
def run(tmp_path):
    """A run folder as training leaves it; head_1 is selected."""
    folder = RunFolder(tmp_path / "run")
    heads = [("head_0", 3, -0.5), ("head_1", 3, -0.9), ("overclustering_0", 6, -1.2)]
    folder.write_metrics(
        {
            "dataset": "toy",
            "selected_head": "head_1",
            "heads": [head(*values) for values in heads],
        }
    )
    return folder


def dataset(y_train=LABELS, y_test=LABELS, class_names=None):
    """Twelve images to train on and the same to test on."""
    images = np.zeros((12, 4, 4, 1), np.uint8)
    return Dataset("toy", images, y_train, images, y_test, class_names)


def report(run, data):
    """The report of the same outputs on both parts."""
    return report_clusters(run, data, ON_IMAGES, ON_IMAGES)


def names(run):
    """Files in the run folder."""
    return sorted(path.name for path in run.path.iterdir())


def rows_of(path):
    """Rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_labels_do_not_move_the_selection(run):
    report(run, dataset())
    metrics = run.metrics
    assert metrics["selected_head"] == "head_1"
    # head_0 is perfect, and yet what is reported is the selected one.
    assert metrics["heads"][0]["accuracy"] == 1
    assert metrics["accuracy"] == metrics["heads"][1]["accuracy"] < 0.6
    for name in SCORES:
        assert metrics[name] == metrics["heads"][1][name]


def test_every_head_has_its_scores(run):
    report(run, dataset())
    for entry in run.metrics["heads"]:
        assert set(SCORES) <= set(entry)
    overclustering = run.metrics["heads"][2]
    assert overclustering["accuracy"] is None
    assert overclustering["accuracy_test_assignment"] is None
    assert overclustering["many_to_one"] == 1
    assert 0 < overclustering["nmi"] < 1


def test_what_training_wrote_stays(run):
    before = run.metrics
    report(run, dataset())
    after = run.metrics
    assert after["dataset"] == "toy"
    for entry, former in zip(after["heads"], before["heads"], strict=True):
        assert former.items() <= entry.items()


def test_a_report_with_labels_draws_confusion_and_gallery(run):
    report(run, dataset())
    assert names(run) == ["clusters.png", "confusion.png", "metrics.json"]
    assert sorted(run.metrics["assignment"]) == ["0", "1", "2"]


def test_without_labels_a_report_draws_the_gallery_and_says_what_is_lacking(run):
    text = report(run, dataset(None, None))
    assert "there is no accuracy" in text
    assert names(run) == ["clusters.png", "metrics.json"]
    metrics = run.metrics
    assert metrics["assignment"] is None
    assert all(metrics[name] is None for name in SCORES)
    assert metrics["selected_head"] == "head_1"


def test_with_test_labels_alone_the_papers_figure_is_reported(run):
    text = report(run, dataset(None, LABELS))
    metrics = run.metrics
    assert metrics["accuracy"] is None
    assert metrics["accuracy_test_assignment"] == pytest.approx(0.5)
    assert "there is no accuracy" in text


def test_with_training_labels_alone_clusters_have_names_but_no_scores(run):
    report(run, dataset(LABELS, None, ("cat", "dog", "bird")))
    assert sorted(run.metrics["assignment"]) == ["bird", "cat", "dog"]
    assert run.metrics["accuracy"] is None
    assert "confusion.png" not in names(run)


def test_a_second_report_replaces_the_first(run):
    report(run, dataset())
    report(run, dataset(None, None))
    metrics = run.metrics
    assert metrics["accuracy"] is None
    # What labelled data once gave still names the clusters.
    assert metrics["assignment"] == ["0", "1", "2"]
    assert all(entry["nmi"] is None for entry in metrics["heads"])
    assert "confusion.png" not in names(run)


def test_the_table_has_a_line_a_head_and_marks_the_selected_one(run):
    lines = report(run, dataset()).splitlines()
    assert lines[1].startswith("head_0 ")
    assert lines[2].startswith("head_1 *")
    assert lines[3].startswith("overclustering_0 ")
    assert "*" not in lines[1] + lines[3]
    assert "0.50 of 1.10" in lines[1] and "100.00 %" in lines[1]
    assert "-0.900" in lines[2]
    cells = lines[3].split()
    assert cells.count("-") == 2  # no one-to-one accuracy
    assert all(len(line) == len(lines[0]) for line in lines[1:4])


def test_the_table_says_in_words_what_its_columns_are(run):
    text = report(run, dataset())
    assert "selected by its training loss" in text
    assert "assigned to classes on the training images" in text
    assert "as the papers do" in text
    assert "nats" in text


def test_the_table_can_be_made_again_from_metrics(run):
    assert report(run, dataset()) == cluster_table(run.metrics)


def test_selected_index_counts_within_the_heads(run):
    assert selected_index(run.metrics) == 1


def test_clusters_are_written_a_row_an_image(run, tmp_path):
    out = tmp_path / "new" / "clusters.csv"
    write_clusters(run, ["b.png", "a.png"], [o[[1, 8]] for o in ON_IMAGES], out)
    assert rows_of(out) == [
        {"image": "b.png", "cluster": "0", "probability": "0.700000"},
        {"image": "a.png", "cluster": "2", "probability": "0.700000"},
    ]


def test_once_evaluated_with_labels_rows_have_the_class(run, tmp_path):
    report(run, dataset(class_names=("cat", "dog", "bird")))
    assignment = run.metrics["assignment"]
    out = tmp_path / "clusters.csv"
    write_clusters(run, list("abcdefghijkl"), ON_IMAGES, out)
    for row in rows_of(out):
        assert row["class"] == assignment[int(row["cluster"])]


def test_more_clusters_than_classes_have_their_most_frequent_class(run, tmp_path):
    labels = np.arange(12) // 6
    report(run, dataset(labels, labels))
    assert run.metrics["assignment"] == ["0", "0", "1"]
    out = tmp_path / "clusters.csv"
    write_clusters(run, list("abcdefghijkl"), ON_IMAGES, out)
    assert {row["class"] for row in rows_of(out)} == {"0", "1"}


def test_an_empty_cluster_beside_the_classes_has_an_empty_one(run, tmp_path):
    labels = np.arange(12) % 2
    empty = [outputs(np.arange(12) // 6, 3)] * 2 + [ON_IMAGES[2]]
    report_clusters(run, dataset(labels, labels), empty, empty)
    assert run.metrics["assignment"].count(None) == 1
    out = tmp_path / "clusters.csv"
    write_clusters(run, list("abcdefghijkl"), [outputs(LABELS, 3)] * 3, out)
    assert "" in {row["class"] for row in rows_of(out)}


GOOD = {
    "clusters": 10,
    "clusters_in_use": 10,
    "mutual_information": 2.28,
    "ceiling": 2.3026,
}


def test_findings_of_a_good_run_are_one_line_of_figures():
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
    assert advice.startswith(expected) or expected in advice
    assert "Try " in advice


def test_findings_of_a_method_without_information_have_what_there_is():
    (line,) = findings({"clusters": 4, "clusters_in_use": 4})
    assert line == "found: 4 of 4 clusters in use"
