"""What a training reports without labels, and when it warns."""

import math
import re
import types
import warnings

import numpy as np
import pytest

from infomax.callbacks.information_log import InformationLog, head_report
from unsupervised_clustering import build_parser

CONFUSED = np.array([[0.4, 0.1], [0.1, 0.4]], "float32")


def joint_of(clusters, agreement=1.0, used=None):
    """Return a joint with `used` equally full clusters that agree in that share."""
    used = used or clusters
    joint = np.zeros((clusters, clusters))
    joint[:used, :used] = (1 - agreement) / max(1, used * (used - 1))
    np.fill_diagonal(joint[:used, :used], agreement / used)
    return joint.astype("float32")


def follow(*epochs, heads=1, names=("head_0",), entropy_weight=1.0, quiet=0):
    """Return an `InformationLog` after epochs, each a tuple of every head's joint."""
    model = types.SimpleNamespace(heads=heads, entropy_weight=entropy_weight)
    log = InformationLog(quiet_epochs=quiet)
    log.set_model(model)
    for epoch, of_heads in enumerate(epochs):
        model.joints = [
            types.SimpleNamespace(name=name, result=lambda joint=joint: joint)
            for name, joint in zip(names, of_heads, strict=True)
        ]
        log.on_epoch_end(epoch, {"loss": -float(epoch)})
    return log


def test_report_of_a_joint_equals_hand_computed_values():
    assert head_report(CONFUSED) == {
        "clusters": 2,
        "clusters_in_use": 2,
        "ceiling": pytest.approx(0.693147, abs=1e-6),
        "entropy": pytest.approx(0.693147, abs=1e-6),
        # H(z|z') = H(0.2), I = ln 2 - H(0.2).
        "conditional_entropy": pytest.approx(0.500402, abs=1e-6),
        "mutual_information": pytest.approx(0.192745, abs=1e-6),
        "training_loss": pytest.approx(-0.192745, abs=1e-6),
    }


def test_entropy_weight_changes_only_the_training_loss_of_a_report():
    plain, weighted = head_report(CONFUSED), head_report(CONFUSED, entropy_weight=2.0)
    assert weighted.pop("training_loss") == pytest.approx(-1.579039, abs=1e-5)
    plain.pop("training_loss")
    assert weighted == plain


@pytest.mark.parametrize(
    "sizes, expected",
    [
        ([1, 0, 0, 0, 0], 1),
        ([0.5, 0.5, 0, 0, 0], 2),
        ([0.2] * 5, 5),
        # A tenth of an even share is the least that counts.
        ([0.97 / 3] * 3 + [0.03], 4),
        ([0.98 / 3] * 3 + [0.02], 3),
    ],
)
def test_clusters_in_use_have_at_least_a_tenth_of_an_even_share(sizes, expected):
    report = head_report(np.diag(sizes).astype("float32"))
    assert (report["clusters"], report["clusters_in_use"]) == (len(sizes), expected)


def test_report_of_a_collapsed_head_is_finite():
    report = head_report(joint_of(4, used=1))
    assert all(math.isfinite(value) for value in report.values())
    assert report["mutual_information"] == pytest.approx(0, abs=1e-6)
    assert report["entropy"] == pytest.approx(0, abs=1e-6)


def test_row_of_an_epoch_has_the_loss_and_the_report_of_every_head():
    names, agreements = ("head_0", "overclustering_0"), (0.5, 0.9)
    log = follow(
        *[(joint_of(3, share), joint_of(6, share)) for share in agreements], names=names
    )
    assert [row["epoch"] for row in log.rows] == [1, 2]
    assert [row["loss"] for row in log.rows] == [0, -1]
    for row, agreement in zip(log.rows, agreements, strict=True):
        for name, clusters in zip(names, (3, 6), strict=True):
            expected = head_report(joint_of(clusters, agreement))
            assert {key: row[f"{name}/{key}"] for key in expected} == expected
    assert list(log.reports) == list(names)
    assert log.reports["head_0"] == head_report(joint_of(3, 0.9))


def test_head_with_the_lowest_loss_of_the_last_epoch_is_selected():
    names = ("head_0", "head_1", "head_2", "overclustering_0")
    early = (joint_of(4, 0.99), joint_of(4, 0.5), joint_of(4, 0.6), joint_of(8, 1.0))
    late = (joint_of(4, 0.6), joint_of(4, 0.9), joint_of(4, 0.8), joint_of(8, 1.0))
    log = follow(early, late, heads=3, names=names)
    assert log.select() == "head_1"


@pytest.mark.parametrize("entropy_weight, expected", [(1.0, "head_0"), (3.0, "head_1")])
def test_head_is_selected_by_the_loss_and_not_by_information(entropy_weight, expected):
    # The first has more information, the second more entropy.
    joints = np.diag([0.7, 0.1, 0.1, 0.1]).astype("float32"), joint_of(4, 0.8)
    names = ("head_0", "head_1")
    log = follow(joints, heads=2, names=names, entropy_weight=entropy_weight)
    assert log.select() == expected


COLLAPSED = joint_of(10, used=1)


@pytest.mark.parametrize(
    "joints, message",
    [
        ([joint_of(4, 0.6)] * 8, "looks stuck: I = .* of 1.39 nats"),
        ([joint_of(10, used=2)] * 8, "looks collapsing: .*few clusters"),
        ([COLLAPSED] * 8, "looks collapsing"),
        ([joint_of(10, 0.6)] * 3 + [COLLAPSED] * 3, "looks collapsing"),
    ],
    ids=["far from the ceiling", "two clusters", "one cluster", "one cluster later"],
)
def test_stuck_or_collapsing_training_is_warned_of_once_with_existing_options(
    joints, message
):
    with pytest.warns(UserWarning, match=message) as caught:
        follow(*[(joint,) for joint in joints])
    assert len(caught) == 1
    named = re.findall(r"--[a-z-]+", str(caught[0].message))
    assert named and set(named) <= build_parser()._option_string_actions.keys()


@pytest.mark.parametrize(
    "joints, quiet",
    [
        ([COLLAPSED] * 2 + [joint_of(10, 0.95)] * 8, 2),
        ([joint_of(4, 0.3 + 0.05 * epoch) for epoch in range(10)], 0),
        ([joint_of(4, 0.98)] * 10, 0),
        ([joint_of(4, 0.4)] * InformationLog.PATIENCE, 0),
        ([joint_of(10, used=2)], 0),
    ],
    ids=["waits to be merged", "rises", "near the ceiling", "short", "one epoch"],
)
def test_good_or_short_training_gets_no_warning(joints, quiet):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        follow(*[(joint,) for joint in joints], quiet=quiet)
