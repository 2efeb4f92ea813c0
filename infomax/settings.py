"""Settings: dataclass fields with what a command line shows of them."""

import dataclasses
import numbers
from collections.abc import Collection, Mapping, Sequence
from typing import Any


def option(
    default: Any,
    help: str,
    unit: str | None = None,  # such as "pixels"
    choices: Sequence[Any] | None = None,
    reading: bool = False,  # whether it applies when a finished run is only read
    words: Mapping[str, Any] | None = None,  # values by a word, such as "auto"
) -> Any:
    """Return a dataclass field that the command line offers as an option."""
    metadata = {"help": help, "unit": unit, "choices": choices, "reading": reading}
    return dataclasses.field(default=default, metadata={**metadata, "words": words})


def fields_of(options: Any) -> dict[str, tuple[dataclasses.Field, Any]]:
    """Return field and value of each option of nested dataclasses; names are unique."""
    found: dict[str, tuple[dataclasses.Field, Any]] = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            found |= fields_of(value)
        elif field.metadata:
            found[field.name] = field, value
    return found


def flat(options: Any) -> dict[str, Any]:
    """Return the options of nested dataclasses by name."""
    return {name: value for name, (_, value) in fields_of(options).items()}


def replaced(options: Any, values: Mapping[str, Any]) -> Any:
    """Return nested dataclasses with the values of some fields replaced, by name."""
    changes = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            changes[field.name] = replaced(value, values)
        elif field.name in values:
            changes[field.name] = values[field.name]
    return dataclasses.replace(options, **changes)


def require_at_least(options: Any, **lowest: float) -> None:
    """Raise ValueError if one of the named values is below its minimum."""
    for name, low in lowest.items():
        value = getattr(options, name)
        if not value >= low:
            raise ValueError(f"{name}: got {value}, expected {low} or more")


def one_of(name: str, value: str, known: Collection[str]) -> str:
    """Return the argument, or raise if it is unknown."""
    if value not in known:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(known)}")
    return value


def at_least(name: str, value: Any, least: int) -> int:
    """Return the argument as an int; raise if it is not a whole number or too small."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name}: got {value!r}, expected a whole number, {least} or more"
        )
    return int(value)
