"""Settings: dataclass fields that carry what a command line shows of them."""

import dataclasses
from collections.abc import Sequence
from typing import Any


def option(
    default: Any,
    help: str,
    unit: str | None = None,
    choices: Sequence[Any] | None = None,
    reading: bool = False,
) -> Any:
    """Return a dataclass field that the command line offers as an option.

    Args:
        default: the default value; its type is the option's type.
        help: the meaning and the allowed values.
        unit: unit of the value, such as "pixels".
        choices: the allowed values, or None for any.
        reading: whether the option also applies when a finished run is only read.
    """
    metadata = {"help": help, "unit": unit, "choices": choices, "reading": reading}
    return dataclasses.field(default=default, metadata=metadata)
