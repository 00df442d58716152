"""The life of a model: data, training, deployment and back, beside the leakage that it is all about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from sim.deployment.events import AlarmRaised, CleaningOrdered, NotTrained, Trained, TrainingOrdered, WentOut
from sim.experiment.result import Result, StrategyResult
from sim.line.route import Arm
from sim.measure.deciders import NOBODY, Decider
from sim.measure.events import Drifted
from sim.measure.recovery import BACK, Recovery
from sim.report.drawing.bins import common_starts, merge, middles
from sim.report.drawing.deciders import looks_of
from sim.report.drawing.layout import Panel, headline, place, size_of, text_width, wrap
from sim.report.drawing.style import (
    FAINT,
    INK,
    QUIET,
    Look,
    Picture,
    house_style,
    strategy_looks,
)
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.figure import figure
from sim.report.text.labels import short
from sim.report.text.values import brief, plain_name
from sim.stats.intervals import Band
from sim.stats.ratios import pooled_rate

Looks = Mapping[Decider, Look]

ROW, LANE = 3.1, 0.27  #: inches: a strategy's height, and one lane's
CIRCLE = 2.9  #: inches for the round at the left


@dataclass(frozen=True, slots=True)
class Training:
    """A training of replication 0: ordered, and out if it came to that (hours; NaN: not by the horizon)."""

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
    """Draw, for each strategy that watches or retrains, its leakage and beneath it alarms, trainings and versions.

    At the left the course's round (scope, data, model, deployment and back) with what this strategy did at each
    station, in replication 0.
    """
    with house_style():
        picture = Picture(15.0, 1.25 + ROW * len(_living(result)) + 0.3)
        draw_lifecycle(picture, result)
        return picture


def draw_lifecycle(panel: Panel, result: Result) -> None:
    """Draw the lives into a figure or part of one."""
    across, up = size_of(panel)
    living = _living(result)
    band = f"Leakage over {result.replications} replications" if result.replications > 1 else "Leakage"
    subtitle = (
        f"{band}; dashed: before the drift, shaded: at most {BACK:g} x that. Below it, replication 0's alarms,"
        " trainings (until signed off) and who decides."
    )
    top = headline(panel, lifecycle_title(result), subtitle)
    starts = common_starts(result)
    middle = middles(result.strategies[0].timeline.edges_us, starts)
    rates = {
        strategy.name: pooled_rate(merge(strategy.timeline.escaped, starts), merge(strategy.timeline.defective, starts))
        for strategy in living
    }
    highest = max(_reach(rate) for rate in rates.values())
    looks, deciders = strategy_looks((s.name, s.pattern) for s in result.strategies), looks_of(result)
    row = (up - top - 0.45) / len(living)
    for number, strategy in enumerate(living):
        bottom = up - top - (number + 1) * row + 0.12
        _round(place(panel, 0.25, bottom, CIRCLE, row - 0.2), strategy, looks[strategy.name])
        left, width = CIRCLE + 1.05, across - CIRCLE - 1.35
        lanes = 3 * LANE + 0.1
        axes = place(panel, left, bottom + lanes, width, row - lanes - 0.25)
        _leakage(axes, strategy, result, middle, rates[strategy.name], looks[strategy.name], 1.1 * highest)
        strip = place(panel, left, bottom, width, lanes)
        _lanes(strip, strategy, result, deciders, width)
        time_axis(strip, result.scenario.horizon, width, label=number == len(living) - 1)
        if number < len(living) - 1:
            strip.set_xticklabels([])


def _reach(rate: Band) -> float:
    """Return how far up a leakage needs the axis: a few wide intervals must not press the line to the floor."""
    if not np.isfinite(rate.mean).any():
        return 0.05
    return min(float(np.nanmax(rate.high, initial=0.05)), 1.5 * float(np.nanmax(rate.mean)))


def lifecycle_title(result: Result) -> str:
    """Return what the picture says: whose leakage came back, and after how long."""
    came = [
        (recovery.days, strategy, recovery)
        for strategy in _living(result)
        for recovery in result.recoveries(strategy)
        if recovery.is_back and recovery.days > 0.0
    ]
    if came:
        days, strategy, recovery = min(came, key=lambda each: each[0])
        return (
            f"“{plain_name(strategy.name)}” has leakage back at {100 * recovery.last:.0f} %,"
            f" {days:.1f} days after the drift"
            f" (before: {100 * recovery.before:.0f} %, worst day {100 * recovery.worst:.0f} %)"
        )
    recoveries = (recovery for strategy in _living(result) for recovery in result.recoveries(strategy))
    if not all(recovery.is_back for recovery in recoveries):
        return "Nobody has leakage back by the end"
    return "The round of a deployed model: data, training, deployment, and back"


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


def _round(axes: Axes, strategy: StrategyResult, look: Look) -> None:
    """Draw the circle of the course, with what was done at each of its stations."""
    axes.axis("off")
    box = axes.get_window_extent()
    ratio = box.width / box.height
    axes.set(xlim=(-ratio, ratio), ylim=(-1.0, 1.0))
    axes.text(-ratio, 0.94, wrap(brief(strategy.name, 40), CIRCLE - 0.1, 12.5, bold=True, lines=1), size=12.5,
              weight="bold", color=look.text, va="center")  # fmt: skip
    kinds = Counter(type(event) for event in strategy.events)
    alarms, cleanings, trained, out = (kinds[kind] for kind in (AlarmRaised, CleaningOrdered, Trained, WentOut))
    done = {
        "scope": ["what leakage", "is wanted"],
        "data": [_some(alarms, "alarm"), _some(cleanings, "cleaning")] if alarms else ["labels so far"],
        "model": [_some(trained, "version"), "trained"] if trained else ["as it was"],
        "deployment": [_some(out, "version"), "went out"] if out else ["as it was"],
    }
    spots = {"scope": (0.0, 0.52), "data": (0.7, -0.1), "model": (0.0, -0.72), "deployment": (-0.7, -0.1)}
    names = list(spots)
    for one, other in zip(names, [*names[1:], names[0]], strict=True):
        axes.add_patch(
            FancyArrowPatch(
                spots[one], spots[other], connectionstyle="arc3,rad=-0.28", arrowstyle="-|>,head_length=7,head_width=4",
                lw=2.0, color=FAINT, shrinkA=24, shrinkB=24, mutation_scale=1.0,
            )
        )  # fmt: skip
    for name, (x, y) in spots.items():
        axes.add_patch(Circle((x, y), 0.035, color=look.colour))
        axes.text(x, y + 0.13, name, size=10.5, weight="bold", color=INK, ha="center", va="center")
        said = [text for text in done[name] if text]
        axes.text(x, y - 0.16, "\n".join(said), size=8.5, color=QUIET, ha="center", va="center", linespacing=1.1)


def _some(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count != 1 else ''}" if count else ""


def _leakage(
    axes: Axes, strategy: StrategyResult, result: Result, middle: np.ndarray, rate: object, look: Look, top: float
) -> None:
    band: Any = rate
    axes.set(xlim=(0.0, result.scenario.horizon / HOUR_US), ylim=(0.0, top))
    for recovery in result.recoveries(strategy):
        _before(axes, recovery, result.scenario.horizon)
    axes.fill_between(middle, band.low, band.high, color=look.colour, alpha=0.18, lw=0.0)
    axes.plot(middle, band.mean, color=look.colour, ls=look.dash, lw=2.2)
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for event in result.world_events:
        if isinstance(event, Drifted):
            axes.axvline(event.time_us / HOUR_US, color=INK, lw=1.2)
            axes.text(event.time_us / HOUR_US, 0.985 * top, f" {short(event)}", size=9.5, color=INK, va="top")


def _before(axes: Axes, recovery: Recovery, horizon_us: int) -> None:
    axes.axhline(recovery.before, color=QUIET, lw=1.0, ls=(0, (4, 3)))
    axes.fill_between(
        [recovery.time_us / HOUR_US, horizon_us / HOUR_US], 0.0, BACK * recovery.before, color="#F1F1F1", lw=0.0
    )
    if recovery.is_back and recovery.days > 0.0:
        moment = recovery.time_us / HOUR_US + 24.0 * recovery.days
        axes.plot([moment], [recovery.before], "o", color=INK, ms=5, zorder=6)
        axes.text(moment, recovery.before, f" back after {recovery.days:.1f} days", size=9.5, color=INK, va="bottom")


def _lanes(axes: Axes, strategy: StrategyResult, result: Result, looks: Looks, width: float) -> None:
    hours = result.scenario.horizon / HOUR_US
    axes.set(xlim=(0.0, hours), ylim=(3.0, 0.0))
    axes.set_yticks([0.5, 1.5, 2.5], ["alarms", "training", "decides"], size=9.5)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    for event in strategy.events:
        if isinstance(event, AlarmRaised):
            axes.plot([event.time_us / HOUR_US], [0.5], "v", color=INK, ms=8)
        elif isinstance(event, CleaningOrdered):
            axes.plot([event.time_us / HOUR_US], [0.5], "*", color=INK, ms=8)
    for one in trainings(strategy):
        end = one.out_h if np.isfinite(one.out_h) else hours
        axes.barh(1.5, end - one.ordered_h, left=one.ordered_h, height=0.5, color=QUIET, lw=0.0)
        if text_width(one.version, 8.5) < width * 0.06:
            axes.text(end, 1.5, f" {one.version}", size=8.5, color=QUIET, va="center")
    _who(axes, strategy, looks, hours, width)


def _who(axes: Axes, strategy: StrategyResult, looks: Looks, hours: float, width: float) -> None:
    stretches = [(change.time_us / HOUR_US, change.route.stable) for change in strategy.routes]
    ends = [begin for begin, _ in stretches[1:]] + [hours]
    shades: dict[Decider, float] = {}
    for (begin, arm), end in zip(_merged(stretches), _ends(stretches, ends), strict=True):
        who = Decider.of(arm)
        look = looks[who]
        shades.setdefault(who, 0.95 if len(shades) % 2 == 0 else 0.55)
        is_pale = who.role != "model"
        axes.barh(
            2.5, end - begin, left=begin, height=0.62, facecolor=look.colour, alpha=shades[who],
            lw=0.8 if who == NOBODY else 0.0, edgecolor=INK,
        )  # fmt: skip
        if text_width(arm.name, 8.5) < (end - begin) / hours * width - 0.06:
            axes.text(begin, 2.5, f" {arm.name}", size=8.5, color=INK if is_pale else "white", va="center")


def _merged(stretches: Sequence[tuple[float, Arm]]) -> list[tuple[float, Arm]]:
    return [
        each for number, each in enumerate(stretches) if number == 0 or stretches[number - 1][1].name != each[1].name
    ]


def _ends(stretches: Sequence[tuple[float, Arm]], ends: Sequence[float]) -> list[float]:
    merged = _merged(stretches)
    return [begin for begin, _ in merged[1:]] + [ends[-1]]
