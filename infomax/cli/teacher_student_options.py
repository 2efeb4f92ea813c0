"""The options of teacher and student, the presets, and the options of a search."""

import dataclasses

from infomax.cli.labelling_options import LabelTraining
from infomax.cli.options import WITHOUT_EFFECT, DataOptions, NetworkOptions, RunOptions
from infomax.settings import flat, option
from infomax.transforms.perturbation import Perturbation

# Options that a teacher is trained with even if they have their defaults.
ALWAYS = ("dataset", "image_size", "train_images", "seed", "verbose")
# Options of the student's training alone.
OWN = (
    "run_dir",
    "precision",
    "epochs",
    "learning_rate",
    "decay",
    "ease_to",
    "perturb_both",
)
COUNT = 10  # items that a search finds by default


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run; each is an option of the command line."""

    data: DataOptions = DataOptions()
    perturbation: Perturbation = Perturbation()
    network: NetworkOptions = NetworkOptions(width=0.25)
    training: LabelTraining = LabelTraining(epochs=6, ease_to=0.2)
    run: RunOptions = RunOptions()
    teacher: str = option(
        "deep-infomax",
        "encoder whose vectors k-means clusters: pca of the pixels; mine, deep-infomax "
        "or deep-cluster, from its run in runs/, which is trained first if there is "
        "none; or the path of such a run",
    )
    clusters: int = option(10, "k of k-means, >= 2")
    latent_dim: int = option(64, "length of the student's vector, >= 1")

    def for_teacher(self):
        """Return the options that a teacher is also trained with, by name."""
        # Not `data.given`, which a resumed run no longer has.
        groups = self.data, self.perturbation, self.network, self.training, self.run
        defaults = flat(type(self)())
        return {
            name: value
            for group in groups
            for name, value in flat(group).items()
            if name not in OWN
            if name in ALWAYS or value != defaults[name]  # a teacher has its own
        }

    def require_teacher(self, run):
        """Raise ValueError if the teacher's run in runs/ has other options."""
        saved = run.config.get("configuration", {})
        for name, value in self.for_teacher().items():
            if name not in WITHOUT_EFFECT and saved.get(name) != value:
                raise ValueError(
                    f"teacher: got {self.teacher}, whose run {run.path} has {name} "
                    f"{saved.get(name)}, expected {value}; train it again, or give its "
                    "path to use it as it is"
                )


# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    # For search: with ten clusters, all sevens look alike.
    "retrieval": {"teacher": "pca", "clusters": 1000},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "teacher": "pca"},
}


def add_search_options(parser):
    """Add --retrieve and its options to a parser."""
    search = parser.add_argument_group("search")
    search.add_argument(
        "--retrieve",
        metavar="QUERY",
        help="an image, a folder of frames, or an animated image to search by",
    )
    search.add_argument(
        "--among",
        metavar="FOLDER",
        help="images, animated images and sub-folders of frames to search among",
    )
    search.add_argument("--count", type=int, help=f"items to find (default: {COUNT})")


def require_search(arguments):
    """Raise ValueError if --retrieve and its options do not go together."""
    for name in ("among", "count"):
        if getattr(arguments, name) is not None and not arguments.retrieve:
            raise ValueError(f"--{name} belongs to --retrieve; give that as well")
    if arguments.retrieve and not arguments.among:
        raise ValueError("--retrieve and --among go together; give both")
    if arguments.count is not None and arguments.count < 1:
        raise ValueError(f"--count: got {arguments.count}, expected 1 or more")
