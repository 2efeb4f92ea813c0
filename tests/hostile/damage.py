"""What may stand in a file in place of what its loader expects."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

RANDOM = st.binary(max_size=2000)
EDITS = ("flip", "insert", "delete", "truncate", "splice")


def thrown(examples):
    """The settings of a test that throws so many examples, the same each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def mutated(draw, content):
    """A valid file with one to four edits, each at any place.

    Args:
        draw: of Hypothesis.
        content: bytes of the valid file.
    """
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        edit = draw(st.sampled_from(EDITS))
        start = draw(st.integers(0, len(found)))
        length = draw(st.integers(1, 16))
        if edit == "flip":
            for place in range(start, min(start + length, len(found))):
                found[place] ^= draw(st.integers(1, 255))
        elif edit == "insert":
            found[start:start] = draw(st.binary(min_size=1, max_size=16))
        elif edit == "delete":
            del found[start : start + length]
        elif edit == "truncate":
            del found[start:]
        else:  # bytes of another place
            source = draw(st.integers(0, len(found)))
            found[start : start + length] = found[source : source + length]
    return bytes(found)
