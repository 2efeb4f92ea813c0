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
from infomax.datasets import load_dataset, load_images
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
from infomax.running import reproducibility
from infomax.running.command_line import one_line_errors, parse, training_parser
from infomax.running.run_folder import RunFolder
from infomax.running.run_stages import dataset_of_run, open_run, restore_run, train_run
from infomax.running.teacher_student_options import PRESETS, Configuration
from vgg import VGG

# Each has Configuration, train and restore; and what of it makes a vector of an image.
SCRIPTS = {
    "mine": (mine, "network"),
    "deep-infomax": (deep_infomax, "encode"),
    "deep-cluster": (deep_cluster, "encode"),
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


def build(configuration, image_shape):
    """Make the `Student` that a configuration describes.

    Args:
        configuration: `Configuration`.
        image_shape: (height, width, channels) of the images.

    Returns:
        The untrained `Student`.
    """
    keras.config.set_dtype_policy(configuration.precision)
    input_shape = (*configuration.crop_size(image_shape), image_shape[2])
    return Student(
        VGG(configuration.backbone, input_shape, configuration.width),
        clusters=configuration.clusters,
        latent_dim=configuration.latent_dim,
    )


def prepare_teacher(configuration, dataset):
    """Make the `Teacher`; train its encoder first where there is no run of it.

    Args:
        configuration: `Configuration`.
        dataset: `Dataset`; its labels are not looked at.

    Returns:
        The `Teacher`, not fitted yet.
    """
    name = configuration.teacher
    if name == "pca":
        input_shape = (
            *configuration.crop_size(dataset.image_shape),
            dataset.image_shape[2],
        )
        encoder = pixel_components(
            dataset.x_train, input_shape, configuration.latent_dim
        )
    else:
        encoder = encoder_of_run(teacher_run(configuration), dataset.image_shape)
    return Teacher(encoder, configuration.clusters, configuration.seed)


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
    own = script.Configuration(
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
        if names == {field.name for field in dataclasses.fields(script.Configuration)}:
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


def train(configuration, run):
    """Train teacher, where needed, and student, and write the run folder.

    Args:
        configuration: `Configuration`.
        run: `RunFolder`.
    """
    dataset = load_dataset(configuration.dataset, configuration.image_size or None)
    reproducibility.make_deterministic(configuration.seed)
    images = configuration.training_part(dataset.x_train)
    teacher = prepare_teacher(configuration, dataset)
    # Again, since a teacher that was trained first has used random numbers.
    reproducibility.make_deterministic(configuration.seed)
    student = build(configuration, dataset.image_shape)
    generator = LabelledDataGenerator(
        images, **configuration.labelling(dataset.image_shape)
    )
    log, seconds = train_run(
        run,
        configuration,
        dataset.image_shape,
        student.network,
        lambda: student.train(generator, teacher.fit(images), **configuration.course),
    )
    run.save_network(teacher.network, "teacher")
    figure = figures.assignment_curves(log.rows)
    report_training(run, dataset.name, configuration.seed, seconds, log, figure)


def restore(run):
    """Read a trained `Student` from its run folder.

    Args:
        run: `RunFolder`.

    Returns:
        The `Student` and its `Configuration`.
    """
    return restore_run(run, Configuration, build)


def evaluate(run, dataset_name=None):
    """Compare student and teacher with labels, and write metrics and figures.

    Args:
        run: `RunFolder` of a finished training.
        dataset_name: name or path of the data; None for that of the training.
    """
    student, configuration = restore(run)
    teacher = run.load_network("teacher")
    dataset = dataset_of_run(run, dataset_name or configuration.dataset)
    outputs, vectors = [], None
    for images in (dataset.x_train, dataset.x_test):
        clusters, vectors = student.predict(images)
        outputs.append([clusters, *network_outputs(teacher, images)])
    print(report_clusters(run, dataset, *outputs))
    if dataset.y_test is not None:
        precision = mean_average_precision(vectors, dataset.y_test, QUERIES)
        run.write_metrics(run.metrics | {"mean_average_precision": precision})
        print(f"retrieval of test images of the same class: {100 * precision:.2f} %")


def predict(run, path, out):
    """Assign new images to clusters, and write one row an image.

    Args:
        run: `RunFolder` of a finished training.
        path: of the images, as for `load_images`.
        out: path of the CSV file.
    """
    student, _ = restore(run)
    images, names = load_images(path, run.config["image_shape"])
    write_clusters(run, names, student.predict(images), out)
    print(f"{len(names)} images in {out}")


def retrieve(run, query, among, count):
    """Find the items that are nearest to a query, as a table and a picture.

    Args:
        run: `RunFolder` of a finished training.
        query: path of an image, of a folder of frames, or of an animated image.
        among: folder of items: images, animated images, sub-folders of frames.
        count: how many are wanted.
    """
    student, _ = restore(run)
    image_shape = run.config["image_shape"]
    clips, names = load_clips(among, image_shape)
    frames = load_query(query, image_shape)
    index = Index(np.stack([clip_vector(student, clip) for clip in clips]))
    nearest, cosines = index.nearest(clip_vector(student, frames), count)
    found = [
        (names[item], clips[item], cosine)
        for item, cosine in zip(nearest, cosines, strict=True)
    ]
    print(report_retrieval(run, query, frames, found))


def clip_vector(student, frames):
    """The vector of a clip: the mean of its frames' vectors, brought to length 1.

    Args:
        student: `Student`.
        frames: array of shape (n, height, width, channels).

    Returns:
        float array of shape (d,).
    """
    return mean_direction(student.predict(frames)[1])


def build_parser():
    """The command line.

    Returns:
        `argparse.ArgumentParser`.
    """
    parser = training_parser(__doc__, Configuration, PRESETS)
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
    search.add_argument("--count", type=int, default=10, help="wanted (default: 10)")
    return parser


@one_line_errors
def main(argv=None):
    """Do what the command line asks for.

    Args:
        argv: list of arguments; None for those of the process.
    """
    further = {"retrieve": ("run_dir", "dataset")}
    arguments, configuration = parse(
        build_parser(), Configuration, PRESETS, argv, further
    )
    if bool(arguments.retrieve) != bool(arguments.among) or arguments.count < 1:
        raise ValueError(
            f"got --retrieve {arguments.retrieve}, --among {arguments.among}, --count "
            f"{arguments.count}; expected the first two together, and 1 or more"
        )
    run = open_run(configuration, "teacher-student", arguments.train)
    if arguments.train:
        train(configuration, run)
    if arguments.eval:
        evaluate(run, getattr(arguments, "dataset", None))
    if arguments.predict:
        predict(run, arguments.predict, arguments.out)
    if arguments.retrieve:
        retrieve(run, arguments.retrieve, arguments.among, arguments.count)


if __name__ == "__main__":
    main()
