"""Pictures of points in the plane: that a place has the colour of its cluster."""

import numpy as np
from matplotlib.colors import to_rgb

from infomax.plots.drawing import COLORS
from infomax.plots.plane import PALENESS, plane_clusters


def by_side(places):
    """Cluster 0 on the left of the plane, 1 on the right."""
    return np.stack([places[:, 0] < 0, places[:, 0] >= 0], axis=1)


def test_each_place_has_the_colour_of_its_cluster():
    points = np.array([[-1.0, 0.0], [1.0, 0.5]])
    figure = plane_clusters(points, by_side, "Two sides")
    figure.canvas.draw()
    axes = figure.axes[0]
    colors = axes.images[0].get_array()
    for color, cluster in ((colors[:, 0], 0), (colors[:, -1], 1)):
        expected = PALENESS + (1 - PALENESS) * np.array(to_rgb(COLORS[cluster]))
        np.testing.assert_allclose(color, np.tile(expected, (len(color), 1)))
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
    assert axes.get_title() == "Two sides" and axes.get_xlabel()
