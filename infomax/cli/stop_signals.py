"""SIGTERM and Ctrl-C ask a training to stop, and do not cut it off."""

import contextlib
import signal
import sys
import threading
from typing import Any

NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def noted_signals():
    """Within this context a first signal is noted; a second one does what it did.

    Yields:
        Function without arguments that returns the signal's number, or None.
    """
    received: list[int] = []
    former: dict[int, Any] = {}

    def give_back():
        while former:
            signal.signal(*former.popitem())

    def note(number, frame):
        received.append(number)
        give_back()
        print(
            "stopping at the next step, and saving; again to stop at once",
            file=sys.stderr,
            flush=True,
        )

    # Python lets no other thread have a say in this.
    if threading.current_thread() is threading.main_thread():
        former |= {number: signal.signal(number, note) for number in NUMBERS}
    try:
        yield lambda: received[0] if received else None
    finally:
        give_back()
