"""Teacher and student: a representation, k-means after it, a network taught by these.

A frozen encoder, learned without labels, makes a vector of each image; k-means parts
the vectors; a network of its own, the student, learns to tell the parts by perturbed
images, and gives a compact vector to search by.

    python teacher_student.py --train --eval
    python teacher_student.py --predict FOLDER --out clusters.csv
    python teacher_student.py --retrieve QUERY --among FOLDER

References:
    Liang et al., "Unsupervised Teacher-Student Model for Large-Scale Video Retrieval",
    ICCV workshops 2019.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

import deep_cluster
import deep_infomax
import mine
from data_generator import LabelledDataGenerator
from infomax.array_types import Images
from infomax.datasets.clips import find_clips, load_clip
from infomax.evaluation.retrieval import Index, mean_average_precision, mean_direction
from infomax.callbacks.assignment_log import AssignmentLog
from infomax.callbacks.fitting import fit
from infomax.models.label_learning import LabelLearning
from infomax.layers.prediction import network_outputs
from infomax.models.teacher import Teacher, pixel_components
from infomax.plots import clusters as figures
from infomax.cli.cluster_report import report_clusters, write_clusters
from infomax.cli.training_report import report_training
from infomax.cli.latent_report import report_retrieval
from infomax.cli.devices import process
from infomax.cli.options import WITHOUT_EFFECT
from infomax.cli.run_folder import RunFolder
from infomax.cli.teacher_student_options import PRESETS, Configuration
from infomax.cli.training_script import TrainingScript
from vgg import VGG

# Who can teach, and what of its method makes a vector of an image.
SCRIPTS = {
    "mine": (mine.SCRIPT, "network"),
    "deep-infomax": (deep_infomax.SCRIPT, "encode"),
    "deep-cluster": (deep_cluster.SCRIPT, "encode"),
}
COUNT = 10  # items that a search finds, unless told
QUERIES = 1000  # test images that mean average precision is measured with


class Student:
    """The second step of two: a network that learns a teacher's labels.

    Args:
        backbone: a `VGG`.
        clusters: k, the number of labels, >= 2.
        latent_dim: d, length of the vector that stands before the labels, >= 1.

    Attributes:
        network: `keras.Model`, an image to the probabilities of its clusters, and to
            its vector, of length 1; what is kept, and what predicts.
        model: `LabelLearning`, the same weights; what is trained.

    Raises:
        ValueError: for a number below those given above.

    Example:
        >>> student = Student(VGG("F", input_shape=(28, 28, 1)), clusters=10)
        >>> generator = LabelledDataGenerator(images, Perturbation())
        >>> student.train(generator, teacher.fit(images), epochs=6)
        >>> clusters = student.predict(images)[0].argmax(axis=1)
    """

    def __init__(self, backbone: VGG, clusters: int = 10, latent_dim: int = 64) -> None:
        for name, value, low in (
            ("clusters", clusters, 2),
            ("latent_dim", latent_dim, 1),
        ):
            if value < low:
                raise ValueError(f"{name}: got {value}, expected {low} or more")
        self.backbone = backbone
        self.clusters, self.latent_dim = clusters, latent_dim
        self.build_model()

    def build_model(self) -> None:
        """Stack the vector on the backbone, and the labels on the vector."""
        image = self.backbone.model.input
        flat = layers.Flatten()(self.backbone.model.output)
        latent = layers.Dense(self.latent_dim, dtype="float32")(flat)
        latent = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(latent)
        positive = layers.ReLU(dtype="float32")(latent)
        logits = layers.Dense(self.clusters, dtype="float32")(positive)
        probabilities = layers.Softmax(name="student", dtype="float32")(logits)
        vector = layers.UnitNormalization(name="vector", dtype="float32")(positive)
        self.model = LabelLearning(keras.Model(image, logits))
        self.network = keras.Model(image, [probabilities, vector])

    def train(
        self,
        generator: LabelledDataGenerator,
        labels: np.ndarray,
        epochs: int,
        learning_rate: float = 1.5e-3,
        decay: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 1,
    ) -> "StudentLog":
        """Learn the labels.

        Args:
            generator: `LabelledDataGenerator`.
            labels: of its images, an int array of shape (n,), 0…k - 1.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `StudentLog` of the training.
        """
        generator.relabel(labels)

        def own(epoch):
            return self.predict(generator.images)[0].argmax(axis=1) if epoch else labels

        log = StudentLog(own, self.clusters, "student")
        callbacks = [log, *callbacks]
        fit(self.model, generator, epochs, learning_rate, decay, callbacks, verbose)
        return log

    def predict(self, images: Images, batch_size: int = 1000) -> list[np.ndarray]:
        """Assign images to clusters, by the centre crop, and make vectors of them.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            List of two float32 arrays: probabilities (n, k), and vectors (n, d).
        """
        return network_outputs(self.network, images, batch_size)


class StudentLog(AssignmentLog):
    """How the student's own clusters change, from the teacher's on."""

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        """The student's report, and an entry for the teacher beside it."""
        return {**super().reports, "teacher": {"clusters": self.count}}


class TeacherStudent(Student):
    """Both steps: the teacher parts the images, the student learns the parts.

    Args:
        backbone: as of `Student`.
        clusters: as of `Student`.
        latent_dim: as of `Student`.
        teacher: `Teacher`; None where there is nothing left to train.
    """

    def __init__(
        self,
        backbone: VGG,
        clusters: int = 10,
        latent_dim: int = 64,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__(backbone, clusters, latent_dim)
        self.teacher = teacher

    def train(self, generator: LabelledDataGenerator, **course: Any) -> StudentLog:  # type: ignore[override]
        """Fit the teacher, and have the student learn; arguments of `Student.train`."""
        labels = self.teacher.fit(generator.images)  # type: ignore[union-attr]
        return super().train(generator, labels, **course)


def teacher_run(configuration, dataset):
    """The run folder of the teacher; by its name, it is trained where it is not there.

    Args:
        configuration: `Configuration`.
        dataset: `Dataset` of it.

    Returns:
        `RunFolder`.

    Raises:
        ValueError: for an unknown name, or a run in runs/ of other data, seed, ….
    """
    name = configuration.teacher
    if name not in SCRIPTS:
        if not pathlib.Path(name).is_dir():
            raise ValueError(
                f"--teacher: got {name}, expected pca, {', '.join(SCRIPTS)}, or the "
                "path of such a run"
            )
        return RunFolder(name)
    script = SCRIPTS[name][0]
    own = script.configuration(**configuration.for_teacher())
    run = RunFolder(own.run_path(name))
    if not run.is_finished:
        if process()[1] > 1:  # the others would look for what the first one writes
            raise ValueError(
                f"--teacher: got {name}, which is not trained yet, with several "
                f"processes; train it first: --train --run-dir {run.path}"
            )
        print(f"the teacher comes first: {name}, into {run.path}")
        # One of these settings that was stopped goes on.
        resume = run.is_started_as(dataclasses.asdict(script.adapted(own, dataset)))
        script.train(own, run, dataset, resume)
        return run
    kept = run.config.get("configuration", {})
    for option, value in configuration.for_teacher().items():
        if option not in WITHOUT_EFFECT and kept.get(option) != value:
            raise ValueError(
                f"--teacher: got {name}, whose run {run.path} has {option} "
                f"{kept.get(option)}, expected {value}; train it anew, or give its "
                "path to have it as it is"
            )
    return run


def encoder_of_run(run, image_shape):
    """The encoder of a finished run of another script.

    Args:
        run: `RunFolder`.
        image_shape: (height, width, channels) of the images that it is to encode.

    Returns:
        `keras.Model` from an image to a vector.

    Raises:
        ValueError: if the run is of no such script, makes no vectors, or was trained on
            images of another shape.
    """
    method = run.config.get("method")
    if method not in SCRIPTS:
        raise ValueError(
            f"--teacher: got {run.path}, a run of {method}, expected one of "
            f"{', '.join(SCRIPTS)}"
        )
    script, encoder = SCRIPTS[method]
    network = getattr(script.restore(run)[0], encoder)
    shape = run.image_shape
    if len(network.output_shape) != 2 or shape != tuple(image_shape):
        raise ValueError(
            f"--teacher: got {run.path}, which makes {network.output_shape[1:]} of "
            f"images of shape {shape}, expected vectors of images of {image_shape}"
        )
    return network


def clip_vector(student: Student, frames: np.ndarray) -> np.ndarray:
    """The vector of a clip: the mean of its frames' vectors, brought to length 1.

    Args:
        student: `Student`.
        frames: array of shape (n, height, width, channels).

    Returns:
        float array of shape (d,).
    """
    return mean_direction(student.predict(frames)[1])


class TeacherStudentScript(TrainingScript):
    """Both steps from the command line, and search by the student's vectors."""

    name, description = "teacher-student", __doc__
    configuration, presets, generator = Configuration, PRESETS, LabelledDataGenerator
    further = {"retrieve": ("run_dir", "dataset")}

    def build(self, configuration, image_shape):
        """Make the `TeacherStudent` that a configuration describes, without teacher."""
        keras.config.set_dtype_policy(configuration.precision)
        input_shape = (*configuration.crop_size(image_shape), image_shape[2])
        return TeacherStudent(
            VGG(configuration.backbone, input_shape, configuration.width),
            clusters=configuration.clusters,
            latent_dim=configuration.latent_dim,
        )

    def prepare(self, configuration, dataset):
        """Make teacher and student; train the teacher's encoder first, if need be."""
        # Before a teacher is trained, so that it is not in vain.
        student, generator = super().prepare(configuration, dataset)
        configuration.check_images(len(generator.images))
        if configuration.teacher == "pca":
            input_shape, dimension = student.backbone.input_shape, student.latent_dim
            encoder = pixel_components(generator.images, input_shape, dimension)
        else:
            run = teacher_run(configuration, dataset)
            encoder = encoder_of_run(run, dataset.image_shape)
        # Again, since the teacher has used random numbers.
        student, generator = super().prepare(configuration, dataset)
        student.teacher = Teacher(encoder, configuration.clusters, configuration.seed)
        return student, generator

    def report_training(self, run, configuration, dataset, student, training):
        """Write history and metrics, and keep the teacher."""
        run.save_network(student.teacher.network, "teacher")
        log = training.log
        figure = figures.assignment_curves(log.rows)
        report_training(
            run,
            dataset.name,
            configuration.seed,
            log.rows,
            training.seconds,
            log.warnings,
            {"training": figure},
            reports=log.reports,
            selected=log.select(),
        )

    def report(self, run, configuration, dataset, student):
        """Compare the clusters of student and teacher with labels, and search."""
        teacher = run.load_network("teacher")
        outputs = []
        for images in (dataset.x_train, dataset.x_test):
            clusters, vectors = student.predict(images)
            outputs.append([clusters, *network_outputs(teacher, images)])
        text = report_clusters(run, dataset, *outputs)
        precision = None
        if dataset.y_test is not None:
            precision = mean_average_precision(vectors, dataset.y_test, QUERIES)
        run.write_metrics(run.metrics | {"mean_average_precision": precision})
        if precision is None:
            return text
        return (
            f"{text}\nsearch for test images of the same class: mean average precision "
            f"{100 * precision:.2f} %"
        )

    def write(self, run, student, names, images, out):
        """Write the cluster of each image."""
        write_clusters(run, names, student.predict(images), out)

    def build_parser(self):
        """The command line, with --retrieve."""
        parser = super().build_parser()
        search = parser.add_argument_group("search")
        search.add_argument(
            "--retrieve",
            metavar="QUERY",
            help="an image, a folder of frames, or an animated image to search by",
        )
        search.add_argument(
            "--among",
            metavar="FOLDER",
            help="of images, animated images, and sub-folders of frames",
        )
        search.add_argument("--count", type=int, help=f"wanted (default: {COUNT})")
        return parser

    def check(self, arguments):
        """Refuse a search without one of its two paths, or for nothing."""
        for option in ("among", "count"):
            if getattr(arguments, option) is not None and not arguments.retrieve:
                raise ValueError(f"--{option} belongs to --retrieve; give that as well")
        if arguments.retrieve and not arguments.among:
            raise ValueError("--retrieve and --among go together; give both")
        if arguments.count is not None and arguments.count < 1:
            raise ValueError(f"--count: got {arguments.count}, expected 1 or more")

    def retrieve(self, arguments, configuration):
        """Find the items that are nearest to a query, as a table and a picture."""
        run = RunFolder(configuration.run_path(self.name))
        student, _ = self.restore(run)
        image_shape = run.image_shape
        query = load_clip(arguments.retrieve, image_shape)
        paths = find_clips(arguments.among)
        vectors = run.indexed(
            paths, lambda path: clip_vector(student, load_clip(path, image_shape))
        )
        nearest, cosines = Index(vectors).nearest(
            clip_vector(student, query), arguments.count or COUNT
        )
        found = [
            (paths[item].name, load_clip(paths[item], image_shape), cosine)
            for item, cosine in zip(nearest, cosines, strict=True)
        ]
        print(report_retrieval(run, arguments.retrieve, query, found))


SCRIPT = TeacherStudentScript()
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
