"""What a terminal shows, whatever its encoding: names on one line, short warnings."""

import contextlib
import logging
import os
import sys
import warnings


@contextlib.contextmanager
def plain_output():
    """Print characters that an encoding lacks as escapes, and warnings as sentences."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    former, warnings.formatwarning = warnings.formatwarning, _sentence
    logger = logging.getLogger("tensorflow")
    level = logger.level
    # TensorFlow's advice on its functions is left out, unless the user asked for it.
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3":
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        warnings.formatwarning = former
        logger.setLevel(level)


def _sentence(message, *_, **__):
    return f"warning: {' '.join(str(message).split())}\n"


def in_one_line(name):
    """Return a name in one line: control characters, say, are written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )
