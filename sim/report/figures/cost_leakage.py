"""Cost against leakage: what each strategy pays for the defects it stops."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from sim.experiment.result import Result
from sim.report.drawing.layout import POINTS, Panel, headline, place, size_of, text_width
from sim.report.drawing.style import QUIET, Look, Picture, house_style, strategy_looks
from sim.report.figure import figure
from sim.report.findings import finding
from sim.report.text.values import brief, show
from sim.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class Point:
    name: str
    cost: Interval
    leakage: Interval
    look: Look


@figure("cost_leakage", place=50)
def cost_leakage(result: Result) -> Figure:
    """Draw cost per 1,000 phones against leakage, both with 95 % intervals; the lower left corner is best."""
    with house_style():
        picture = Picture(10.0, 6.8)
        draw_cost_leakage(picture, result)
        return picture


def draw_cost_leakage(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw the scatter into a figure or part of one."""
    across, up = size_of(panel)
    sure = "Bars: 95 % interval over replications." if result.replications > 1 else "One replication: no interval."
    subtitle = f"Cost per 1,000 phones decided against leakage (share of defective phones shipped). {sure}"
    top = headline(panel, cost_title(result), subtitle, compact)
    left, bottom = 1.0, 0.66
    width, height = across - left - 0.4, up - bottom - top - 0.1
    axes = place(panel, left, bottom, width, height)
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    points = [
        Point(
            s.name,
            s.interval("cost_per_1000"),
            s.interval("escape_rate"),
            looks[s.name],
        )
        for s in result.strategies
    ]
    points = [p for p in points if math.isfinite(p.cost.mean) and math.isfinite(p.leakage.mean)]
    axes.set_xlabel("cost per 1,000 phones decided ($)")
    axes.set_ylabel("leakage, share of defective phones")
    if not points:
        axes.text(0.5, 0.5, "cost or leakage is undefined", transform=axes.transAxes, ha="center", size=12)
        axes.set(xticks=[], yticks=[])
        return
    _limits(axes, points)
    _front(axes, points)
    for point in points:
        _draw(axes, point)
    axes.grid()
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"${value:,.0f}" if value >= 1000.0 else f"${value:,.4g}")
    )
    axes.yaxis.set_major_locator(MaxNLocator(6))
    top_share = axes.get_ylim()[1]
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if top_share > 0.06 else 1, symbol=" %"))
    axes.annotate(
        "better: cheaper,\nleaks less", (0.012, 0.015), xytext=(0.055, 0.07), xycoords="axes fraction",
        textcoords="axes fraction", size=10, color=QUIET, style="italic", va="bottom",
        arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1.4},
    )  # fmt: skip
    _names(axes, points, (width, height), 10.0 if compact else 11.5)


def cost_title(result: Result) -> str:
    """Return what the picture says: who is cheapest, who leaks least, and whether these are one."""
    cost, leakage = finding(result, "cost_per_1000"), finding(result, "escape_rate")
    if not cost.best or not leakage.best:
        return "Cost or leakage is undefined"
    cheap, tight = cost.best[0], leakage.best[0]
    price = {name: show(cost.means[name], "$") for name in (cheap, tight)}
    leak = {name: show(leakage.means[name], "share") for name in (cheap, tight)}
    run = "" if cost.judged and leakage.judged else " in this one run"
    if len(result.strategies) == 1:
        return f"{_upper(cheap)} costs {price[cheap]} per 1,000 phones and leaks {leak[cheap]}"
    if cheap == tight:
        return f"{_upper(cheap)} is cheapest ({price[cheap]}) and leaks least ({leak[cheap]}){run}"
    if tight in cost.best:
        return f"{_upper(tight)} leaks least ({leak[tight]}), and none is measurably cheaper"
    if cheap in leakage.best:
        return f"{_upper(cheap)} is cheapest ({price[cheap]}), and none leaks measurably less"
    return (
        f"{_upper(cheap)} is cheapest ({price[cheap]}) but leaks {leak[cheap]}; "
        f"{brief(tight)} leaks least ({leak[tight]}) for {price[tight]}{run}"
    )


def _upper(name: str) -> str:
    plain = brief(name)
    return plain[0].upper() + plain[1:]


def _ends(interval: Interval) -> tuple[float, float]:
    bare = not math.isfinite(interval.half_width)
    return (interval.mean, interval.mean) if bare else (interval.low, interval.high)


def _limits(axes: Axes, points: list[Point]) -> None:
    costs = [end for p in points for end in _ends(p.cost)]
    shares = [end for p in points for end in _ends(p.leakage)]
    span = max(max(costs) - min(costs), 0.1 * abs(max(costs)), 1e-6)
    # Costs keep their own range (0 may be far away); leakage starts at 0, which is where one wants to be.
    axes.set_xlim(max(min(costs) - 0.18 * span, min(0.0, min(costs))), max(costs) + 0.22 * span)
    axes.set_ylim(0.0, max(1.12 * max(shares), 0.01))


def _front(axes: Axes, points: list[Point]) -> None:
    """Join those that no other beats on both: one pays along this line to leak less."""
    front = [
        p for p in points
        if not any(
            o.cost.mean <= p.cost.mean and o.leakage.mean <= p.leakage.mean
            and (o.cost.mean < p.cost.mean or o.leakage.mean < p.leakage.mean)
            for o in points
        )
    ]  # fmt: skip
    if len(front) < 2:
        return
    front.sort(key=lambda p: p.cost.mean)
    axes.plot(
        [p.cost.mean for p in front],
        [p.leakage.mean for p in front],
        color="#A8A8A8",
        lw=1.2,
        ls=(0, (2, 2)),
        zorder=1,
    )


def _draw(axes: Axes, point: Point) -> None:
    x, y, look = point.cost, point.leakage, point.look
    if math.isfinite(x.half_width) and math.isfinite(y.half_width):
        axes.plot([x.low, x.high], [y.mean, y.mean], "|-", color=look.colour, lw=1.5, ms=7, mew=1.3, zorder=2)
        axes.plot([x.mean, x.mean], [y.low, y.high], "_-", color=look.colour, lw=1.5, ms=7, mew=1.3, zorder=2)
    axes.plot([x.mean], [y.mean], look.marker, color=look.colour, ms=10, mec="white", mew=1.0, zorder=4)


Box = tuple[float, float, float, float]


def _names(axes: Axes, points: list[Point], inches: tuple[float, float], size: float) -> None:
    """Write each name beside its point where it touches no mark and no other name, in inches."""
    width, height = inches
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()

    def inch(cost: float, leakage: float) -> tuple[float, float]:
        return (cost - x0) / (x1 - x0) * width, (leakage - y0) / (y1 - y0) * height

    # The corner with its arrow is taken, and every point with its bars.
    taken: list[Box] = [(0.0, 0.0, 1.75, 0.75)]
    for p in points:
        (left, low), (right, high) = (
            inch(_ends(p.cost)[0], _ends(p.leakage)[0]),
            inch(_ends(p.cost)[1], _ends(p.leakage)[1]),
        )
        x, y = inch(p.cost.mean, p.leakage.mean)
        taken += [(left, y - 0.06, right, y + 0.06), (x - 0.09, low, x + 0.09, high)]
    tall = size * 1.25 / POINTS
    for p in sorted(points, key=lambda p: -p.leakage.mean):
        x, y = inch(p.cost.mean, p.leakage.mean)
        name = brief(p.name)
        wide = text_width(name, size, bold=True)
        box = min(_spots(x, y, wide, tall), key=lambda b: _badness(b, taken, (x, y), inches))
        taken.append(box)
        far = math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3])) > 0.3
        line = {"arrowstyle": "-", "color": p.look.colour, "lw": 0.8, "shrinkA": 1, "shrinkB": 5}
        axes.annotate(
            name, (p.cost.mean, p.leakage.mean), xytext=(box[0] / width, 0.5 * (box[1] + box[3]) / height),
            textcoords="axes fraction", size=size, weight="bold", color=p.look.text, va="center", zorder=5,
            arrowprops=line if far else None,
        )  # fmt: skip


def _spots(x: float, y: float, wide: float, tall: float) -> list[Box]:
    spots: list[Box] = []
    for reach in (0.16, 0.22, 0.3, 0.4, 0.55, 0.75, 1.05, 1.4, 1.8):
        for angle in np.linspace(0.25 * math.pi, 2.25 * math.pi, 16, endpoint=False):
            across, up = reach * math.cos(angle), reach * math.sin(angle)
            left = x + across - (wide if across < -0.02 else 0.5 * wide if abs(across) <= 0.02 else 0.0)
            spots.append((left, y + up - 0.5 * tall, left + wide, y + up + 0.5 * tall))
    return spots


def _badness(box: Box, taken: list[Box], anchor: tuple[float, float], inches: tuple[float, float]) -> float:
    a, b, c, d = box
    outside = max(0.0, -a) + max(0.0, c - inches[0] - 0.3) + max(0.0, -b) + max(0.0, d - inches[1])
    # A hair of overlap already spoils a label, so touching costs something in itself.
    overlap = 0.0
    for left, low, right, high in taken:
        wide, tall = min(c, right) - max(a, left) + 0.06, min(d, high) - max(b, low)
        if wide > 0.0 and tall > 0.0:
            overlap += 0.02 + wide * tall
    x, y = anchor
    distance = math.hypot(max(a - x, 0.0, x - c), max(b - y, 0.0, y - d))
    return 200.0 * outside + 100.0 * overlap + distance
