"""The live figure: fast because it draws only what moves, and never different from a full drawing."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from sim.apps.live_figure import CSS_PER_INCH, LiveFigure


def _plot() -> tuple[Figure, LiveFigure]:
    figure = Figure(figsize=(4.0, 3.0))
    axes = figure.add_axes((0.15, 0.15, 0.8, 0.8))
    axes.plot([0, 1, 2], [0, 1, 0], animated=True)
    axes.text(0.5, 0.5, "half", animated=True)
    return figure, LiveFigure(figure)


def _pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_a_move_draws_only_what_moves() -> None:
    figure, live = _plot()
    first = live.draw()
    figure.axes[0].lines[0].set_ydata([1, 0, 1])
    assert live.draw() != first
    assert live.full_draws == 1


def test_a_blitted_picture_equals_a_full_drawing() -> None:
    figure, live = _plot()
    live.draw()
    figure.axes[0].lines[0].set_ydata([1, 0, 1])
    figure.axes[0].texts[0].set_text("moved")
    blitted = _pixels(live.draw())
    live.draw_everything_next()
    assert np.array_equal(blitted, _pixels(live.draw()))
    assert live.full_draws == 2


def test_nothing_of_the_picture_before_is_left() -> None:
    figure, live = _plot()
    first = live.draw()
    line = figure.axes[0].lines[0]
    line.set_ydata([1, 0, 1])
    live.draw()
    line.set_ydata([0, 1, 0])
    assert live.draw() == first


@pytest.mark.parametrize(
    "change",
    [
        lambda figure: figure.axes[0].set_ylim(0, 9),
        lambda figure: figure.axes[0].set_facecolor("black"),
        lambda figure: figure.set_facecolor("black"),
        lambda figure: figure.set_size_inches(5, 3),
    ],
    ids=["limits", "axes colour", "figure colour", "size"],
)
def test_limits_size_and_theme_need_a_full_drawing(change: object) -> None:
    figure, live = _plot()
    before = live.draw()
    assert callable(change)
    change(figure)
    assert live.draw() != before
    assert live.full_draws == 2
    live.draw()
    assert live.full_draws == 2


def test_the_png_is_sharper_than_the_page_by_the_asked_factor() -> None:
    figure = Figure(figsize=(2.0, 1.0))
    picture = Image.open(io.BytesIO(LiveFigure(figure, sharpness=2.0).draw()))
    assert picture.format == "PNG"
    assert picture.size == (2.0 * CSS_PER_INCH * 2, 1.0 * CSS_PER_INCH * 2)


def test_the_widget_keeps_its_size_and_follows() -> None:
    pytest.importorskip("ipywidgets")
    figure, live = _plot()
    widget = live.widget
    assert widget is live.widget
    assert (widget.layout.width, widget.layout.height) == ("400px", "300px")
    assert widget.value == live.draw()
    figure.axes[0].lines[0].set_ydata([1, 0, 1])
    assert live.draw() == widget.value


def test_it_works_without_ipywidgets_and_without_pyplot() -> None:
    program = """
import sys
sys.modules["ipywidgets"] = None
from matplotlib.figure import Figure
from sim.apps.live_figure import LiveFigure
assert LiveFigure(Figure(figsize=(1.0, 1.0))).draw().startswith(b"\\x89PNG")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
