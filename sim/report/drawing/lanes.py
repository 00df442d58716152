"""A lane above the axes: what befell the line, without labels that touch; and the same through the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from sim.experiment.result import Event, Result
from sim.measure.events import Drifted, FaultBegan, OutageBegan
from sim.report.drawing.layout import Panel, place, shorten, text_width
from sim.report.drawing.style import INK, QUIET, SPAN, TAG, Look
from sim.report.drawing.timeaxis import HOUR_US
from sim.report.text.labels import short

ROW = 0.205  #: inches per row of labels
SIZE = 9.5  #: points
WIDEST = 4.0  #: inches of one label
#: A white casing keeps thin lines visible on dark fills.
CASING = [withStroke(linewidth=3.0, foreground="white", alpha=0.75)]


@dataclass(frozen=True, slots=True)
class Mark:
    """One event in a lane: 0 is the most important rank."""

    hours: float
    text: str
    look: Look
    rank: int
    drift: bool = False
    until: float | None = None  #: hours; None: it lasts


@dataclass(frozen=True, slots=True)
class Lane:
    """Marks with the row each label got; None is a mark that stays without a label."""

    name: str
    marks: tuple[Mark, ...]
    rows: tuple[int | None, ...]
    flipped: tuple[bool, ...]  #: label to the left of its mark

    @property
    def strip(self) -> float:
        """Rows that marks without a label take, below the labels."""
        return 0.55 if None in self.rows else 0.0

    @property
    def height(self) -> float:
        """Rows used in all."""
        return self.strip + 1 + max((row for row in self.rows if row is not None), default=-1)


def world_marks(result: Result, by_chance: bool = False) -> list[Mark]:
    """Return drift and outages, each with its label.

    With `by_chance` breakdowns are among them: for pictures of the replication that is shown. Where curves are of
    several replications, each of which broke down at other times, none of these is the cause of anything.
    """
    events = result.befell if by_chance or result.replications == 1 else result.world_events
    drift, outage = Look(INK, marker="v"), Look(INK, marker="s")
    return [
        Mark(
            event.time_us / HOUR_US,
            short(event),
            drift if isinstance(event, Drifted) else outage,
            event.rank,
            isinstance(event, Drifted),
            _until(event),
        )
        for event in events
        if event.time_us <= result.scenario.horizon
    ]


def _until(event: Event) -> float | None:
    if isinstance(event, (Drifted, OutageBegan, FaultBegan)) and event.lasts_us is not None:
        return (event.time_us + event.lasts_us) / HOUR_US
    return None


def pack(name: str, marks: Sequence[Mark], hours: float, width: float, rows: int) -> Lane:
    """Give labels rows so that none touches another label or mark; important ones choose first.

    Parameters
    ----------
    name : str
        Of the lane.
    marks : sequence of Mark
    hours : float
        Length of the time axis.
    width : float
        Of the axes, in inches.
    rows : int
        At most so many.
    """
    marks = sorted(marks, key=lambda mark: mark.hours)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    placed: dict[int, tuple[int, bool]] = {}
    texts = [shorten(mark.text, min(WIDEST, 0.7 * width), SIZE) for mark in marks]
    for i in sorted(range(len(marks)), key=lambda i: (marks[i].rank, marks[i].hours)):
        x, long = width * marks[i].hours / hours, text_width(texts[i], SIZE) + 0.2
        sides = [(x - 0.1, x + long, False), (x - long, x + 0.1, True)]
        for row in range(rows):
            free = [
                (a, b, flip)
                for a, b, flip in sides
                if a >= -0.1 and b <= width + 0.1 and all(b <= c or a >= d for c, d in taken[row])
            ]
            if free:
                taken[row].append(free[0][:2])
                placed[i] = row, free[0][2]
                break
    return Lane(
        name,
        tuple(replace(mark, text=text) for mark, text in zip(marks, texts, strict=True)),
        tuple(placed[i][0] if i in placed else None for i in range(len(marks))),
        tuple(placed[i][1] if i in placed else False for i in range(len(marks))),
    )


def draw_lane(panel: Panel, lane: Lane, left: float, bottom: float, width: float, hours: float) -> Axes:
    """Draw a lane at a place in inches; the first row is the lowest."""
    axes = place(panel, left, bottom, width, lane.height * ROW)
    axes.set(xlim=(0.0, hours), ylim=(0.0, lane.height))
    axes.axis("off")
    for mark, row, flip in zip(lane.marks, lane.rows, lane.flipped, strict=True):
        height = 0.3 if row is None else lane.strip + row + 0.5
        axes.plot(
            [mark.hours], [height], mark.look.marker, color=mark.look.colour,
            ms=4.0 if row is None else 6.0, clip_on=False, zorder=2 if row is None else 4,
            alpha=0.55 if row is None else 1.0,
        )  # fmt: skip
        if row is not None:
            axes.annotate(
                mark.text, (mark.hours, height), xytext=(-7 if flip else 7, -0.5), textcoords="offset points",
                size=SIZE, color=mark.look.text, ha="right" if flip else "left", va="center", zorder=3,
                bbox={"facecolor": TAG if mark.drift else SPAN, "edgecolor": "none", "pad": 0.8}, annotation_clip=False,
            )  # fmt: skip
    unnamed = sum(row is None for row in lane.rows)
    name = lane.name + (f"\n+{unnamed} more" if unnamed else "")
    axes.annotate(
        name, (0, 0.5), xycoords="axes fraction", xytext=(-8, 0), textcoords="offset points",
        size=SIZE, color=QUIET, ha="right", va="center", linespacing=1.1, annotation_clip=False,
    )  # fmt: skip
    return axes


def slowly(marks: Sequence[Mark]) -> str:
    """Return what a yellow band means, "" where nothing drifts slowly."""
    return "yellow: while it drifts" if any(mark.drift and mark.until is not None for mark in marks) else ""


def drop_lines(axes: Axes, marks: Sequence[Mark]) -> None:
    """Draw the world's marks through axes: dotted as a drift begins, yellow while it goes on, grey for an outage."""
    for mark in marks:
        if mark.drift:
            if mark.until is not None:
                axes.axvspan(mark.hours, mark.until, color=TAG, alpha=0.45, lw=0.0, zorder=0.4)
            axes.axvline(mark.hours, color=INK, lw=1.3, ls=(0, (1, 1.6)), zorder=3, path_effects=CASING)
        else:
            end = mark.hours if mark.until is None else mark.until
            axes.axvspan(mark.hours, end, facecolor=SPAN, edgecolor=INK, lw=0.8, alpha=0.6, zorder=0.5)
