"""Figures of latents and of points in the plane: colours and markers."""

import numpy as np
from matplotlib.colors import to_rgb

from infomax.plots.drawing import COLORS
from infomax.plots.latents import latent_map
from infomax.plots.plane import PALENESS, plane_clusters


def test_latent_map_has_a_look_of_its_own_per_class(drawn):
    latents = np.arange(20.0).reshape(10, 2)
    figure = drawn(latent_map(latents, np.arange(10)))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == list("0123456789")
    looks = {
        (tuple(dots.get_facecolor()[0]), len(dots.get_paths()[0].vertices))
        for dots in figure.axes[0].collections
    }
    assert len(looks) == 10


def test_plane_clusters_give_each_place_the_colour_of_its_cluster(drawn):
    def by_side(places):
        return np.stack([places[:, 0] < 0, places[:, 0] >= 0], axis=1)

    points = np.array([[-1.0, 0.0], [1.0, 0.5]])
    axes = drawn(plane_clusters(points, by_side, "Two sides")).axes[0]
    colors = axes.images[0].get_array()
    for color, cluster in ((colors[:, 0], 0), (colors[:, -1], 1)):
        expected = PALENESS + (1 - PALENESS) * np.array(to_rgb(COLORS[cluster]))
        np.testing.assert_allclose(color, np.tile(expected, (len(color), 1)))
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
    assert axes.get_title() == "Two sides" and axes.get_xlabel()
