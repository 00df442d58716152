"""A matplotlib figure that answers a slider: drawn once, then only what moves is drawn again.

Everything that stands still (axes, ticks, titles of panels) is kept as a picture. At each move it is put back and
the artists marked `animated=True` are drawn over it: a few milliseconds instead of a full drawing's fifty to a
hundred, and no flicker, because the page only ever swaps one finished picture for another of the same size.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: Screen pixels per inch of figure on the page: what a browser calls one CSS pixel, a hundred to the inch.
CSS_PER_INCH = 100.0
#: Finer than the screen, so that text stays crisp on a projector and on a display with small pixels.
SHARPNESS = 1.5


class LiveFigure:
    """A persistent, blitted figure that shows itself in a widget of fixed size.

    Mark what moves with ``set_animated(True)``, change it, and call `draw`. All artists that move must exist
    before the first `draw`. A full drawing happens only when it must: at first, and when axis limits, the size or
    a background colour has changed.

    Parameters
    ----------
    figure : Figure
        An object-API figure; it gets an Agg canvas and the resolution of `sharpness`.
    sharpness : float
        Picture pixels per pixel of the page.

    Examples
    --------
    >>> figure = Figure(figsize=(2.0, 1.0))
    >>> (line,) = figure.add_axes((0.2, 0.2, 0.7, 0.7)).plot([0, 1], [0, 1], animated=True)
    >>> live = LiveFigure(figure)
    >>> first = live.draw()
    >>> line.set_ydata([1, 0])
    >>> live.draw() != first, live.full_draws
    (True, 1)
    """

    def __init__(self, figure: Figure, sharpness: float = SHARPNESS) -> None:
        self.figure = figure
        self.full_draws = 0  #: how often everything had to be drawn
        figure.set_dpi(CSS_PER_INCH * sharpness)
        self._canvas: Any = FigureCanvasAgg(figure)
        self._background: Any = None
        self._drawn_for: tuple[object, ...] = ()
        self._moving: list[Artist] = []
        self._image: Any = None
        self._png = b""

    def draw(self) -> bytes:
        """Draw what moves, show it if there is a widget, and return the picture as PNG."""
        if self._background is None or self._look() != self._drawn_for:
            self._draw_everything()
        self._canvas.restore_region(self._background)
        renderer = self._canvas.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)
        self._png = self._encoded()
        if self._image is not None:
            self._image.value = self._png
        return self._png

    def draw_everything_next(self) -> None:
        """Let the next `draw` be a full one: after a change to something that does not move."""
        self._background = None

    @property
    def widget(self) -> Any:
        """The `ipywidgets.Image` that shows the figure; ipywidgets is imported only when it is asked for."""
        if self._image is None:
            import ipywidgets

            width, height = (f"{inches * CSS_PER_INCH:.0f}px" for inches in self.figure.get_size_inches())
            # Fixed in the layout too: a picture without a size lets the page jump while it loads.
            layout = ipywidgets.Layout(width=width, height=height, flex="0 0 auto", margin="0")
            self._image = ipywidgets.Image(value=self._png or self.draw(), format="png", layout=layout)
        return self._image

    def _draw_everything(self) -> None:
        self._canvas.draw()  # leaves out what is animated
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self._drawn_for = self._look()
        moving = self.figure.findobj(lambda artist: bool(artist.get_animated()))
        self._moving = sorted(moving, key=lambda artist: artist.get_zorder())
        self.full_draws += 1

    def _look(self) -> tuple[object, ...]:
        """What the kept background depends on."""
        axes = tuple((a.get_xlim(), a.get_ylim(), a.get_facecolor()) for a in self.figure.axes)
        return (*self.figure.get_size_inches(), self.figure.dpi, self.figure.get_facecolor(), axes)

    def _encoded(self) -> bytes:
        pixels = np.asarray(self._canvas.buffer_rgba())[:, :, :3]
        height, width, _ = pixels.shape
        rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each row begins with its filter: 0, none
        rows[:, 1:] = pixels.reshape(height, -1)
        # Level 1 and no filter: the page is on the same machine, so time matters more than size. An encoder that
        # tries filters row by row takes twice as long over a picture that is mostly white.
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
