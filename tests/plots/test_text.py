"""Texts of figures are shown as they are; figures of many classes have a limit."""

import warnings

import numpy as np
import pytest
from matplotlib.text import Text

from infomax.plots import clusters, information, maps, segments
from infomax.plots.latents import latent_map
from infomax.plots.retrieval import retrieved_items
from infomax.plots.text import FAMILY, LONGEST, family_with

# What a figure shows of a name. DejaVu Sans, which every Matplotlib has, lacks Chinese.
NAMES = {
    "Ba$$in": "Ba$$in",
    "$": "$",
    "$x$ and $y": "$x$ and $y",
    "_cat": "_cat",
    "a^2_{b}": "a^2_{b}",
    "50% {0}": "50% {0}",
    r"\frac{1}{$2$}": r"\frac{1}{$2$}",
    "line\nbreak": r"line\nbreak",
    "\x1b[31mred": r"\x1b[31mred",
    "caf\udce9": r"caf\udce9",
    "Zoë Ωμέγα Привет": "Zoë Ωμέγα Привет",
    "x" * 200: "x" * (LONGEST - 1) + "…",
}
IMAGES = np.zeros((4, 4, 4, 3), np.uint8)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def confusion(names):
    counts = np.eye(len(names), len(names) + 1, dtype=int)
    return clusters.confusion_matrix(counts, names, f"of {names[0]}")


def gallery(names):
    probabilities = np.full((4, len(names)), 1 / len(names))
    return clusters.cluster_gallery(IMAGES, probabilities, names, each=1)


def points(names):
    return latent_map(np.eye(len(names))[:, :2], np.arange(len(names)), names)


def pixels(names):
    classes = np.arange(64).reshape(4, 4, 4) % len(names)
    return segments.segment_gallery(IMAGES[:1], classes[:1], classes[:1], names)


def joint(names):
    return information.joint_matrix(np.eye(len(names)) / len(names), names=names)


def simplex(names):
    stages, labels = {"before": np.full((20, 3), 1 / 3)}, np.arange(20) % len(names)
    return information.simplex(stages, labels, dict(enumerate(names)))


def search(names):
    found = [(name, IMAGES[:2], 0.5) for name in names]
    return retrieved_items("query", IMAGES[:1], found)


FIGURES = confusion, gallery, points, pixels, joint, simplex, search


@pytest.mark.parametrize("figure_of", FIGURES)
def test_names_in_a_figure_are_plain_text(figure_of, drawn):
    texts = drawn(figure_of(list(NAMES))).findobj(Text)
    for shown in NAMES.values():
        named = [text for text in texts if shown in text.get_text().split("\n")]
        assert named and not any(text.get_parse_math() for text in named), shown


@pytest.mark.parametrize("figure_of", [confusion, gallery, points, pixels, joint])
def test_two_long_names_leave_room_for_the_figure(figure_of, drawn):
    drawn(figure_of(["x" * 200, "y" * 200]))  # Matplotlib would warn


def test_characters_have_a_font_or_are_escapes(drawn, caplog):
    assert family_with("a") == FAMILY
    further = family_with("Ⓐ")  # in a font that comes with Matplotlib
    assert further not in (None, FAMILY)
    axes = drawn(joint(["Ⓐ b", "dog"])).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Ⓐ b", "dog"]
    assert axes.get_xticklabels()[0].get_fontfamily() == [FAMILY, further]
    assert not caplog.records
    # No font has a character for private use that nobody has drawn.
    figure = drawn(confusion(["\U0010abcd"]))
    assert figure.axes[0].get_yticklabels()[0].get_text() == r"\U0010abcd"
    assert figure.axes[0].get_title() == r"of \U0010abcd"


@pytest.mark.parametrize("classes", [2, 257, 1500])
def test_confusion_matrix_of_many_classes_has_a_size_and_some_names(classes, drawn):
    counts = np.eye(classes, classes + 2, dtype=int)
    figure = drawn(clusters.confusion_matrix(counts, [f"n{i}" for i in range(classes)]))
    assert max(figure.get_size_inches()) < 20
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert len(names) == {2: 2, 257: 86, 1500: 100}[classes]
    places = axes.get_yticks().astype(int)
    assert names == [f"n{place}" for place in places]  # each beside its own row
    assert (f"{classes} classes" in axes.get_title()) == (classes > 100)


def test_confusion_matrix_has_a_column_for_classes_that_are_not_shown():
    counts = np.array([[5, 1, 2, 3], [0, 4, 0, 0]])
    axes = clusters.confusion_matrix(counts, ("cat", "dog")).axes[0]
    shown = [text.get_text() for text in axes.get_xticklabels()]
    assert shown == ["cat", "dog", "another class", "no class"]


def test_scatter_of_many_classes_names_the_largest_and_has_all_points(drawn):
    labels = np.repeat(np.arange(1000), 2)
    labels[:40] = 700  # one class is the largest by far
    figure = drawn(latent_map(np.random.default_rng(0).normal(size=(2000, 2)), labels))
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == 31
    assert "700" in names and names[-1] == "950 further classes"
    dots = figure.axes[0].collections
    assert sum(len(one.get_offsets()) for one in dots) == 2000


def test_legend_of_254_classes_names_those_with_most_pixels(drawn):
    classes = np.arange(4 * 64).reshape(4, 8, 8) % 254
    classes[0] = 200
    names = [f"n{index}" for index in range(254)]
    images = np.zeros((4, 8, 8, 3), np.uint8)
    figure = drawn(segments.segment_gallery(images, classes, None, names))
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(shown) == 31
    assert "n200" in shown and shown[-1] == "224 further ones"


def test_map_grid_shows_the_64_best_maps():
    values, found = np.zeros((4, 4, 200)), np.arange(200.0)
    figure = maps.map_grid(IMAGES[0, ..., :1], {"global": (values, found)})
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["image", *(f"{value}.00" for value in range(199, 135, -1))]


def test_merge_tree_of_many_clusters_has_a_size():
    joint = np.eye(60) + 1
    figure = information.merge_tree(joint / joint.sum())
    assert figure.get_size_inches()[0] == pytest.approx(0.22 * 60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(information, "WIDEST", 9)
        figure = information.merge_tree(joint / joint.sum())
    assert figure.get_size_inches()[0] == 9
