"""Figures of clusters: titles, units, and the values drawn."""

import numpy as np
import pytest

from infomax.plots import clusters as figures

# Ten images, each of one grey level, and the certainty of their clusters.
IMAGES = np.tile(np.arange(10, dtype="uint8")[:, None, None, None], (4, 4, 1))
CERTAINTY = np.array([0.9, 0.6, 0.99, 0.7, 0.8, 0.95, 0.65, 0.55, 0.75, 0.85])


def history(epochs=3, heads=2, overclusters=8):
    """Rows of an `InformationLog`."""
    rows = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "loss": -0.5 * epoch}
        for kind, clusters in (("head", 4), ("overclustering", overclusters)):
            for index in range(heads if clusters else 0):
                row |= {
                    f"{kind}_{index}/mutual_information": 0.3 * epoch + 0.01 * index,
                    f"{kind}_{index}/ceiling": np.log(clusters),
                    f"{kind}_{index}/conditional_entropy": 1 / epoch,
                }
        rows.append(row)
    return rows


def two_clusters(certainty):
    """Probabilities that put all images into the first of two clusters."""
    return np.stack([certainty, 1 - certainty], axis=1)


def levels(row):
    return [int(axes.images[0].get_array()[0, 0]) for axes in row if axes.images]


def test_training_curves_have_titles_and_units(drawn):
    axes = drawn(figures.training_curves(history())).axes
    assert [(one.get_title(), one.get_xlabel(), one.get_ylabel()) for one in axes] == [
        ("Training loss", "epoch", "nats"),
        ("Mutual information I(z; z')", "epoch", "nats"),
        ("H(z|z')", "epoch", "nats"),
    ]


def test_training_curves_show_every_head_with_its_ceiling():
    loss, information, conditional = figures.training_curves(history()).axes
    (line,) = loss.get_lines()
    assert line.get_ydata() == pytest.approx([-0.5, -1, -1.5])
    curves = [list(line.get_ydata()) for line in information.get_lines()]
    assert pytest.approx([0.31, 0.61, 0.91]) in curves  # head_1
    for clusters in (4, 8):
        assert pytest.approx([np.log(clusters)] * 2) in curves
    assert len(curves) == 4 + 2
    assert len(conditional.get_lines()) == 4
    texts = [text.get_text() for text in information.get_legend().get_texts()]
    assert texts.count("clustering heads") == texts.count("overclustering heads") == 1
    assert "ceiling, 1.39" in texts and "ceiling, 2.08" in texts


@pytest.mark.parametrize("rows", [history(epochs=1), history(heads=1, overclusters=0)])
def test_training_curves_of_one_epoch_or_one_head_can_be_drawn(rows, drawn):
    assert len(drawn(figures.training_curves(rows)).axes) == 3


def test_confusion_matrix_has_titles_names_and_counts(drawn):
    counts = np.array([[5, 1, 0], [0, 4, 0]])
    axes, colors = drawn(figures.confusion_matrix(counts, ("cat", "dog"))).axes
    assert axes.get_title() and axes.get_xlabel()
    assert "true class" in axes.get_ylabel()
    assert "share" in colors.get_ylabel()
    assert [text.get_text() for text in axes.get_xticklabels()] == ["cat", "dog"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["cat", "dog"]
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    assert shown == {(0, 0): "5", (1, 0): "1", (1, 1): "4"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[5 / 6, 1 / 6], [0, 1]])


def test_confusion_matrix_has_a_column_for_images_without_a_class(drawn):
    counts = np.array([[5, 1, 2], [0, 0, 0]])
    axes = drawn(figures.confusion_matrix(counts, ("cat", "dog"))).axes[0]
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["cat", "dog", "no class"]
    shares = axes.images[0].get_array()
    np.testing.assert_allclose(shares, [[5 / 8, 1 / 8, 2 / 8], [0, 0, 0]])


def test_confusion_matrix_of_a_hundred_classes_has_no_numbers():
    counts = np.eye(100, 101, dtype=int)
    axes = figures.confusion_matrix(counts, [str(i) for i in range(100)]).axes[0]
    assert len(axes.texts) == 0
    assert axes.images[0].get_array().shape == (100, 100)


def test_gallery_shows_the_most_certain_left_and_the_least_certain_right(drawn):
    outputs, titles = two_clusters(CERTAINTY), ["cluster 0", "cluster 1"]
    figure = drawn(figures.cluster_gallery(IMAGES, outputs, titles, each=3))
    grid = np.array(figure.axes).reshape(2, 7)
    assert not levels(grid[:, 3])  # the gap between the halves
    assert levels(grid[0]) == [2, 5, 0, 6, 1, 7]
    shown = [axes.get_title() for axes in np.delete(grid[0], 3)]
    assert shown == ["0.99", "0.95", "0.90", "0.65", "0.60", "0.55"]
    assert not levels(grid[1])  # cluster 1 is empty
    assert [axes.get_ylabel() for axes in grid[:, 0]] == titles
    title = figure.get_suptitle()
    assert "3 most certain" in title and "3 least certain" in title
    assert "probability" in title


def test_gallery_shows_each_image_of_a_small_cluster_once():
    outputs = two_clusters(np.array([0.6, 0.9, 0.7, 0.8]))
    figure = figures.cluster_gallery(IMAGES[:4], outputs, ["a", "b"], each=3)
    assert levels(figure.axes[:7]) == [1, 3, 2, 0]


def test_gallery_of_many_clusters_shows_the_largest_in_order(monkeypatch):
    monkeypatch.setattr(figures, "ROWS", 2)
    clusters = np.eye(4)[[3, 3, 0, 1, 1, 1]]
    figure = figures.cluster_gallery(IMAGES[:6], clusters, list("abcd"), each=2)
    assert [axes.get_ylabel() for axes in figure.axes[::5]] == ["b", "d"]
    assert "the 2 largest clusters" in figure.get_suptitle()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype, white", [(np.uint8, 255), (np.float32, 1)])
def test_gallery_accepts_grey_and_colour_bytes_and_floats(
    channels, dtype, white, drawn
):
    images = np.full((6, 5, 7, channels), white, dtype)
    images[:3] = 0
    outputs = np.random.default_rng(0).dirichlet(np.full(3, 0.3), 6)
    figure = drawn(figures.cluster_gallery(images, outputs, list("abc"), each=3))
    pictures = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(pictures) == 6
    shape = (5, 7) if channels == 1 else (5, 7, 3)
    assert {picture.get_array().shape for picture in pictures} == {shape}
    if channels == 1:
        # White is white, also if every image is dark.
        assert {picture.get_clim() for picture in pictures} == {(0, white)}
