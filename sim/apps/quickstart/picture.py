"""The live figure: who was watching, defective phones shipped so far, and three figures per strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.apps.live_figure import LiveFigure
from sim.apps.quickstart.bench import HOURS, START_H
from sim.apps.quickstart.words import message, watch_of, watchers, within
from sim.experiment.result import Result
from sim.report.drawing.layout import place, spread
from sim.report.drawing.style import FAINT, INK, QUIET, Look, Picture, house_style, strategy_looks
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.text.values import plain_name


class QuickstartPicture:
    """Who was watching, defective phones shipped so far, and three figures per strategy, in one live figure.

    Axes stay as they are while sliders move; only another seed may change the height of the upper panel.
    """

    def __init__(self, result: Result) -> None:
        looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
        with house_style():
            picture = Picture(WIDTH, HEIGHT)
            self._title = _text(picture, 0.12, HEIGHT - 0.12, size=17, color=INK, weight="bold", va="top")
            self._detail = _text(picture, 0.12, HEIGHT - 0.5, size=11, color=QUIET, va="top")
            self._lanes = _Lanes(picture, looks, watchers(result))
            self._lines = _Lines(picture, looks)
            self._board = _Board(picture, looks)
            self.live = LiveFigure(picture)
        self._seed: int | None = None

    def show(self, result: Result) -> bytes:
        """Draw a result, in the widget too if there is one, and return the PNG."""
        seed = result.scenario.seed
        if seed != self._seed:
            self._seed = seed
            self._lines.make_room_for(result)
        phones = max(int(s.samples["phones"][0]) for s in result.strategies)
        self._title.set_text(message(result))
        self._detail.set_text(
            f"Leakage = defective phones shipped / defective phones decided. One run, {phones:,} phones, seed {seed}."
        )
        self._lanes.show(result)
        self._lines.show(result)
        self._board.show(result)
        with house_style():
            return self.live.draw()


WATCHED = {
    "rolled back": "watched, rolled back",
    "promoted": "watched until promoted",
    "still watched": "watched to the end",
}
WIDTH, HEIGHT = 8.6, 6.2  #: inches, a hundred pixels of the page each
LEFT, RIGHT, BOTTOM, TOP = 1.02, 2.13, 2.5, 4.6  #: where the panel over time is, in inches
LANE = 0.27  #: inches per lane
ROW = 0.27  #: inches per strategy below


class _Lanes:
    """Above the panel over time: when the lamp failed, and until when the careful strategies watched."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look], watching: Sequence[str]) -> None:
        count = 1 + len(watching)
        self._axes = place(picture, LEFT, TOP + 0.08, WIDTH - LEFT - RIGHT, count * LANE)
        self._axes.set(xlim=(0, HOURS), ylim=(0, count))
        self._axes.axis("off")
        lamp = Look(INK, marker="v")
        self._heights = {name: count - 1.5 - i for i, name in enumerate(watching)}
        self._spans = {}
        for name, height in self._heights.items():
            (span,) = self._axes.plot([START_H, START_H], [height, height], color=looks[name].colour, animated=True)
            span.set(linewidth=5, alpha=0.45, solid_capstyle="butt")
            self._spans[name] = span
        self._marks = {"lamp": self._mark(lamp, count - 0.5, "the line", INK)}
        for name, height in self._heights.items():
            self._marks[name] = self._mark(looks[name], height, plain_name(name), looks[name].text)
        self._drop = self._axes.axvline(0, color="#5A5A5A", lw=1.0, ls=(0, (1, 2)), zorder=1, animated=True)

    def show(self, result: Result) -> None:
        (event,) = result.scenario.drift
        hour = event.at / HOUR_US
        said = f"lamp fails: {event.to:.0%} brightness left".replace("%", " %")
        self._put("lamp", hour, said if event.to < 1 else "lamp stays as it is")
        self._drop.set_xdata([hour, hour])
        for name, span in self._spans.items():
            end, how = watch_of(result[name])
            span.set_xdata([START_H, end])
            self._put(name, end, WATCHED[how])

    def _mark(self, look: Look, height: float, name: str, ink: str) -> tuple[Any, Any]:
        (mark,) = self._axes.plot([0], [height], look.marker, color=look.colour, ms=8, clip_on=False, animated=True)
        text = self._axes.annotate(
            "", (0, height), xytext=(9, -0.5), textcoords="offset points", size=10.5, color=ink, va="center",
            animated=True, annotation_clip=False, zorder=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        self._axes.annotate(
            name, (0, height), xytext=(-9, -0.5), textcoords="offset points", size=10.5, color=ink,
            ha="right", va="center", annotation_clip=False,
        )  # fmt: skip
        return mark, text

    def _put(self, which: str, hour: float, said: str) -> None:
        mark, text = self._marks[which]
        mark.set_xdata([hour])
        # Only the lamp's label turns to the left: beside it there is no span, and those of the spans are short.
        late = which == "lamp" and hour > 0.6 * HOURS
        text.set_text(said)
        text.xy = (hour, text.xy[1])
        text.set(x=-9 if late else 9, ha="right" if late else "left")


class _Lines:
    """Defective phones shipped so far: a failing lamp is a bend, a rollback is the bend back."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look]) -> None:
        width = WIDTH - LEFT - RIGHT
        self._axes = place(picture, LEFT, BOTTOM, width, TOP - BOTTOM)
        time_axis(self._axes, HOURS * int(HOUR_US), width)
        self._axes.grid(axis="y")
        self._axes.set_ylabel("defective phones\nshipped so far")
        self._drop = self._axes.axvline(0, color="#5A5A5A", lw=1.0, ls=(0, (1, 2)), zorder=1, animated=True)
        self._lines, self._labels = {}, {}
        for name, look in looks.items():
            (self._lines[name],) = self._axes.plot([], [], color=look.colour, ls=look.dash, animated=True)
            self._labels[name] = self._axes.annotate(
                "", (1, 0), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
                size=11, weight="bold", color=look.text, va="center", animated=True, annotation_clip=False,
            )  # fmt: skip

    def make_room_for(self, result: Result) -> None:
        """Set the axis for a seed: up to all its defective phones, which a blind line would ship."""
        defective = max(int(s.timeline.defective.sum()) for s in result.strategies)
        self._axes.set_ylim(0, 20 * np.ceil(defective / 20))

    def show(self, result: Result) -> None:
        hour = result.scenario.drift[0].at / HOUR_US
        self._drop.set_xdata([hour, hour])
        ends = []
        for strategy in result.strategies:
            shipped = np.concatenate([[0], np.cumsum(strategy.timeline.escaped.sum(axis=0))])
            self._lines[strategy.name].set_data(strategy.timeline.edges_us / HOUR_US, shipped)
            self._labels[strategy.name].set_text(f"{plain_name(strategy.name)} {shipped[-1]}")
            ends.append(float(shipped[-1]))
        top = self._axes.get_ylim()[1]
        gap = 0.185 / (TOP - BOTTOM) * top
        heights = spread([min(end, top) for end in ends], gap, 0.3 * gap, top)
        for label, height in zip(self._labels.values(), heights, strict=True):
            label.xy = (1, height)


class _Board:
    """One row per strategy, always in the same order: leakage, good phones rejected, and the time it takes."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look]) -> None:
        self._names = list(looks)
        left, width, gap = 1.75, 1.98, 0.25
        panels = [place(picture, left + i * (width + gap), 0.3, width, ROW * len(looks)) for i in range(3)]
        self._leak = _Bars(panels[0], looks, "leakage", 1.0, lambda share: f"{100 * share:.0f} %")
        self._false = _Bars(panels[1], looks, "good phones rejected", 0.06, lambda share: f"{100 * share:.1f} %")
        self._wait = _Dots(panels[2], looks, "95 % decided within")
        for row, (name, look) in enumerate(looks.items()):
            panels[0].annotate(
                plain_name(name), (0, row), xytext=(-8, -0.5), textcoords="offset points", size=11, weight="bold",
                color=look.text, ha="right", va="center", annotation_clip=False,
            )  # fmt: skip

    def show(self, result: Result) -> None:
        for row, name in enumerate(self._names):
            samples = result[name].samples
            self._leak.show(row, float(samples["escape_rate"][0]))
            self._false.show(row, float(samples["overkill_rate"][0]))
            self._wait.show(row, float(samples["latency_p95_s"][0]), within(result, result[name]))


class _Bars:
    """Shares from zero to `most`; a longer bar is cut there and its label tells."""

    def __init__(
        self, axes: Axes, looks: Mapping[str, Look], title: str, most: float, say: Callable[[float], str]
    ) -> None:
        self._most, self._say = most, say
        _frame(axes, title, len(looks))
        axes.set_xlim(0, 1.3 * most)  # room for a label beyond the longest bar
        axes.set_xticks([0, most / 2, most], [f"{50 * i * most:.0f} %" for i in range(3)])
        self._bars = axes.barh(range(len(looks)), 0, height=0.62, color=[look.colour for look in looks.values()])
        for bar in self._bars:
            bar.set_animated(True)
        self._labels = [_label(axes, row, look) for row, look in enumerate(looks.values())]

    def show(self, row: int, value: float) -> None:
        value = value if np.isfinite(value) else 0.0
        self._bars[row].set_width(min(value, self._most))
        self._labels[row].set_text(self._say(value))
        self._labels[row].xy = (min(value, self._most), row)


class _Dots:
    """Seconds to hours on a logarithmic axis: dots, since a bar needs a zero."""

    FROM, TO = 3.0, 7200.0

    def __init__(self, axes: Axes, looks: Mapping[str, Look], title: str) -> None:
        _frame(axes, title, len(looks))
        axes.set_xscale("log")
        axes.set_xlim(self.FROM, 12 * self.TO)
        axes.set_xticks([10, 120, 3600], ["10 s", "2 min", "1 h"])
        axes.set_xticks([], minor=True)
        self._dots = []
        for row, look in enumerate(looks.values()):
            (dot,) = axes.plot([], [], look.marker, color=look.colour, ms=8, animated=True, clip_on=False)
            dot.set_ydata([row])
            self._dots.append(dot)
        self._labels = [_label(axes, row, look, 8) for row, look in enumerate(looks.values())]

    def show(self, row: int, value: float, said: str) -> None:
        at = float(np.clip(value, self.FROM, self.TO)) if np.isfinite(value) else self.FROM
        self._dots[row].set_data([at], [row])
        self._labels[row].set_text(said)
        self._labels[row].xy = (at, row)


def _frame(axes: Axes, title: str, rows: int) -> None:
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks([])
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.tick_params(axis="x", length=0, labelsize=9.5, pad=2)
    axes.spines[["bottom"]].set_visible(False)
    axes.set_title(title, loc="left", size=11, color=INK, pad=4)


def _label(axes: Axes, row: int, look: Look, offset: float = 5) -> Any:
    return axes.annotate(
        "", (0, row), xytext=(offset, -0.5), textcoords="offset points", size=11, color=look.text, va="center",
        animated=True, annotation_clip=False,
    )  # fmt: skip


def _text(picture: Figure, left: float, up: float, **style: Any) -> Text:
    return picture.text(left / WIDTH, up / HEIGHT, "", animated=True, **style)
