"""What a run reports of itself without labels, and when it warns."""

import math
import re
import types
import warnings

import numpy as np
import pytest

from infomax.callbacks.information_log import (
    InformationLog,
    JointDistribution,
    head_report,
)
from unsupervised_clustering import build_parser


def joint_of(clusters, agreement=1.0, used=None):
    """A joint of which `used` clusters are equally full, agreeing in that share."""
    used = used or clusters
    joint = np.zeros((clusters, clusters))
    joint[:used, :used] = (1 - agreement) / max(1, used * (used - 1))
    np.fill_diagonal(joint[:used, :used], agreement / used)
    return joint.astype("float32")


class Joint:
    """A head's joint distribution that a test sets."""

    def __init__(self, name):
        self.name = name

    def result(self):
        return self.joint


def follow(*epochs, heads=1, names=("head_0",), entropy_weight=1.0, quiet=0):
    """An `InformationLog` after epochs, each of which gives the joint of every head."""
    joints = [Joint(name) for name in names]
    log = InformationLog(quiet_epochs=quiet)
    log.set_model(
        types.SimpleNamespace(joints=joints, heads=heads, entropy_weight=entropy_weight)
    )
    for epoch, of_heads in enumerate(epochs):
        for joint, value in zip(joints, of_heads, strict=True):
            joint.joint = value
        log.on_epoch_end(epoch, {"loss": -float(epoch)})
    return log


def test_report_of_a_joint_is_as_on_paper():
    report = head_report(np.array([[0.4, 0.1], [0.1, 0.4]], "float32"))
    assert report["clusters"] == report["clusters_in_use"] == 2
    assert report["ceiling"] == pytest.approx(0.693147, abs=1e-6)
    assert report["entropy"] == pytest.approx(0.693147, abs=1e-6)
    # H(z|z') = H(0.2), I = ln 2 - H(0.2).
    assert report["conditional_entropy"] == pytest.approx(0.500402, abs=1e-6)
    assert report["mutual_information"] == pytest.approx(0.192745, abs=1e-6)
    assert report["training_loss"] == pytest.approx(-0.192745, abs=1e-6)


def test_only_the_training_loss_of_a_report_has_the_entropy_weight():
    joint = np.array([[0.4, 0.1], [0.1, 0.4]], "float32")
    plain, weighted = head_report(joint), head_report(joint, entropy_weight=2.0)
    assert weighted.pop("training_loss") == pytest.approx(-1.579039, abs=1e-5)
    plain.pop("training_loss")
    assert weighted == plain


@pytest.mark.parametrize("used", [1, 2, 5])
def test_clusters_in_use_are_counted(used):
    joint = np.diag([1 / used] * used + [0.0] * (5 - used)).astype("float32")
    assert head_report(joint)["clusters_in_use"] == used
    assert head_report(joint)["clusters"] == 5


def test_a_cluster_with_less_than_a_tenth_of_its_portion_is_not_in_use():
    for share, expected in ((0.03, 4), (0.02, 3)):
        rest = (1 - share) / 3
        joint = np.diag([rest, rest, rest, share]).astype("float32")
        assert head_report(joint)["clusters_in_use"] == expected


def test_a_collapsed_head_has_a_report_of_finite_numbers():
    joint = np.diag([1.0, 0, 0, 0]).astype("float32")
    report = head_report(joint)
    assert all(math.isfinite(value) for value in report.values())
    assert report["mutual_information"] == pytest.approx(0, abs=1e-6)
    assert report["entropy"] == pytest.approx(0, abs=1e-6)


def test_the_joint_of_an_epoch_is_the_mean_over_its_batches_until_reset():
    metric = JointDistribution(2, "head_0")
    assert np.asarray(metric.result()).tolist() == [[0, 0], [0, 0]]
    for joint in ([[1.0, 0], [0, 0]], [[0, 0], [0, 1.0]], [[0, 0.5], [0.5, 0]]):
        metric.update_state(np.array(joint, "float32"))
    expected = [[1 / 3, 1 / 6], [1 / 6, 1 / 3]]
    np.testing.assert_allclose(metric.result(), expected, atol=1e-6)
    metric.reset_state()
    metric.update_state(np.array([[1.0, 0], [0, 0]], "float32"))
    np.testing.assert_allclose(metric.result(), [[1, 0], [0, 0]])
    assert metric.name == "head_0"


def test_a_row_an_epoch_has_every_head_beside_the_loss():
    names = ("head_0", "overclustering_0")
    log = follow(
        (joint_of(3, 0.5), joint_of(6, 0.5)),
        (joint_of(3, 0.9), joint_of(6, 0.9)),
        names=names,
    )
    assert [row["epoch"] for row in log.rows] == [1, 2]
    assert [row["loss"] for row in log.rows] == [0, -1]
    for row, agreement in zip(log.rows, (0.5, 0.9), strict=True):
        for name, clusters in zip(names, (3, 6), strict=True):
            expected = head_report(joint_of(clusters, agreement))
            assert {key: row[f"{name}/{key}"] for key in expected} == expected
    assert list(log.reports) == list(names)
    assert log.reports["head_0"] == head_report(joint_of(3, 0.9))


def test_the_head_with_the_lowest_loss_of_the_last_epoch_is_selected():
    names = ("head_0", "head_1", "head_2", "overclustering_0")
    early = (joint_of(4, 0.99), joint_of(4, 0.5), joint_of(4, 0.6), joint_of(8, 1.0))
    late = (joint_of(4, 0.6), joint_of(4, 0.9), joint_of(4, 0.8), joint_of(8, 1.0))
    log = follow(early, late, heads=3, names=names)
    assert log.select() == "head_1"


def test_selection_is_by_the_loss_and_not_by_information():
    # The first has more information, the second more entropy.
    uneven = np.diag([0.7, 0.1, 0.1, 0.1]).astype("float32")
    even = joint_of(4, 0.8)
    for entropy_weight, expected in ((1.0, "head_0"), (3.0, "head_1")):
        log = follow(
            (uneven, even),
            heads=2,
            names=("head_0", "head_1"),
            entropy_weight=entropy_weight,
        )
        assert log.select() == expected


def test_a_run_that_no_longer_approaches_a_far_ceiling_is_called_stuck():
    with pytest.warns(UserWarning, match="looks stuck: I = .* of 1.39 nats") as caught:
        follow(*[(joint_of(4, 0.6),)] * 8)
    assert len(caught) == 1  # said once


def test_a_run_with_most_images_in_few_clusters_is_called_collapsing():
    with pytest.warns(UserWarning, match="looks collapsing: .*few clusters") as caught:
        follow(*[(joint_of(10, used=2),)] * 8)
    assert len(caught) == 1


def test_a_run_that_falls_into_one_cluster_is_called_collapsing():
    healthy, collapsed = joint_of(10, 0.6), joint_of(10, used=1)
    with pytest.warns(UserWarning, match="looks collapsing"):
        follow(*[(healthy,)] * 3, *[(collapsed,)] * 3)


def test_a_run_in_one_cluster_from_the_first_epoch_is_called_collapsing():
    with pytest.warns(UserWarning, match="looks collapsing"):
        follow(*[(joint_of(10, used=1),)] * 8)


def test_a_head_that_waits_to_be_merged_gets_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        follow(*[(joint_of(10, used=1),)] * 2, *[(joint_of(10, 0.95),)] * 8, quiet=2)


def test_a_run_that_rises_or_is_near_its_ceiling_gets_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        follow(*[(joint_of(4, 0.3 + 0.05 * epoch),) for epoch in range(10)])
        follow(*[(joint_of(4, 0.98),)] * 10)


def test_a_run_that_has_only_begun_gets_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        follow(*[(joint_of(4, 0.4),)] * InformationLog.PATIENCE)
        follow((joint_of(10, used=2),))


@pytest.mark.parametrize("joint", [joint_of(4, 0.6), joint_of(10, used=2)])
def test_the_remedies_in_a_warning_are_options_that_exist(joint):
    with pytest.warns(UserWarning) as caught:
        follow(*[(joint,)] * 8)
    named = re.findall(r"--[a-z-]+", str(caught[0].message))
    known = {
        string for action in build_parser()._actions for string in action.option_strings
    }
    assert named and set(named) <= known


def test_a_loss_that_is_no_number_ends_the_training():
    log = InformationLog()
    log.on_epoch_begin(2)
    message = "the loss of epoch 3, step 8, is nan; lower --learning-rate"
    with pytest.raises(ValueError, match=message):
        log.on_train_batch_end(7, {"loss": float("nan")})
