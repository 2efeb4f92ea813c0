"""From a dataclass to the command line, and errors in one line.

One documented dataclass is both the configuration of a script and its options: a
field made by `option` carries its help, unit and choices.
"""

import argparse
import dataclasses
import functools
import sys


def option(default, help, unit=None, choices=None):
    """A dataclass field that is also an option of the command line.

    Args:
        default: the value where none is given; its type is the option's type.
        help: what it means and which values it takes.
        unit: the unit of the value, such as "pixels".
        choices: the allowed values, or None for any.

    Returns:
        A `dataclasses.field`.
    """
    metadata = {"help": help, "unit": unit, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def add_options(parser, configuration):
    """Add one option for each field of a configuration.

    An option that is not given is absent from the parsed arguments, so that a preset
    can lie between the defaults and what the user said.

    Args:
        parser: `argparse.ArgumentParser`, changed in place.
        configuration: dataclass whose fields were made by `option`.
    """
    for field in dataclasses.fields(configuration):
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


def configure(configuration, arguments, preset):
    """Make a configuration: defaults, then the preset, then what the user gave.

    Args:
        configuration: the dataclass.
        arguments: `argparse.Namespace`.
        preset: dict of field names and values.

    Returns:
        An instance of `configuration`.

    Raises:
        ValueError: whatever the configuration's own checks raise.
    """
    names = {field.name for field in dataclasses.fields(configuration)}
    given = {name: value for name, value in vars(arguments).items() if name in names}
    return configuration(**{**preset, **given})


def one_line_errors(main):
    """Turn a user's error into one line on standard error and exit status 2.

    Args:
        main: function that takes the command line and may raise `ValueError` or
            `OSError`.

    Returns:
        The function, which then raises `SystemExit(2)` instead.
    """

    @functools.wraps(main)
    def wrapper(argv=None):
        try:
            return main(argv)
        except (ValueError, OSError) as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            raise SystemExit(2) from error

    return wrapper
