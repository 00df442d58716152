"""The deployment diagram: who decides, who looks on and who steps in, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon

from sim.experiment.result import Result
from sim.measure.deciders import HUMANS, REVIEW, Decider
from sim.report.drawing.deciders import helper_of, looks_of, went_unseen
from sim.report.drawing.layout import Panel, headline, headline_height, place, shorten, size_of, text_width, wrap
from sim.report.drawing.phases import MOST_PHASES, NOTICED, SIDE_BY_SIDE, Phase, Shares, main_decider, phases_of
from sim.report.drawing.style import (
    INK,
    QUIET,
    Dash,
    Look,
    Picture,
    decider_looks,
    house_style,
    strategy_looks,
)
from sim.report.endings import as_shown, shown
from sim.report.figure import figure
from sim.report.findings import those
from sim.report.happenings import which
from sim.report.text.faults import REACTIONS
from sim.report.text.values import brief, plain_name
from sim.units import format_moment

REVIEW_LOOK = decider_looks([REVIEW])[REVIEW]
WIDE, TALL = 13.0, 7.4  #: inches: a screen at which the small letters are still read
HEAD, GAP, FOOT = 0.27, 0.06, 0.08  #: inches: a phase's caption, between two boxes, and under the last
LOW, HIGH = 0.29, 0.42  #: inches: a box with its words side by side, or one above the other
TOP, KEY = 1.4, 0.36  #: inches for title and key, at least, and for the key alone
NAMES = 1.85  #: inches for the strategies' names
LEAST = 0.74  #: inches: a row holds a name, who decides when a model is down, and in how many replications it ended so


@dataclass(frozen=True, slots=True)
class Entry:
    """A box of a phase: who, and what about him."""

    name: str
    decider: Decider
    said: str
    weight: float = 0.0  #: percent of the phones that he decides
    way: Literal["decides", "mirror", "warm", "stands in"] = "decides"
    review: bool = False


def entries(phase: Phase, room: float = 1.52) -> list[Entry]:
    """Return a phase's boxes: who decides, who stood in for a model, who looks on, who is kept warm.

    What is said of who decides has so many inches.
    """
    found = []
    instead = phase.shares.stood_in >= NOTICED
    # Nobody knows of whose phones they are: a stable arm without any would have less than none.
    heaviest = max(range(len(phase.deciders)), key=lambda number: phase.deciders[number][1][-1], default=0)
    for number, (arm, weights) in enumerate(phase.deciders):
        said = f"{_weights(weights)}{', advised' if arm.adviser else ', sorted' if arm.sorter else ''}"
        reviewed = phase.shares.reviewed if arm.review and arm.name == phase.reviewing else 0.0
        unseen = phase.unseen if number == heaviest and _told_unseen(phase) else 0.0
        if reviewed or unseen or (instead and said == "all phones"):
            said = _in_parts(said, weights, phase.shares, reviewed, unseen, room)
        found.append(Entry(arm.name, Decider.of(arm), said, weights[-1], review=arm.review))
    if instead:
        said = f"{_percent(phase.shares.stood_in)}, model down"
        found.append(Entry("humans", HUMANS, said, way="stands in"))
    for arm, share in phase.mirrors:
        said = "looks at all" if share >= 100 else f"looks at {share:g} %"
        found.append(Entry(arm.name, Decider("model", arm.version), said, way="mirror"))
    return [*found, *(Entry(each, Decider("model", each), "kept warm", way="warm") for each in phase.warm)]


def _in_parts(
    said: str, weights: Sequence[float], shares: Shares, reviewed: float, unseen: float, room: float
) -> str:  # fmt: skip
    """Add the shares of all phones that people settle on a model's doubt, and at which nobody looked.

    Beside one weight they are parts: with who stood in for a model all add up to it.
    """
    stood_in = shares.stood_in if shares.stood_in >= NOTICED else 0.0
    own = weights[-1] / 100.0 - reviewed - unseen - stood_in
    what = ((reviewed, "review"), (unseen, "unseen"))

    def added(finest: float) -> str:
        parts = [f"{_percent(share, finest)} {name}" for share, name in what if share]
        if len({*weights}) > 1:
            return ", ".join([said, *parts])
        kind = said.partition(", ")[2]  # advised, or sorted
        return " + ".join([f"{_percent(own, finest)} {kind}".rstrip(), *parts])

    whole = added(min(share for share in (reviewed, unseen, stood_in) if share))
    if text_width(whole, 9.5) <= room:
        return whole
    return f"→ {weights[-1]:g} %{whole.removeprefix(said)}" if len({*weights}) > 1 else added(1.0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The phases of every strategy, and how they are laid out."""

    phases: tuple[tuple[Phase, ...], ...]
    cell: float  #: inches from one phase to the next

    @property
    def boxes(self) -> tuple[float, float]:
        """Where a phase's boxes begin and end, in inches from its left."""
        return 0.62, self.cell - 0.22

    @property
    def room(self) -> float:
        """The inches for what is said in a box, under its name."""
        return self.boxes[1] - self.boxes[0] - 0.33

    def box(self, row: Sequence[Phase]) -> float:
        """Return the height of a strategy's boxes: low ones if the words of each have room side by side."""
        room = self.boxes[1] - self.boxes[0]
        return (
            LOW if all(_side_by_side(entry) <= room for phase in row for entry in entries(phase, self.room)) else HIGH
        )

    def heights(self, row: Sequence[Phase]) -> list[float]:
        """Return the heights of a strategy's rows of phases."""
        box = self.box(row)
        most = [max(len(entries(phase)) for phase in line) for line in _lines(row)]
        return [max(HEAD + max(count, 1) * (box + GAP) + FOOT, LEAST) for count in most]

    @property
    def height(self) -> float:
        """The height of all strategies' phases."""
        return sum(sum(self.heights(row)) for row in self.phases)


def sheet_of(result: Result) -> Sheet:
    """Lay out the phases: all of them if one screen holds them, else the first and the last of each strategy."""
    found = [_sheet([phases_of(s, most) for s in result.strategies]) for most in (MOST_PHASES, SIDE_BY_SIDE)]
    return next((sheet for sheet in found if TOP + sheet.height <= TALL), found[-1])


def _head(result: Result, sheet: Sheet) -> float:
    """Return the inches for title and key."""
    return max(TOP, headline_height(deployment_title(result), _subtitle(result, sheet.phases), WIDE) + KEY)


def _sheet(phases: Sequence[Sequence[Phase]]) -> Sheet:
    # Where there are few phases, boxes are wider rather than far apart.
    columns = max(3, min(SIDE_BY_SIDE, max(len(row) for row in phases)))
    return Sheet(tuple(tuple(row) for row in phases), (WIDE - NAMES - 0.35) / columns)


def _side_by_side(entry: Entry) -> float:
    """Return the inches that a box needs to have its words in one line."""
    name = text_width(plain_name(entry.name), 11, bold=True)
    return 0.3 + name + 0.09 + text_width(entry.said, 9.5) + 0.04 + (0.18 if entry.review else 0.0)


@figure("deployment", place=60)
def deployment(result: Result) -> Figure:
    """Draw, per strategy, the line's phones going through a router to who decides, phase after phase.

    Arrow width is the share of the phones, dashed is a mirror (looks, never decides), dotted is the fallback
    (decides when a model is down). Weights that only move within a phase are listed: 5 → 25 → 50 %. Of rollouts with
    more phases than a screen holds, the first and the last are drawn and those between are listed.
    """
    with house_style():
        sheet = sheet_of(result)
        picture = Picture(WIDE, _head(result, sheet) + sheet.height)
        draw_deployment(picture, result)
        return picture


def draw_deployment(panel: Panel, result: Result) -> None:
    """Draw the diagram into a figure or part of one."""
    across, up = size_of(panel)
    sheet = sheet_of(result)
    top = headline(panel, deployment_title(result), _subtitle(result, sheet.phases))
    axes = place(panel, 0.0, 0.0, across, up)
    axes.set(xlim=(0.0, across), ylim=(0.0, up))
    axes.axis("off")
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    deciders = looks_of(result)
    _key(axes, up - top - 0.1, sheet)
    y = up - (_head(result, sheet) - 0.08)
    for strategy, row in zip(result.strategies, sheet.phases, strict=True):
        axes.plot([0.25, across - 0.25], [y, y], color="#DDDDDD", lw=0.8)
        often = f"{shown(strategy)} {as_shown(strategy)}" if as_shown(strategy) else ""
        _strategy_name(axes, strategy.name, looks[strategy.name], y - 0.12, _when_down(row), often)
        for line, height in zip(_lines(row), sheet.heights(row), strict=True):
            for number, phase in enumerate(line):
                left = NAMES + 0.2 + number * sheet.cell
                first = phase is row[0]
                if not first:
                    _chevron(axes, left - 0.1, y - 0.19)
                when = "" if not first else "the whole time" if len(row) == 1 else "from the start"
                if len(row) == 1 and phase.shares.noticed:
                    when = "one plan from start to end"
                edges = (left, left + sheet.boxes[0], left + sheet.boxes[1])
                _phase(axes, phase, deciders, edges, y - 0.05, sheet.box(row), height, when)
            y -= height


def _subtitle(result: Result, phases: Sequence[Sequence[Phase]]) -> str:
    said = "Who decides, from phase to phase, left to right and then in the next row"
    if all(len(row) <= SIDE_BY_SIDE for row in phases):
        said = "Who decides, from phase to phase"
    if result.replications > 1:
        said += f", in {which(result)}"
    if any(phase.shares.noticed for row in phases for phase in row):
        said += ". Shares are of all of a phase's phones, whatever drifts within it"
    arms = [arm for row in phases for phase in row for arm, _ in phase.deciders]
    if any(arm.sorter for arm in arms):
        said += ". Sorted: people decide, and take first what the model suspects most"
    if any(arm.adviser for arm in arms):
        said += ". Advised: people decide, and know what the model says"
    if any(_told_unseen(phase) for row in phases for phase in row):
        went = "it was rejected" if went_unseen(result.strategies) == "rejected" else "it shipped"
        said += f". Unseen: nobody looked before {went} (a full queue, or no server)"
    if any(phase.hidden for row in phases for phase in row):
        said += ". Those that are only counted are in events.csv of a saved result"
    return f"{said}."


def _lines(row: Sequence[Phase]) -> list[Sequence[Phase]]:
    """Return a strategy's phases by rows."""
    return [row[first : first + SIDE_BY_SIDE] for first in range(0, len(row), SIDE_BY_SIDE)]


def _when_down(row: Sequence[Phase]) -> str:
    """Say who decides when a model is down, where a model decides."""
    reactions = dict.fromkeys(REACTIONS[phase.fallback] for phase in row if phase.models)
    return f"down: {' or '.join(reactions)}" if reactions else ""


def _percent(share: float, finest: float | None = None) -> str:
    """Write a share with a decimal if the finest of those that it adds up with, itself if alone, is below a tenth."""
    return f"{100 * share:.{0 if (finest or share) >= 0.0995 else 1}f} %"


def _told_unseen(phase: Phase) -> bool:
    return phase.unseen >= NOTICED and all(arm.role != "nobody" for arm, _ in phase.deciders)


def deployment_title(result: Result) -> str:
    """Return what the diagram says: which strategies end with another decider than they began with."""
    ends = {s.name: (main_decider(s.routes[0].route), main_decider(s.routes[-1].route)) for s in result.strategies}
    changed = {name: last for name, (first, last) in ends.items() if first.name != last.name}
    count = len(result.strategies)
    if not changed:
        if count == 1:
            only = result.strategies[0]
            said = f"In {brief(only.name)}, {ends[only.name][0].name} decides at the start and at the end"
            return f"{said} of replication {result.shown}" if _varied(result) else said
        run = f" in replication {result.shown}" if _varied(result) else ""
        return f"Every strategy ends with the decider it began with{run}"
    parts = []
    for last in {arm.name: arm for arm in changed.values()}.values():
        names = [name for name in changed if changed[name].name == last.name]
        helper = f" with {helper_of(last)}" if last.review else f" ({helper_of(last)})" if helper_of(last) else ""
        parts.append(f"{Decider.of(last).label}{helper} in {those(names, ends)}")
    stay = count - len(changed)
    told = len(parts) == 1 and "all but" in parts[0]
    rest = f"; {stay} of {count} end with the decider they began with" if stay and not told else ""
    said = f"most phones are decided by {' and by '.join(parts)}{rest}"
    return f"In the end of replication {result.shown} {said}" if _varied(result) else f"In the end {said}"


def _varied(result: Result) -> bool:
    """Whether a strategy ends with other deciders in other replications."""
    return any(
        len({main_decider(history.routes[-1].route).name for history in strategy.histories}) > 1
        for strategy in result.strategies
    )


def _phase(
    axes: Axes, phase: Phase, looks: dict[Decider, Look], at: tuple[float, float, float], top: float, box: float,
    height: float, when: str,
) -> None:  # fmt: skip
    """Draw a phase from its left to its boxes' left and right, under its caption."""
    left, *edges = at
    if phase.hidden:
        names = ", ".join(plain_name(name) for name, _ in groupby(phase.hidden))
        count = len(phase.hidden)
        said = f"{count} more phase{'s' if count > 1 else ''}; most phones are decided by {names}"
        lines = max(2, int((height - HEAD) / 0.17))
        axes.text(
            left, top - HEAD, wrap(said, edges[1] - left, 10, lines=lines), size=10, color=QUIET, va="top",
            style="italic", linespacing=1.15,
        )  # fmt: skip
        return
    axes.text(left, top - 0.13, when or f"from {format_moment(phase.start_us)}", size=10, color=QUIET, va="center")
    router = left + 0.36, top - HEAD - 0.5 * box
    axes.add_patch(
        FancyArrowPatch(
            (left, router[1]), (router[0] - 0.07, router[1]), arrowstyle="-", lw=7, color="#BBBBBB",
            shrinkA=0, shrinkB=0, capstyle="butt",
        )
    )  # fmt: skip
    deciding: dict[str, float] = {}
    y = router[1]
    for entry in entries(phase, edges[1] - edges[0] - 0.33):
        if entry.way in ("decides", "stands in"):
            deciding.setdefault(entry.name, y)
        if entry.way not in ("warm", "stands in"):
            _arrow(axes, router, (edges[0], y), entry.weight, dash="mirror" if entry.way == "mirror" else "")
        _box(axes, entry, looks[entry.decider], edges, y, box)
        y -= box + GAP
    # Who decides anyway is shown by the dotted way; others are named under the strategy.
    if phase.models and phase.fallback in deciding:
        _fallback(axes, edges[1], deciding[phase.models[0].name], deciding[phase.fallback])
    axes.add_patch(Circle(router, 0.09, facecolor="white", edgecolor=INK, lw=1.4, zorder=5))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], weight: float, dash: str = "") -> None:
    if not dash and weight <= 0.0:
        return
    bend = min(0.35, 0.6 * abs(end[1] - start[1]))
    width = 1.6 if dash else 1.0 + 6.5 * weight / 100.0
    down = end[1] < start[1] - 0.01
    axes.add_patch(
        FancyArrowPatch(
            start, (end[0] - 0.02, end[1]), lw=width, color="#7A7A7A" if not dash else INK,
            ls=(0, (3.0, 2.0)) if dash else "-",
            arrowstyle="-|>,head_length=7,head_width=4" if width < 3 else "-|>,head_length=9,head_width=6",
            connectionstyle=f"angle,angleA=-90,angleB=0,rad={28 * bend}" if down else "arc3",
            shrinkA=0, shrinkB=0, joinstyle="miter", capstyle="butt", mutation_scale=1.0, zorder=3,
        )
    )  # fmt: skip


def _box(axes: Axes, entry: Entry, look: Look, edges: list[float], y: float, height: float) -> None:
    left, right = edges
    axes.add_patch(
        FancyBboxPatch(
            (left, y - height / 2), right - left, height, boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="white", edgecolor=INK, lw=1.6 if entry.way == "decides" else 0.9, zorder=4,
        )
    )  # fmt: skip
    # A block of the decider's own colour and hatch, as in the picture of the traffic.
    axes.add_patch(
        FancyBboxPatch(
            (left + 0.05, y - height / 2 + 0.05), 0.17, height - 0.1, boxstyle="square,pad=0", lw=0.0, zorder=5,
            facecolor=look.colour, edgecolor=look.stroke, hatch=look.hatch or None,
        )
    )  # fmt: skip
    room = right - left - 0.33
    beside = height < HIGH
    if entry.review:
        # Above what is said, which then has the whole width.
        _review_mark(axes, right - 0.18, y if beside else y + 0.09, height - 0.1 if beside else 0.19)
    mark = 0.18 if entry.review else 0.0
    name = shorten(plain_name(entry.name), room - mark, 11, bold=True)
    room -= mark if beside else 0.0
    up, down = (0.0, 0.0) if beside else (0.09, -0.1)
    after = text_width(name, 11, bold=True) + 0.09 if beside else 0.0
    axes.text(left + 0.3, y + up - 0.005, name, size=11, weight="bold", color=INK, va="center", zorder=6)
    axes.text(
        left + 0.3 + after, y + down - 0.005, shorten(entry.said, room - after, 9.5), size=9.5, color=QUIET,
        va="center", zorder=6,
    )  # fmt: skip


def _review_mark(axes: Axes, x: float, y: float, height: float) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y - 0.5 * height), 0.13, height, boxstyle="square,pad=0", facecolor=REVIEW_LOOK.colour,
            edgecolor=REVIEW_LOOK.stroke, hatch=REVIEW_LOOK.hatch, lw=0.0, zorder=5,
        )
    )  # fmt: skip


def _fallback(axes: Axes, x: float, source: float, target: float) -> None:
    """Draw the dotted way from a model that is down to who decides then, round the boxes' right side."""
    out = x + 0.08
    axes.plot(
        [x, out, out, x + 0.02],
        [source, source, target, target],
        color=INK,
        lw=1.4,
        ls=(0, (1, 1.6)),
        zorder=3,
    )
    axes.add_patch(
        FancyArrowPatch(
            (out, target), (x, target), arrowstyle="-|>,head_length=5,head_width=3", lw=0.1, color=INK,
            shrinkA=0, shrinkB=0, mutation_scale=1.0, zorder=3,
        )
    )  # fmt: skip


def _weights(weights: Sequence[float]) -> str:
    """Write weights as they moved: '5 → 25 → 50 %', of many only the ends."""
    moved = [f"{weight:g}" for weight, _ in groupby(weights)]
    if len(moved) > 4:
        moved = [*moved[:2], "…", moved[-1]]
    text = f"{' → '.join(moved)} %"
    return "all phones" if text == "100 %" else "no phones" if text == "0 %" else text


def _strategy_name(axes: Axes, name: str, look: Look, top: float, *notes: str) -> None:
    labels = [(wrap(brief(name, 48), NAMES - 0.4, size, bold=True, lines=2), size) for size in (12.0, 11.0, 10.0, 9.5)]
    label, size = next((each for each in labels if "…" not in each[0]), labels[-1])
    axes.plot([0.36], [top - 0.09], look.marker, color=look.colour, ms=9)
    axes.text(0.54, top, label, size=size, weight="bold", color=look.text, va="top", linespacing=1.1)
    y = top - 0.0175 * size * (label.count("\n") + 1)
    for note in notes:
        if note:
            axes.text(0.28, y, shorten(note, NAMES - 0.15, 9.5), size=9.5, color=QUIET, va="top")
            y -= 0.17


def _chevron(axes: Axes, x: float, y: float) -> None:
    points = [(x - 0.03, y + 0.09), (x + 0.03, y), (x - 0.03, y - 0.09)]
    axes.add_patch(Polygon(points, closed=False, fill=False, edgecolor="#A0A0A0", lw=2.0))


def _key(axes: Axes, y: float, sheet: Sheet) -> None:
    every = [entry for row in sheet.phases for phase in row for entry in entries(phase, sheet.room)]
    dotted = any(
        phase.shares.stood_in >= NOTICED or phase.fallback in [arm.name for arm, _ in phase.deciders]
        for row in sheet.phases for phase in row if phase.models
    )  # fmt: skip
    ways: list[tuple[str, Dash, float]] = [("decides (width: share of phones)", "-", 5.0)]
    if any(entry.way == "mirror" for entry in every):
        ways.append(("mirror: looks, never decides", (0, (3.0, 2.0)), 1.6))
    if dotted:
        ways.append(("decides when a model is down", (0, (1.0, 1.6)), 1.4))
    x = 0.27
    for words, style, width in ways:
        axes.plot(
            [x, x + 0.5], [y, y], color="#7A7A7A" if width > 3 else INK, lw=width, ls=style, solid_capstyle="butt"
        )
        axes.text(x + 0.6, y, words, size=10, color=INK, va="center")
        x += 0.6 + text_width(words, 10) + 0.3
    if any(entry.review for entry in every):
        _review_mark(axes, x, y, 0.24)
        axes.text(x + 0.22, y, "review: humans decide what it doubts", size=10, color=INK, va="center")
