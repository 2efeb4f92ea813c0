"""`keras.Model.fit` on pairs: in the order of the epochs, and with a clear error."""

import keras


def fit_pairs(model, pairs, epochs, callbacks, verbose="auto", initial_epoch=0):
    """Call `keras.Model.fit` on a `DataGenerator`.

    Args:
        model: a compiled `keras.Model`.
        pairs: `DataGenerator`.
        epochs: number of epochs.
        callbacks: list; a `Checkpoint` comes last and saves the state of the others.
        verbose: for `fit`.
        initial_epoch: number of epochs that are already done.

    Returns:
        `keras.callbacks.History`.
    """
    # Last, since it saves what the other callbacks do at the end of an epoch.
    callbacks = sorted(callbacks, key=is_checkpoint)
    if callbacks and is_checkpoint(callbacks[-1]):
        callbacks[-1].stateful = [
            thing for thing in (pairs, *callbacks) if hasattr(thing, "state")
        ]
        callbacks[-1].begin(model)
    batches = Batches(pairs)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(pairs, "epoch", epoch)
    )
    # The progress bar comes first, so that it shows Keras's own few numbers.
    bar = keras.callbacks.ProgbarLogger()
    try:
        # The generator shuffles by its own seed; Keras would use a global one.
        return keras.Model.fit(
            model,
            batches,
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle=False,
            callbacks=[bar, follow, *callbacks],
            verbose=verbose,
        )
    except Exception:
        if batches.error:  # TensorFlow wraps it in an error of its own
            raise batches.error from None
        raise


def is_checkpoint(callback):
    """Whether a callback saves the state of a training, and so comes last."""
    return hasattr(callback, "stateful")


class Batches(keras.utils.PyDataset):
    """The batches of a `DataGenerator`, and the error that making one ended with."""

    def __init__(self, pairs):
        super().__init__(pairs.workers, max_queue_size=pairs.max_queue_size)
        self.pairs, self.error = pairs, None

    def __len__(self):
        """Number of batches per epoch."""
        return len(self.pairs)

    def __getitem__(self, index):
        """Return one batch of the generator."""
        try:
            return self.pairs[index]
        except Exception as error:
            self.error = error
            raise
