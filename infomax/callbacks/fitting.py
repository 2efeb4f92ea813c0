"""Training, as every script of this project does it."""

import keras

from infomax.callbacks.checkpoints import Checkpoints
from infomax.models.replicas import replica_count


def fit(model, generator, epochs, learning_rate, decay, callbacks, verbose):
    """Compile a model that has its own loss, and train it on a generator's batches.

    Where one of the callbacks is `Checkpoints`, training goes on from what it found.

    Args:
        model: `keras.Model` of pairs.
        generator: `DataGenerator`.
        epochs: passes over its images.
        learning_rate: of Adam at the start.
        decay: whether the learning rate falls to zero on a cosine.
        callbacks: list of `keras.callbacks.Callback`s.
        verbose: as of `keras.Model.fit`.
    """
    if decay:
        learning_rate = keras.optimizers.schedules.CosineDecay(
            learning_rate, decay_steps=epochs * len(generator)
        )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate))
    first, done = 0, 0
    # Last, since they save what the other callbacks make of an epoch's end.
    callbacks = sorted(
        callbacks, key=lambda callback: isinstance(callback, Checkpoints)
    )
    if callbacks and isinstance(callbacks[-1], Checkpoints):
        first, done = callbacks[-1].begin(model, generator, callbacks[:-1])
    if first == epochs:  # Keras, which would tell them of the model, is not asked
        for callback in callbacks:
            callback.set_model(model)
    # By what Keras counts as an epoch: for many replicas it draws one to build by.
    count = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(generator, "epoch", epoch)
    )
    options = {"callbacks": [count, *callbacks], "verbose": verbose}
    if done:  # Keras begins with whole epochs
        _fit(model, Batches(generator, done), first, first + 1, options)
        first += 1
    _fit(model, Batches(generator), first, epochs, options)


def _fit(model, batches, first, epochs, options):
    if first == epochs:
        return
    try:
        # The generator shuffles by its own seed; Keras would by a global one.
        model.fit(batches, initial_epoch=first, epochs=epochs, shuffle=False, **options)
    except Exception:
        if batches.error:  # TensorFlow wraps it in one of its own
            raise batches.error from None
        raise


class Batches(keras.utils.PyDataset):
    """The batches of a generator's epoch that are not done yet.

    Args:
        generator: `DataGenerator`.
        done: number of its batches that are, from the first.

    Attributes:
        error: that making a batch ended with, or None.
    """

    def __init__(self, generator, done=0):
        # Where a batch is for many replicas, TensorFlow reads ahead into an epoch that
        # has not begun; workers, which are one epoch's, would give it that one's.
        workers = generator.workers if replica_count() == 1 else 1
        super().__init__(workers, max_queue_size=generator.max_queue_size)
        self.generator, self.done = generator, done
        self.error = None

    def __len__(self):
        """Number of batches."""
        return len(self.generator) - self.done

    def __getitem__(self, index):
        """One batch, as of the generator."""
        try:
            return self.generator[index + self.done]
        except Exception as error:
            self.error = error
            raise
