"""Deep InfoMax: features that share much information with the image they come from.

An encoder makes a feature map of an image, and from it an encoded variable: a vector,
or maps. Training maximises the information between the encoded variable and the feature
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

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import dataclasses
import itertools
import pathlib

import keras
from keras import ops

from data_generator import DataGenerator
from infomax.callbacks.fitting import StepLog, TrainingLog, fit_pairs
from infomax.cli import training
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.deep_infomax_options import ACTIONS, PRESETS, Options
from infomax.cli.export import export_run
from infomax.cli.options import (
    generator_options,
    run_path,
    training_images,
    without_auto,
)
from infomax.layers.encoders import GEOMETRIES, map_encoder, vector_encoder
from infomax.layers.image_critics import GlobalCritic, LocalCritic
from infomax.layers.objectives import OBJECTIVES
from infomax.layers.prediction import network_outputs
from infomax.layers.prior import PriorMatching
from infomax.settings import one_of, replaced, require_at_least
from vgg import VGG

METHOD = "deep-infomax"
COMPARED_SEEDS = (0, 1, 2)


class DeepInfoMax(keras.Model):
    """Features of images by up to three objectives, trained together.

    loss = α loss(global) + β loss(local) + γ loss(prior) + loss(discriminator)

    Trained by `fit` on a `DataGenerator` of pairs (x, x'). The loss is a statistic of
    the whole batch. A weight of 0 switches an objective off.

    Args:
        encoder: `keras.Model` from `vector_encoder` or `map_encoder`.
        global_weight: α >= 0; the encoded variable and the feature map as a whole.
        local_weight: β >= 0; the encoded variable and each location of the feature map.
        prior_weight: γ >= 0; the encoded variable and the prior.
        prior: `uniform` on 0…1, for the sigmoid of the encoded variable; or `gaussian`.
        measure: name of the bound that training maximises, in
            `infomax.layers.objectives.OBJECTIVES`.
        views: 2 for the feature map of one view with the encoded variable of the other,
            both ways; 1 for both of the same view, as in the paper.
        seed: of the prior's draws.

    Attributes:
        network: the functional `keras.Model` from an image to its feature map and its
            encoded variable. `save` saves it; the critics are discarded.
        encode: `keras.Model` from an image to its encoded variable.
        log: `TrainingLog` of the training.

    Example:
        >>> encoder = vector_encoder(VGG("F", (24, 24, 1)), latent_dim=64)
        >>> method = DeepInfoMax(encoder, local_weight=1.0)
        >>> method.compile(optimizer=keras.optimizers.Adam(1.5e-3))
        >>> pairs = DataGenerator(images, Perturbation(), crop_size=(24, 24))
        >>> history = method.fit(pairs, epochs=12)
        >>> vectors = method.predict(images)
    """

    def __init__(
        self,
        encoder,
        global_weight=0.0,
        local_weight=1.0,
        prior_weight=0.0,
        prior="uniform",
        measure="jensen-shannon",
        views=2,
        seed=0,
    ):
        super().__init__()
        self.global_weight, self.local_weight = global_weight, local_weight
        self.prior_weight, self.views = prior_weight, views
        self.log = None
        self._check(measure)
        self.objective = OBJECTIVES[measure]
        self.network = encoder
        self.encode = keras.Model(encoder.inputs, encoder.outputs[1])
        self.critics = self.build_critics(maps=len(encoder.outputs[1].shape) == 4)
        self.losses_of = {name: self.objective.loss() for name in self.critics}
        self.matching = PriorMatching(prior, seed=seed) if prior_weight else None
        logged = [*self.critics, *(("discriminator", "prior") if prior_weight else ())]
        self.means = {name: keras.metrics.Mean(name=name) for name in logged}
        # Built here; otherwise `fit` would draw a batch for it, and count an epoch.
        self([keras.Input(encoder.input_shape[1:]) for _ in range(2)])

    def build_critics(self, maps):
        """Return a dict of the critics that have a weight, `global` and `local`."""
        # Maps have thousands of locations, each of which costs as much as a vector.
        size = ((32,), 16) if maps else ((128,), 64)
        # Both are made, so that the local one starts the same with the global one off.
        critics = {"global": GlobalCritic(*size), "local": LocalCritic(*size)}
        weights = {"global": self.global_weight, "local": self.local_weight}
        return {name: critic for name, critic in critics.items() if weights[name]}

    def call(self, pair, training=False):
        """Score all feature maps and encoded variables of a batch (x, x').

        Return a dict of each critic's scores, float32 (samples, n) with those of pairs
        in column 0, and of the losses `discriminator` and `prior`.
        """
        # Both views in one pass, so that they are normalised by the same statistics.
        images = ops.concatenate(pair, axis=0) if self.views == 2 else pair[0]
        feature_map, encoded = self.network(images, training=training)
        pairs = [(feature_map, encoded)]
        if self.views == 2:  # of x, and of x'
            (map_x, map_y), (x, y) = ops.split(feature_map, 2), ops.split(encoded, 2)
            pairs = [(map_x, y), (map_y, x)]
        others = ops.shape(pair[0])[0] - 1
        outputs = {
            name: ops.concatenate([critic(both, others=others) for both in pairs])
            for name, critic in self.critics.items()
        }
        if self.matching:
            losses = self.matching(encoded, training=training)
            outputs |= zip(("discriminator", "prior"), losses, strict=True)
        return outputs

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the weighted sum of all objectives; there is no target."""
        loss = 0.0
        if self.global_weight:
            loss += self.global_weight * self.information_loss("global", y_pred)
        if self.local_weight:
            loss += self.local_weight * self.information_loss("local", y_pred)
        if self.prior_weight:
            loss += y_pred["discriminator"] + self.prior_weight * y_pred["prior"]
            self.means["discriminator"].update_state(y_pred["discriminator"])
            self.means["prior"].update_state(y_pred["prior"])
        return loss

    def information_loss(self, name, outputs):
        """Return the loss of a critic, and log the information in nats."""
        positive, negative = outputs[name][:, 0], outputs[name][:, 1:]
        self.means[name].update_state(self.objective.value(positive, negative))
        return self.losses_of[name](positive, negative)

    def fit(self, pairs, epochs=12, callbacks=(), verbose="auto", initial_epoch=0):
        """Maximise the objectives.

        `pairs` is a `DataGenerator`; the others are arguments of `keras.Model.fit`.
        In the `History` that is returned, `global` and `local` are mean bounds in nats.
        """
        self.log = TrainingLog()
        callbacks = [self.log, *callbacks]
        return fit_pairs(self, pairs, epochs, callbacks, verbose, initial_epoch)

    def predict(self, images, batch_size=1000):
        """Return vectors of shape (n, d), or maps of shape (n, h, w, maps), float32.

        Images have shape (n, height, width, channels), uint8 or 0…1; the network sees
        their centre crops. `batch_size` is the number of images per step.
        """
        return network_outputs(self.encode, images, batch_size)[0]

    def save(self, filepath, **options):
        """Save `network`; `keras.saving.load_model` needs `import infomax` for it."""
        self.network.save(filepath, **options)

    def _check(self, measure):
        require_at_least(self, global_weight=0, local_weight=0, prior_weight=0)
        if not (self.global_weight or self.local_weight or self.prior_weight):
            raise ValueError(
                "local_weight: got 0 and no other weight, expected one above 0; there "
                "is nothing to train by"
            )
        one_of("measure", measure, OBJECTIVES)
        if self.views not in (1, 2):
            raise ValueError(f"views: got {self.views}, expected 1 or 2")


def build(options, image_shape):
    """Return the `DeepInfoMax` that the options describe, not compiled."""
    options.network.set_policy()
    input_shape = (*options.crop_of(image_shape), image_shape[2])
    if options.is_vector:
        backbone = VGG(options.network.backbone, input_shape, options.network.width)
        encoder = vector_encoder(backbone, options.latent_dim)
    else:
        encoder = map_encoder(options.geometry, input_shape, options.maps)
    own = "global_weight local_weight prior_weight prior measure views".split()
    given = {name: getattr(options, name) for name in own}
    return DeepInfoMax(encoder, **given, seed=options.training.seed)


def load(options):
    """Load the images: up to 32 pixels a side for vectors, of any size for maps."""
    at_most = training.LARGEST_SIDE if options.is_vector else None
    dataset = training.load_data(options, at_most)
    dataset = dataset.in_grey() if options.grey else dataset
    if not options.is_vector and dataset.image_shape[2] > 1:
        raise ValueError("--no-grey: maps are those of grey images; leave it out")
    return dataset


def prepare(options, dataset):
    """Return the compiled `DeepInfoMax` and its pairs, from one seed; no label."""
    training.make_deterministic(options.training.seed)
    method = build(options, dataset.image_shape)
    crop = {"crop_size": options.crop_of(dataset.image_shape)}
    pairs = DataGenerator(
        training_images(options, dataset.x_train),
        options.perturbation,
        **generator_options(options, dataset.image_shape) | crop,
    )
    method.compile(optimizer=options.training.optimizer(len(pairs)))
    return method, pairs


def train(options, run, dataset=None, resume=False, callbacks=()):
    """Train, and write the run folder; return the trained `DeepInfoMax`."""
    from infomax.cli.latent_report import report_training

    dataset = dataset or load(options)
    options = without_auto(options, dataset.x_train)
    with training.training(run, METHOD, options, dataset, resume) as session:
        method, pairs = prepare(options, dataset)
        callbacks = [*callbacks, *session.callbacks]
        method.fit(pairs, callbacks=callbacks, **session.progress)
        if session.first:
            shown = method.log, tuple(method.means)
            report_training(session, options, dataset, *shown, **options.encoded)
            session.finish(method, options)
    return method


def restore(run):
    """Return the trained `DeepInfoMax` of a run folder, and its options."""
    options = training.options_of(run, Options())
    method = build(options, run.image_shape)
    run.load_weights(method.network)
    return method, options


def evaluate(run, name=None):
    """Report vectors by probe and neighbours, or maps by their information."""
    from infomax.cli.latent_report import report_encoded_maps, report_vectors

    method, options = restore(run)
    with training.evaluation(run, name) as dataset:
        if options.is_vector:
            training.draw_from(options.training.seed)
            untrained = build(options, run.image_shape).predict
            encoded = method.predict(dataset.x_train), method.predict(dataset.x_test)
            print(report_vectors(run, dataset, encoded, untrained, options.prior))
        else:
            maps = method.network, options.geometry, options.prior
            print(report_encoded_maps(run, dataset, *maps))


def predict(run, path, out):
    """Write the vector of each image of a file or folder as CSV."""
    from infomax.cli.latent_report import write_latents
    from infomax.cli.reading import load_images

    method, options = restore(run)
    if not options.is_vector:
        raise ValueError(
            f"--predict: got {run.path}, which makes maps of an image, expected a run "
            "that makes vectors; --eval shows the maps"
        )
    images, names = load_images(run, path)
    write_latents(names, method.predict(images), out)
    print(f"{len(names)} images in {out}")


def compare(options):
    """Train all geometries of maps by several seeds, and compare their maps."""
    from infomax.cli.latent_report import report_comparison, report_maps
    from infomax.cli.run_folder import RunFolder
    from infomax.evaluation.maps import measure_maps

    folder = pathlib.Path(run_path(options, "deep-infomax-geometries"))
    dataset, trainings = load(options), []
    for seed, geometry in itertools.product(COMPARED_SEEDS, GEOMETRIES):
        own = replaced(options, {"geometry": geometry, "seed": seed})
        run, steps = RunFolder(folder / f"{geometry}-{seed}"), StepLog()
        method = train(own, run, dataset, callbacks=[steps])
        if not training.is_first_process():
            continue
        measures = measure_maps(method.network, dataset.x_test, geometry)
        report_maps(run, dataset, measures)
        measured = dataclasses.replace(measures, seed=seed, losses=steps.losses)
        trainings.append(measured)
        keras.utils.clear_session()
    if trainings:
        print(report_comparison(RunFolder(folder), dataset, trainings))


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    parser = training_parser(__doc__, Options(), PRESETS)
    parser.add_argument(
        "--compare",
        action="store_true",
        help="train the four geometries of maps, by three seeds each; compare them",
    )
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate, apply and compare encoders, as the command line asks."""
    options, arguments = parse(build_parser(), Options(), PRESETS, argv, ACTIONS)
    if arguments.compare:
        compare(options)
        return
    name = METHOD if options.is_vector else f"{METHOD}-{options.geometry}"
    run, options = training.open_run(name, options, arguments)
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
