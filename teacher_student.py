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

import keras
import numpy as np
from keras import layers

import deep_cluster
import deep_infomax
import mine
from data_generator import LabelledDataGenerator
from infomax.datasets.clips import load_clips, load_query
from infomax.evaluation.retrieval import Index, mean_average_precision, mean_direction
from infomax.models.assignment_log import AssignmentLog
from infomax.models.fitting import fit
from infomax.models.prediction import network_outputs
from infomax.models.teacher import Teacher, pixel_components
from infomax.reports import figures
from infomax.reports.cluster_report import (
    report_clusters,
    report_training,
    write_clusters,
)
from infomax.reports.retrieval_report import report_retrieval
from infomax.running.run_folder import RunFolder
from infomax.running.teacher_student_options import PRESETS, Configuration
from infomax.running.training_script import TrainingScript
from vgg import VGG

# Who can teach, and what of its method makes a vector of an image.
SCRIPTS = {
    "mine": (mine.SCRIPT, "network"),
    "deep-infomax": (deep_infomax.SCRIPT, "encode"),
    "deep-cluster": (deep_cluster.SCRIPT, "encode"),
}
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
        model: `keras.Model`, the same weights, to logits; what is trained.

    Raises:
        ValueError: for a number below those given above.

    Example:
        >>> student = Student(VGG("F", input_shape=(28, 28, 1)), clusters=10)
        >>> generator = LabelledDataGenerator(images, Perturbation())
        >>> student.train(generator, teacher.fit(images), epochs=6)
        >>> clusters = student.predict(images)[0].argmax(axis=1)
    """

    def __init__(self, backbone, clusters=10, latent_dim=64):
        for name, value, low in (
            ("clusters", clusters, 2),
            ("latent_dim", latent_dim, 1),
        ):
            if value < low:
                raise ValueError(f"{name}: got {value}, expected {low} or more")
        self.backbone = backbone
        self.clusters, self.latent_dim = clusters, latent_dim
        self.build_model()

    def build_model(self):
        """Stack the vector on the backbone, and the labels on the vector."""
        image = self.backbone.model.input
        flat = layers.Flatten()(self.backbone.model.output)
        latent = layers.Dense(self.latent_dim, dtype="float32")(flat)
        latent = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(latent)
        logits = layers.Dense(self.clusters, dtype="float32")(layers.ReLU()(latent))
        probabilities = layers.Softmax(name="student", dtype="float32")(logits)
        vector = layers.UnitNormalization(name="vector", dtype="float32")(latent)
        self.model = keras.Model(image, logits)
        self.network = keras.Model(image, [probabilities, vector])

    def train(
        self,
        generator,
        labels,
        epochs,
        learning_rate=1.5e-3,
        decay=True,
        callbacks=(),
        verbose=1,
    ):
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
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        fit(
            self.model,
            generator,
            epochs,
            learning_rate,
            decay,
            callbacks,
            verbose,
            loss,
        )
        return log

    def predict(self, images, batch_size=1000):
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
    def reports(self):
        """The student's report, and an entry for the teacher beside it."""
        return {**super().reports, "teacher": {"clusters": self.count}}


class TeacherStudent(Student):
    """Both steps: the teacher parts the images, the student learns the parts.

    Args:
        backbone: as of `Student`.
        clusters: as of `Student`.
        latent_dim: as of `Student`.

    Attributes:
        teacher: `Teacher`, set before `train`.
    """

    teacher = None

    def train(self, generator, **course):
        """Fit the teacher, and have the student learn; arguments of `Student.train`."""
        labels = self.teacher.fit(generator.images)
        return super().train(generator, labels, **course)


def teacher_run(configuration):
    """The run folder of the teacher; by its name, it is trained where it is not there.

    Args:
        configuration: `Configuration`.

    Returns:
        `RunFolder`.
    """
    name = configuration.teacher
    if name not in SCRIPTS:
        return RunFolder(name)
    script = SCRIPTS[name][0]
    shared = ("dataset", "image_size", "train_images", "seed", "verbose", "precision")
    own = script.configuration(
        **{option: getattr(configuration, option) for option in shared}
    )
    run = RunFolder(own.run_path(name))
    if not run.path.exists():
        print(f"the teacher comes first: {name}, into {run.path}")
        script.train(own, run)
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
    names = set(run.config.get("configuration", ()))
    for script, encoder in SCRIPTS.values():
        if names == {field.name for field in dataclasses.fields(script.configuration)}:
            network = getattr(script.restore(run)[0], encoder)
            break
    else:
        raise ValueError(
            f"--teacher: got {run.path}, expected a run of {', '.join(SCRIPTS)}"
        )
    shape = tuple(run.config["image_shape"])
    if len(network.output_shape) != 2 or shape != tuple(image_shape):
        raise ValueError(
            f"--teacher: got {run.path}, which makes {network.output_shape[1:]} of "
            f"images of shape {shape}, expected vectors of images of {image_shape}"
        )
    return network


def clip_vector(student, frames):
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
        if configuration.teacher == "pca":
            size = configuration.crop_size(dataset.image_shape)
            input_shape = (*size, dataset.image_shape[2])
            dimension = configuration.latent_dim
            encoder = pixel_components(dataset.x_train, input_shape, dimension)
        else:
            encoder = encoder_of_run(teacher_run(configuration), dataset.image_shape)
        # The student's seed comes after, whatever the teacher has used of it.
        student, generator = super().prepare(configuration, dataset)
        student.teacher = Teacher(encoder, configuration.clusters, configuration.seed)
        return student, generator

    def report_training(self, run, configuration, dataset, student, training):
        """Write history and metrics, and keep the teacher."""
        run.save_network(student.teacher.network, "teacher")
        figure = figures.assignment_curves(training.log.rows)
        report_training(run, dataset.name, configuration.seed, training, figure)

    def report(self, run, configuration, dataset, student):
        """Compare the clusters of student and teacher with labels, and search."""
        teacher = run.load_network("teacher")
        outputs = []
        for images in (dataset.x_train, dataset.x_test):
            clusters, vectors = student.predict(images)
            outputs.append([clusters, *network_outputs(teacher, images)])
        text = report_clusters(run, dataset, *outputs)
        if dataset.y_test is None:
            return text
        precision = mean_average_precision(vectors, dataset.y_test, QUERIES)
        run.write_metrics(run.metrics | {"mean_average_precision": precision})
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
        search.add_argument(
            "--count", type=int, default=10, help="wanted (default: 10)"
        )
        return parser

    def check(self, arguments):
        """Refuse a search without one of its two paths, or for nothing."""
        both = bool(arguments.retrieve) == bool(arguments.among)
        if not both or arguments.count < 1:
            raise ValueError(
                f"got --retrieve {arguments.retrieve}, --among {arguments.among}, "
                f"--count {arguments.count}; expected the first two together, and 1 or "
                "more"
            )

    def retrieve(self, arguments, configuration):
        """Find the items that are nearest to a query, as a table and a picture."""
        run = RunFolder(configuration.run_path(self.name))
        student, _ = self.restore(run)
        image_shape = run.config["image_shape"]
        clips, names = load_clips(arguments.among, image_shape)
        frames = load_query(arguments.retrieve, image_shape)
        index = Index(np.stack([clip_vector(student, clip) for clip in clips]))
        nearest, cosines = index.nearest(clip_vector(student, frames), arguments.count)
        found = [
            (names[item], clips[item], cosine)
            for item, cosine in zip(nearest, cosines, strict=True)
        ]
        print(report_retrieval(run, arguments.retrieve, frames, found))


SCRIPT = TeacherStudentScript()
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
