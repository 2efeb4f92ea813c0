"""Pictures of latents: that classes can be told apart."""

import numpy as np

from infomax.plots.latents import latent_map


def test_classes_of_latents_differ_in_shape_where_colours_repeat():
    latents = np.arange(20.0).reshape(10, 2)
    figure = latent_map(latents, np.arange(10))
    figure.canvas.draw()
    assert [t.get_text() for t in figure.legends[0].get_texts()] == list("0123456789")
    looks = {
        (tuple(dots.get_facecolor()[0]), len(dots.get_paths()[0].vertices))
        for dots in figure.axes[0].collections
    }
    assert len(looks) == 10
