"""The deployment diagram: who decides, who looks on and who steps in, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon

from sim.experiment.result import Result
from sim.measure.deciders import REVIEW, Decider
from sim.report.drawing.deciders import helper_of, looks_of
from sim.report.drawing.layout import Panel, headline, place, shorten, size_of, text_width, wrap
from sim.report.drawing.phases import SIDE_BY_SIDE, Phase, main_decider, phases_of
from sim.report.drawing.style import (
    INK,
    QUIET,
    Look,
    Picture,
    decider_looks,
    house_style,
    strategy_looks,
)
from sim.report.figure import figure
from sim.report.findings import listing
from sim.report.happenings import which
from sim.report.text.values import brief, plain_name
from sim.units import format_moment

REVIEW_LOOK = decider_looks([REVIEW])[REVIEW]
BOX, GAP, HEAD = 0.46, 0.13, 0.33  #: inches: a decider's height, the gap to the next, a phase's caption
NAMES = 1.95  #: inches for the strategies' names


@figure("deployment", place=60)
def deployment(result: Result) -> Figure:
    """Draw, per strategy, the line's phones going through a router to who decides, phase after phase.

    Arrow width is the share of the phones, dashed is a mirror (looks, never decides), dotted is the fallback
    (decides when a model is down). Weights that only move within a phase are listed: 5 → 25 → 50 %.
    """
    with house_style():
        rows = [_height(phases_of(strategy)) for strategy in result.strategies]
        picture = Picture(15.0, 1.55 + sum(rows))
        draw_deployment(picture, result)
        return picture


def draw_deployment(panel: Panel, result: Result) -> None:
    """Draw the diagram into a figure or part of one."""
    across, up = size_of(panel)
    phases = [phases_of(strategy) for strategy in result.strategies]
    top = headline(panel, deployment_title(result), _subtitle(result, phases))
    axes = place(panel, 0.0, 0.0, across, up)
    axes.set(xlim=(0.0, across), ylim=(0.0, up))
    axes.axis("off")
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    deciders = looks_of(result)
    _key(
        axes,
        up - top - 0.12,
        any(arm.review for row in phases for phase in row for arm, _ in phase.deciders),
    )
    y = up - top - 0.3
    # Where there are few phases, boxes are wider rather than far apart.
    columns = max(3, min(SIDE_BY_SIDE, max(len(row) for row in phases)))
    cell = (across - NAMES - 0.4) / columns
    for strategy, row in zip(result.strategies, phases, strict=True):
        height = _height(row)
        axes.plot([0.25, across - 0.25], [y, y], color="#DDDDDD", lw=0.8)
        _strategy_name(axes, strategy.name, looks[strategy.name], y - 0.5 * height)
        for line in _lines(row):
            for number, phase in line:
                left = NAMES + 0.2 + number % SIDE_BY_SIDE * cell
                if number:
                    _chevron(axes, left - 0.15, y - 0.5 * _row_height([phase for _, phase in line]))
                _phase(axes, phase, deciders, left, y - 0.08, cell - 0.38, first=number == 0, only=len(row) == 1)
            y -= _row_height([phase for _, phase in line])


def _subtitle(result: Result, phases: Sequence[Sequence[Phase]]) -> str:
    said = "Who decides, from phase to phase, left to right and then in the next row"
    if all(len(row) <= SIDE_BY_SIDE for row in phases):
        said = "Who decides, from phase to phase"
    if result.replications > 1:
        said += f", in {which(result)}"
    if any(_told_unseen(phase) for row in phases for phase in row):
        said += ". Unseen: nobody looked before it shipped (a full queue, or no server)"
    return f"{said}."


def _lines(row: Sequence[Phase]) -> list[list[tuple[int, Phase]]]:
    """Return a strategy's phases by rows, each with its number."""
    numbered = list(enumerate(row))
    return [numbered[first : first + SIDE_BY_SIDE] for first in range(0, len(numbered), SIDE_BY_SIDE)]


def _height(row: Sequence[Phase]) -> float:
    """Return a strategy's height, all of its rows together."""
    return sum(_row_height([phase for _, phase in line]) for line in _lines(row)) or _row_height(row)


def _told_unseen(phase: Phase) -> bool:
    return phase.unseen >= 0.005 and all(arm.role != "nobody" for arm, _ in phase.deciders)


def deployment_title(result: Result) -> str:
    """Return what the diagram says: which strategies end with another decider than they began with."""
    ends = {s.name: (main_decider(s.routes[0].route), main_decider(s.routes[-1].route)) for s in result.strategies}
    changed = {name: last for name, (first, last) in ends.items() if first.name != last.name}
    count = len(result.strategies)
    if not changed:
        if count == 1:
            only = result.strategies[0]
            return f"In {brief(only.name)}, {ends[only.name][0].name} decides at the start and at the end"
        return "Every strategy ends with the decider it began with"
    parts = []
    for last in {arm.name: arm for arm in changed.values()}.values():
        names = [name for name in changed if changed[name].name == last.name]
        helper = f" with {helper_of(last)}" if last.review else f" ({helper_of(last)})" if helper_of(last) else ""
        parts.append(f"{Decider.of(last).label}{helper} in {listing(names, most=3)}")
    stay = count - len(changed)
    rest = f"; {stay} of {count} end with the decider they began with" if stay else ""
    return f"In the end most phones are decided by {' and by '.join(parts)}{rest}"


def _row_height(phases: Sequence[Phase]) -> float:
    most = max((phase.slots for phase in phases), default=1)
    return HEAD + max(most, 1) * (BOX + GAP) + 0.18


def _phase(
    axes: Axes,
    phase: Phase,
    looks: dict[Decider, Look],
    left: float,
    top: float,
    width: float,
    *,
    first: bool,
    only: bool,
) -> None:
    if phase.hidden:
        names = ", ".join(plain_name(name) for name, _ in groupby(phase.hidden))
        count = len(phase.hidden)
        said = f"{count} more phase{'s' if count > 1 else ''}; most phones are decided by {names}"
        axes.text(
            left, top - HEAD, wrap(said, width, 10, lines=4), size=10, color=QUIET, va="top", style="italic",
            linespacing=1.15,
        )  # fmt: skip
        return
    when = "the whole time" if only else "from the start" if first else f"from {format_moment(phase.start_us)}"
    axes.text(left, top - 0.13, when, size=10, color=QUIET, va="center")
    boxes = [left + 0.88, left + width]
    spots = [top - HEAD - (i + 0.5) * BOX - i * GAP for i in range(phase.slots)]
    router = left + 0.53, spots[0]
    axes.add_patch(
        FancyArrowPatch(
            (left, router[1]), (router[0] - 0.07, router[1]), arrowstyle="-", lw=8, color="#BBBBBB",
            shrinkA=0, shrinkB=0, capstyle="butt",
        )
    )  # fmt: skip
    axes.text(left, router[1] - 0.16, "phones", size=9, color=QUIET, va="center")
    queue = iter(spots)
    at: dict[str, float] = {}
    for arm, weights in phase.deciders:
        y = at[arm.name] = next(queue)
        _arrow(axes, router, (boxes[0], y), weights[-1])
        helped = ", advised" if arm.adviser else ", sorted" if arm.sorter else ""
        said = f"{_weights(weights)}{helped}"
        if _told_unseen(phase) and arm == phase.deciders[0][0]:
            said = f"{said.replace('all phones', 'all')}, {100 * phase.unseen:.2g} % unseen"
        _box(axes, arm.name, looks[Decider.of(arm)], boxes, y, said, review=arm.review)
    for arm, share in phase.mirrors:
        y = next(queue)
        _arrow(axes, router, (boxes[0], y), 0.0, dash="mirror")
        shown = "looks, never decides" if share >= 100 else f"looks at {share:g} %"
        _box(axes, arm.name, looks[Decider("model", arm.version)], boxes, y, shown, thin=True)
    for version in phase.warm:
        _box(axes, version, looks[Decider("model", version)], boxes, next(queue), "kept warm", thin=True)
    fallback = phase.fallback
    if phase.extra_fallback is not None:
        y = at[fallback.name] = next(queue)
        name = "nobody: it ships" if fallback.role == "nobody" else fallback.name
        _box(axes, name, looks[Decider.of(fallback)], boxes, y, "if a model is down", thin=True)
    if phase.models and fallback.name in at:
        source = at[phase.models[0].name]
        _fallback(axes, boxes[1], source, at[fallback.name])
    axes.add_patch(Circle(router, 0.1, facecolor="white", edgecolor=INK, lw=1.4, zorder=5))


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


def _box(
    axes: Axes,
    name: str,
    look: Look,
    edges: list[float],
    y: float,
    detail: str,
    thin: bool = False,
    review: bool = False,
) -> None:
    left, right = edges
    axes.add_patch(
        FancyBboxPatch(
            (left, y - BOX / 2), right - left, BOX, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="white", edgecolor=INK,
            lw=0.9 if thin else 1.6, zorder=4,
        )
    )  # fmt: skip
    # A block of the decider's own colour and hatch, as in the picture of the traffic.
    axes.add_patch(
        FancyBboxPatch(
            (left + 0.05, y - BOX / 2 + 0.05), 0.17, BOX - 0.1, boxstyle="square,pad=0", lw=0.0, zorder=5,
            facecolor=look.colour, edgecolor=look.stroke, hatch=look.hatch or None,
        )
    )  # fmt: skip
    room = right - left - 0.36
    if review:
        _review_mark(axes, right - 0.18, y, BOX - 0.1)
        room -= 0.18
    axes.text(
        left + 0.3, y + 0.095, shorten(plain_name(name), room, 11, bold=True), size=11, weight="bold",
        color=INK, va="center", zorder=6,
    )  # fmt: skip
    axes.text(left + 0.3, y - 0.105, shorten(detail, room, 9.5), size=9.5, color=QUIET, va="center", zorder=6)


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


def _strategy_name(axes: Axes, name: str, look: Look, y: float) -> None:
    label = wrap(brief(name, 48), NAMES - 0.65, 12.5, bold=True, lines=3)
    axes.plot([0.4], [y], look.marker, color=look.colour, ms=10)
    axes.text(0.6, y, label, size=12.5, weight="bold", color=look.text, va="center", linespacing=1.1)


def _chevron(axes: Axes, x: float, y: float) -> None:
    points = [(x - 0.05, y + 0.16), (x + 0.05, y), (x - 0.05, y - 0.16)]
    axes.add_patch(Polygon(points, closed=False, fill=False, edgecolor="#A0A0A0", lw=2.0))


def _key(axes: Axes, y: float, review: bool) -> None:
    x = 0.27
    for words, style, width in (
        ("decides (width: share of the phones)", "-", 5.0),
        ("mirror: looks, never decides", (0, (3.0, 2.0)), 1.6),
        ("fallback: decides when a model is down", (0, (1.0, 1.6)), 1.4),
    ):
        axes.plot(
            [x, x + 0.5],
            [y, y],
            color="#7A7A7A" if width > 3 else INK,
            lw=width,
            ls=style,
            solid_capstyle="butt",
        )
        axes.text(x + 0.6, y, words, size=10, color=INK, va="center")
        x += 0.6 + text_width(words, 10) + 0.4
    if review:
        _review_mark(axes, x, y, 0.24)
        axes.text(x + 0.22, y, "review: humans decide what the model is unsure of", size=10, color=INK, va="center")
