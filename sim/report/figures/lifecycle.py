"""The life of a model: data, training, deployment and back, beside the leakage that it is all about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.columns import Floats
from sim.deployment.events import (
    AlarmRaised,
    CleaningOrdered,
    NotTrained,
    Trained,
    TrainingOrdered,
    WentOut,
)
from sim.experiment.result import Result, StrategyResult
from sim.line.route import Arm
from sim.measure.deciders import Decider
from sim.measure.recovery import BACK, Recovery
from sim.report.drawing.bins import borders, common_starts, merge
from sim.report.drawing.deciders import looks_of
from sim.report.drawing.lanes import drop_lines, slowly, world_marks
from sim.report.drawing.layout import Panel, headline, headline_height, place, shorten, size_of, text_width, wrap
from sim.report.drawing.milestones import CLEANED, of_all, rolled_back, symbol
from sim.report.drawing.style import (
    INK,
    QUIET,
    SPAN,
    TAG,
    Look,
    Picture,
    house_style,
    strategy_looks,
)
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.figure import figure
from sim.report.findings import listing
from sim.report.happenings import which
from sim.report.text.values import brief, called, plain_name
from sim.stats.ratios import pooled_rate

Looks = Mapping[Decider, Look]

CURVE, LANE, GAP = 0.94, 0.24, 0.18  #: inches: a strategy's curve, one lane beneath it, and the gap to the next
WIDE, KEY, FOOT = 13.0, 0.5, 0.5  #: inches: the picture, the key under its headline, and the words under its axis
SAID = 2.35  #: inches for the words at the left
NAMES = 0.95, 2.7  #: inches for the lanes' names, at least and at most
MOST_DETECTORS = 10  #: more than these share a lane, and are counted


@dataclass(frozen=True, slots=True)
class Training:
    """A training of the replication shown: ordered, and out if it came to that (hours; NaN: not by the horizon)."""

    version: str
    ordered_h: float
    out_h: float


def has_life(result: Result) -> bool:
    """Whether any strategy watched, retrained or cleaned: else there is no round to draw."""
    return bool(_living(result))


#: Who has one of these has a life.
LIFE = (AlarmRaised, CleaningOrdered, TrainingOrdered, NotTrained, Trained)


@figure("lifecycle", when=has_life, place=70)
def lifecycle(result: Result) -> Figure:
    """Draw each strategy's leakage, and beneath it alarms, trainings and versions of those that watch or retrain.

    At the left the stations of the course's round (data, model, deployment) with what this strategy did at each in the
    replication that is shown. Strategies without a way back are there for comparison.
    """
    with house_style():
        lanes = sum(len(lanes_of(strategy)) for strategy in result.strategies)
        rows = len(result.strategies)
        head = headline_height(lifecycle_title(result), _subtitle(result), WIDE)
        picture = Picture(WIDE, head + KEY + rows * (CURVE + GAP) + lanes * LANE + FOOT)
        draw_lifecycle(picture, result)
        return picture


def draw_lifecycle(panel: Panel, result: Result) -> None:
    """Draw the lives into a figure or part of one."""
    across, up = size_of(panel)
    top = headline(panel, lifecycle_title(result), _subtitle(result))
    longest = max(text_width(lane.name, 10) for strategy in result.strategies for lane in lanes_of(strategy))
    left = SAID + min(max(longest + 0.15, NAMES[0]), NAMES[1])
    width = across - left - 0.35
    _key(panel, result, left, up - top - 0.08)
    starts = common_starts(result)
    edges = borders(result, starts)
    rates = {
        strategy.name: pooled_rate(merge(strategy.timeline.escaped, starts), merge(strategy.timeline.defective, starts))
        for strategy in result.strategies
    }
    highest = max([0.05, *(float(np.nanmax(rate.mean, initial=0.0)) for rate in rates.values())])
    looks, deciders = strategy_looks((s.name, s.pattern) for s in result.strategies), looks_of(result)
    y = up - top - KEY
    for number, strategy in enumerate(result.strategies):
        lanes, look = lanes_of(strategy), looks[strategy.name]
        y -= CURVE
        _words(panel, strategy, look, y + CURVE)
        axes = place(panel, left, y + 0.12, width, CURVE - 0.18)
        _leakage(axes, strategy, result, edges, rates[strategy.name].mean, look, 1.12 * highest, width)
        if number == 0:
            _name_drifts(axes, result, width)
        y -= len(lanes) * LANE
        strip = place(panel, left, y, width, len(lanes) * LANE)
        _draw_lanes(strip, strategy, lanes, result, deciders, width)
        last = number == len(result.strategies) - 1
        time_axis(strip, result.scenario.horizon, width, label=last)
        if not last:
            strip.set_xticklabels([])
        y -= GAP


def _subtitle(result: Result) -> str:
    told = f" Lanes, and the words beside them: {which(result)}." if result.replications > 1 else ""
    slow = slowly(world_marks(result))
    return (
        f"Leakage in steps; dashed: before the first drift, shaded: up to {BACK:g} x that, dot: end of the first day"
        f" that leaks no more than that, as do all later ones{f'; {slow}' if slow else ''}.{told}"
    )


def lifecycle_title(result: Result) -> str:
    """Return what the picture says: whose leakage came back, and after how long, and whose never went far."""
    came = [
        (recovery.days, strategy, recovery)
        for strategy in _living(result)
        for recovery in result.recoveries(strategy)
        if recovery.is_back and recovery.days > 0.0
    ]
    if came:
        days, strategy, recovery = min(came, key=lambda each: each[0])
        name = called(strategy.name)
        return (
            f"{name[0].upper()}{name[1:]} is back {days:.1f} days after the drift (leakage before: "
            f"{100 * recovery.before:.0f} %, worst day: {100 * recovery.worst:.0f} %, last day: "
            f"{100 * recovery.last:.0f} %){_never_worse(result)}"
        )
    recoveries = (recovery for strategy in _living(result) for recovery in result.recoveries(strategy))
    if not all(recovery.is_back for recovery in recoveries):
        return "Leakage does not come back to what it was by the end"
    return "The round of a deployed model: data, training, deployment, and back"


def _never_worse(result: Result) -> str:
    """Name those who watched or retrained and never leaked much more on any day; "" if there are none."""
    names = [
        strategy.name
        for strategy in _living(result)
        if (found := result.recoveries(strategy)) and all(each.is_back and each.days <= 0.0 for each in found)
    ]
    return f"; never worse: {listing(names)}" if names else ""


def _living(result: Result) -> list[StrategyResult]:
    return [s for s in result.strategies if any(isinstance(event, LIFE) for event in s.events)]


def trainings(strategy: StrategyResult) -> list[Training]:
    """Return the versions that a strategy trained, in order."""
    out: dict[str, int] = {}
    for change in reversed(strategy.routes):
        looking = (*change.route.arms, *(arm for arm, _ in change.route.mirrors))
        out.update({arm.version: change.time_us for arm in looking})
    versions = []
    for event in strategy.events:
        if isinstance(event, Trained):
            version = event.version
            versions.append(Training(version, event.time_us / HOUR_US, out.get(version, float("nan")) / HOUR_US))
    return versions


@dataclass(frozen=True, slots=True)
class Lane:
    """A row beneath a curve: alarms of these detectors, trainings, or who decides."""

    name: str
    what: Literal["alarms", "training", "decides"]
    alarms: frozenset[str] = frozenset()


def lanes_of(strategy: StrategyResult) -> list[Lane]:
    """Return a strategy's lanes; one in which nothing would be is left out."""
    raised = Counter(event.alarm for event in strategy.events if isinstance(event, AlarmRaised))
    cleaning = {event.alarm for event in strategy.events if isinstance(event, CleaningOrdered)}
    names = dict.fromkeys([*raised, *sorted(cleaning)])
    lanes = [Lane(f"{plain_name(name)}, {raised[name]} x", "alarms", frozenset({name})) for name in names]
    if len(names) > MOST_DETECTORS:
        lanes = [Lane(f"{len(names)} detectors, {sum(raised.values())} x", "alarms", frozenset(names))]
    if trainings(strategy):
        lanes.append(Lane("training", "training"))
    return [*lanes, Lane("decides", "decides")]


def _words(panel: Panel, strategy: StrategyResult, look: Look, top: float) -> None:
    """Write the strategy's name, and what was done at each station of the round."""
    _, up = size_of(panel)
    across, _ = size_of(panel)
    name = wrap(brief(strategy.name, 48), SAID - 0.3, 12.5, bold=True, lines=2)
    panel.text(0.25 / across, top / up, name, size=12.5, weight="bold", color=look.text, va="top", linespacing=1.05)
    y = top - 0.24 * (name.count("\n") + 1) - 0.02
    for text in stations(strategy):
        panel.text(0.25 / across, y / up, text, size=10, color=QUIET, va="top")
        y -= 0.19


def stations(strategy: StrategyResult) -> list[str]:
    """Return what a strategy did at the stations of the round: data, model, deployment."""
    kinds = Counter(type(event) for event in strategy.events)
    alarms, cleanings, trained, out = (kinds[kind] for kind in (AlarmRaised, CleaningOrdered, Trained, WentOut))
    back = rolled_back(strategy.events)
    if not any((alarms, cleanings, trained, out)):
        return ["no way back: nobody watches", "and nothing is trained"]
    data = ", ".join(text for text in (_some(alarms, "alarm"), _some(cleanings, "cleaning")) if text)
    return [
        f"data: {data or _labels(strategy)}",
        f"model: {_some(trained, 'version') + ' trained' if trained else 'as it was'}",
        f"deployment: {_some(out, 'version') + ' out' if out else 'as it was'}",
        *([_back(strategy, back)] if back else []),
    ]


def _labels(strategy: StrategyResult) -> str:
    """Return from how many labels the last version was trained: windows differ in that."""
    trained = [event for event in strategy.events if isinstance(event, Trained)]
    return f"{trained[-1].labels:,} labels for {trained[-1].version}" if trained else "labels so far"


def _back(strategy: StrategyResult, versions: Sequence[str]) -> str:
    """Return what was rolled back: one version with the replications that did so, of several how many."""
    if len(versions) > 1 or not versions[0]:
        return f"{len(versions)} rolled back"
    some = of_all(strategy, versions[0])
    return f"{versions[0]} rolled back{f' ({some})' if some else ''}"


def _some(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count != 1 else ''}" if count else ""


def _leakage(
    axes: Axes, strategy: StrategyResult, result: Result, edges: Floats, rate: Floats, look: Look, top: float,
    width: float,
) -> None:  # fmt: skip
    hours = result.scenario.horizon / HOUR_US
    axes.set(xlim=(0.0, hours), ylim=(0.0, top))
    drop_lines(axes, world_marks(result))
    axes.stairs(rate, edges, baseline=None, color=look.colour, lw=2.2, zorder=2.5)
    for found in result.recoveries(strategy):
        _before(axes, found, result.scenario.horizon, width)
    axes.grid(axis="y")
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _before(axes: Axes, found: Recovery, horizon_us: int, width: float) -> None:
    hours = horizon_us / HOUR_US
    axes.axhline(found.before, color=QUIET, lw=1.0, ls=(0, (4, 3)), zorder=1.5)
    axes.fill_between([found.time_us / HOUR_US, hours], 0.0, BACK * found.before, color="#F1F1F1", lw=0.0, zorder=0.3)
    if not found.is_back:
        return
    if found.days <= 0.0:
        axes.annotate(
            "never worse", (found.time_us / HOUR_US, 0.84 * axes.get_ylim()[1]), xytext=(6, 0),
            textcoords="offset points", size=10, color=INK, va="center", zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
        )  # fmt: skip
        return
    moment = min(found.time_us / HOUR_US + 24.0 * found.days, hours)
    # On the dashed line, not on the steps: a step is longer or shorter than a day, and may hold worse hours.
    axes.plot([moment], [found.before], "o", color=INK, ms=6, zorder=6, clip_on=False)
    said = f"back after {found.days:.1f} days"
    late = text_width(said, 10) + 0.15 > (hours - moment) / hours * width
    axes.annotate(
        said, (moment, found.before), xytext=(moment, 0.84 * axes.get_ylim()[1]), size=10, color=INK,
        ha="right" if late else "left", va="center", zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 3, "relpos": (float(late), 0)},
    )  # fmt: skip


def _name_drifts(axes: Axes, result: Result, width: float) -> None:
    """Name the world's events once, above the first curve, where there is room for it."""
    hours = result.scenario.horizon / HOUR_US
    taken = 0.0
    for mark in world_marks(result):
        x, long = mark.hours / hours * width, text_width(mark.text, 9.5) + 0.1
        start = min(x + 0.05, width - long)
        if start < taken:
            continue
        taken = start + long
        axes.annotate(
            mark.text, (start / width, 1.0), xycoords="axes fraction", xytext=(0, 2), textcoords="offset points",
            size=9.5, color=INK, va="bottom", annotation_clip=False,
            bbox={"facecolor": TAG if mark.drift else SPAN, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _draw_lanes(
    axes: Axes, strategy: StrategyResult, lanes: Sequence[Lane], result: Result, looks: Looks, width: float
) -> None:  # fmt: skip
    hours = result.scenario.horizon / HOUR_US
    axes.set(xlim=(0.0, hours), ylim=(len(lanes), 0.0))
    names = [shorten(lane.name, NAMES[1] - 0.15, 10) for lane in lanes]
    axes.set_yticks([number + 0.5 for number in range(len(lanes))], names, size=10)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    for number, lane in enumerate(lanes):
        y = number + 0.5
        if lane.what == "alarms":
            for event in strategy.events:
                if isinstance(event, CleaningOrdered) and event.alarm in lane.alarms:
                    symbol(axes, event.time_us / HOUR_US, y, CLEANED, INK, zorder=4)
                elif isinstance(event, AlarmRaised) and event.alarm in lane.alarms:
                    axes.plot([event.time_us / HOUR_US], [y], marker="|", ms=11, mew=2.2, color=INK, zorder=3)
        elif lane.what == "training":
            _trainings(axes, strategy, y, hours, width)
        else:
            _who(axes, strategy, looks, y, hours, width)


def _trainings(axes: Axes, strategy: StrategyResult, y: float, hours: float, width: float) -> None:
    found = trainings(strategy)
    for number, one in enumerate(found):
        end = one.out_h if np.isfinite(one.out_h) else hours
        axes.barh(y, end - one.ordered_h, left=one.ordered_h, height=0.5, color=QUIET, lw=0.0)
        after = found[number + 1].ordered_h if number + 1 < len(found) else hours
        if text_width(one.version, 9.5) + 0.12 < (after - end) / hours * width:
            axes.text(end, y, f" {one.version}", size=9.5, color=QUIET, va="center")


def _who(axes: Axes, strategy: StrategyResult, looks: Looks, y: float, hours: float, width: float) -> None:
    stretches = [(change.time_us / HOUR_US, change.route.stable) for change in strategy.routes]
    ends = [begin for begin, _ in stretches[1:]] + [hours]
    for (begin, arm), end in zip(_merged(stretches), _ends(stretches, ends), strict=True):
        look = looks[Decider.of(arm)]
        axes.barh(
            y, end - begin, left=begin, height=0.78, facecolor=look.colour, edgecolor=look.stroke,
            hatch=look.hatch or None, lw=0.0,
        )  # fmt: skip
        axes.plot([begin, begin], [y - 0.39, y + 0.39], color=INK, lw=0.8)
        if text_width(arm.name, 9.5) < (end - begin) / hours * width - 0.1:
            axes.text(
                begin, y, f" {plain_name(arm.name)}", size=9.5, color=look.ink, va="center",
                bbox={"facecolor": look.colour, "edgecolor": "none", "pad": 0.4},
            )  # fmt: skip


def _key(panel: Panel, result: Result, left: float, height: float) -> None:
    """Write what the lanes' symbols mean, of those that are there."""
    across, _ = size_of(panel)
    events = [event for strategy in result.strategies for event in strategy.events]
    axes = place(panel, left, height - 0.14, across - left, 0.2)
    axes.set(xlim=(0.0, across - left), ylim=(0.0, 1.0))
    axes.axis("off")
    x = 0.0
    for kind, says in (
        (AlarmRaised, "alarm"), (CleaningOrdered, CLEANED.says), (Trained, "training, until signed off and out"),
    ):  # fmt: skip
        if not any(isinstance(event, kind) for event in events):
            continue
        if kind is CleaningOrdered:
            symbol(axes, x + 0.1, 0.5, CLEANED, INK)
        elif kind is AlarmRaised:
            axes.plot([x + 0.1], [0.5], marker="|", ms=11, mew=2.2, color=INK)
        else:
            axes.plot([x, x + 0.25], [0.5, 0.5], color=QUIET, lw=7, solid_capstyle="butt")
        axes.text(x + 0.32, 0.48, says, size=10, color=QUIET, va="center")
        x += 0.32 + text_width(says, 10) + 0.3


def _merged(stretches: Sequence[tuple[float, Arm]]) -> list[tuple[float, Arm]]:
    return [
        each for number, each in enumerate(stretches) if number == 0 or stretches[number - 1][1].name != each[1].name
    ]


def _ends(stretches: Sequence[tuple[float, Arm]], ends: Sequence[float]) -> list[float]:
    merged = _merged(stretches)
    return [begin for begin, _ in merged[1:]] + [ends[-1]]
