"""Figures of joint distributions and clusters: the values drawn."""

import numpy as np
import pytest

from infomax.plots import information as figures


def test_joint_matrix_has_its_information_in_the_title(drawn):
    axes = drawn(figures.joint_matrix(np.eye(4) / 4)).axes[0]
    assert "1.386 of 1.386 nats" in axes.get_title()
    np.testing.assert_array_equal(axes.images[0].get_array(), np.eye(4) / 4)


def test_joint_matrix_of_few_clusters_has_shares_and_names_written(drawn):
    figure = drawn(figures.joint_matrix(np.diag([0.75, 0.25]), names=["dry", "wet"]))
    axes = figure.axes[0]
    written = [text.get_text() for text in axes.texts]
    assert written == ["0.75", "0.00", "0.00", "0.25"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["dry", "wet"]
    assert not drawn(figures.joint_matrix(np.eye(50) / 50)).axes[0].texts


def test_joint_matrix_on_a_logarithmic_scale_draws_a_share_of_zero(drawn):
    joint = np.array([[0.5, 0.0], [0.01, 0.49]])
    picture = drawn(figures.joint_matrix(joint, logarithmic=True)).axes[0].images[0]
    colors = picture.to_rgba(picture.get_array())
    assert np.all(colors[..., 3] == 1)
    assert len({tuple(colors[0, 1]), tuple(colors[1, 0]), tuple(colors[0, 0])}) == 3


def test_information_plane_has_a_path_per_head(drawn):
    start = {"conditional_entropy": 1.0, "entropy": 2.0, "ceiling": 2.3}
    heads = ["head_0", "head_1"]
    rows = [
        {f"{head}/{name}": start[name] + epoch for head in heads for name in start}
        for epoch in range(3)
    ]
    axes = drawn(figures.information_plane(rows)).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == heads
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2, 3, 4])


def test_simplex_has_sure_predictions_in_the_corners_and_unsure_in_the_middle(drawn):
    stages = {"start": np.full((5, 5), 0.2), "end": np.eye(5)}
    start, end = drawn(figures.simplex(stages)).axes
    np.testing.assert_allclose(start.collections[0].get_offsets(), 0, atol=1e-9)
    lengths = np.linalg.norm(end.collections[0].get_offsets(), axis=1)
    np.testing.assert_allclose(lengths, 1)
    named = figures.simplex(stages, labels=np.arange(5) % 2)
    assert [t.get_text() for t in drawn(named).legends[0].get_texts()] == ["0", "1"]


@pytest.mark.parametrize("groups", [None, 1, 3])
def test_merge_tree_joins_clusters_that_share_images_first(groups, drawn):
    group = np.array([0, 1, 2, 0, 1, 2, 0])
    joint = (group[:, None] == group) + 0.01
    axes = drawn(figures.merge_tree(joint / joint.sum(), groups)).axes[0]
    # Heights of the merges: within groups, almost no information is lost.
    heights = sorted(
        max(path.vertices[:, 1])
        for collection in axes.collections
        for path in collection.get_paths()
    )
    assert len(heights) == 6
    assert heights[3] < 0.01 < 0.2 < heights[4] < heights[5]
    assert len(axes.lines) == (groups is not None)
    if groups == 3:
        assert heights[3] < axes.lines[0].get_ydata()[0] < heights[4]
