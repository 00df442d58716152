"""Cost against leakage: what each strategy pays for the defects it stops."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from sim.experiment.result import Result
from sim.report.drawing.layout import POINTS, Panel, headline, place, size_of, text_width, wrap
from sim.report.drawing.style import INK, QUIET, Look, Picture, house_style, strategy_looks
from sim.report.figure import figure
from sim.report.findings import Finding, all_of, finding, listing, those
from sim.report.same_phones import fairly, same_phones
from sim.report.text.values import brief, called, show
from sim.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class Point:
    """A strategy's mark, or those of several that lie on each other and share a label."""

    names: tuple[str, ...]
    cost: Interval  #: the mean, and the whisker's ends
    leakage: Interval
    looks: tuple[Look, ...]
    others: tuple[Point, ...] = ()  #: whose marks lie on it, each at its own place

    @property
    def label(self) -> str:
        return ", ".join(brief(name) for name in self.names)

    @property
    def ink(self) -> str:
        """The colour of its label: the strategy's own, or nobody's if they are several."""
        return self.looks[0].text if len(self.looks) == 1 else INK


@figure("cost_leakage", place=50)
def cost_leakage(result: Result) -> Figure:
    """Draw cost per 1,000 phones against leakage; whiskers are paired differences to the first strategy."""
    with house_style():
        picture = Picture(10.0, 6.8)
        draw_cost_leakage(picture, result)
        return picture


def draw_cost_leakage(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw the scatter into a figure or part of one."""
    across, up = size_of(panel)
    left, bottom = 1.0, 0.66
    points = points_of(result)
    # Which marks hide each other hangs on the room, and the room on how much is said: about that much.
    room = (across - left - 0.4, up - bottom - (0.9 if compact else 1.2))
    limits = _limits(points)
    points = _together(points, limits, room)
    front = _front(points, limits, room)
    top = headline(panel, cost_title(result, compact), _subtitle(result, points, bool(front), compact), compact)
    width, height = room[0], up - bottom - top - 0.1
    axes = place(panel, left, bottom, width, height)
    axes.set_xlabel("cost per 1,000 phones decided: further left is cheaper")
    axes.set_ylabel("leakage: lower is better" if compact else "leakage, share of defective phones: lower is better")
    if not points:
        axes.text(0.5, 0.5, "cost or leakage is undefined", transform=axes.transAxes, ha="center", size=12)
        axes.set(xticks=[], yticks=[])
        return
    axes.set(xlim=limits[0], ylim=limits[1])
    if front:
        costs, shares = [p.cost.mean for p in front], [p.leakage.mean for p in front]
        axes.plot(costs, shares, color=QUIET, lw=1.2, ls=(0, (2, 2)), zorder=3)  # a whisker may lie along it
    for point in points:
        _draw(axes, point)
    axes.grid()
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"${value:,.0f}" if value >= 1000.0 else f"${value:,.4g}")
    )
    axes.yaxis.set_major_locator(MaxNLocator(6))
    low, top_share = axes.get_ylim()
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if top_share > 0.06 else 1, symbol=" %"))
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= top_share and tick >= 0.0])
    axes.set_ylim(low, top_share)
    _names(axes, points, (width, height), 10.0 if compact else 11.5)


def _subtitle(result: Result, points: list[Point], dashed: bool, compact: bool) -> str:
    common = same_phones(result)
    said = "" if common is None else f"On the {show(common, 'phones')} phones decided by all. "
    if result.replications < 2:
        return f"{said}One replication: no interval."
    if len(result.strategies) == 1:
        return f"{said}Whiskers: 95 % interval."
    reference = brief(result.strategies[0].name)
    judged = [finding(result, metric) for metric in ("cost_per_1000", "escape_rate")]
    several = any(len(ranking.best) > 1 for ranking in judged)
    if compact:
        said += f"Whiskers: 95 %, against {reference} alone (same phones). The title: all at once"
    else:
        said += f"Whiskers: 95 % interval of each one's difference to {reference} alone, on the same phones. The title"
        said += " compares everybody with everybody at once"
    if len(result.strategies) > 2:
        said += ": who lies beyond a whisker may still be best, and" if several else ":"
        said += " whiskers that overlap are no tie"
    said += "."
    if nearer := list(dict.fromkeys(name for ranking in judged for name in ranking.passed_over)):
        are = "varies less and is" if len(nearer) == 1 else "vary less and are"
        said += f" Perhaps: varies too much to exclude; {listing(nearer, most=2)}, though nearer, {are} excluded."
    if not compact and any(point.others for point in points):
        said += " Joined labels: the cheapest first."
    return f"{said} Dashed: whom nobody beats on both." if dashed else said


def points_of(result: Result) -> list[Point]:
    """Return the marks: means, with the paired difference to the first strategy as whiskers.

    On the same phones differences are sharper than the two intervals are. The first strategy, against which all are
    held, has no whiskers; a strategy that is alone has its own intervals.
    """
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    costs, leaks = _whiskers(result, "cost_per_1000"), _whiskers(result, "escape_rate")
    points = [Point((name,), costs[name], leaks[name], (looks[name],)) for name in costs]
    return [p for p in points if math.isfinite(p.cost.mean) and math.isfinite(p.leakage.mean)]


def _whiskers(result: Result, metric: str) -> dict[str, Interval]:
    first, *others = fairly(result, metric)
    own = first.interval(metric)
    if not others:
        return {first.name: own}
    ends = {first.name: Interval(own.mean, math.nan, math.nan, own.n)}
    for strategy in others:
        own, apart = strategy.interval(metric), strategy.minus(first, metric)
        below, above = apart.mean - apart.low, apart.high - apart.mean
        ends[strategy.name] = Interval(own.mean, own.mean - below, own.mean + above, own.n)
    return ends


Limits = tuple[tuple[float, float], tuple[float, float]]
#: Marks nearer than this, in inches, hide each other; a line between them is seen from this on.
NEAR, SEEN = 0.13, 0.8


def _together(points: list[Point], limits: Limits, inches: tuple[float, float]) -> list[Point]:
    """Join points that lie on each other: they share a label, which names the cheapest first."""
    joined: list[Point] = []
    for point in sorted(points, key=lambda each: each.cost.mean):
        for number, first in enumerate(joined):
            if any(_apart(point, each, limits, inches) < NEAR for each in (first, *first.others)):
                joined[number] = replace(
                    first,
                    names=(*first.names, *point.names),
                    looks=(*first.looks, *point.looks),
                    others=(*first.others, point),
                )
                break
        else:
            joined.append(point)
    return joined


def _apart(one: Point, other: Point, limits: Limits, inches: tuple[float, float]) -> float:
    (x0, x1), (y0, y1) = limits
    across = (one.cost.mean - other.cost.mean) / (x1 - x0) * inches[0]
    return math.hypot(across, (one.leakage.mean - other.leakage.mean) / (y1 - y0) * inches[1])


def cost_title(result: Result, compact: bool = False) -> str:
    """Return what the picture says: who is cheapest, who leaks least, and whether these are one.

    Beside a picture of leakage, which says who leaks least, a compact one need not say that again where they differ.
    """
    return finding(result, "cost_per_1000").on_the_same + _title(result, compact)


def _title(result: Result, compact: bool) -> str:
    cost, leakage = finding(result, "cost_per_1000"), finding(result, "escape_rate")
    if not cost.best or not leakage.best:
        return "Cost or leakage is undefined"
    cheap, tight = cost.best[0], leakage.best[0]
    price = {name: show(cost.means[name], "$") for name in (cheap, tight)}
    leak = {name: show(leakage.means[name], "share") for name in (cheap, tight)}
    if len(result.strategies) == 1:
        return f"{_upper(called(cheap))} costs {price[cheap]} per 1,000 phones and leaks {leak[cheap]}"
    run = "" if cost.judged and leakage.judged else " in this one run"
    perhaps_cheap, perhaps_tight = (*cost.leaders, *cost.doubtful), (*leakage.leaders, *leakage.doubtful)
    if len(perhaps_cheap) > 1 or len(perhaps_tight) > 1:
        surely_worse = not any(
            each.alike or each.tied or each.doubtful or (each.judged and each.close) for each in (cost, leakage)
        )
        if set(perhaps_cheap) == set(perhaps_tight) and surely_worse:
            return _upper(f"{those(perhaps_cheap, cost.means)} may be cheapest, and may leak least{run}")
        return _upper(f"{_cheapest(cost)}{run}" if compact else f"{_cheapest(cost)}; {_tightest(leakage)}{run}")
    if cheap == tight:
        return f"{_upper(called(cheap))} is cheapest ({price[cheap]}) and leaks least ({leak[cheap]}){run}"
    return (
        f"{_upper(called(cheap))} is cheapest ({price[cheap]}) but leaks {leak[cheap]}; "
        f"{called(tight)} leaks least ({leak[tight]}) for {price[tight]}{run}"
    )


def _cheapest(cost: Finding) -> str:
    if cost.alike:
        return f"{all_of(cost.best)} cost {show(cost.means[cost.best[0]], '$')} per 1,000 phones"
    if cost.tied:
        return "no strategy is measurably cheaper"
    perhaps = f", perhaps {those(cost.doubtful, cost.means)}" if cost.doubtful else ""
    if len(cost.leaders) > 1 and not cost.judged:
        return f"{those(cost.leaders, cost.means)} are cheapest ({show(cost.means[cost.best[0]], '$')})"
    if only := _only_best(cost):
        return f"{called(only)} is cheapest ({show(cost.means[only], '$')}; {_close(cost)})"
    if len(cost.leaders) > 1:
        return f"{who_may_be_best(cost)} may be cheapest"
    return f"{called(cost.leaders[0])} is cheapest ({show(cost.means[cost.leaders[0]], '$')}){perhaps}"


def _tightest(leakage: Finding) -> str:
    if leakage.alike:
        return f"{all_of(leakage.best)} leak {show(leakage.means[leakage.best[0]], 'share')}"
    if leakage.tied:
        return "none leaks measurably less"
    perhaps = f", perhaps {those(leakage.doubtful, leakage.means)}" if leakage.doubtful else ""
    if len(leakage.leaders) > 1 and not leakage.judged:
        return f"{those(leakage.leaders, leakage.means)} leak least ({show(leakage.means[leakage.best[0]], 'share')})"
    if only := _only_best(leakage):
        return f"{called(only)} leaks least ({show(leakage.means[only], 'share')}; {_close(leakage)})"
    if len(leakage.leaders) > 1:
        return f"{who_may_be_best(leakage)} may leak least"
    return f"{called(leakage.leaders[0])} leaks least ({show(leakage.means[leakage.leaders[0]], 'share')}){perhaps}"


def _only_best(ranking: Finding) -> str:
    """Return who is best, if others are measurably worse by less than matters, and nobody else may be best; else ""."""
    return ranking.best[0] if len(ranking.best) == 1 and ranking.judged and ranking.close else ""


def _close(ranking: Finding) -> str:
    return f"too close to matter: {those(ranking.close, ranking.means)}"


def who_may_be_best(ranking: Finding) -> str:
    """Name who may be best, and who of them only perhaps: one list, since "all but a, perhaps a" is none."""
    if not ranking.doubtful:
        return those(ranking.leaders, ranking.means)
    named = [name for name in ranking.means if name in (*ranking.leaders, *ranking.doubtful)]
    every = "all" if len(named) == len(ranking.means) else those(named, ranking.means)
    return f"{every} ({those(ranking.doubtful, ranking.means)} only perhaps)"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _ends(interval: Interval) -> tuple[float, float]:
    bare = not math.isfinite(interval.half_width)
    return (interval.mean, interval.mean) if bare else (interval.low, interval.high)


def _limits(points: list[Point]) -> Limits:
    """Return from where to where cost and leakage go."""
    if not points:
        return (0.0, 1.0), (0.0, 1.0)
    costs = [end for p in points for end in _ends(p.cost)]
    shares = [end for p in points for end in _ends(p.leakage)]
    span = max(max(costs) - min(costs), 0.1 * abs(max(costs)), 1e-6)
    # Costs keep their own range (0 may be far away); leakage starts at 0, which is where one wants to be.
    across = max(min(costs) - 0.18 * span, min(0.0, min(costs))), max(costs) + 0.22 * span
    reach = max(1.12 * max(shares), 0.01)
    # A little below 0, so that a mark at 0 % is whole.
    return across, (-0.045 * reach, reach)


def _unbeaten(points: list[Point]) -> list[Point]:
    """Return those that no other beats on both, the cheapest first."""
    front = [
        p for p in points
        if not any(
            o.cost.mean <= p.cost.mean and o.leakage.mean <= p.leakage.mean
            and (o.cost.mean < p.cost.mean or o.leakage.mean < p.leakage.mean)
            for o in points
        )
    ]  # fmt: skip
    return sorted(front, key=lambda p: p.cost.mean)


def _front(points: list[Point], limits: Limits, inches: tuple[float, float]) -> list[Point]:
    """Return those to be joined, that no other beats on both: one pays along this line to leak less.

    Of marks as near to each other as their whiskers are long nobody would see a line.
    """
    front = _unbeaten(points)
    return front if any(_apart(one, other, limits, inches) > SEEN for one, other in pairwise(front)) else []


def _draw(axes: Axes, point: Point) -> None:
    """Draw marks at their own places; of those that hide each other the first is the largest and lies below."""
    members = (point, *point.others)
    for number, (member, look) in enumerate(zip(members, point.looks, strict=True)):
        x, y = member.cost, member.leakage
        if math.isfinite(x.half_width):
            axes.plot([x.low, x.high], [y.mean, y.mean], "|-", color=look.colour, lw=1.5, ms=7, mew=1.3, zorder=2)
        if math.isfinite(y.half_width):
            ends = [max(y.low, 0.0), y.high]
            axes.plot([x.mean, x.mean], ends, "_-", color=look.colour, lw=1.5, ms=7, mew=1.3, zorder=2)
        size = 10.0 if len(members) == 1 else 14.0 - 8.0 * number / (len(members) - 1)
        axes.plot(
            [x.mean], [y.mean], look.marker, color=look.colour, ms=size, mec="white", mew=1.0, zorder=4 + 0.1 * number,
            clip_on=False,
        )  # fmt: skip


Box = tuple[float, float, float, float]
FAR = 0.3  #: inches from which on a line leads from a label to its mark


def _names(axes: Axes, points: list[Point], inches: tuple[float, float], size: float) -> None:
    """Write each name beside its point where it touches no mark and no other name, in inches."""
    width, height = inches
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()

    def inch(cost: float, leakage: float) -> tuple[float, float]:
        return (cost - x0) / (x1 - x0) * width, (leakage - y0) / (y1 - y0) * height

    # Every point with its bars is taken.
    marks_and_bars: list[Box] = []
    places: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for p in (mark for point in points for mark in (point, *point.others)):
        (left, low), (right, high) = (
            inch(_ends(p.cost)[0], _ends(p.leakage)[0]),
            inch(_ends(p.cost)[1], _ends(p.leakage)[1]),
        )
        x, y = inch(p.cost.mean, p.leakage.mean)
        marks = 0.13 if p.others else 0.09
        marks_and_bars += [(left, y - 0.06, right, y + 0.06), (x - 0.05, low, x + 0.05, high)]
        marks_and_bars.append((x - marks, y - 0.09, x + marks, y + 0.09))
        places[p.names] = [*places.get(p.names, []), (x, y)]

    def laid_out(order: list[Point]) -> tuple[float, dict[tuple[str, ...], tuple[str, Box]]]:
        """Give each point in turn the best spot that is left, and tell how bad that is for all of them."""
        taken, leaders = [*marks_and_bars], list[tuple[float, float, float, float]]()
        total, boxes = 0.0, {}
        for p in order:
            x, y = inch(p.cost.mean, p.leakage.mean)
            name = wrap(p.label, 0.5 * width, size, bold=True, lines=3)
            wide = max(text_width(row, size, bold=True) for row in name.split("\n"))
            tall = (name.count("\n") + 1) * size * 1.25 / POINTS
            others = [at for names, marks in places.items() if names[0] not in p.names for at in marks]
            spots = _spots(x, y, wide, tall)
            bad, box = math.inf, spots[0]
            for spot in spots:
                worse = _badness(spot, taken, leaders, (x, y), others, inches, bad)
                bad, box = min((bad, box), (worse, spot))
            total += bad
            taken.append(box)
            if _distance(box, (x, y)) > FAR:
                leaders.append(_leader(box, (x, y)))
            boxes[p.names] = name, box
        return total, boxes

    # Who chooses first has the best spot, and may leave none to another: several orders are tried.
    orders = [
        sorted(points, key=key)
        for key in (
            lambda p: -p.leakage.mean, lambda p: p.leakage.mean, lambda p: p.cost.mean, lambda p: -p.cost.mean,
        )
    ]  # fmt: skip
    _, boxes = min((laid_out(order) for order in orders), key=lambda each: each[0])
    for p in points:
        name, box = boxes[p.names]
        far = _distance(box, inch(p.cost.mean, p.leakage.mean)) > FAR
        line = {"arrowstyle": "-", "color": p.ink, "lw": 0.8, "shrinkA": 1, "shrinkB": 5}
        axes.annotate(
            name, (p.cost.mean, p.leakage.mean), xytext=(box[0] / width, 0.5 * (box[1] + box[3]) / height),
            textcoords="axes fraction", size=size, weight="bold", color=p.ink, va="center", zorder=5,
            arrowprops=line if far else None,
        )  # fmt: skip


def _leader(box: Box, anchor: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the line from a point to its label's middle."""
    return (*anchor, 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))


_STEPS = np.linspace(0.06, 0.94, 100)


def _crosses(line: tuple[float, float, float, float], box: Box) -> bool:
    """Whether a line goes through a box, tried at a hundredth of its length."""
    if max(line[0], line[2]) <= box[0] or min(line[0], line[2]) >= box[2]:
        return False
    if max(line[1], line[3]) <= box[1] or min(line[1], line[3]) >= box[3]:
        return False
    steps = _STEPS
    x, y = line[0] + steps * (line[2] - line[0]), line[1] + steps * (line[3] - line[1])
    return bool(np.any((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])))


def _distance(box: Box, point: tuple[float, float]) -> float:
    x, y = point
    return math.hypot(max(box[0] - x, 0.0, x - box[2]), max(box[1] - y, 0.0, y - box[3]))


def _spots(x: float, y: float, wide: float, tall: float) -> list[Box]:
    spots: list[Box] = []
    for reach in (0.16, 0.22, 0.3, 0.4, 0.55, 0.75, 1.05, 1.4, 1.8):
        for angle in np.linspace(0.25 * math.pi, 2.25 * math.pi, 16, endpoint=False):
            across, up = reach * math.cos(angle), reach * math.sin(angle)
            left = x + across - (wide if across < -0.02 else 0.5 * wide if abs(across) <= 0.02 else 0.0)
            spots.append((left, y + up - 0.5 * tall, left + wide, y + up + 0.5 * tall))
    return spots


def _badness(
    box: Box, taken: list[Box], leaders: list[tuple[float, float, float, float]], anchor: tuple[float, float],
    others: list[tuple[float, float]], inches: tuple[float, float], enough: float = math.inf,
) -> float:  # fmt: skip
    """Return how bad a spot is; above `enough` no more than that it is worse, which is known sooner."""
    a, b, c, d = box
    outside = max(0.0, -a) + max(0.0, c - inches[0] - 0.3) + max(0.0, -b) + max(0.0, d - inches[1])
    # A hair of overlap already spoils a label, so touching costs something in itself.
    overlap = 0.0
    for left, low, right, high in taken:
        wide, tall = min(c, right) - max(a, left) + 0.06, min(d, high) - max(b, low)
        if wide > 0.0 and tall > 0.0:
            overlap += 0.02 + wide * tall
    distance = _distance(box, anchor)
    if (least := 200.0 * outside + 100.0 * overlap + distance) > enough:
        return least
    crossed = sum(_crosses(line, box) for line in leaders)
    if distance > FAR:
        own = [each for each in taken if _distance(each, anchor) > 0.0]
        crossed += sum(_crosses(_leader(box, anchor), each) for each in own)
    # Without a line a name is taken for that of the nearest mark.
    claimed = distance <= FAR and any(_distance(box, other) < distance + 0.08 for other in others)
    return 200.0 * outside + 100.0 * overlap + 5.0 * crossed + 4.0 * claimed + distance
