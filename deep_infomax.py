"""Deep InfoMax: features that share much information with the image they come from.

An encoder makes a feature map of an image, and from it an encoded variable: a vector,
or maps. Training raises the information between the encoded variable and the feature
map, as a whole (global) and at each location (local), and pushes the encoded variable
towards a prior.

    python deep_infomax.py --train --eval                    (vectors, MNIST)
    python deep_infomax.py --train --eval --geometry same    (maps, the earth)
    python deep_infomax.py --compare                         (four geometries of maps)
    python deep_infomax.py --predict FOLDER --out vectors.csv

References:
    Hjelm, Fedorov, Lavoie-Marchildon, Grewal, Bachman, Trischler and Bengio, "Learning
    Deep Representations by Mutual Information Estimation and Maximization", ICLR 2019.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import dataclasses
from typing import Any
import pathlib
from collections.abc import Sequence

import keras
import numpy as np

from data_generator import DataGenerator
from infomax.array_types import Images
from infomax.layers.image_critics import GlobalCritic, LocalCritic
from infomax.layers.objectives import OBJECTIVES
from infomax.models.deep_information import DeepInformation
from infomax.layers.encoders import GEOMETRIES, map_encoder, vector_encoder
from infomax.callbacks.fitting import fit
from infomax.layers.prediction import network_outputs
from infomax.layers.prior import PRIORS, PriorMatching
from infomax.callbacks.training_log import StepLog, TrainingLog
from infomax.cli.latent_report import (
    report_comparison,
    report_maps,
    report_neighbors,
    report_prior,
    report_probes,
)
from infomax.cli.training_report import report_training
from infomax.evaluation.maps import measure_maps
from infomax.plots.latents import information_curves
from infomax.cli.deep_infomax_options import PRESETS, Configuration
from infomax.cli.run_folder import RunFolder
from infomax.cli.encoder_script import EncoderScript
from vgg import VGG

COMPARED_SEEDS = (0, 1, 2)


class DeepInfoMax:
    """Features of images by up to three objectives, trained together.

    Args:
        encoder: `keras.Model` by `map_encoder` or `vector_encoder`.
        global_weight: α, of the feature map as a whole against the encoded variable;
            0 switches it off.
        local_weight: β, of every location of the feature map against the encoded
            variable; 0 switches it off.
        prior_weight: γ, of pushing the encoded variable towards the prior; 0 switches
            it off.
        prior: `uniform` on 0…1, which the encoded variable meets after a sigmoid, or
            `gaussian`.
        measure: name of the bound that α and β raise, of
            `infomax.layers.objectives`.
        views: 2 for the feature map of the one and the encoded variable of the other
            of two perturbed views, 1 for both of the same, as in the paper.
        seed: of the prior's draws.

    Attributes:
        network: `keras.Model`, an image to its feature map and its encoded variable;
            what is kept.
        encode: `keras.Model`, an image to its encoded variable; what predicts.
        model: `DeepInformation`, the same weights, the critics and the discriminator;
            what is trained.

    Raises:
        ValueError: if a weight is below 0, or all are 0; for an unknown name.

    Example:
        >>> encoder = vector_encoder(VGG("F", input_shape=(24, 24, 1)), latent_dim=64)
        >>> method = DeepInfoMax(encoder, local_weight=1.0)
        >>> method.train(DataGenerator(images, Perturbation(), (24, 24)), epochs=12)
        >>> vectors = method.predict(images)

    References:
        Hjelm et al., ICLR 2019; the three objectives together, its equation for the
        complete objective of Deep InfoMax.
    """

    def __init__(
        self,
        encoder: keras.Model,
        global_weight: float = 0.0,
        local_weight: float = 1.0,
        prior_weight: float = 0.0,
        prior: str = "uniform",
        measure: str = "jensen-shannon",
        views: int = 2,
        seed: int = 0,
    ) -> None:
        self.encoder = encoder
        self.global_weight, self.local_weight = global_weight, local_weight
        self.prior_weight, self.prior = prior_weight, prior
        self.measure, self.views, self.seed = measure, views, seed
        self._check()
        self.build_model()

    def build_model(self) -> None:
        """Join encoder, critics and discriminator."""
        self.network = self.encoder
        self.encode = keras.Model(self.network.inputs, self.network.outputs[1])
        # Maps have thousands of locations, each of which costs as much as a vector.
        maps = len(self.network.outputs[1].shape) == 4
        size: dict[str, Any] = {"units": (32,), "dimension": 16} if maps else {}
        critics = {
            "global": (GlobalCritic(**size), self.global_weight),
            "local": (LocalCritic(**size), self.local_weight),
        }
        prior = None
        if self.prior_weight > 0:
            prior = PriorMatching(self.prior, seed=self.seed)
        self.model = DeepInformation(
            self.network,
            {name: both for name, both in critics.items() if both[1] > 0},
            OBJECTIVES[self.measure],
            prior,
            self.prior_weight,
            self.views,
        )
        # Built here; otherwise `fit` would draw a batch for it, and call it an epoch.
        self.model([keras.Input(self.encoder.input_shape[1:]) for _ in range(2)])

    def train(
        self,
        generator: DataGenerator,
        epochs: int,
        learning_rate: float = 1.5e-3,
        decay: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 1,
    ) -> TrainingLog:
        """Maximise the objectives.

        Args:
            generator: `DataGenerator`.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `TrainingLog` of the training: its rows have `global` and `local`, the means
            of the epoch's batches in nats, and `prior`, the encoder's loss.
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
            float32 array of shape (n, d), or maps (n, height, width, maps).
        """
        return network_outputs(self.encode, images, batch_size)[0]

    def _check(self):
        for name in ("global_weight", "local_weight", "prior_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected 0 or more"
                )
        for name, known in (("measure", OBJECTIVES), ("prior", PRIORS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name}: got {getattr(self, name)!r}, expected one of "
                    f"{', '.join(known)}"
                )
        if self.views not in (1, 2):
            raise ValueError(f"views: got {self.views}, expected 1 or 2")


class DeepInfoMaxScript(EncoderScript):
    """Deep InfoMax from the command line, and the comparison of geometries."""

    name, description = "deep-infomax", __doc__
    configuration, presets, generator = Configuration, PRESETS, DataGenerator
    settings = {field.name for field in dataclasses.fields(Configuration)}
    settings -= {"geometry", "seed", "latent_dim", "backbone", "width"}
    further = {"compare": (*settings, "preset")}

    def build(self, configuration, image_shape):
        """Make the `DeepInfoMax` that a configuration describes."""
        keras.config.set_dtype_policy(configuration.precision)
        input_shape = (*configuration.crop_size(image_shape), image_shape[2])
        if configuration.is_vector:
            backbone = VGG(configuration.backbone, input_shape, configuration.width)
            encoder = vector_encoder(backbone, configuration.latent_dim)
        else:
            geometry = configuration.geometry
            encoder = map_encoder(geometry, input_shape, configuration.maps)
        names = (
            *("global_weight", "local_weight", "prior_weight", "prior", "measure"),
            *("views", "seed"),
        )
        return DeepInfoMax(
            encoder, **{name: getattr(configuration, name) for name in names}
        )

    def load(self, configuration, name=None):
        """Load the data set, in grey where that was asked for."""
        dataset = super().load(configuration, name)
        return dataset.in_grey() if configuration.grey else dataset

    def callbacks(self, configuration, dataset, method):
        """Keep the loss of every step."""
        return [StepLog()]

    def report_training(self, run, configuration, dataset, method, training):
        """Write history and metrics, each objective's information among them."""
        encoded = {"geometry": configuration.geometry, "maps": configuration.maps}
        if configuration.is_vector:
            encoded = {"latent_dim": configuration.latent_dim}
        log, means = training.log, tuple(method.model.means)
        report_training(
            run,
            dataset.name,
            configuration.seed,
            log.rows,
            training.seconds,
            log.warnings,
            {"information": information_curves(log.rows, means)},
            **encoded,
            **{name: log.rows[-1][name] for name in means},
        )

    def report(self, run, configuration, dataset, method):
        """Look at vectors by probe and neighbours, or at maps by their information."""
        if configuration.is_vector:
            on_train, encoded = map(method.predict, (dataset.x_train, dataset.x_test))
            accuracies = self.compare_probes(
                configuration, dataset, (on_train, encoded)
            )
            texts = [
                report_probes(run, dataset, encoded, accuracies),
                report_neighbors(run, dataset, on_train, encoded),
            ]
        else:
            measures = measure_maps(
                method.network, dataset.x_test, configuration.geometry
            )
            texts = [report_maps(run, dataset, measures)]
            encoded = np.stack([maps for _, maps in measures.shown])
        return "\n".join([*texts, report_prior(run, encoded, configuration.prior)])

    def predict(self, run, path, out):
        """Encode new images as vectors; a run that makes maps is refused."""
        _, configuration = self.restore(run)
        if not configuration.is_vector:
            raise ValueError(
                f"--predict: got {run.path}, which makes maps of an image, expected a "
                "run that makes vectors; --eval shows the maps"
            )
        super().predict(run, path, out)

    def run_name(self, configuration):
        """The method's name, and the geometry's where it makes maps."""
        if configuration.is_vector:
            return self.name
        return f"{self.name}-{configuration.geometry}"

    def build_parser(self):
        """The command line, with --compare."""
        parser = super().build_parser()
        parser.add_argument(
            "--compare",
            action="store_true",
            help="train the four geometries of maps, three seeds each, and compare "
            "them",
        )
        return parser

    def compare(self, arguments, configuration):
        """Train all geometries of maps at equal settings, each by several seeds.

        Args:
            arguments: of the command line.
            configuration: `Configuration`; geometry and seed are replaced.

        Returns:
            List of `MapMeasures`, one a training.
        """
        folder = pathlib.Path(configuration.run_path("deep-infomax-geometries"))
        dataset = self.load(configuration)
        trainings = []
        for seed in COMPARED_SEEDS:
            for geometry in GEOMETRIES:
                own = dataclasses.replace(configuration, geometry=geometry, seed=seed)
                run = RunFolder(folder / f"{geometry}-{seed}")
                method, training = self.train(own, run, dataset)
                measures = measure_maps(method.network, dataset.x_test, geometry)
                report_maps(run, dataset, measures)
                (steps,) = training.callbacks
                trainings.append(
                    dataclasses.replace(measures, seed=seed, losses=steps.losses)
                )
                keras.utils.clear_session()
        print(report_comparison(RunFolder(folder), dataset, trainings))
        return trainings


SCRIPT = DeepInfoMaxScript()
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
