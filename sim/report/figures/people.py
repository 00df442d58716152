"""People: what inspectors find and what they reject wrongly, as time since the break passes, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sim.columns import Counts, Flags, Floats
from sim.experiment.result import Result
from sim.measure.grades import FALSE_ALARM_RATE, MISS_RATE
from sim.measure.people import HIT, MISS, REST_BINS, REST_STEP_US, PeopleCounts, false_alarms, hits
from sim.report.drawing.layout import headline, headline_height, place, size_of, spread, text_width
from sim.report.drawing.style import QUIET, Look, Picture, house_style, strategy_looks
from sim.report.figure import figure
from sim.report.people import Rated, each, with_people
from sim.report.text.values import brief
from sim.stats.intervals import Band
from sim.units import MINUTE

WIDE, TALL, LEFT, BETWEEN, RIGHT = 13.0, 6.2, 0.85, 0.75, 1.2  #: inches
ENOUGH = 60  #: defective phones that a bin should hold
FEWEST = 30  #: and below which it is not drawn
APART = 3  #: lines with bands, and inspectors side by side: of more only the lines are drawn
MOST_INSPECTORS = 40
MERGED = (1, 2, 3, 6)
NAME_SIZE = 11.0
LIMITS = "#7A7A7A"


@dataclass(frozen=True, slots=True)
class Curve:
    """The strategies under which the same looks happened, and what these were worth."""

    names: tuple[str, ...]
    counts: PeopleCounts
    look: Look
    trained: int

    @property
    def label(self) -> str:
        return ", ".join(brief(name, 40) for name in self.names)


def has_people(result: Result) -> bool:
    """Whether people who come and go by a calendar looked at phones."""
    return bool(with_people(result))


@figure("people", when=has_people, place=65)
def people(result: Result) -> Figure:
    """Draw inspectors' hits and false alarms by time since the break, and of each inspector beside the usual limits."""
    curves = curves_of(result)
    with house_style():
        keys = _rows_of_keys([curve.label for curve in curves], WIDE - 2 * LEFT)
        said, detail = title(curves), _detail(result, curves)
        top = headline_height(said, detail, WIDE) + 0.26 * len(keys) + 0.1
        picture = Picture(WIDE, TALL + top - 1.2)
        headline(picture, said, detail)
        _, up = size_of(picture)
        _name_curves(picture, curves, keys, top)
        merged = _merged(curves[0].counts.by_rest)
        height = (up - top - 0.62 - 0.35) / 2
        wide = 0.58 * (WIDE - LEFT - BETWEEN - RIGHT)
        narrow = WIDE - LEFT - BETWEEN - RIGHT - wide
        for row, (what, rate) in enumerate((("defects found", hits), ("good phones rejected", false_alarms))):
            bottom = 0.62 + (1 - row) * (height + 0.35)
            by_rest = place(picture, LEFT, bottom, wide, height)
            by_person = place(picture, LEFT + wide + BETWEEN, bottom, narrow, height)
            bands = [rate(_by(curve.counts.by_rest, merged), curve.trained) for curve in curves]
            shown = [_enough(curve.counts.by_rest, merged) for curve in curves]
            _over_time(by_rest, curves, bands, shown, merged)
            found = _one_by_one(by_person, curves, result.shown, row == 0)
            known = [b.mean[s] for b, s in zip(bands, shown, strict=True)]
            _limits((by_rest, by_person), row == 0, np.concatenate([*known, found]))
            by_rest.set_ylabel(what)
            for axes in (by_rest, by_person):
                axes.tick_params(labelbottom=row == 1)
        by_rest.set_xlabel("minutes since the shift's start or the last break")
        by_person.set_xlabel(f"inspectors{_whose(result)}, by what they find")
        return picture


def curves_of(result: Result) -> list[Curve]:
    """Return what is drawn: strategies under which people said the same of the same phones share a curve."""
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    curves: list[Curve] = []
    for strategy, counts in with_people(result):
        twin = next((i for i, c in enumerate(curves) if np.array_equal(c.counts.by_person, counts.by_person)), None)
        if twin is None:
            curves.append(Curve((strategy.name,), counts, looks[strategy.name], strategy.trained))
        else:
            old = curves[twin]
            curves[twin] = Curve((*old.names, strategy.name), old.counts, old.look, old.trained)
    return curves


def title(curves: Sequence[Curve]) -> str:
    """Return what the picture says, of the first strategy: what is found right after a break, and an hour later."""
    counts, trained = curves[0].counts, curves[0].trained
    who = f"Under {brief(curves[0].names[0], 40)}, inspectors" if len(curves) > 1 else "Inspectors"
    every = hits(counts.by_person.sum(axis=1, keepdims=True), trained)
    if not np.isfinite(every.mean[0]):
        return "Nobody looked at a defective phone: what inspectors find is not known"
    stages = np.stack([counts.by_rest[:, :2].sum(axis=1), counts.by_rest[:, 6:12].sum(axis=1)], axis=1)
    fresh, later = (100 * float(share) for share in hits(stages, trained).mean)
    if not np.isfinite(later):
        return f"{who} find {100 * every.mean[0]:.0f} % of the defective phones that they look at"
    told = f"{who} find {fresh:.0f} % of the defects in the first 20 minutes after a break, "
    band = hits(stages, trained)
    if band.low[0] > band.high[1] or band.high[0] < band.low[1]:
        return f"{told}and {later:.0f} % in the second hour"
    return f"{told}{later:.0f} % in the second hour: not measurably apart"


def _detail(result: Result, curves: Sequence[Curve]) -> str:
    several = result.replications > 1
    said = "Verdicts of people, against the truth."
    if len(curves) <= APART:
        said += " Left: band = 95 % interval over replications." if several else " Left: one replication, no interval."
        said += f" Right: each inspector{_whose(result)}, bar = exact 95 % interval."
    else:
        said += f" Left: {'mean over replications' if several else 'one replication'}."
        said += f" Right: each inspector{_whose(result)} under the first strategy, bar = exact 95 % interval."
    return f"{said} Dashed: the usual limits of attribute agreement, misses 2 and 5 %, false alarms 5 and 10 %."


def _whose(result: Result) -> str:
    return f" of replication {result.shown}" if result.replications > 1 else ""


def _by(counts: Counts, merged: int) -> Counts:
    """Merge bins of time, the open one left out: shape (replications, bins, 4)."""
    closed = counts[:, : REST_BINS - 1]
    found: Counts = closed.reshape(len(counts), -1, merged, 4).sum(axis=2)
    return found


def _defective(counts: Counts, merged: int) -> Counts:
    found: Counts = _by(counts, merged)[..., [MISS, HIT]].sum(axis=(0, 2))
    return found


def _enough(counts: Counts, merged: int) -> Flags:
    """Return which bins hold enough defective phones to be drawn."""
    enough: Flags = _defective(counts, merged) >= FEWEST
    return enough


def _merged(counts: Counts) -> int:
    """Return how many bins make one, so that those in which most looks fall hold enough defective phones."""
    for merged in MERGED:
        held = _defective(counts, merged)
        most = np.sort(held[held > 0])[::-1]
        inside = most[: int(np.searchsorted(np.cumsum(most), 0.9 * most.sum())) + 1]
        if len(inside) and inside.min() >= ENOUGH:
            return merged
    return MERGED[-1]


def _over_time(axes: Axes, curves: Sequence[Curve], bands: Sequence[Band], shown: Sequence[Flags], merged: int) -> None:
    width = merged * REST_STEP_US / MINUTE
    last = 0.0
    for curve, band, which in zip(curves, bands, shown, strict=True):
        if not which.any():
            continue
        middle = (np.arange(len(band.mean)) + 0.5) * width
        last = max(last, float(middle[which][-1]) + width / 2)
        mean = np.where(which, band.mean, np.nan)
        axes.plot(
            middle, mean, marker="o", color=curve.look.colour, ls=curve.look.dash, lw=2.2, ms=5, mec="white", zorder=3
        )
        if len(curves) <= APART:
            low, high = np.where(which, band.low, np.nan), np.where(which, band.high, np.nan)
            axes.fill_between(middle, low, high, color=curve.look.colour, alpha=0.16, lw=0, zorder=1.5)
    axes.set_xlim(0.0, last or 60.0)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.5, 2, 3, 6, 10]))
    axes.grid(axis="y")
    if not last:
        axes.text(0.5, 0.5, "too few defective phones", transform=axes.transAxes, ha="center", size=11, color=QUIET)


def _one_by_one(axes: Axes, curves: Sequence[Curve], shown: int, of_hits: bool) -> Floats:
    """Draw everybody of the replication shown; return how far they reach."""
    drawn = curves if len(curves) <= APART else curves[:1]
    rated = [{number: rate for _, number, rate in each(curve.counts, shown)} for curve in drawn]
    order = _order(rated)[:MOST_INSPECTORS]
    found = []
    for offset, (curve, rates) in enumerate(zip(drawn, rated, strict=True)):
        shift = 0.22 * (offset - (len(drawn) - 1) / 2)
        for at, number in enumerate(order):
            share = None if number not in rates else rates[number].hits if of_hits else rates[number].false_alarms
            if share is None or not share.among:
                continue
            axes.plot([at + shift] * 2, [share.low, share.high], color=curve.look.colour, lw=1.6, zorder=2.5)
            axes.plot([at + shift], [share.mean], "o", color=curve.look.colour, ms=7, mec="white", mew=1.0, zorder=3)
            found += [share.mean, max(share.low, share.mean - 0.2)] if of_hits else [min(share.high, share.mean + 0.1)]
    axes.set_xlim(-0.6, max(len(order), 1) - 0.4)
    step = 1 if len(order) <= 16 else 5
    axes.set_xticks(range(0, len(order), step), [str(number + 1) for number in order[::step]])
    axes.grid(axis="y")
    return np.array(found, dtype=np.float64)


def _order(rated: Sequence[dict[int, Rated]]) -> list[int]:
    """Return the inspectors' numbers: who finds least first, by the first strategy that each looked under."""
    found: dict[int, float] = {}
    for rates in reversed(rated):
        found |= {number: rate.hits.mean for number, rate in rates.items()}
    return sorted(found, key=lambda number: (np.nan_to_num(found[number], nan=-1.0), number))


def _limits(pair: Sequence[Axes], of_hits: bool, values: Floats) -> None:
    """Draw the usual limits on both pictures of a row, which share a scale, and say what lies between them."""
    limit = MISS_RATE if of_hits else FALSE_ALARM_RATE
    edges = [1.0 - limit.acceptable, 1.0 - limit.marginal] if of_hits else [limit.acceptable, limit.marginal]
    values = values[np.isfinite(values)]
    if of_hits:
        low, high = max(0.0, min([0.8, *values]) - 0.03), 1.02
    else:
        low, high = 0.0, max([0.12, *(1.05 * values)])
    zones = (low, *sorted(edges), high)
    for axes in pair:
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        for edge in edges:
            axes.axhline(edge, color=LIMITS, lw=1.1, ls=(0, (4, 3)), zorder=1)
    names = ("unacceptable", "marginal", "acceptable") if of_hits else ("acceptable", "marginal", "unacceptable")
    tall = pair[-1].bbox.height / pair[-1].figure.dpi
    wanted = [(begin + end) / 2 for begin, end in pairwise(zones)]
    wanted = spread(wanted, 0.2 / tall * (high - low), low, high)
    for name, at in zip(names, wanted, strict=True):
        pair[-1].annotate(
            name, (1.0, at), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", size=10, color=QUIET, annotation_clip=False,
        )  # fmt: skip


def _rows_of_keys(labels: Sequence[str], room: float) -> list[list[int]]:
    """Return which curves are named in which row of the key."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for number, label in enumerate(labels):
        needed = text_width(label, NAME_SIZE, bold=True) + 0.65
        if rows[-1] and used + needed > room:
            rows.append([])
            used = 0.0
        rows[-1].append(number)
        used += needed
    return rows


def _name_curves(picture: Picture, curves: Sequence[Curve], rows: Sequence[Sequence[int]], top: float) -> None:
    across, up = size_of(picture)
    for row, members in enumerate(rows):
        at = 1.0 - (top - 0.26 * (len(rows) - row) + 0.02) / up
        left = LEFT
        for number in members:
            look, label = curves[number].look, curves[number].label
            picture.text(left / across, at, "●", color=look.colour, size=12, va="center")
            picture.text((left + 0.22) / across, at, label, color=look.text, size=NAME_SIZE, weight="bold", va="center")
            left += text_width(label, NAME_SIZE, bold=True) + 0.65
