"""Mutual information neural estimation (MINE), and features of images learned by it.

A network encodes an image x and its perturbation x' = g(x) as a vector each, their
latents. A critic T scores pairs of latents, and training maximises the information that
T finds in them. A bounded T, c times a cosine, gives far better features than the
paper's statistics network (docs/experiments.md), which is `--critic joint`.

    python mine.py --train --eval
    python mine.py --predict FOLDER --out latents.csv
    python mine.py --gaussian                                    (two normal variables)
    python mine.py --estimate FILE.npz --estimator all           (your own variables)

References:
    Belghazi, Baratin, Rajeswar, Ozair, Bengio, Courville and Hjelm, "Mutual Information
    Neural Estimation", ICML 2018.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import math

import keras
from keras import layers, ops

from data_generator import DataGenerator
from infomax.callbacks.fitting import TrainingLog, fit_pairs, progress
from infomax.cli import estimates, training
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.export import export_run
from infomax.cli.mine_options import PRESETS, Options
from infomax.cli.options import (
    crop_size,
    generator_options,
    training_images,
    without_auto,
)
from infomax.estimators import Estimate
from infomax.estimators.held_out import BlockValues, bootstrap_interval, score_blocks
from infomax.estimators.paired_information import PairedInformation
from infomax.information.bounds import donsker_varadhan
from infomax.layers.critics import CosineCritic, JointCritic
from infomax.layers.objectives import OBJECTIVES, MovingAverageLoss
from infomax.layers.prediction import network_outputs
from infomax.settings import require_at_least
from vgg import VGG

METHOD = "mine"


class MINE(keras.Model):
    """Features of images that preserve the information shared by perturbed views.

    Trained by `fit` on a `DataGenerator` of pairs (x, x'). The loss is a statistic of
    the whole batch.

    Args:
        backbone: a `VGG`.
        latent_dim: d, length of an image's latent, >= 1.
        critic: T, a critic of `infomax.layers.critics`; None for a `CosineCritic`.
        others: other images that each image is scored against (negative pairs), fewer
            than the batch has; 0 for all of them.

    Attributes:
        network: the functional `keras.Model` from an image to its latent, which has
            mean 0 and variance 1 over a batch in training. `save` saves it; the critic
            is discarded.
        log: `TrainingLog` of the training.

    Example:
        >>> mine = MINE(VGG("F", (24, 24, 1)), latent_dim=10)
        >>> mine.compile(optimizer=keras.optimizers.Adam(4e-3))
        >>> pairs = DataGenerator(images, Perturbation(), crop_size=(24, 24))
        >>> history = mine.fit(pairs, epochs=12)
        >>> latents = mine.predict(images)
    """

    def __init__(self, backbone, latent_dim=10, critic=None, others=0):
        super().__init__()
        self.backbone, self.latent_dim, self.others = backbone, latent_dim, others
        require_at_least(self, latent_dim=1, others=0)
        self.critic = critic or CosineCritic()
        self.network = self.build_model()
        self.corrected_loss = MovingAverageLoss()
        self.information = keras.metrics.Mean(name="information")
        self.log = None
        # Built here; otherwise `fit` would draw a batch for it, and count an epoch.
        self([keras.Input(self.network.input_shape[1:]) for _ in range(2)])

    def build_model(self):
        """Stack the latent on the backbone; return the functional `keras.Model`."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        # In float32: T distinguishes latents that a 16-bit float would round alike.
        latent = layers.Dense(self.latent_dim, name="latent", dtype="float32")(features)
        # Otherwise the scale of the latents is arbitrary, and T grows without end.
        latent = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(latent)
        return keras.Model(image, latent, name="mine")

    def call(self, pair, training=False):
        """Score the latents of pairs by T: two (n, h, w, c) to float32 (n, 1 + others).

        Column 0 scores each x with its own x', further columns with others' x'.
        """
        # In one pass, so that both halves are normalised by the same statistics.
        latents = self.network(ops.concatenate(pair, axis=0), training=training)
        z, z_perturbed = ops.split(latents, 2)  # (2n, d) -> 2 x (n, d)
        others = self.others or ops.shape(z)[0] - 1
        return self.critic((z, z_perturbed), others=others)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return a loss with the corrected gradient of -bound; there is no target.

        The bound of Donsker and Varadhan is E[T(z, z')] - ln E[e^T(z, z'')], where z''
        is the latent of another image.
        """
        positive, negative = y_pred[:, 0], y_pred[:, 1:]
        information = donsker_varadhan(positive, negative)
        self.information.update_state(information)
        # In validation, the loss would include the batch in its moving average.
        return self.corrected_loss(positive, negative) if training else -information

    def fit(self, pairs, epochs=12, callbacks=(), verbose="auto", initial_epoch=0):
        """Maximise the information between the latents of x and x'.

        `pairs` is a `DataGenerator`; the others are arguments of `keras.Model.fit`.
        In the `History` that is returned, `information` is the mean bound in nats.
        """
        if self.others >= pairs.batch_size:
            raise ValueError(
                f"others: got {self.others}, expected less than the {pairs.batch_size} "
                "pairs of a batch, or 0 for all"
            )
        self.log = TrainingLog()
        callbacks = [self.log, *callbacks]
        return fit_pairs(self, pairs, epochs, callbacks, verbose, initial_epoch)

    def predict(self, images, batch_size=1000):
        """Return the latents of images, float32 of shape (n, latent_dim).

        Images have shape (n, height, width, channels), uint8 or 0…1; the network sees
        their centre crops. `batch_size` is the number of images per step.
        """
        return network_outputs(self.network, images, batch_size)[0]

    def save(self, filepath, **options):
        """Save `network`; `keras.saving.load_model` needs `import infomax` for it."""
        self.network.save(filepath, **options)


class SimpleMINE(PairedInformation):
    """The information between two continuous variables, by a small statistics network.

    T(x, y) is the book chapter's network: a Dense layer per input, their sum, ReLU and
    one output. Training maximises the bound E[T(x, y)] - ln E[e^T(x, y')]. For a
    reliable estimate, use `infomax.estimators.Neural`: cross-fitting and a better T.

    Args:
        units: hidden units of T, >= 1.
        others: negative pairs (x, y') per x, >= 1.

    Example:
        >>> simple = SimpleMINE()
        >>> history = simple.fit((x, y), (x_validation, y_validation))
        >>> simple.estimate(x_test, y_test).value
    """

    def __init__(self, units=64, others=15):
        super().__init__(JointCritic((units,)), OBJECTIVES["mine"], others=others)

    def fit(self, pair, validation, epochs=40, batch_size=256, verbose=0):
        """Maximise the bound until it no longer rises on validation samples.

        If the model is not compiled, it gets Adam, whose rate decays from 5e-3 to zero.

        Args:
            pair: (x, y), float32 of shapes (n, dx) and (n, dy), columns of size near 1.
            validation: (x, y) that ends the fit; the best epoch's weights are used.
            epochs: maximum number of epochs.
            batch_size: pairs per step.
            verbose: as in `keras.Model.fit`.

        Returns:
            `keras.callbacks.History`; `val_information` is in nats.
        """
        rest = len(pair[0]) % batch_size
        if rest <= self.others:  # too few for a last batch
            pair = [values[: len(values) - rest] for values in pair]
        if not self.compiled:
            steps = epochs * math.ceil(len(pair[0]) / batch_size)
            rate = keras.optimizers.schedules.CosineDecay(5e-3, steps)
            self.compile(optimizer=keras.optimizers.Adam(rate))
        stop = keras.callbacks.EarlyStopping(
            "val_information", mode="max", patience=10, restore_best_weights=True
        )
        return super().fit(
            pair,
            validation_data=(validation,),
            # One batch: the bound is a statistic of all its samples.
            validation_batch_size=len(validation[0]),
            epochs=epochs,
            batch_size=batch_size,
            callbacks=[stop],
            verbose=progress(verbose),
        )

    def estimate(self, x, y):
        """Return an `Estimate` by the bound on samples that had no part in the fit."""
        reader = PairedInformation(self.critic, self.objective)  # scores all pairs
        scores = score_blocks(reader.predict_on_batch, x, y)
        values = BlockValues(scores, self.objective)
        low, high = bootstrap_interval([values], seed=0)
        return Estimate(float(values.value()), low, high)


def build(options, image_shape):
    """Return the `MINE` that the options describe, not compiled."""
    options.network.set_policy()
    input_shape = (*crop_size(options, image_shape), image_shape[2])
    critic = CosineCritic(options.critic_scale)
    if options.critic == "joint":
        critic = JointCritic((options.critic_units,))
    return MINE(
        VGG(options.network.backbone, input_shape, options.network.width),
        latent_dim=options.latent_dim,
        critic=critic,
        others=options.others,
    )


def prepare(options, dataset):
    """Return the compiled `MINE` and its pairs, from one seed; labels are not read."""
    training.make_deterministic(options.training.seed)
    mine = build(options, dataset.image_shape)
    pairs = DataGenerator(
        training_images(options, dataset.x_train),
        options.perturbation,
        **generator_options(options, dataset.image_shape),
    )
    mine.compile(optimizer=options.training.optimizer(len(pairs)))
    return mine, pairs


def train(options, run, dataset=None, resume=False):
    """Train, and write the run folder; return the trained `MINE`."""
    from infomax.cli.latent_report import report_training

    dataset = dataset or training.load_data(options)
    options = without_auto(options, dataset.x_train)
    with training.training(run, METHOD, options, dataset, resume) as session:
        mine, pairs = prepare(options, dataset)
        mine.fit(pairs, callbacks=session.callbacks, **session.progress)
        if session.first:
            encoded = {"latent_dim": options.latent_dim}
            report_training(
                session, options, dataset, mine.log, ("information",), **encoded
            )
            session.finish(mine, options)
    return mine


def restore(run):
    """Return the trained `MINE` of a run folder, and its options."""
    options = training.options_of(run, Options())
    mine = build(options, run.image_shape)
    run.load_weights(mine.network)
    return mine, options


def evaluate(run, name=None):
    """Probe the latents of a run if there are labels, and print the accuracies."""
    from infomax.cli.latent_report import report_probes

    mine, options = restore(run)
    training.draw_from(options.training.seed)
    untrained = build(options, run.image_shape)
    with training.evaluation(run, name) as dataset:
        encoded = mine.predict(dataset.x_train), mine.predict(dataset.x_test)
        print(report_probes(run, dataset, encoded, untrained.predict))


def predict(run, path, out):
    """Write the latent of each image of a file or folder as CSV."""
    from infomax.cli.latent_report import write_latents
    from infomax.cli.reading import load_images

    mine, _ = restore(run)
    images, names = load_images(run, path)
    write_latents(names, mine.predict(images), out)
    print(f"{len(names)} images in {out}")


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    parser = training_parser(__doc__, Options(), PRESETS)
    estimates.add_estimate_options(parser)
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate and apply MINE, or estimate, as the command line asks."""
    options, arguments = parse(
        build_parser(), Options(), PRESETS, argv, estimates.ACTIONS
    )
    estimates.check_estimate_options(arguments)
    if arguments.gaussian:
        training.make_deterministic(options.training.seed)
        estimates.estimate_normal(SimpleMINE(), options, arguments)
        return
    if arguments.estimate:
        estimates.estimate_file(options, arguments)
        return
    run, options = training.open_run(METHOD, options, arguments)
    if options:
        train(options, run, resume=arguments.resume)
    if not training.is_first_process():
        return
    if arguments.eval:
        evaluate(run, getattr(arguments, "dataset", None))
    if arguments.predict:
        predict(run, arguments.predict, arguments.out)
    if arguments.export:
        export_run(run, arguments.export, restore(run)[0].network)


if __name__ == "__main__":
    main()
