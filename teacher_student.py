"""Teacher and student: k-means of a representation teaches another network.

The teacher is an encoder that was trained without labels, and is frozen. k-means
assigns its vectors to clusters. The student, another network, learns to predict these
clusters for perturbed images. It also gives each image a compact vector for search.

    python teacher_student.py --train --eval
    python teacher_student.py --predict FOLDER --out clusters.csv
    python teacher_student.py --retrieve QUERY --among FOLDER

References:
    Liang et al., "Unsupervised Teacher-Student Model for Large-Scale Video Retrieval",
    ICCV workshops 2019.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
from keras import layers, ops

from data_generator import LabelledDataGenerator
from infomax.callbacks.assignment_log import AssignmentLog
from infomax.callbacks.fitting import fit_pairs
from infomax.cli import training
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.export import export_run
from infomax.cli.labelling_options import require_images
from infomax.cli.options import (
    crop_size,
    generator_options,
    training_images,
    without_auto,
)
from infomax.cli.teacher_student_options import (
    COUNT,
    PRESETS,
    Options,
    add_search_options,
    require_search,
)
from infomax.clustering.kmeans import k_means
from infomax.layers.clusters import Direction, NearestCentroid
from infomax.layers.prediction import network_outputs
from infomax.settings import require_at_least
from teachers import encoder_for
from vgg import VGG

METHOD = "teacher-student"
STARTS = 5  # of k-means; from a single start, some clusters are often poor


class Teacher:
    """Clusters of images by k-means of the vectors of a frozen encoder.

    k-means compares the directions of the vectors from their mean. `network` is a
    `keras.Model` from an image to the probabilities of its clusters.
    """

    def __init__(self, encoder, clusters=10, seed=0):
        self.encoder, self.clusters, self.seed = encoder, clusters, seed
        self.direction = Direction(encoder.output_shape[-1], dtype="float32")
        self.nearest = NearestCentroid(clusters, name="teacher", dtype="float32")
        directions = self.direction(encoder.output)
        self.encode = keras.Model(encoder.input, directions)
        self.network = keras.Model(encoder.input, self.nearest(directions))

    def fit(self, images):
        """Return the cluster of each image, an int array of shape (n,)."""
        (vectors,) = network_outputs(self.encoder, images)
        self.direction.assign(vectors.mean(axis=0), np.eye(vectors.shape[1]))
        (directions,) = network_outputs(self.encode, images)
        centroids, labels = k_means(directions, self.clusters, self.seed, starts=STARTS)
        self.nearest.assign(centroids)
        return labels


class TeacherStudent(keras.Model):
    """A network, the student, that learns the clusters of a teacher.

    Trained by `fit` on a `LabelledDataGenerator`, which first fits the teacher.

    Args:
        backbone: a `VGG`.
        encoder: `keras.Model` from an image to a vector, for the teacher; None if there
            is nothing left to train. It is not changed.
        clusters: k, >= 2.
        latent_dim: d, length of the student's vector, >= 1.
        seed: of k-means.

    Attributes:
        network: the functional `keras.Model` from an image to the probabilities of its
            clusters, and to its vector. `save` saves it.
        teacher: `Teacher`, or None.
        log: `AssignmentLog` of the training.

    Raises:
        ValueError: for a number below its minimum.

    Example:
        >>> encoder = pixel_components(images, (28, 28, 1), 64)
        >>> student = TeacherStudent(VGG("F", (28, 28, 1)), encoder, clusters=10)
        >>> student.compile(optimizer=keras.optimizers.Adam(1.5e-3))
        >>> history = student.fit(LabelledDataGenerator(images, Perturbation()), 6)
        >>> clusters, vectors = student.assign(images), student.embed(images)

    References:
        Liang et al., ICCV workshops 2019, where a student learns the clusters of a
        teacher's vectors.
    """

    def __init__(self, backbone, encoder=None, clusters=10, latent_dim=64, seed=0):
        super().__init__()
        self.backbone = backbone
        self.clusters, self.latent_dim = clusters, latent_dim
        require_at_least(self, clusters=2, latent_dim=1)
        self.teacher = Teacher(encoder, clusters, seed) if encoder else None
        self.log = None
        self.network = self.build_model()
        # Built here; otherwise `fit` would draw a batch for it, and count an epoch.
        self(keras.Input(self.network.input_shape[1:]))

    def build_model(self):
        """Stack the vector and the clusters; return the functional `keras.Model`."""
        image = self.backbone.model.input
        maps = layers.Flatten()(self.backbone.model.output)
        latent = layers.Dense(self.latent_dim, dtype="float32")(maps)
        latent = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(latent)
        positive = layers.ReLU(dtype="float32")(latent)
        logits = layers.Dense(self.clusters, dtype="float32")(positive)
        probabilities = layers.Softmax(name="student", dtype="float32")(logits)
        vector = layers.UnitNormalization(name="vector", dtype="float32")(positive)
        self.classify = keras.Model(image, logits)
        return keras.Model(image, [probabilities, vector])

    def call(self, images, training=False):
        """Return the logits of the clusters: (n, h, w, c) to (n, k)."""
        return self.classify(images, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the mean cross-entropy of the clusters y, ints of shape (n,)."""
        losses = ops.sparse_categorical_crossentropy(
            ops.cast(y, "int32"), ops.cast(y_pred, "float32"), from_logits=True
        )
        return ops.mean(losses)

    def fit(self, pairs, epochs=6, callbacks=(), verbose="auto", initial_epoch=0):
        """Fit the teacher; then train the student on the teacher's clusters.

        `pairs` is a `LabelledDataGenerator`, whose clusters become the teacher's; the
        other arguments are those of `keras.Model.fit`. The `History` that is returned
        has the stability of the student's clusters; in the first epoch, it is their
        agreement with the teacher's.
        """
        if self.teacher is None:
            raise ValueError("encoder: got None, expected a model; give it to train")
        labels = self.teacher.fit(pairs.images)
        pairs.relabel(labels)

        def clusters_after(epoch):
            return self.assign(pairs.images) if epoch else labels

        self.log = AssignmentLog(clusters_after, self.clusters, "student")
        callbacks = [self.log, *callbacks]
        return fit_pairs(self, pairs, epochs, callbacks, verbose, initial_epoch)

    def predict(self, images, batch_size=1000):
        """Return the probabilities of the clusters, float32 of shape (n, k).

        Images have shape (n, height, width, channels), uint8 or 0…1; the network sees
        their centre crops. `batch_size` is the number of images per step.
        """
        return network_outputs(self.network, images, batch_size)[0]

    def assign(self, images):
        """Return the cluster of each image, an int array of shape (n,)."""
        return self.predict(images).argmax(axis=1)

    def embed(self, images, batch_size=1000):
        """Return the vector of each image, of length 1: a float32 array (n, d)."""
        return network_outputs(self.network, images, batch_size)[1]

    def save(self, filepath, **options):
        """Save `network`; `keras.saving.load_model` needs `import infomax` for it."""
        self.network.save(filepath, **options)


def clip_vector(student, frames):
    """Return the vector (d,) of a clip: the mean of its frames', scaled to length 1."""
    from infomax.evaluation.retrieval import mean_direction

    return mean_direction(student.embed(frames))


def build(options, image_shape, encoder=None):
    """Return the `TeacherStudent` that the options describe, not compiled."""
    options.network.set_policy()
    input_shape = (*crop_size(options, image_shape), image_shape[2])
    return TeacherStudent(
        VGG(options.network.backbone, input_shape, options.network.width),
        encoder,
        clusters=options.clusters,
        latent_dim=options.latent_dim,
        seed=options.training.seed,
    )


def prepare(options, dataset):
    """Return the compiled `TeacherStudent` and its images, from one seed; no labels.

    The encoder of the teacher is trained first if there is no run of it.
    """
    # An option that is wrong ends here, not after the training of a teacher.
    student, pairs = compiled(options, dataset)
    encoder = encoder_for(options, dataset, pairs.images, student.backbone.input_shape)
    # Built again, because the teacher has drawn random numbers.
    return compiled(options, dataset, encoder)


def compiled(options, dataset, encoder=None):
    """Return the student of a teacher with this encoder, and its images."""
    training.make_deterministic(options.training.seed)
    student = build(options, dataset.image_shape, encoder)
    pairs = LabelledDataGenerator(
        training_images(options, dataset.x_train),
        options.perturbation,
        **generator_options(options, dataset.image_shape),
    )
    student.compile(optimizer=options.training.optimizer(len(pairs)))
    return student, pairs


def train(options, run, dataset=None, resume=False):
    """Train, and write the run folder; return the trained `TeacherStudent`."""
    from infomax.cli.training_report import report_training
    from infomax.plots.clusters import assignment_curves

    dataset = dataset or training.load_data(options)
    options = without_auto(options, dataset.x_train)
    require_images(options, dataset, "clusters")
    with training.training(run, METHOD, options, dataset, resume) as session:
        student, pairs = prepare(options, dataset)
        student.fit(pairs, callbacks=session.callbacks, **session.progress)
        if session.first:
            run.save_network(student.teacher.network, "teacher")
            teacher = {"teacher": {"clusters": options.clusters}}
            figures = {"training": assignment_curves(student.log.rows)}
            report_training(
                session, options, dataset, student.log, figures, beside=teacher
            )
            session.finish(student, options)
    return student


def restore(run):
    """Return the trained `TeacherStudent` of a run folder, and its options."""
    options = training.options_of(run, Options())
    student = build(options, run.image_shape)
    run.load_weights(student.network)
    return student, options


def evaluate(run, name=None):
    """Compare the clusters of student and teacher with labels, and the vectors too."""
    from infomax.cli.cluster_report import report_clusters
    from infomax.cli.search import report_precision

    student, _ = restore(run)
    with training.evaluation(run, name) as dataset:
        teacher = run.load_network("teacher")

        def predict(images):
            return [student.predict(images), *network_outputs(teacher, images)]

        print(report_clusters(run, dataset, predict))
        report_precision(run, student.embed(dataset.x_test), dataset.y_test)


def predict(run, path, out):
    """Write the cluster of each image of a file or folder as CSV."""
    from infomax.cli.cluster_report import write_clusters
    from infomax.cli.reading import load_images

    student, _ = restore(run)
    images, names = load_images(run, path)
    write_clusters(run, names, images, lambda some: [student.predict(some)], out)
    print(f"{len(names)} images in {out}")


def retrieve(run, query, folder, count):
    """Find the clips of a folder that are nearest to a query."""
    from infomax.cli.search import search

    student, _ = restore(run)
    print(search(run, lambda clip: clip_vector(student, clip), query, folder, count))


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    parser = training_parser(__doc__, Options(), PRESETS)
    add_search_options(parser)
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate, apply, and search, as the command line asks."""
    further = {"retrieve": ("run_dir", "dataset")}
    options, arguments = parse(build_parser(), Options(), PRESETS, argv, further)
    require_search(arguments)
    run, options = training.open_run(METHOD, options, arguments)
    if arguments.retrieve:
        retrieve(run, arguments.retrieve, arguments.among, arguments.count or COUNT)
        return
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
