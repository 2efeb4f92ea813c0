"""Mutual information neural estimation (MINE), and features of images learned by it.

A network gives an image x and its perturbation x' = g(x) a vector of numbers each,
their latents; a critic T scores pairs of latents, and training raises the information
that T finds in the pairs. For features T is c times a cosine, and so bounded, which is
better by far (docs/experiments.md); `--critic joint` is the paper's statistics network.

    python mine.py --train --eval
    python mine.py --predict FOLDER --out latents.csv

References:
    Belghazi, Baratin, Rajeswar, Ozair, Bengio, Courville and Hjelm, "Mutual Information
    Neural Estimation", ICML 2018.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import dataclasses
import math
import time
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from data_generator import DataGenerator
from infomax.array_types import Images
from infomax.datasets.numpy_files import read_npz_pair
from infomax.distributions.normal import bivariate_normal
from infomax.estimators import ESTIMATORS, Estimate, Histogram
from infomax.estimators.held_out import BlockValues, bootstrap_interval, score_blocks
from infomax.estimators.named import estimate_by
from infomax.evaluation.probe import LinearClassifier as LinearClassifier
from infomax.layers.critics import CosineCritic, JointCritic
from infomax.layers.objectives import OBJECTIVES
from infomax.callbacks.fitting import fit
from infomax.estimators.paired_information import PairedInformation
from infomax.layers.prediction import network_outputs
from infomax.callbacks.training_log import TrainingLog
from infomax.cli.latent_report import report_probes
from infomax.cli.tables import ESTIMATE_HEADING, estimate_row
from infomax.cli.training_report import report_training
from infomax.plots.estimates import fit_figure
from infomax.plots.latents import information_curves
from infomax.cli import reproducibility
from infomax.cli.estimate_options import (
    SAMPLES,
    add_estimate_options,
    refuse_stray,
)
from infomax.cli.mine_options import PRESETS, Configuration
from infomax.cli.run_folder import RunFolder
from infomax.cli.encoder_script import EncoderScript
from vgg import VGG

HISTOGRAM_SAMPLES = 1_000_000
HISTOGRAM_BINS = 200  # fewer lose information at ρ = 0.99, more have a bias at ρ = 0


class SimpleMINE:
    """The information of two continuous variables, by a small statistics network.

    T(x, y) has a Dense layer for each input, their sum, ReLU and one output; the bound
    E[T(x, y)] - ln E[e^T(x, y')] is raised by training. It tells how MINE works; for an
    estimate to rely on, `infomax.estimators.Neural` has cross-fitting and a better T.

    Args:
        units: hidden units of T, >= 1.
        others: y' that each x is scored with beside its own y, >= 1.

    Attributes:
        model: `PairedInformation`, pairs to their scores; what is trained.

    Example:
        >>> simple = SimpleMINE()
        >>> curve = simple.train((x, y), (x_validation, y_validation))
        >>> simple.estimate(x_held_out, y_held_out).value

    References:
        Belghazi et al., ICML 2018; the network, the book chapter's.
    """

    def __init__(self, units: int = 64, others: int = 15) -> None:
        self.units, self.others = units, others
        self.build_model()

    def build_model(self) -> None:
        """Make T, and what trains it."""
        self.critic = JointCritic((self.units,))
        self.model = PairedInformation(
            self.critic, OBJECTIVES["mine"], others=self.others
        )

    def train(
        self,
        pair: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray],
        epochs: int = 40,
        learning_rate: float = 5e-3,
        batch_size: int = 256,
        verbose: int = 0,
    ) -> list[float]:
        """Raise the bound, until it no longer rises on the validation part.

        Args:
            pair: (x, y) to fit on, float32 of shapes (n, dx) and (n, dy), each column
                of a size near 1.
            validation: (x, y) that ends the fit; the best epoch's weights are kept.
            epochs: passes over the samples at most.
            learning_rate: of Adam at the start; it falls to zero on a cosine.
            batch_size: pairs a step.
            verbose: as of `keras.Model.fit`.

        Returns:
            List of the bound on the validation part after each epoch, in nats.
        """
        steps = epochs * math.ceil(len(pair[0]) / batch_size)
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.model.compile(optimizer=keras.optimizers.Adam(schedule))
        stop = keras.callbacks.EarlyStopping(
            "val_information", mode="max", patience=10, restore_best_weights=True
        )
        history = self.model.fit(
            pair,
            validation_data=(validation,),
            # One batch: the bound is a statistic of all its samples.
            validation_batch_size=len(validation[0]),
            epochs=epochs,
            batch_size=batch_size,
            callbacks=[stop],
            verbose=verbose,
        )
        return history.history["val_information"]

    def estimate(self, x: np.ndarray, y: np.ndarray) -> Estimate:
        """Read the bound on samples that had no say in the fit.

        Args:
            x: float32 array of shape (n, dx).
            y: float32 array of shape (n, dy).

        Returns:
            `infomax.estimators.Estimate`, in nats.
        """
        reader = PairedInformation(self.critic, OBJECTIVES["mine"])  # of all pairs
        values = BlockValues(
            score_blocks(reader.predict_on_batch, x, y), OBJECTIVES["mine"]
        )
        low, high = bootstrap_interval([values], seed=0)
        return Estimate(float(values.value()), low, high)


class MINE:
    """Features of images that keep the information shared by perturbed views.

    Args:
        backbone: a `VGG`.
        latent_dim: d, the numbers that the network makes of an image, >= 1.
        critic: T, a critic of `infomax.layers.critics`; None for a `CosineCritic`.
        others: images that each image is scored against beside its own pair, >= 1;
            None for all of the batch.

    Attributes:
        network: `keras.Model`, an image to its latent, of mean 0 and variance 1 over a
            batch in training; what is kept, and what predicts.
        model: `PairedInformation`, the same weights and T, a pair to its scores; what
            is trained.

    Raises:
        ValueError: for a number below those given above.

    Example:
        >>> mine = MINE(VGG("F", input_shape=(24, 24, 1)), latent_dim=10)
        >>> mine.train(DataGenerator(images, Perturbation(), (24, 24)), epochs=12)
        >>> latents = mine.predict(images)

    References:
        Belghazi et al., ICML 2018.
    """

    def __init__(
        self,
        backbone: VGG,
        latent_dim: int = 10,
        critic: layers.Layer | None = None,
        others: int | None = None,
    ) -> None:
        self.backbone = backbone
        self.latent_dim, self.others = latent_dim, others
        self.critic = critic or CosineCritic()
        self._check()
        self.build_model()

    def build_model(self) -> None:
        """Stack the latent on the backbone, and T on the latents of a pair."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        # In float32: T can tell what a 16-bit latent would round away.
        latent = layers.Dense(self.latent_dim, name="latent", dtype="float32")(features)
        # Otherwise a latent that doubles would be as good, and T has no end.
        latent = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(latent)
        self.network = keras.Model(image, latent, name="mine")
        self.model = PairedInformation(
            self.critic,
            OBJECTIVES["mine"],
            encoder=self.network,
            others=self.others,
        )
        # Built here; otherwise `fit` would draw a batch for it, and call it an epoch.
        self.model([keras.Input(self.backbone.input_shape) for _ in range(2)])

    def train(
        self,
        generator: DataGenerator,
        epochs: int,
        learning_rate: float = 1.5e-3,
        decay: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 1,
    ) -> TrainingLog:
        """Maximise the information between the latents of x and x'.

        Args:
            generator: `DataGenerator`.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `TrainingLog` of the training: its rows have `information`, the mean of
            the epoch's batches in nats.
        """
        log = TrainingLog()
        callbacks = [log, *callbacks]
        fit(self.model, generator, epochs, learning_rate, decay, callbacks, verbose)
        return log

    def predict(self, images: Images, batch_size: int = 1000) -> np.ndarray:
        """Encode images, by the centre crop.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            float32 array of shape (n, latent_dim).
        """
        return network_outputs(self.network, images, batch_size)[0]

    def _check(self):
        for name in ("latent_dim", "others"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: got {value}, expected 1 or more")


def gaussian(correlation, samples, seed, run):
    """Estimate the information of two normal variables in three ways, side by side.

    Args:
        correlation: ρ of the two, above -1 and below 1.
        samples: pairs for MINE: half to fit on, a quarter to end the fit, and a
            quarter to read the estimate from.
        seed: of the samples and the network.
        run: `RunFolder` that the figure is written to.
    """
    reproducibility.make_deterministic(seed)
    distribution = bivariate_normal(correlation)
    truth = distribution.mutual_information
    print(ESTIMATE_HEADING)
    print(estimate_row("closed form", Estimate(truth), None))
    start = time.perf_counter()
    histogram = Histogram(bins=HISTOGRAM_BINS).estimate_with_info(
        *distribution.sample(HISTOGRAM_SAMPLES, (seed, 0))
    )
    seconds = time.perf_counter() - start
    print(estimate_row(f"histogram of {HISTOGRAM_SAMPLES:.0e}", histogram, seconds))
    x, y = (
        values.astype("float32") for values in distribution.sample(samples, (seed, 1))
    )
    half, end = samples // 2, samples - samples // 4
    start = time.perf_counter()
    simple = SimpleMINE()
    curve = simple.train((x[:half], y[:half]), (x[half:end], y[half:end]))
    estimate = dataclasses.replace(simple.estimate(x[end:], y[end:]), curve=curve)
    seconds = time.perf_counter() - start
    print(estimate_row(f"MINE of {samples}", estimate, seconds))
    steps = math.ceil(half / 256)
    print(run.write_figure("gaussian", fit_figure(estimate, truth, steps)))


def estimate_file(path, names, seed, scaling):
    """Estimate the information between the arrays of a file.

    Args:
        path: of a .npz with arrays `x` and `y`.
        names: of the estimators.
        seed: of all random numbers.
        scaling: of the columns; None for each estimator's own.
    """
    x, y = read_npz_pair(path)
    rows = estimate_by(names, x, y, seed, scaling)
    for index, (name, estimate, seconds) in enumerate(rows):
        if index == 0:  # not before: samples may be refused
            print(ESTIMATE_HEADING)
        print(estimate_row(name, estimate, seconds), flush=True)


class MINEScript(EncoderScript):
    """MINE of images from the command line, and estimates of continuous variables."""

    name, description = "mine", __doc__
    configuration, presets, generator = Configuration, PRESETS, DataGenerator
    further = {"gaussian": ("seed", "run_dir"), "estimate": ("seed",)}

    def build(self, configuration, image_shape):
        """Make the `MINE` that a configuration describes."""
        keras.config.set_dtype_policy(configuration.precision)
        input_shape = (*configuration.crop_size(image_shape), image_shape[2])
        critic = CosineCritic(configuration.critic_scale)
        if configuration.critic == "joint":
            critic = JointCritic((configuration.critic_units,))
        return MINE(
            VGG(configuration.backbone, input_shape, configuration.width),
            latent_dim=configuration.latent_dim,
            critic=critic,
            others=configuration.others or None,
        )

    def report_training(self, run, configuration, dataset, mine, training):
        """Write history and metrics, the information among them."""
        log = training.log
        report_training(
            run,
            dataset.name,
            configuration.seed,
            log.rows,
            training.seconds,
            log.warnings,
            {"information": information_curves(log.rows)},
            latent_dim=configuration.latent_dim,
            information=log.rows[-1]["information"],
        )

    def report(self, run, configuration, dataset, mine):
        """Probe the latents as far as there are labels."""
        encoded = mine.predict(dataset.x_train), mine.predict(dataset.x_test)
        accuracies = self.compare_probes(configuration, dataset, encoded)
        return report_probes(run, dataset, encoded[1], accuracies)

    def build_parser(self):
        """The command line, with --gaussian and --estimate."""
        parser = super().build_parser()
        add_estimate_options(parser)
        return parser

    def check(self, arguments):
        """Refuse options of --gaussian or --estimate that stand without it."""
        refuse_stray(arguments)

    def gaussian(self, arguments, configuration):
        """--gaussian."""
        gaussian(
            0.5 if arguments.cov_xy is None else arguments.cov_xy,
            arguments.samples or SAMPLES,
            configuration.seed,
            RunFolder(configuration.run_dir or "runs/mine-gaussian"),
        )

    def estimate(self, arguments, configuration):
        """--estimate FILE.npz, by one estimator or by all."""
        names = [arguments.estimator or "mine"]
        names = list(ESTIMATORS) if names == ["all"] else names
        estimate_file(arguments.estimate, names, configuration.seed, arguments.scaling)


SCRIPT = MINEScript()
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
