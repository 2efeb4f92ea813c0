"""What a terminal shows, whatever its encoding: names on one line, short warnings."""

import contextlib
import sys
import warnings


@contextlib.contextmanager
def plain_output():
    """Print characters that an encoding lacks as escapes, and warnings as sentences."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    former, warnings.formatwarning = warnings.formatwarning, _sentence
    try:
        yield
    finally:
        warnings.formatwarning = former


def _sentence(message, *_, **__):
    return f"warning: {' '.join(str(message).split())}\n"


def printable(name):
    """Return a name in one line: control characters, say, are written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )
