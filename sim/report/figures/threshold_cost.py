"""What each threshold would cost, version by version, before and after the drift: the cheapest one may move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.columns import Floats
from sim.experiment.result import Result
from sim.measure.costs import Costs
from sim.measure.score_counts import AFTER, BEFORE, LOG_ODDS, ScoreCounts
from sim.report.drawing.layout import headline, place, size_of, wrap
from sim.report.drawing.style import INK, QUIET, VERMILLION, Picture, house_style
from sim.report.figure import figure
from sim.report.text.values import brief, plain_name, show

#: The periods: what each is called, and how it is drawn.
WORDS = {BEFORE: "before the drift", AFTER: "after the drift"}
COLOURS = {BEFORE: "#44546A", AFTER: VERMILLION}
DASHES = {BEFORE: "-", AFTER: (0, (5, 1.5))}
#: Chances of a defect that are written below the axis, as far as it goes.
TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
MOST_PANELS = 6
KEY = "□  the threshold in force      ●  the cheapest one"
#: A threshold is told to cost more than the cheapest where it does so by so much of it, and by so many standard errors:
#: the cheapest has been looked for among many, and phones of a lot are alike.
MORE, ERRORS = 0.01, 3.0
LEFT, GAP, TALL = 0.95, 0.55, 2.9  #: inches


@dataclass(frozen=True, slots=True)
class Curve:
    """What each threshold of a version costs in one period, in dollars per 1,000 phones."""

    scores: ScoreCounts
    costs: Costs
    period: int
    dollars: Floats  #: by threshold

    @classmethod
    def of(cls, scores: ScoreCounts, result: Result, period: int) -> Curve:
        costs = result.scenario.costs
        return cls(scores, costs, period, scores.cost_per_1000(costs, period)[1])

    @property
    def in_force(self) -> int:
        """The number of the version's own threshold."""
        own = min(max(self.scores.threshold, 1e-6), 1.0 - 1e-6)
        return int(np.argmin(np.abs(LOG_ODDS - np.log(own / (1.0 - own)))))

    @property
    def cheapest(self) -> int:
        """The number of the cheapest threshold, the middle one of several."""
        best = np.flatnonzero(self.dollars <= self.dollars.min() * (1.0 + 1e-9))
        return int(best[len(best) // 2])

    def told(self, threshold: int) -> str:
        """Return a threshold, and what it costs."""
        return f"{chance(threshold)}: {dollars(float(self.dollars[threshold]))}"

    def in_vain(self, threshold: int) -> float:
        """Return what a threshold costs more than the cheapest; 0: not for sure."""
        more, error = self.scores.dearer(self.costs, self.period, threshold, self.cheapest)
        return more if more > max(MORE * self.dollars.min(), ERRORS * error) else 0.0


def _has_scores(result: Result) -> bool:
    return bool(curves(result))


def curves(result: Result) -> dict[str, dict[int, Curve]]:
    """Return each version's curves by period; none of a version of which no phone was counted."""
    found = {
        name: {period: Curve.of(scores, result, period) for period in WORDS if sum(scores.phones(period))}
        for name, scores in result.scores.items()
    }
    return {name: of for name, of in found.items() if of}


@figure("threshold_cost", when=_has_scores, place=57)
def threshold_cost(result: Result) -> Figure:
    """Draw what each threshold of a model version would cost, before and after the drift, and which one is in force."""
    drawn = dict(list(curves(result).items())[:MOST_PANELS])
    with house_style():
        columns = 1 if len(drawn) == 1 else 2
        rows = -(-len(drawn) // columns)
        above = 1.2  # of each panel, for what it says
        picture = Picture(8.6 if columns == 1 else 12.0, 2.5 + rows * (TALL + above + 0.75))
        top = headline(picture, title(drawn), _detail(result, drawn)) + 0.3
        across, up = size_of(picture)
        picture.text(LEFT / across, 1 - (top - 0.1) / up, KEY, size=11, color=INK)
        wide = (across - LEFT - 0.3 - (columns - 1) * (GAP + 0.55)) / columns
        tall = (up - top - 0.75 - rows * above - (rows - 1) * 0.65) / rows
        for number, (name, own) in enumerate(drawn.items()):
            row, column = divmod(number, columns)
            left = LEFT + column * (wide + GAP + 0.55)
            bottom = up - top - (row + 1) * (above + tall) - row * 0.65
            axes = place(picture, left, bottom, wide, tall)
            _draw(axes, own)
            if column == 0:
                axes.set_ylabel("dollars per 1,000 phones")
            axes.set_xlabel("← reject all    reject above this chance of a defect    ship all →")
            _say(picture, result, name, own, left, bottom + tall, wide)
        return picture


def title(drawn: dict[str, dict[int, Curve]]) -> str:
    """Return what the picture says, of the version whose threshold in force costs most in vain."""

    def by(own: dict[int, Curve]) -> tuple[float, float]:
        last = own[max(own)]
        return last.in_vain(last.in_force), last.in_vain(own[min(own)].cheapest)

    name, own = max(drawn.items(), key=lambda each: by(each[1]))
    last = own[max(own)]
    vain = last.in_vain(last.in_force)
    whose = brief(name)
    costs = f"the one in force costs {dollars(vain)} more per 1,000 phones"
    if not vain:
        costs = "that the one in force costs more can't be told"
    if len(own) == 1:
        return f"A threshold of {chance(last.cheapest)} is cheapest for {whose}; {costs}"
    old = own[BEFORE].cheapest
    if last.in_vain(old):
        return (
            f"The drift moves the cheapest threshold of {whose} from {chance(old)} to {chance(last.cheapest)}; {costs}"
        )
    return f"No move of {whose}'s cheapest threshold can be told; after the drift {costs}"


def chance(threshold: int) -> str:
    """Return a threshold as a chance, to two digits.

    >>> chance(200), chance(108), chance(0), chance(400)
    ('50 %', '1 %', '0.0045 %', '99.995 %')
    """
    percent = 100.0 / (1.0 + np.exp(-LOG_ODDS[threshold]))
    if percent > 99.0:
        return f"{percent:.5g} %"
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"


def dollars(amount: float) -> str:
    """Return an amount, in whole dollars unless it is small.

    >>> dollars(1884.4), dollars(3.257)
    ('$1,884', '$3.26')
    """
    return f"${amount:,.0f}" if amount >= 10.0 else f"${amount:,.2f}"


def _detail(result: Result, drawn: dict[str, dict[int, Curve]]) -> str:
    costs = result.scenario.costs
    prices = f"an escape {show(costs.escape, '$')}, a rework {show(costs.rework, '$')}"
    count = result.replications
    names = [plain_name(s.name) for s in result.strategies if not _asked(result, s.name)]
    nobody = f" No version is asked under: {', '.join(names)}." if names else ""
    left_out = len(curves(result)) - len(drawn)
    more = f" {left_out} more versions are not shown." if left_out else ""
    return (
        f"If the version alone decided: {prices}, a false reject {show(costs.false_reject, '$')}. What people, servers "
        "and audits cost does not hang on the threshold and is left out. Phones of "
        f"{'one replication' if count == 1 else f'{count} replications'}.{nobody}{more}"
    )


def _asked(result: Result, strategy: str) -> set[str]:
    """Return the versions that some route of a strategy asks."""
    return {version for history in result[strategy].histories for r in history.routes for version in r.route.deployed}


def _draw(axes: Axes, own: dict[int, Curve]) -> None:
    for period, curve in own.items():
        look: dict[str, Any] = {"color": COLOURS[period], "clip_on": False}
        axes.plot(LOG_ODDS, curve.dollars, color=COLOURS[period], ls=DASHES[period], lw=2.2, zorder=3)
        best, own_one = curve.cheapest, curve.in_force
        axes.plot(LOG_ODDS[own_one], curve.dollars[own_one], "s", ms=8, mfc="white", mew=2.0, zorder=4, **look)
        axes.plot(LOG_ODDS[best], curve.dollars[best], "o", ms=9, mec="white", mew=1.2, zorder=5, **look)
    axes.axvline(LOG_ODDS[next(iter(own.values())).in_force], color=INK, lw=1.2, ls=(0, (2, 2)), zorder=2)
    first, last = _reach(own)
    axes.set_xlim(LOG_ODDS[first], LOG_ODDS[last])
    axes.set_ylim(0.0, 1.06 * max(float(curve.dollars[first : last + 1].max()) for curve in own.values()) or 1.0)
    ticks = {float(np.log(p / (1.0 - p))): f"{100 * p:g} %" for p in TICKS}
    shown = {at: said for at, said in ticks.items() if LOG_ODDS[first] <= at <= LOG_ODDS[last]}
    axes.set_xticks([*shown], [*shown.values()])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars(value) if value else "$0"))
    axes.grid(axis="y")


def _reach(own: dict[int, Curve]) -> tuple[int, int]:
    """Return from which threshold to which the curves do anything, with those that are marked."""
    seen = [threshold for curve in own.values() for threshold in (curve.in_force, curve.cheapest)]
    for curve in own.values():
        step = 0.01 * float(curve.dollars.max() - curve.dollars.min())
        moving = (np.abs(curve.dollars - curve.dollars[0]) > step) & (np.abs(curve.dollars - curve.dollars[-1]) > step)
        seen += np.flatnonzero(moving)[[0, -1]].tolist() if moving.any() else []
    return max(min(seen) - 12, 0), min(max(seen) + 12, len(LOG_ODDS) - 1)


def _say(
    picture: Picture, result: Result, name: str, own: dict[int, Curve], left: float, above: float, wide: float
) -> None:
    """Write above a panel whose it is, who asks it, and what its thresholds cost."""
    across, up = size_of(picture)
    asked = [plain_name(s.name) for s in result.strategies if name in _asked(result, s.name)]
    picture.text(left / across, (above + 0.92) / up, brief(name, 24), size=12.5, weight="bold", color=INK)
    who = wrap(f"asked under {', '.join(asked)}" if asked else "asked under no strategy", wide, 9.5, lines=2)
    picture.text(left / across, (above + 0.86) / up, who, size=9.5, color=QUIET, va="top")
    for row, (period, curve) in enumerate(own.items()):
        when = f"{WORDS[period]}   " if len(own) > 1 else ""
        told = f"{when}□ {curve.told(curve.in_force)}   ● {curve.told(curve.cheapest)}"
        picture.text(
            left / across, (above + 0.34 - 0.24 * row) / up, told, size=10.5, color=COLOURS[period], weight="bold"
        )
