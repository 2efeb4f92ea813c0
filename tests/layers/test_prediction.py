"""Outputs of networks for many images."""

import keras
import numpy as np

from infomax.layers import prediction


def test_outputs_are_computed_in_batches_of_one_shape(monkeypatch):
    shapes = []

    def predict(network, batch):
        shapes.append(batch.shape)
        return np.asarray(batch)

    monkeypatch.setattr(prediction, "predict_on_batch", predict)
    vector = keras.Input((2,))
    rows = np.arange(22, dtype="float32").reshape(11, 2)
    (found,) = prediction.network_outputs(keras.Model(vector, vector), rows, 4)
    np.testing.assert_array_equal(found, rows)
    assert shapes == [(4, 2)] * 3
