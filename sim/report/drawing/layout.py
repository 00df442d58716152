"""Where things go on a picture, in inches: headlines, axes, text that is measured before it is placed.

Automatic layout engines draw a figure several times to find its margins; measuring the few texts that matter
is quicker and leaves every picture of a kind with the same frame.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from sim.report.drawing.lettering import drawable, families
from sim.report.drawing.style import INK, QUIET
from sim.report.text.values import brief

Panel = Figure | SubFigure  #: what pictures are drawn into: a figure, or a part of one
POINTS = 72.0
#: At screen resolution letters are rounded to whole pixels, which widens a text by up to this much.
SLACK = 1.05


def size_of(panel: Panel) -> tuple[float, float]:
    """Return the panel's width and height in inches."""
    figure = panel if isinstance(panel, Figure) else panel.get_figure(root=True)
    return panel.bbox.width / figure.dpi, panel.bbox.height / figure.dpi


def place(panel: Panel, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes at a position in inches from the panel's lower left corner."""
    across, up = size_of(panel)
    return panel.add_axes((left / across, bottom / up, max(width, 0.1) / across, max(height, 0.1) / up))


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width in inches that one line of text of `size` points takes at most."""
    font = FontProperties(family=[*families()], size=size, weight="bold" if bold else "normal")
    width: float = text_to_path.get_text_width_height_descent(drawable(text), font, False)[0]
    return SLACK * width / POINTS


def wrap(text: str, width: float, size: float, bold: bool = False, lines: int = 3) -> str:
    """Break text into lines no wider than `width` inches; what does not fit in `lines` is cut with '…'."""
    rows = _rows(drawable(text).split(" "), width, size, bold)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return "\n".join(shorten(row, width, size, bold) for row in rows)


def _rows(words: Sequence[str], width: float, size: float, bold: bool) -> list[str]:
    rows: list[str] = []
    for word in words:
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and text_width(longer, size, bold) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def balanced(text: str, width: float, size: float, bold: bool = False, lines: int = 2) -> str:
    """Wrap text so that its lines are about equally long: a last line of one word looks like a mistake."""
    rows = wrap(text, width, size, bold, lines)
    count = rows.count("\n")
    narrow, wide = 0.6 * width, width
    while count and wide - narrow > 0.05:
        middle = 0.5 * (narrow + wide)
        tried = wrap(text, middle, size, bold, lines)
        if tried.count("\n") == count and tried.replace("\n", " ") == rows.replace("\n", " "):
            rows, wide = tried, middle
        else:
            narrow = middle
    return rows


def shorten(text: str, width: float, size: float, bold: bool = False) -> str:
    """Cut text to `width` inches, ending in '…'."""
    text = drawable(text)
    if text_width(text, size, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = text_width(text[:middle].rstrip() + "…", size, bold) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip(" ,;:(") + "…"


def _kept_together(text: str) -> str:
    """Keep numbers and their units, and a replication and its number, on one line."""
    text = re.sub(r"(?<=replication) (?=\d)", "\u00a0", text)
    return re.sub(r"(?<=\d) (?=(?:%|ms|s|min|h|days?)(?![A-Za-z]))", "\u00a0", text)


def headline(panel: Panel, title: str, subtitle: str = "", compact: bool = False) -> float:
    """Write the message and, smaller, what is shown; return the height used, in inches from the top."""
    across, up = size_of(panel)
    left, top = MARGINS[compact]
    big, small = LETTERS[compact]
    message, detail = _broken(title, subtitle, across, compact)
    panel.text(left / across, 1 - top / up, message, size=big, weight="bold", color=INK, va="top", linespacing=1.15)
    if detail:
        above = top + _tall(message, big) + 0.04
        panel.text(left / across, 1 - above / up, detail, size=small, color=QUIET, va="top")
    return headline_height(title, subtitle, across, compact)


MARGINS = {False: (0.25, 0.18), True: (0.15, 0.12)}  #: inches left and above a headline, if compact
LETTERS = {False: (16.0, 11.0), True: (12.5, 9.5)}  #: points of the message and of what is shown


def headline_height(title: str, subtitle: str, across: float, compact: bool = False) -> float:
    """Return the inches from the top that a headline takes in a panel of so many inches across."""
    message, detail = _broken(title, subtitle, across, compact)
    big, small = LETTERS[compact]
    below = 0.04 + _tall(detail, small) if detail else 0.0
    return MARGINS[compact][1] + _tall(message, big) + below + 0.1


def _broken(title: str, subtitle: str, across: float, compact: bool) -> tuple[str, str]:
    """Return message and detail in lines."""
    room = across - 2 * MARGINS[compact][0]
    big, small = LETTERS[compact]
    message = balanced(_kept_together(title), room, big, bold=True, lines=3)
    return message, balanced(_kept_together(subtitle), room, small, lines=4) if subtitle else ""


def _tall(lines: str, size: float) -> float:
    return (lines.count("\n") + 1) * size * 1.25 / POINTS


def name_within(name: str, width: float, size: float) -> str:
    """Return as much of a strategy's bold name as `width` inches hold: the middle goes, as variants differ at the end.

    >>> name_within("a canary with very small steps, variant 2", 2.0, 10.0)
    'a canary wi …, variant 2'
    """
    long = len(name)
    while long > 8 and text_width(brief(name, long), size, bold=True) > width:
        long -= 1
    return shorten(brief(name, long), width, size, bold=True)


def spread(targets: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least `gap` apart, in the targets' order and as near to them as that allows.

    >>> spread([1.0, 1.0, 5.0], gap=1.0, low=0.0, high=10.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(targets)), key=lambda i: targets[i])
    # Pool adjacent violators: labels that touch form a block around the mean of their targets.
    blocks: list[list[int]] = []
    starts: list[float] = []

    def start_of(block: list[int]) -> float:
        length = gap * (len(block) - 1)
        centred = sum(targets[i] for i in block) / len(block) - length / 2
        return max(low, min(centred, high - length))

    for i in order:
        blocks.append([i])
        starts.append(start_of([i]))
        while len(blocks) > 1 and starts[-1] < starts[-2] + gap * len(blocks[-2]) - 1e-9:
            merged = blocks[-2] + blocks[-1]
            blocks[-2:], starts[-2:] = [merged], [start_of(merged)]
    placed = [0.0] * len(targets)
    for block, start in zip(blocks, starts, strict=True):
        for step, i in enumerate(block):
            placed[i] = start + gap * step
    return placed
