"""The Keras model that learns clusters as labels."""

import keras
from keras import ops


class LabelLearning(keras.Model):
    """A classifier of clusters, trained by cross-entropy.

    It has its loss itself, and is built here: with one that is compiled, Keras would
    draw a batch to build it by, and the generator would call that an epoch.

    Args:
        network: `keras.Model` from an image to logits of shape (n, k).
        beside: `keras.Model` that shares weights, and is kept by checkpoints with its
            others; or None.
    """

    def __init__(self, network, beside=None):
        super().__init__()
        self.network, self.beside = network, beside
        self(keras.Input(network.input_shape[1:]))

    def call(self, images, training=False):
        """Logits of images, (n, height, width, channels) to (n, k)."""
        return self.network(images, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Mean cross-entropy of the clusters y, int of shape (n,), in nats."""
        losses = ops.sparse_categorical_crossentropy(
            ops.cast(y, "int32"), ops.cast(y_pred, "float32"), from_logits=True
        )
        return ops.mean(losses)
