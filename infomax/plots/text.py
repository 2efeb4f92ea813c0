"""Texts of figures: never a formula, and in fonts that have their characters."""

import contextlib
import functools
import logging
from collections.abc import Iterable
from typing import Any

from matplotlib import font_manager
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FAMILY = "DejaVu Sans"  # comes with Matplotlib
SHORT = 12  # characters that every figure has room for
LONGEST = 40  # characters of a name; more would leave no room for the figure
# It has a box for every character. Matplotlib before 3.11 comes without it.
LAST_RESORT = "Last Resort"


class PlainFigure(Figure):
    """A Matplotlib `Figure` that shows every text as it is."""

    def draw(self, renderer: Any) -> None:
        """Draw; before that, make each text plain."""
        for axis in self.findobj(Axis):
            axis.get_ticklabels()  # gives the ticks their texts
        with _quiet():
            for text in self.findobj(Text):
                shown = drawable(text.get_text())
                text.set(text=shown, parse_math=False)
                families = {family for family in map(family_with, shown) if family}
                if families - {FAMILY}:
                    text.set_fontfamily([FAMILY, *sorted(families - {FAMILY})])
            super().draw(renderer)


def shown_name(name: Any) -> str:
    """Return the name of a class, cluster or file as a figure shows it: one line."""
    text = drawable(str(name).replace("\n", "\\n"))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def room_for(names: Iterable[Any]) -> float:
    """Return the inches that names need beyond those that a figure has for them."""
    return 0.08 * max(0, *(len(shown_name(name)) - SHORT for name in names), 0)


def drawable(text: str) -> str:
    """Return a text in which characters that no font has are Python's escapes."""
    return "".join(
        character if character == "\n" or family_with(character) else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


@functools.cache
def family_with(character: str) -> str | None:
    """Return the family of an installed font that has a character, or None."""
    if ord(character) in _characters(font_manager.findfont(FAMILY)):
        return FAMILY
    with _quiet():
        for family in sorted({font.name for font in font_manager.fontManager.ttflist}):
            # In the regular file of the family: its bold letters may be others.
            path = font_manager.findfont(FontProperties(family=[family]))
            if LAST_RESORT not in family and ord(character) in _characters(path):
                return family
    return None


@contextlib.contextmanager
def _quiet():
    """Say nothing of a family that has no file of normal weight."""
    logger = logging.getLogger("matplotlib.font_manager")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


@functools.cache
def _characters(path: Any) -> frozenset[int]:
    """Return the characters of a font file; none if it cannot be read."""
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
