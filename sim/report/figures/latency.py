"""Latency: how long a phone waits for its verdict, typically and at worst."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from sim.experiment.result import Result
from sim.measure.tally import LATENCY_QUANTILES
from sim.report.drawing.layout import Panel, headline, place, size_of, spread, text_width, wrap
from sim.report.drawing.style import FAINT, QUIET, Look, Picture, house_style, strategy_looks
from sim.report.figure import figure
from sim.report.findings import finding
from sim.report.text.values import brief, show
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


@figure("latency", place=40)
def latency(result: Result) -> Figure:
    """Draw p50, p95 and p99 of the time from due to verdict, per strategy, on a log axis with human ticks."""
    with house_style():
        picture = Picture(11.0, max(3.6, 2.0 + 0.62 * len(result.strategies)))
        draw_latency(picture, result)
        return picture


def draw_latency(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw the quantiles into a figure or part of one."""
    across, up = size_of(panel)
    sure = "whiskers: 95 % interval over replications" if result.replications > 1 else "one replication: no interval"
    subtitle = f"Time from due to verdict over decided phones, p95 in figures; {sure}."
    top = headline(panel, latency_title(result), subtitle, compact)
    size = 10 if compact else 11.5
    names = [wrap(brief(s.name, 48), 2.0, size, bold=True, lines=3) for s in result.strategies]
    left = 0.35 + max(text_width(row, size, True) for name in names for row in name.split("\n"))
    bottom = 0.62
    width = across - left - 0.5
    axes = place(panel, left, bottom, width, up - bottom - top - 0.32)
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    intervals = {s.name: [s.interval(metric) for metric, _, _ in QUANTILES] for s in result.strategies}
    _seconds_axis(axes, [i for row in intervals.values() for i in row])
    for row, strategy in enumerate(result.strategies):
        _row(axes, row, intervals[strategy.name], looks[strategy.name])
    axes.set_ylim(len(names) - 0.35, -0.5)
    axes.set_yticks(range(len(names)), names, size=size, weight="bold")
    for tick, strategy in zip(axes.get_yticklabels(), result.strategies, strict=True):
        tick.set_color(looks[strategy.name].text)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("latency (log scale)")
    axes.grid(axis="x")
    _name_quantiles(axes, intervals[result.strategies[0].name], width)


def latency_title(result: Result) -> str:
    """Return what the picture says, by the 95 % quantile."""
    ranking = finding(result, "latency_p95_s")
    known = [*ranking.best, *ranking.worse]
    if not known:
        return "Latency is undefined: no phone was measured"
    quick, slow = known[0], known[-1]
    least, most = show(ranking.means[quick], "s"), show(ranking.means[slow], "s")
    said = f"95 % of the phones have their verdict within {least}"
    if len(known) == 1:
        return f"{said} in {brief(quick)}"
    if least == most:  # measurably apart or not: nobody can read it
        return f"{said} in every strategy"
    if ranking.judged and not ranking.worse:
        return f"No strategy is measurably quicker: {said} to {most}"
    return f"{said} in {brief(quick)}, {most} in {brief(slow)}"


def _row(axes: Axes, row: int, intervals: list[Interval], look: Look) -> None:
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
            axes.plot(ends, [row, row], "|-", color=colour, lw=1.6, ms=10, mew=1.6, zorder=3)
        axes.plot([interval.mean], [row], marker, color=colour, ms=8, mec="white", mew=1.0, zorder=4)
    p95 = intervals[1].mean
    if math.isfinite(p95):
        axes.annotate(
            show(p95, "s"), (p95, row), xytext=(0, -7), textcoords="offset points", size=9.5, color=text,
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


def _seconds_axis(axes: Axes, intervals: list[Interval]) -> None:
    """Set a log axis with ticks as people say them, over a range that holds every quantile."""
    means = [i.mean for i in intervals if math.isfinite(i.mean) and i.mean > 0]
    low, high = (min(means), max(means)) if means else (1.0, 60.0)
    highs = [i.high for i in intervals if math.isfinite(i.high)]
    lows = [i.low for i in intervals if math.isfinite(i.low) and i.low > 0]
    # An interval that reaches 0 has no end on a log axis: it may stretch the axis by a factor 3 only.
    low, high = max(min([low, *lows]), low / 3) / 1.4, min(max([high, *highs]), high * 3) * 1.4
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    if len(ticks) < 3:
        ticks = [tick for tick in _MORE_TICKS if low <= tick <= high] or [low * 1.4]
    axes.set_xticks(ticks, [_TICKS.get(tick) or show(tick, "s").replace(".0 ", " ") for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
