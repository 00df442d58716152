"""Latency: how long a phone waits for its verdict, typically and at worst."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from sim.columns import Floats
from sim.experiment.result import Result, StrategyResult
from sim.measure.deciders import NOBODY
from sim.measure.tally import LATENCY_QUANTILES
from sim.report.drawing.deciders import went_unseen
from sim.report.drawing.lanes import drop_lines, slowly, world_marks
from sim.report.drawing.layout import Panel, headline, place, size_of, spread, text_width, wrap
from sim.report.drawing.phases import NOTICED
from sim.report.drawing.style import FAINT, QUIET, Look, Picture, house_style, strategy_looks
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.figure import figure
from sim.report.findings import finding, listing, those
from sim.report.text.values import brief, called, more_than, show
from sim.stats.intervals import Interval

#: Of each metric what it is called here, and its marker.
QUANTILES = tuple(
    (metric, f"p{100 * quantile:g}", marker)
    for (metric, quantile), marker in zip(LATENCY_QUANTILES.items(), "osD", strict=True)
)
_TICKS = {
    1e-3: "1 ms", 1e-2: "10 ms", 0.1: "0.1 s", 1.0: "1 s", 10.0: "10 s", 60.0: "1 min", 600.0: "10 min",
    3600.0: "1 h", 36_000.0: "10 h", 86_400.0: "1 day", 864_000.0: "10 days",
}  # fmt: skip
_MORE_TICKS = (
    *(scale * step for scale in (1e-3, 1e-2, 0.1, 1.0) for step in (1, 2, 3, 5)), 10.0, 20.0, 30.0,
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(3600.0 * hours for hours in (1, 2, 5, 10, 24, 48)),
)  # fmt: skip
_FEW_TICKS = (0.01, 0.1, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 86_400.0, 864_000.0)


@figure("latency", place=40)
def latency(result: Result) -> Figure:
    """Draw p50, p95 and p99 of the time from due to verdict, per strategy, and p50 and p95 over time beside them."""
    with house_style():
        picture = Picture(13.0, max(3.6, 2.0 + 0.85 * len(result.strategies)))
        draw_latency(picture, result)
        return picture


def draw_latency(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw the quantiles into a figure or part of one; a compact one has no room for what they were over time."""
    across, up = size_of(panel)
    top = headline(panel, latency_title(result), _subtitle(result, compact), compact)
    size = 10 if compact else 11.5
    names = [wrap(brief(s.name, 48), 2.0, size, bold=True, lines=3) for s in result.strategies]
    left = 0.35 + max(text_width(row, size, True) for name in names for row in name.split("\n"))
    bottom = 0.62
    width = across - left - 0.5 if compact else 0.56 * (across - left - 0.5)
    height = up - bottom - top - 0.32
    axes = place(panel, left, bottom, width, height)
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    intervals = {s.name: [s.interval(metric) for metric, _, _ in QUANTILES] for s in result.strategies}
    _seconds_axis(axes, [i for row in intervals.values() for i in row], width)
    for row, strategy in enumerate(result.strategies):
        bound = result.is_more_than(strategy, "latency_p95_s")
        _row(axes, row, intervals[strategy.name], looks[strategy.name], more_than if bound else show)
    # Under the last row there is its number, too.
    axes.set_ylim(len(names) - 1 + max(0.65, 0.3 * len(names) / height), -0.5)
    axes.set_yticks(range(len(names)), names, size=size, weight="bold")
    for tick, strategy in zip(axes.get_yticklabels(), result.strategies, strict=True):
        tick.set_color(looks[strategy.name].text)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("latency (log scale)")
    axes.grid(axis="x")
    _name_quantiles(axes, intervals[result.strategies[0].name], width)
    if not compact:
        _over_time(panel, result, looks, (left + width + 0.75, bottom, across - left - width - 1.05, height))


def _subtitle(result: Result, compact: bool) -> str:
    said = "Time from due to verdict; the number under each row is its p95: 95 % of the phones are quicker."
    said += " Whiskers: 95 % interval." if result.replications > 1 else " One replication: no interval."
    if unseen := [s.name for s in result.strategies if _unseen(s) >= NOTICED]:
        went = went_unseen([s for s in result.strategies if s.name in unseen])
        said += f" Phones {went} unseen count as 0 s ({listing(unseen, 2)})."
    if not compact:
        middle = " (median over replications)" if result.replications > 1 else ""
        said += f" At the right p50 and p95 over time{middle}, on the same scale in each row{_marked(result)}."
    return said


def _unseen(strategy: StrategyResult) -> float:
    """Return the share of the decided phones, of all replications, that nobody had looked at."""
    decided = strategy.timeline.decided_by
    total = sum(int(counts.sum()) for counts in decided.values())
    return int(decided.get(NOBODY, np.zeros(0)).sum()) / total if total else 0.0


def _marked(result: Result) -> str:
    """Say what befell the line where the pictures over time are marked."""
    said, world = "", world_marks(result)
    for shape, drift in (("dotted", True), ("grey", False)):
        texts = dict.fromkeys(mark.text for mark in world if mark.drift is drift)
        said += f"; {shape}: {listing(list(texts), 3)}" if texts else ""
    return f"{said}; {slow}" if (slow := slowly(world)) else said


def over_time(strategy: StrategyResult, metric: str) -> Floats:
    """Return a latency per bin of time, in seconds: the median over replications, NaN where none has a verdict."""
    values: Floats = np.asarray(getattr(strategy.timeline, metric), dtype=np.float64)
    if len(values) == 1:
        only: Floats = values[0]
        return only
    known = np.isfinite(values).any(axis=0)
    middle = np.full(values.shape[1], np.nan)
    middle[known] = np.nanmedian(values[:, known], axis=0)
    return middle


def _over_time(
    panel: Panel, result: Result, looks: dict[str, Look], box: tuple[float, float, float, float]
) -> None:  # fmt: skip
    """Draw a small picture per strategy: p50 (thin) and p95 (thick) as steps."""
    left, bottom, width, height = box
    count = len(result.strategies)
    # Rows of the left picture run from -0.5 to count - 0.35.
    unit = height / (count + 0.15)
    curves = {
        s.name: [over_time(s, metric) for metric in ("latency_p50_s", "latency_p95_s")] for s in result.strategies
    }
    known = [value for pair in curves.values() for curve in pair for value in curve[np.isfinite(curve)] if value > 0]
    world = world_marks(result)
    for row, strategy in enumerate(result.strategies):
        axes = place(panel, left, bottom + height - (row + 0.93) * unit, width, 0.84 * unit)
        edges = strategy.timeline.edges_us / HOUR_US
        axes.set_yscale("log")
        low, high = (min(known) / 1.5, max(known) * 1.5) if known else (1.0, 60.0)
        drop_lines(axes, world)
        for curve, thick in zip(curves[strategy.name], (1.0, 2.2), strict=True):
            shown = np.where(curve == 0, low, curve)
            axes.stairs(
                shown, edges, baseline=None, color=looks[strategy.name].colour, lw=thick, zorder=2.5, clip_on=False
            )
        axes.set_ylim(low, high)
        ticks = _ticks(low, high, 3)
        axes.set_yticks(ticks, [_said(tick) for tick in ticks], size=9.5)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.grid(axis="y")
        time_axis(axes, result.scenario.horizon, width, label=row == count - 1)
        axes.tick_params(labelbottom=row == count - 1)
    panel_width, up = size_of(panel)
    told = "over time: p95 thick, p50 thin"
    if any(np.any(curve == 0) for pair in curves.values() for curve in pair):
        told += "; on the frame below: 0 s"
    panel.text(left / panel_width, (bottom + height + 0.06) / up, told, size=10, color=QUIET)


def latency_title(result: Result) -> str:
    """Return what the picture says, by the 95 % quantile."""
    ranking = finding(result, "latency_p95_s")
    if ranking.refused:
        return f"Latencies are lower bounds under {listing(ranking.refused, 2)}: phones have no verdict"
    if not ranking.best:
        return "Latency is undefined: no phone was measured"
    quick, slow = ranking.best[0], ranking.last[-1]
    least, most = show(ranking.means[quick], "s"), show(ranking.means[slow], "s")
    said = "95 % of the phones have their verdict within"
    if len(result.strategies) == 1:
        return f"{said} {least} in {called(quick)}"
    if least == most:  # measurably apart or not: nobody can read it
        return f"{said} {least} in every strategy"
    if ranking.tied:
        by = f"quicker by {ranking.margin.text} or more" if ranking.close else "measurably quicker"
        return f"No strategy is {by}: {said} {least} to {most}"
    within = show(ranking.means[ranking.leaders[-1]], "s")
    return f"{said} {within} in {those(ranking.leaders, ranking.means)}, {most} in {those(ranking.last, ranking.means)}"


def _row(
    axes: Axes, row: int, intervals: list[Interval], look: Look, say: Callable[[float, str], str]
) -> None:  # fmt: skip
    colour, text = look.colour, look.text
    known = [i.mean for i in intervals if math.isfinite(i.mean)]
    axes.axhline(row, color=FAINT, lw=0.8, zorder=0.5)
    if not known:
        axes.text(0.02, row, "undefined", transform=axes.get_yaxis_transform(), size=10, color=QUIET, va="center")
        return
    axes.plot([min(known), max(known)], [row, row], color=colour, lw=2.5, alpha=0.35, solid_capstyle="butt")
    low, high = axes.get_xlim()
    for interval, (_, _, marker) in zip(intervals, QUANTILES, strict=True):
        if not math.isfinite(interval.mean):
            continue
        if math.isfinite(interval.half_width):
            ends = [max(interval.low, low), min(interval.high, high)]
            axes.plot(ends, [row, row], "-", color=colour, lw=1.6, zorder=3)
            # Only an end that is within the axis has a cap: the others go on.
            caps = [end for end in (interval.low, interval.high) if low < end < high]
            axes.plot(caps, [row] * len(caps), "|", color=colour, ms=10, mew=1.6, zorder=3)
        axes.plot([interval.mean], [row], marker, color=colour, ms=8, mec="white", mew=1.0, zorder=4)
    none = [name for interval, (_, name, _) in zip(intervals, QUANTILES, strict=True) if interval.mean <= 0.0]
    if none:  # a log axis has no place for them
        axes.annotate(
            f"← {', '.join(none)}: 0 s", (0.0, row), xycoords=axes.get_yaxis_transform(), xytext=(2, -7),
            textcoords="offset points", size=9.5, color=text, va="top",
        )  # fmt: skip
    p95 = intervals[1].mean
    if math.isfinite(p95) and p95 > 0.0:
        axes.annotate(
            say(p95, "s"), (p95, row), xytext=(0, -7), textcoords="offset points", size=9.5, color=text,
            ha="center", va="top",
        )  # fmt: skip


def _name_quantiles(axes: Axes, intervals: list[Interval], width: float) -> None:
    """Name the three markers once, above the first row, without touching."""
    known = [(i.mean, name) for i, (_, name, _) in zip(intervals, QUANTILES, strict=True) if math.isfinite(i.mean)]
    low, high = np.log10(axes.get_xlim())
    wanted = [(math.log10(mean) - low) / (high - low) * width if mean > 0 else 0.0 for mean, _ in known]
    for (mean, name), at in zip(known, spread(wanted, 0.45, 0.0, width), strict=True):
        axes.annotate(
            name, (mean, 0), xytext=(at / width, 1.0), textcoords="axes fraction", size=10.5,
            ha="center", va="bottom", color=QUIET, weight="bold", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#9A9A9A", "lw": 0.8, "shrinkA": 0, "shrinkB": 6},
        )  # fmt: skip


def _seconds_axis(axes: Axes, intervals: list[Interval], width: float) -> None:
    """Set a log axis with ticks as people say them, over a range that holds every quantile and its whisker."""
    means = [i.mean for i in intervals if math.isfinite(i.mean) and i.mean > 0]
    low, high = (min(means), max(means)) if means else (1.0, 60.0)
    highs = [i.high for i in intervals if math.isfinite(i.high)]
    lows = [i.low for i in intervals if math.isfinite(i.low) and i.low > 0]
    # An interval that reaches 0 has no end on a log axis: it may stretch the axis by a factor 3 only.
    low, high = max(min([low, *lows]), low / 3) / 1.4, max([high, *highs]) * 1.4
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = _ticks(low, high, max(2, int(width / 0.7)))
    axes.set_xticks(ticks, [_said(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many ticks as people say them, at least one, as evenly spread as such are."""
    found = []
    for ticks in (_MORE_TICKS, tuple(_TICKS), _MORE_TICKS[1::3], _FEW_TICKS, tuple(_TICKS)[::2], tuple(_TICKS)[::4]):
        inside = [tick for tick in ticks if low <= tick <= high]
        gaps = np.diff(np.log10(inside)) if len(inside) > 1 else np.array([1.0])
        # Ticks of very different distances look like a mistake where there is room for few.
        if inside and len(inside) <= most and gaps.min() >= 0.6 * np.log10(high / low) / most:
            found.append(inside)
    # One tick makes no scale.
    several = [inside for inside in found if len(inside) > 1]
    return [*several, *found, [float(f"{math.sqrt(low * high):.1g}")]][0]


def _said(seconds: float) -> str:
    return _TICKS.get(seconds) or show(seconds, "s").replace(".0 ", " ")
