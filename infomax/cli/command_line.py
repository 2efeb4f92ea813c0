"""Command lines from nested dataclasses, and errors in one line.

The library tyro prints framed errors, has no presets, and is a further dependency.
"""

import argparse
import contextlib
import errno
import functools
import gc
import itertools
import os
import pathlib
import re
import signal
import sys

from infomax.settings import fields_of, flat, replaced

# What to do about an error of the operating system; its message does not say so.
FULL = "; free some space, then continue an interrupted training with --resume"
HINTS: dict[int | None, str] = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EACCES: "; choose another folder, or ask for permission to write there",
    errno.EPERM: "; choose another folder",
    errno.EROFS: "; choose another folder",
}
# Of `--export`: the name for Keras, and what is written into the run folder.
FORMATS = {
    "onnx": ("onnx", "model.onnx"),
    "saved_model": ("tf_saved_model", "saved_model"),
    "litert": ("litert", "model.tflite"),
}
ACTIONS = ("train", "resume", "eval", "predict", "export")


class OneLineParser(argparse.ArgumentParser):
    """A parser that raises `ValueError`; argparse would print its usage and exit."""

    def error(self, message):
        """Raise the error."""
        raise ValueError(f"{message}; see --help")

    def parse_args(self, args=None, namespace=None):
        """Parse; `~` in a value is the home folder, as no shell makes it in `--a=~`."""
        arguments = super().parse_args(args, namespace)
        for name, value in vars(arguments).items():
            if isinstance(value, str) and value.startswith("~"):
                path = os.path.expanduser(value)
                if path == value:
                    self.error(
                        f"{as_flag(name)}: got {value}, but no user is of that "
                        f"name; write ./{value} for a file"
                    )
                setattr(arguments, name, path)
        return arguments


def training_parser(description, defaults, presets, out="FILE.csv"):
    """Return the command line of a training script; `description` is its docstring."""
    parser = OneLineParser(
        usage="%(prog)s [--train | --resume] [--eval] "
        f"[--predict PATH --out {out}] [--export FORMAT] [options]",
        description=description.split("\n\nReferences:")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="The run folder holds the weights, the results and the figures.\n"
        "Exit status: 0; 2 after an error; 130 after Ctrl-C.",
    )
    actions = parser.add_argument_group("actions, done in this order")
    actions.add_argument("--train", action="store_true", help="train on --dataset")
    actions.add_argument(
        "--resume",
        action="store_true",
        help="continue a training after its last whole epoch: one that was "
        "interrupted, or with more --epochs a finished one",
    )
    actions.add_argument(
        "--eval", action="store_true", help="score the run, if there are labels"
    )
    actions.add_argument(
        "--predict", metavar="PATH", help="apply the run to a file or folder of images"
    )
    standard = "" if "FOLDER" in out else "; - is standard output"
    actions.add_argument("--out", metavar=out, help=f"where --predict writes{standard}")
    actions.add_argument(
        "--export",
        choices=tuple(FORMATS),
        help="write the network into the run folder, for use without this project",
    )
    settings = parser.add_argument_group("options of a training")
    settings.add_argument(
        "--preset",
        choices=tuple(presets),
        default="default",
        help="a named set of options; options given below override it "
        "(default: default)",
    )
    settings.add_argument(
        "--smoke",
        action="store_const",
        const="smoke",
        dest="preset",
        help="the preset of a tiny run, to check that everything works",
    )
    add_options(settings, defaults)
    return parser


def add_options(parser, options):
    """Add one command-line option per field; those not given stay out of the result."""
    for name, (field, default) in fields_of(options).items():
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        text = f"{field.metadata['help']}{unit} (default: {default})"
        words = field.metadata["words"]
        read = _reader(type(default), words) if words else type(default)
        kind = {"type": read, "choices": field.metadata["choices"]}
        if isinstance(default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        elif not kind["choices"]:
            kind["metavar"] = "|".join([type(default).__name__.upper(), *(words or ())])
        parser.add_argument(
            as_flag(name),
            default=argparse.SUPPRESS,
            help=text.replace("%", "%%"),
            **kind,
        )


def _reader(kind, words):
    """Return the argparse type that reads one of the words, or a value of `kind`."""

    def read(text):
        if text in words:
            return words[text]
        value = kind(text)
        if value in words.values():  # which stand for a word alone
            raise ValueError
        return value

    read.__name__ = " or ".join([kind.__name__, *words])  # for argparse's message
    return read


def as_flag(name):
    """Return the command-line name of a field."""
    return "--" + name.replace("_", "-")


def parse(parser, defaults, presets, argv, further=None, out_is_folder=False):
    """Return the options (`options.data.given` names those chosen), and arguments."""
    # `further` maps the script's own actions to the options that they read.
    arguments, further = parser.parse_args(argv), further or {}
    check_actions(parser, arguments, tuple(further))
    if arguments.predict and not pathlib.Path(arguments.predict).exists():
        # Checked before a training, not after it.
        raise FileNotFoundError(
            f"--predict: {arguments.predict} does not exist; check the path"
        )
    if arguments.out and pathlib.Path(arguments.out).is_dir() and not out_is_folder:
        raise IsADirectoryError(
            f"--out: {arguments.out} is a folder, expected the name of a file"
        )
    if arguments.out == "-" and out_is_folder:
        raise NotADirectoryError("--out: got -, expected a folder for several images")
    if not arguments.train:
        action = next((name for name in further if getattr(arguments, name)), None)
        read = further.get(action, ("epochs",) if arguments.resume else ())
        refuse_training_options(arguments, defaults, action, read)
    chosen = presets[arguments.preset] | {
        name: value for name, value in vars(arguments).items() if name in flat(defaults)
    }
    if hasattr(defaults, "defaults_of"):
        chosen = defaults.defaults_of({**chosen, **vars(arguments)}) | chosen
    return replaced(defaults, chosen | {"given": tuple(chosen)}), arguments


def check_actions(parser, arguments, further):
    """Raise if actions are missing or do not go together."""
    given = [f"--{name}" for name in (*ACTIONS, *further) if getattr(arguments, name)]
    alone = [f"--{name}" for name in further if getattr(arguments, name)]
    if not given:
        parser.print_usage(sys.stderr)
        options = [f"--{name}" for name in (*ACTIONS, *further)]
        parser.error(f"nothing to do: give {', '.join(options[:-1])} or {options[-1]}")
    if alone and len(given) > 1:
        parser.error(f"{alone[0]} cannot be combined; got {', '.join(given)}")
    if arguments.train and arguments.resume:
        parser.error("--train starts a run and --resume continues one; give one")
    if bool(arguments.predict) != bool(arguments.out):
        parser.error("--predict and --out go together; give both")


def refuse_training_options(arguments, defaults, action, read):
    """Raise if options were given that have no effect without `--train`."""
    given = [
        as_flag(name)
        for name, (field, _) in fields_of(defaults).items()
        if hasattr(arguments, name) and name not in read
        if action or not field.metadata["reading"]
    ]
    if arguments.preset != "default" and "preset" not in read:
        given.append(f"--preset {arguments.preset}")
    if given and action:
        raise ValueError(
            f"got {', '.join(given)} with --{action}, where it has no effect; leave it "
            "out"
        )
    if given:
        raise ValueError(
            f"got {', '.join(given)} without --train, but the run folder has it "
            "already; leave it out, or train"
        )


def one_line_errors(defaults):
    """Return a decorator that turns a user's error into one line and an exit status."""
    names = "|".join(flat(defaults))

    def decorate(main):
        @functools.wraps(main)
        def wrapper(argv=None):
            from infomax.cli.terminal import plain_output

            given = argv if isinstance(argv, list | tuple) else sys.argv[1:]
            piped = "--out=-" in given or ("--out", "-") in itertools.pairwise(given)
            try:
                # With --out -, standard output is for the table alone.
                with (
                    plain_output(),
                    contextlib.redirect_stdout(sys.stderr if piped else sys.stdout),
                ):
                    return main(argv)
            except KeyboardInterrupt:
                line = "interrupted; --resume continues a training after its last epoch"
                status = 128 + signal.SIGINT
            except (ValueError, OSError) as error:
                text = " ".join(str(error).split())
                # `batch_size: …` becomes `--batch-size: …`.
                text = re.sub(
                    f"^({names}):", lambda found: as_flag(found[1]) + ":", text
                )
                hint = HINTS.get(getattr(error, "errno", None), "")
                line, status = f"error: {text}{hint}", 2
            print(line, file=sys.stderr)
            gc.collect()  # otherwise TensorFlow complains of iterators of dead frames
            raise SystemExit(status)

        return wrapper

    return decorate
