"""From a dataclass to the command line, and errors in one line.

One documented dataclass is both the configuration of a script and its options: a
field made by `option` carries its help, unit and choices.
"""

import argparse
import dataclasses
import errno
import functools
import gc
import pathlib
import signal
import sys
from collections.abc import Callable

from infomax.callbacks.checkpoints import TrainingStopped
from infomax.settings import option as option

# What to do about an error of the system, which only says what it is.
FULL = "; free some, and go on with --resume where a training had begun"
HINTS: dict[int | None, str] = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EACCES: "; choose another folder, or ask for the right to write there",
    errno.EPERM: "; choose another folder",
    errno.EROFS: "; choose another folder",
}


class OneLineParser(argparse.ArgumentParser):
    """A parser that raises `ValueError` where argparse prints its usage and exits."""

    def error(self, message):
        """Raise the error."""
        raise ValueError(f"{message}; see --help")


def training_parser(description, configuration, presets, out="FILE.csv"):
    """The command line of a training script.

    Args:
        description: the script's docstring; its first paragraph is shown.
        configuration: dataclass whose fields were made by `option`.
        presets: dict of name to a dict of field values, with "default" and "smoke".
        out: what --out is to be called.

    Returns:
        `argparse.ArgumentParser`.
    """
    parser = OneLineParser(
        usage="%(prog)s [--train | --resume] [--eval] "
        f" [--predict PATH --out {out}] [settings]",
        description=description.split("\n\n")[0],
        epilog="Weights, results and figures are kept in the run folder. Exit status: "
        "0; 2 after an error; 130 or 143 where Ctrl-C or SIGTERM stopped a training, "
        "which --resume goes on with.",
    )
    actions = parser.add_argument_group("what to do, in this order")
    actions.add_argument("--train", action="store_true", help="train on --dataset")
    actions.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training in the run folder that was stopped, or killed",
    )
    actions.add_argument(
        "--eval", action="store_true", help="score the run, as far as there are labels"
    )
    actions.add_argument(
        "--predict", metavar="PATH", help="apply the run to a file or folder of images"
    )
    actions.add_argument("--out", metavar=out, help="where --predict writes")
    settings = parser.add_argument_group("settings of a training")
    settings.add_argument(
        "--preset",
        choices=tuple(presets),
        default="default",
        help="settings that go together, which the options below replace one by one "
        "(default: default)",
    )
    settings.add_argument(
        "--smoke",
        action="store_const",
        const="smoke",
        dest="preset",
        help="the preset of a tiny run, to see that all works",
    )
    add_options(settings, configuration)
    return parser


def add_options(parser, configuration):
    """Add one option for each field of a configuration.

    An option that is not given is absent from the parsed arguments, so that a preset
    can lie between the defaults and what the user said.

    Args:
        parser: `argparse.ArgumentParser`, changed in place.
        configuration: dataclass whose fields were made by `option`.
    """
    for field in dataclasses.fields(configuration):
        if not field.metadata:
            continue  # no option
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        text = f"{field.metadata['help']}{unit} (default: {field.default})"
        kind = {"type": type(field.default), "choices": field.metadata["choices"]}
        if isinstance(field.default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        elif not kind["choices"]:
            kind["metavar"] = type(field.default).__name__.upper()
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            default=argparse.SUPPRESS,
            help=text.replace("%", "%%"),
            **kind,
        )


def parse(parser, configuration, presets, argv, further=None, out_is_folder=False):
    """Read the command line.

    Args:
        parser: `argparse.ArgumentParser`, as of `training_parser`.
        configuration: dataclass whose fields were made by `option`.
        presets: dict of name to a dict of field values.
        argv: list of arguments; None for those of the process.
        further: dict of actions that the script added to the parser, by the names of
            their options, to the settings of a training that mean something there too.
            Each stands alone: training, evaluation and prediction do not go with it.
        out_is_folder: whether --out names a folder, and not a file.

    Returns:
        The parsed arguments, and the instance of `configuration`.

    Raises:
        ValueError: if a value is wrong, or means nothing here.
    """
    arguments = parser.parse_args(argv)
    further = further or {}
    check_actions(parser, arguments, further)
    if arguments.predict and not pathlib.Path(arguments.predict).exists():
        # Said at once, and not after a training.
        raise FileNotFoundError(
            f"--predict: {arguments.predict} does not exist; check the path"
        )
    if arguments.out and pathlib.Path(arguments.out).is_dir() and not out_is_folder:
        raise IsADirectoryError(
            f"--out: {arguments.out} is a folder, expected the name of a file"
        )
    if not arguments.train:
        action = next((name for name in further if getattr(arguments, name)), None)
        refuse_training_options(
            arguments, configuration, action, further.get(action, ())
        )
    return arguments, configure(configuration, arguments, presets[arguments.preset])


def check_actions(parser, arguments, further):
    """Refuse actions that do not go together, or none at all.

    Args:
        parser: `argparse.ArgumentParser`.
        arguments: `argparse.Namespace`.
        further: as of `parse`.

    Raises:
        ValueError: says what to give instead.
    """
    names = ("train", "resume", "eval", "predict")
    given = [f"--{name}" for name in (*names, *further) if getattr(arguments, name)]
    alone = [f"--{name}" for name in further if getattr(arguments, name)]
    if not given:
        parser.print_usage(sys.stderr)
        options = [f"--{name}" for name in (*names, *further)]
        parser.error(f"nothing to do: give {', '.join(options[:-1])} or {options[-1]}")
    if alone and len(given) > 1:
        parser.error(f"{alone[0]} stands alone; got {', '.join(given)}")
    if arguments.train and arguments.resume:
        parser.error("--train begins a run and --resume goes on with one; give either")
    if bool(arguments.predict) != bool(arguments.out):
        parser.error("--predict and --out go together; give both")


def configure(configuration, arguments, preset):
    """Make a configuration: defaults, then the preset, then what the user gave.

    Args:
        configuration: the dataclass. Its `defaults_of`, where there is one, makes
            defaults that follow from preset and arguments, a dict of both. Its `given`,
            where there is one, takes the names of the settings that are no defaults.
        arguments: `argparse.Namespace`.
        preset: dict of field names and values.

    Returns:
        An instance of `configuration`.

    Raises:
        ValueError: whatever the configuration's own checks raise.
    """
    names = {field.name for field in dataclasses.fields(configuration)}
    given = {name: value for name, value in vars(arguments).items() if name in names}
    defaults_of: Callable[[dict], dict] = getattr(
        configuration, "defaults_of", lambda chosen: {}
    )
    following = defaults_of({**preset, **vars(arguments)})
    chosen = {**following, **preset, **given}
    if "given" in names:
        chosen["given"] = tuple(chosen)
    return configuration(**chosen)


def refuse_training_options(arguments, configuration, action=None, read=()):
    """Refuse options that mean nothing to an action, or where a run is only read.

    Args:
        arguments: `argparse.Namespace`.
        configuration: dataclass whose fields were made by `option`.
        action: name of an action of the script's own; None where a run is read.
        read: names of fields that mean something to it; also "preset".

    Raises:
        ValueError: names the options.
    """
    given = [
        "--" + field.name.replace("_", "-")
        for field in dataclasses.fields(configuration)
        if hasattr(arguments, field.name) and field.name not in read
        if action or not field.metadata["reading"]
    ]
    if arguments.preset != "default" and "preset" not in read:
        given.append(f"--preset {arguments.preset}")
    if given and action:
        raise ValueError(
            f"got {', '.join(given)} with --{action}, where it means nothing; leave it "
            "out"
        )
    if given:
        raise ValueError(
            f"got {', '.join(given)} without --train, but the run folder knows that "
            "already; leave it out, or train"
        )


def one_line_errors(main):
    """Turn a user's error into one line on standard error, and into an exit status.

    Args:
        main: function that takes the command line and may raise `ValueError` or
            `OSError`.

    Returns:
        The function, which then raises `SystemExit(2)` instead; and 128 and the number
        of the signal where one stopped it, as shells have it.
    """

    @functools.wraps(main)
    def wrapper(argv=None):
        try:
            return main(argv)
        except TrainingStopped as stop:
            line, status = str(stop), 128 + stop.number
        except KeyboardInterrupt:
            line, status = "interrupted", 128 + signal.SIGINT
        except (ValueError, OSError) as error:
            hint = HINTS.get(getattr(error, "errno", None), "")
            line, status = f"error: {' '.join(str(error).split())}{hint}", 2
        print(line, file=sys.stderr)
        gc.collect()  # or TensorFlow complains of iterators that the error's frames had
        raise SystemExit(status)

    return wrapper
