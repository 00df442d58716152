"""Who decides: the share of phones that each decider settles, over time, strategy by strategy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from sim.columns import Counts, Floats
from sim.experiment.result import Result, StrategyResult
from sim.measure.deciders import Decider, DecidingRole
from sim.measure.events import FaultBegan
from sim.report.drawing.deciders import looks_of, went_unseen
from sim.report.drawing.lanes import CASING, Mark, world_marks
from sim.report.drawing.layout import Panel, headline, name_within, place, size_of, text_width
from sim.report.drawing.style import INK, QUIET, Look, Picture, house_style, natural, strategy_looks
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.endings import as_shown, otherwise, shown
from sim.report.figure import figure
from sim.report.findings import listing
from sim.report.happenings import which
from sim.report.text.values import plain_name

Shares = dict[Decider, Floats]
HEADROOM = 0.04  #: inches
_ORDER: dict[DecidingRole, int] = {"model": 0, "review": 1, "assisted": 2, "humans": 3, "nobody": 4}


@figure("traffic", place=30)
def traffic(result: Result) -> Figure:
    """Draw who decides over time: one stacked band per strategy, in shares of the phones of each moment.

    The bands are those of one replication; where routes move, lines on them are their borders in the mean of all. A
    dashed line tells what share of the phones a mirrored model looked at without deciding.
    """
    with house_style():
        rows = math.ceil(len(result.strategies) / _columns(result))
        picture = Picture(12.0, max(4.2, 1.75 + 1.6 * rows))
        draw_traffic(picture, result)
        return picture


def draw_traffic(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw the bands into a figure or part of one."""
    across, up = size_of(panel)
    shares = [shares_of(strategy) for strategy in result.strategies]
    means = [mean_borders(strategy) for strategy in result.strategies]
    deciders = sorted({each for share in shares for each in share}, key=_rank)
    looks = looks_of(result)
    mirrors = any(_looked(strategy) for strategy in result.strategies)
    told = f"; {which(result)}" if result.replications > 1 else ""
    subtitle = f"Share of the phones that are due at a moment, by who decided them, then or later{told}."
    if any(means):
        subtitle += f" Lines on the bands: their borders in the mean of all {result.replications} replications."
    if mirrors:
        subtitle += " Dashed: a mirrored model looked at so many, without deciding."
    top = headline(panel, traffic_title(result), subtitle, compact)
    top += _key(panel, deciders, looks, top, went_unseen(result.strategies))
    columns = min(2, len(shares)) if compact and len(shares) <= 8 else _columns(result)
    rows = math.ceil(len(shares) / columns)
    left, bottom, gap_x, gap_y = (0.7, 0.55, 0.25, 0.3) if compact else (0.8, 0.62, 0.35, 0.34)
    width = (across - left - 0.25 - gap_x * (columns - 1)) / columns
    height = (up - bottom - top) / rows - gap_y
    world = world_marks(result, by_chance=True)
    identity = strategy_looks((s.name, s.pattern) for s in result.strategies)
    for i, (strategy, share) in enumerate(zip(result.strategies, shares, strict=True)):
        row, column = divmod(i, columns)
        x, y = left + column * (width + gap_x), bottom + (rows - 1 - row) * (height + gap_y)
        axes = place(panel, x, y, width, height)
        _bands(axes, strategy, {each: share[each] for each in deciders if each in share}, looks, width, height)
        for border in means[i]:
            edges = np.asarray(strategy.timeline.edges_us) / HOUR_US
            axes.stairs(border, edges, baseline=None, color=INK, lw=1.5, zorder=2, path_effects=CASING)
        for mark in world:
            _world(axes, mark)
        # Above the bands there is room for a mirror that looks at all.
        axes.set_ylim(0.0, 1.0 + HEADROOM / height)
        axes.set_yticks([0.0, 0.5, 1.0] if height > 0.6 else [0.0, 1.0])
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        time_axis(axes, result.scenario.horizon, width, label=False)
        axes.tick_params(labelleft=column == 0, labelbottom=i + columns >= len(shares))
        size = 10 if compact else 11
        name = name_within(strategy.name, width, size)
        aside = _aside(strategy, width - text_width(name, size, bold=True) - 0.15)
        axes.set_title(name, loc="left", size=size, weight="bold", color=identity[strategy.name].text, pad=4)
        axes.set_title(aside, loc="right", size=9.5, color=QUIET, pad=4)
    note = "simulated time"
    if any(mark.drift for mark in world):
        note += "; dotted: drift"
    if not all(mark.drift for mark in world):
        wrong = any(isinstance(event, FaultBegan) for event in result.befell)
        note += f"; between dashes and barred on top: {'something is out of order' if wrong else 'a server is down'}"
    panel.text((left + (across - left) / 2) / across, 0.14 / up, note, size=10.5, color=QUIET, ha="center")


def traffic_title(result: Result) -> str:
    """Return what the picture says: how few and how many phones humans decide."""
    share = {}
    for strategy in result.strategies:
        decided = strategy.timeline.decided_by
        total = sum(float(np.sum(counts)) for counts in decided.values())
        human = sum(float(np.sum(counts)) for decider, counts in decided.items() if decider.is_human)
        if total:
            share[strategy.name] = human / total
    if not share:
        return "No phone was decided"
    least, most = min(share.values()), max(share.values())
    # Shares that print alike count as alike.
    high = [name for name, part in share.items() if round(100 * part) == round(100 * most)]
    low = [name for name, part in share.items() if round(100 * part) == round(100 * least)]
    if round(100 * least) == round(100 * most):
        where = f"in {listing(high)}" if len(share) == 1 else "in every strategy"
        if round(100 * most) == 0:
            return _others(result, where, "nearly " if most > 0.0 else "")
        return f"Humans decide {100 * most:.0f} % of the phones {where}"
    few = f"{100 * least:.0f} %" if round(100 * least) else "none"
    return f"Humans decide {100 * most:.0f} % of the phones in {listing(high, most=2)}, {few} in {listing(low, most=2)}"


def _others(result: Result, where: str, nearly: str) -> str:
    """Say who decides where no human does, or nearly none."""
    counted = [(who, n) for strategy in result.strategies for who, n in strategy.timeline.decided_by.items()]
    decided = list(dict.fromkeys(who for who, counts in counted if np.any(counts) and not who.is_human))
    labels = list(dict.fromkeys(who.label for who in decided if who.role != "nobody"))
    if not labels:
        return f"{nearly}no phone is decided by a person or a model".capitalize()
    phones = (
        f"{nearly}all phones {where}"
        if len(labels) == len(decided)
        else f"{nearly}all phones that anybody decides {where}"
    )
    if len(labels) == 1:
        return f"{labels[0]} decides {phones}"
    if len(result.strategies) > 1:
        return f"Models decide {phones}"  # who of them, differs from strategy to strategy
    return f"{', '.join(labels[:-1])} and {labels[-1]} decide {phones}"


def shares_of(strategy: StrategyResult) -> Shares:
    """Return each decider's share of the decided phones per bin in the replication shown; NaN where there are none."""
    return _parts({decider: counts[strategy.shown] for decider, counts in _deciding(strategy).items()})


def mean_borders(strategy: StrategyResult) -> list[Floats]:
    """Return the borders between the bands with the phones of all replications; none where no route ever moves."""
    moves = any(len(history.routes) > 1 for history in strategy.histories)
    if len(strategy.histories) < 2 or not moves:
        return []
    return _borders(_parts({decider: counts.sum(axis=0) for decider, counts in _deciding(strategy).items()}))


def _deciding(strategy: StrategyResult) -> dict[Decider, Counts]:
    """Return the counts of who decided any phone, replication by replication and bin by bin."""
    return {decider: counts for decider, counts in strategy.timeline.decided_by.items() if np.any(counts)}


def _parts(counts: Mapping[Decider, Counts]) -> Shares:
    total = sum(counts.values(), start=np.zeros(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {decider: np.where(total > 0, part / total, np.nan) for decider, part in counts.items()}


def _aside(strategy: StrategyResult, room: float) -> str:
    """Say how the rollout ended in all replications, and who looks too.

    What has no room beside the name is said in fewer words.
    """
    ends, often = otherwise(strategy), as_shown(strategy)
    versions, one_by_one = _looking(strategy)
    joined = (", then " if one_by_one else " and ").join(versions)
    looks = f"dashed: {joined} look{'s' if len(versions) == 1 or one_by_one else ''} too" if versions else ""
    said = [ends, f"{shown(strategy)} {often}", often] if often else [ends]
    both = [f"{end}; {looks}" for end in said if end and looks]
    return next((words for words in (*both, *said, looks) if words and text_width(words, 9.5) <= room), "")


def _looking(strategy: StrategyResult) -> tuple[list[str], bool]:
    """Return the names of the mirrored models in the order in which they begin, and whether one follows the other."""
    bins = {plain_name(version): np.flatnonzero(np.isfinite(share)) for version, share in _looked(strategy).items()}
    names = sorted(bins, key=lambda name: bins[name][0])
    return names, all(bins[before][-1] < bins[after][0] for before, after in pairwise(names))


def _looked(strategy: StrategyResult) -> dict[str, Floats]:
    """Return of each mirrored model the share of the decided phones that it looked at, per bin; NaN where of none.

    A bin in which mirrors change is left out: one that began within it has looked at all since, not at a part.
    """
    total = _total(strategy)[strategy.shown]
    edges = np.asarray(strategy.timeline.edges_us)
    moves = [at.time_us for before, at in pairwise(strategy.routes) if at.route.mirrors != before.route.mirrors]
    divided = np.array([any(begin < at < end for at in moves) for begin, end in pairwise(edges)])
    found = {}
    for version, counts in strategy.timeline.mirrored.items():
        looked = counts[strategy.shown]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where((total > 0) & (looked > 0) & ~divided, looked / total, np.nan)
        if np.isfinite(share).any():
            found[version] = share
    return found


def _borders(shares: Shares) -> list[Floats]:
    """Return the borders between the bands of a picture, from below; the uppermost is the frame."""
    ordered = sorted(shares, key=_rank)
    return [np.sum([shares[each] for each in ordered[: i + 1]], axis=0) for i in range(len(ordered) - 1)]


def _rank(decider: Decider) -> tuple[int, list[tuple[int, int, str]]]:
    return _ORDER[decider.role], natural(decider.label)


def _total(strategy: StrategyResult) -> Counts:
    total = np.zeros_like(strategy.timeline.defective)
    for counts in strategy.timeline.decided_by.values():
        total = total + counts
    return total


def _world(axes: Axes, mark: Mark) -> None:
    if mark.drift:
        axes.axvline(mark.hours, color=INK, lw=1.3, ls=(0, (1, 1.6)), zorder=3, path_effects=CASING)
        return
    end = mark.hours if mark.until is None else mark.until
    for edge in (mark.hours, end):
        axes.axvline(edge, color=INK, lw=1.0, ls=(0, (4, 2)), zorder=3, path_effects=CASING)
    axes.plot([mark.hours, end], [1.0, 1.0], color=INK, lw=5.0, solid_capstyle="butt", clip_on=False, zorder=4)


def _bands(
    axes: Axes, strategy: StrategyResult, share: Shares, looks: dict[Decider, Look], width: float, height: float
) -> None:
    edges = np.asarray(strategy.timeline.edges_us) / HOUR_US
    block = np.zeros(len(edges) - 1)
    for decider, part in share.items():
        look = looks[decider]
        ceiling = block + np.nan_to_num(part)
        axes.stairs(
            ceiling, edges, baseline=block, fill=True, facecolor=look.colour,
            edgecolor=look.stroke, hatch=look.hatch or None, lw=0.0, zorder=1,
        )  # fmt: skip
        axes.stairs(ceiling, edges, baseline=None, color=INK, lw=0.7, zorder=1.2)
        _name_band(axes, decider.label, look, block, ceiling, edges, (width, height))
        block = ceiling
    if not share:
        axes.text(0.5, 0.5, "no phone decided", transform=axes.transAxes, ha="center", va="center", size=10)
    _mirrors(axes, strategy, edges)


def _name_band(
    axes: Axes, name: str, look: Look, block: Floats, ceiling: Floats,
    edges: Floats, inches: tuple[float, float],
) -> None:  # fmt: skip
    """Write the decider's name into its band, at the widest place that holds the text."""
    width, height = inches
    needed = text_width(plain_name(name), 10, bold=True) + 0.16
    scale = width / (edges[-1] - edges[0])
    thick = (ceiling - block) * height > 0.23
    best: tuple[float, int, int] | None = None
    for i in map(int, np.flatnonzero(thick & ~np.concatenate([[False], thick[:-1]]))):
        stop = i + int(np.argmin(np.append(thick[i:], False)))
        # Only as long as one height fits the whole run.
        low, high = block[i:stop].max(), ceiling[i:stop].min()
        long = (edges[stop] - edges[i]) * scale
        if (high - low) * height > 0.2 and long > needed and (best is None or long > best[0]):
            best = long, i, stop
    if best is None:
        return
    _, start, stop = best
    y = 0.5 * (block[start:stop].max() + ceiling[start:stop].min())
    axes.text(
        0.5 * (edges[start] + edges[stop]), y, plain_name(name), size=10, weight="bold", ha="center",
        va="center", color=look.ink, zorder=4,
        bbox={"facecolor": look.colour, "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip


def _mirrors(axes: Axes, strategy: StrategyResult, edges: Floats) -> None:
    for share in _looked(strategy).values():
        axes.stairs(
            share, edges, baseline=None, color=INK, ls=(0, (3, 2)), lw=1.8, zorder=3.5,
            path_effects=CASING,
        )  # fmt: skip


def _key(panel: Panel, deciders: list[Decider], looks: dict[Decider, Look], top: float, unseen: str) -> float:
    """Draw swatches in the bands' order, since thin bands have no room for a name; return the height used."""
    across, up = size_of(panel)
    x, first = 0.27, top
    for decider in deciders:
        look, name = looks[decider], plain_name(decider.label)
        if decider.role == "nobody":
            name += f": {unseen} unseen"
        if x > 0.3 and x + 0.33 + text_width(name, 10) > across:
            x, top = 0.27, top + 0.24
        swatch = Rectangle(
            (x / across, 1 - (top + 0.17) / up), 0.26 / across, 0.16 / up, facecolor=look.colour, lw=0.0,
            edgecolor=look.stroke, hatch=look.hatch or None,
            transform=panel.transSubfigure,
        )  # fmt: skip
        panel.add_artist(swatch)
        frame = Rectangle(swatch.get_xy(), swatch.get_width(), swatch.get_height(), fill=False, lw=0.8, edgecolor=INK)
        frame.set_transform(panel.transSubfigure)
        panel.add_artist(frame)
        panel.text((x + 0.33) / across, 1 - (top + 0.09) / up, name, size=10, va="center")
        x += 0.33 + text_width(name, 10) + 0.3
    return top - first + 0.27


def _columns(result: Result) -> int:
    count = len(result.strategies)
    return 1 if count == 1 else 2 if count <= 6 else 3
