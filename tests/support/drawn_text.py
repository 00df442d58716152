"""The texts of a drawn figure, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

Box = tuple[float, float, float, float]


def written(figure: Figure) -> list[tuple[str, Box]]:
    """Return every text that is really drawn, with its place in pixels."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    hidden = {id(text) for axes in figure.findobj(Axes) for text in not_drawn(axes)}
    found = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible() or id(text) in hidden:
            continue
        # Without the arrow or box of an annotation: only the letters count.
        box = Text.get_window_extent(text, renderer)
        found.append((text.get_text(), (box.x0, box.y0, box.x1, box.y1)))
    return found


def not_drawn(axes: Axes) -> Iterator[Text]:
    """Yield the texts of axes that are switched off, and of ticks outside the limits."""
    for axis in (axes.xaxis, axes.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()} if axes.axison else set()
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if id(tick) not in drawn:
                yield from (tick.label1, tick.label2)
        if not axes.axison:
            yield axis.label


def overlapping(texts: list[tuple[str, Box]]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, a), (other, b) in combinations(texts, 2)
        if min(a[2], b[2]) - max(a[0], b[0]) > 1.5 and min(a[3], b[3]) - max(a[1], b[1]) > 1.5
    ]


def outside(figure: Figure, texts: list[tuple[str, Box]]) -> list[str]:
    """Return the texts that leave the picture."""
    return [
        text for text, (left, low, right, high) in texts
        if left < -1 or low < -1 or right > figure.bbox.width + 1 or high > figure.bbox.height + 1
    ]  # fmt: skip
