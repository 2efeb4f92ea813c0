"""Drawn figures, and a check that no test leaves pyplot state behind."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg


@pytest.fixture(scope="session")
def drawn():
    """Function that draws a figure, which fails if it cannot be drawn."""

    def draw(figure):
        FigureCanvasAgg(figure).draw()  # a figure's own canvas draws nothing
        return figure

    return draw


@pytest.fixture(autouse=True)
def no_pyplot_state():
    """No test opens a pyplot figure or changes a setting."""
    before = dict(matplotlib.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before
