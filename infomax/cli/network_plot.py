"""A drawing of the layers of a network, by graphviz."""

import keras

from infomax.files import replacing


def plot_network(network, path):
    """Draw a `keras.Model`; return the path, or an error as text."""
    try:
        with replacing(path) as temporary:
            keras.utils.plot_model(network, str(temporary), show_shapes=True)
    except (ImportError, OSError) as error:
        return (
            f"--plot-model: {path} was not drawn ({' '.join(str(error).split())}); "
            "install graphviz, and pydot by pip"
        )
    return path
