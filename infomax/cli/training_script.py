"""What every training script does, from the command line to the run folder and back."""

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from infomax.cli import reproducibility
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.devices import distributed, process
from infomax.cli.report_page import write_report
from infomax.cli.run_stages import (
    check_data,
    configuration_of,
    dataset_of_run,
    open_run,
    restore_run,
    start_run,
    train_run,
)
from infomax.datasets import load_dataset, load_images
from infomax.transforms.kinds import kind_of


class TrainingScript:
    """Trains a method, evaluates it and predicts by it, as a command line asks.

    A *method* is what `build` makes: it has `network`, the `keras.Model` that is kept,
    and `train`, from a generator, a course and callbacks to a `TrainingLog`. A subclass
    names its parts, and says what is built and what is reported.

    Attributes:
        name: of the method; a run folder is runs/<name>-<dataset>.
        description: the script's docstring.
        configuration: dataclass of every setting.
        presets: dict of a preset's name to settings.
        generator: class of what yields batches; of (images, **configuration.pairing).
        out: what --out names, "FILE.csv" or "FOLDER".
        further: dict of actions of its own, each a method of this class that takes the
            parsed arguments and the configuration, to the settings that it reads.
        sums_replicas: whether the method's loss is one of the whole batch where
            TensorFlow gives each device a part of it.
    """

    name: str
    description: str | None
    configuration: type[Any]
    presets: Mapping[str, Any]
    generator: type[Any]
    out = "FILE.csv"
    further: dict[str, tuple[str, ...]] = {}
    sums_replicas = False

    def build(self, configuration, image_shape):
        """Make what a configuration describes.

        Args:
            configuration: of the class `configuration`.
            image_shape: (height, width, channels) of the images.

        Returns:
            The untrained method.
        """
        raise NotImplementedError

    def report_training(self, run, configuration, dataset, method, training):
        """Write what there is to say of a training without labels.

        Args:
            run: `RunFolder`.
            configuration: of the training.
            dataset: what was trained on.
            method: what was trained.
            training: `Training`.
        """
        raise NotImplementedError

    def report(self, run, configuration, dataset, method):
        """Compare what was learned with labels, as far as there are any.

        Args:
            run: `RunFolder` that metrics and figures are written to.
            configuration: of its training.
            dataset: to evaluate on.
            method: what was trained.

        Returns:
            Text to print.
        """
        raise NotImplementedError

    def write(self, run, method, names, images, out):
        """Write a row an image.

        Args:
            run: `RunFolder` of a finished training.
            method: what was trained.
            names: of n images.
            images: array of shape (n, height, width, channels).
            out: path of the CSV file.
        """
        raise NotImplementedError

    def load(self, configuration, name=None):
        """Load the data set of a configuration, or another one of its kind."""
        return load_dataset(
            name or configuration.dataset,
            configuration.image_size or None,
            at_most=configuration.largest_side,
        )

    def adapted(self, configuration, dataset):
        """Fill in the settings that depend on the kind of the images."""
        if configuration.kind != "auto":
            return configuration.of_kind(configuration.kind)
        return configuration.of_kind(*kind_of(dataset.x_train))

    def prepare(self, configuration, dataset):
        """Make the method and its generator for a data set, from one seed.

        Args:
            configuration: of the class `configuration`.
            dataset: `Dataset`; its labels are not looked at.

        Returns:
            The untrained method, and the generator.
        """
        reproducibility.make_deterministic(configuration.seed)
        method = self.build(configuration, dataset.image_shape)
        images = configuration.training_part(dataset.x_train)
        generator = self.generator(images, **configuration.pairing(dataset.image_shape))
        return method, generator

    def callbacks(self, configuration, dataset, method):
        """Further callbacks of a training, a list."""
        return []

    def train(self, configuration, run, dataset=None, resume=False):
        """Train, and write the run folder.

        Args:
            configuration: of the class `configuration`.
            run: `RunFolder`.
            dataset: what to train on; None for the configuration's.
            resume: whether to go on with the run that is there, which was started with
                this configuration.

        Returns:
            The trained method, and the `Training`.
        """
        dataset = dataset or self.load(configuration)
        configuration = self.adapted(configuration, dataset)
        self._check_devices(configuration)
        with distributed(configuration.distribute, configuration.batch_size):
            first = process()[0] == 0
            if resume:
                check_data(run, dataset)
            method, generator = self.prepare(configuration, dataset)
            callbacks = self.callbacks(configuration, dataset, method)
            if configuration.tensorboard:
                run.require_tensorboard()
            with run.held() if first else contextlib.nullcontext():
                if first and not resume:
                    start_run(run, self.name, configuration, dataset)
                    if configuration.kind_reason:
                        print(
                            f"settings for {configuration.kind}, because "
                            f"{configuration.kind_reason} (--kind)"
                        )
                training = train_run(
                    run, configuration, method, generator, callbacks, resume
                )
                if first:
                    self._keep(run, configuration, dataset, method, training)
        return method, training

    def _keep(self, run, configuration, dataset, method, training):
        self.report_training(run, configuration, dataset, method, training)
        if configuration.plot_model:
            print(run.plot_network(method.network))
        # After all else, since it says that the run is finished.
        run.save_network(method.network)
        print(f"trained in {training.seconds:.0f} s; the run is in {run.path}")
        write_report(run, self.title(run))
        print(*run.metrics.get("found", ()), sep="\n")

    def _check_devices(self, configuration):
        distributed = configuration.distribute != "none"
        if distributed and keras.config.backend() != "jax" and not self.sums_replicas:
            raise ValueError(
                f"--distribute: {self.name} has a loss of the whole batch on JAX "
                "alone; set KERAS_BACKEND=jax"
            )

    def resume(self, run, **given):
        """Go on with a training that was stopped, or killed.

        Args:
            run: `RunFolder`.
            **given: settings that do not change the result, in place of the run's.
        """
        configuration = configuration_of(run, self.configuration)
        if run.is_finished:
            print(f"the run in {run.path} is finished; there is nothing to resume")
            return
        self.train(dataclasses.replace(configuration, **given), run, resume=True)

    def restore(self, run):
        """Read what was trained from its run folder.

        Args:
            run: `RunFolder`.

        Returns:
            The method and its configuration.
        """
        return restore_run(run, self.configuration, self.build)

    def untrained(self, configuration, image_shape):
        """Make a method as it was before its training, whatever ran since."""
        keras.utils.set_random_seed(configuration.seed)
        return self.build(configuration, image_shape)

    def dataset_of_run(self, run, configuration, name=None):
        """Load images of the shape that a run was trained on."""
        return dataset_of_run(run, name or configuration.dataset)

    def evaluate(self, run, dataset_name=None):
        """Compare with labels as far as there are any, and print how that went.

        Args:
            run: `RunFolder` of a finished training.
            dataset_name: name or path of the data; None for that of the training.
        """
        method, configuration = self.restore(run)
        with run.held():
            dataset = self.dataset_of_run(run, configuration, dataset_name)
            print(self.report(run, configuration, dataset, method))
            write_report(run, self.title(run))

    def predict(self, run, path, out):
        """Apply a run to new images, and write what comes out.

        Args:
            run: `RunFolder` of a finished training.
            path: of the images, as for `load_images`.
            out: path of the CSV file.
        """
        method, _ = self.restore(run)
        images, names = load_images(path, run.image_shape)
        self.write(run, method, names, images, out)
        print(f"{len(names)} images in {out}")

    def build_parser(self):
        """The command line, an `argparse.ArgumentParser`."""
        return training_parser(
            self.description, self.configuration, self.presets, out=self.out
        )

    def title(self, run):
        """Of a run's report."""
        return f"{self.name} on {run.metrics['dataset']}"

    def run_name(self, configuration):
        """The method's name in the name of a run folder."""
        return self.name

    def check(self, arguments):
        """Refuse arguments of further actions that do not go together."""

    def main(self, argv=None):
        """Do what the command line asks for.

        Args:
            argv: list of arguments; None for those of the process.

        Returns:
            What a further action returns; None otherwise.
        """
        return one_line_errors(self._main)(argv)

    def _main(self, argv):
        arguments, configuration = parse(
            self.build_parser(),
            self.configuration,
            self.presets,
            argv,
            self.further,
            out_is_folder=self.out == "FOLDER",
        )
        self.check(arguments)
        for action in self.further:
            if getattr(arguments, action):
                return getattr(self, action)(arguments, configuration)
        name = self.run_name(configuration)
        run = open_run(configuration, name, arguments.train or arguments.resume)
        if arguments.train:
            self.train(configuration, run)
        if arguments.resume:
            given = {
                setting: getattr(arguments, setting)
                for setting in ("dataset", "verbose")
                if hasattr(arguments, setting)
            }
            self.resume(run, **given)
        if process()[0] > 0:
            return None  # the first of several does what comes after a training
        if arguments.eval:
            self.evaluate(run, getattr(arguments, "dataset", None))
        if arguments.predict:
            self.predict(run, arguments.predict, arguments.out)
