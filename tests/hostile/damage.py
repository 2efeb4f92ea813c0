"""Random bytes, and damaged copies of a valid file."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

RANDOM = st.binary(max_size=2000)
EDITS = ("flip", "insert", "delete", "truncate", "splice")


def thrown(examples):
    """Return settings for so many examples, the same ones each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def mutated(draw, content):
    """Draw a copy of a file with one to four edits, each at any place."""
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
        else:  # bytes from another place
            source = draw(st.integers(0, len(found)))
            found[start : start + length] = found[source : source + length]
    return bytes(found)
