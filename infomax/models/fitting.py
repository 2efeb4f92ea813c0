"""Training, as every script of this project does it."""

import keras


def fit(model, generator, epochs, learning_rate, decay, callbacks, verbose):
    """Compile a model that has its own loss, and train it on a generator's batches.

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
    # The generator shuffles by its own seed; Keras would by a global one.
    model.fit(
        generator, epochs=epochs, callbacks=callbacks, verbose=verbose, shuffle=False
    )
