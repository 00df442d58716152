"""Leakage over time: which strategy let defective phones through, and when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sim.columns import Counts, Floats
from sim.experiment.result import Result, StrategyResult
from sim.measure.histories import summed
from sim.report.drawing.bins import borders, common_starts, merge
from sim.report.drawing.lanes import ROW, draw_lane, drop_lines, pack, slowly, world_marks
from sim.report.drawing.layout import Panel, headline, place, size_of, spread, text_width, wrap
from sim.report.drawing.milestones import counted, draw_rows, legend, milestones, symbol
from sim.report.drawing.style import FAINT, Look, Picture, house_style, strategy_looks
from sim.report.drawing.timeaxis import HOUR_US, time_axis
from sim.report.figure import figure
from sim.report.findings import Finding, all_of, finding, those
from sim.report.happenings import which
from sim.report.text.values import brief, called, show
from sim.stats.intervals import Band
from sim.stats.ratios import pooled_rate

LEAKAGE = "leakage, share of defective phones"
MOST_LINES = 7  #: more lines than this and each strategy gets its own small picture


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the picture; strategies whose numbers are the same share it."""

    names: tuple[str, ...]
    band: Band
    look: Look

    @property
    def label(self) -> str:
        if len(self.names) > 3:
            return f"{brief(self.names[0])} and {len(self.names) - 1} equal to it"
        return " = ".join(brief(name, 60 // len(self.names)) for name in self.names)


@figure("leakage_over_time", place=20)
def leakage_over_time(result: Result) -> Figure:
    """Draw leakage (defective phones shipped / defective phones decided) of each strategy over time.

    Returns
    -------
    Figure
        One picture with lines named at their ends; with more than seven different lines, small multiples in
        which each strategy stands out against all the others in grey.
    """
    with house_style():
        lines = leakage_lines(result)
        many = len(lines) > MOST_LINES
        rows = math.ceil(len(lines) / 3)
        picture = Picture(12.0, max(6.5, 1.7 + 1.75 * rows) if many else 6.5)
        draw_leakage(picture, result)
        return picture


def draw_leakage(panel: Panel, result: Result, compact: bool = False) -> None:
    """Draw leakage over time into a figure or part of one."""
    lines = leakage_lines(result)
    starts = common_starts(result)
    edges = borders(result, starts)
    banded = _banded(result, lines)
    top = headline(panel, *leakage_headline(result), compact)
    if len(lines) > MOST_LINES:
        _small_multiples(panel, result, lines, edges, top)
    else:
        _one_picture(panel, result, lines, edges, top, banded, "leakage" if compact else LEAKAGE)


def leakage_headline(result: Result) -> tuple[str, str]:
    """Return what the picture says, and what it shows."""
    lines = leakage_lines(result)
    return leakage_title(result), _subtitle(result, lines, _banded(result, lines))


def _banded(result: Result, lines: list[Line]) -> list[Line]:
    return lines if len(lines) > MOST_LINES else _ends(result, lines)


def _subtitle(result: Result, lines: list[Line], banded: list[Line]) -> str:
    said = "Leakage = defective phones shipped / defective phones decided, all replications together."
    if result.replications < 2:
        said = "Leakage = defective phones shipped / defective phones decided. One replication: no interval."
    else:
        whose = "" if banded == lines else f" of {' and '.join(brief(line.names[0]) for line in banded)}"
        said += f" Shaded: 95 % interval{whose}."
    if any(milestones(result, strategy) for strategy in result.strategies) and result.replications > 1:
        said += f" Events: {which(result)}."
    slow = slowly(world_marks(result))
    return f"{said} {slow[0].upper()}{slow[1:]}." if slow else said


def _ends(result: Result, lines: list[Line]) -> list[Line]:
    """Return the lines that leak least and most, as the title has it: only their intervals are drawn."""
    rates = finding(result, "escape_rate").means
    known = [line for line in lines if np.isfinite(rates[line.names[0]])]
    known.sort(key=lambda line: rates[line.names[0]])
    return known[:1] + known[1:][-1:]


def leakage_lines(result: Result) -> list[Line]:
    """Return one line per strategy, or per group of strategies with the same counts, in order."""
    starts = common_starts(result)
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    groups: dict[bytes, list[StrategyResult]] = {}
    for strategy in result.strategies:
        counts = np.stack([strategy.timeline.escaped, strategy.timeline.defective])
        groups.setdefault(counts.tobytes(), []).append(strategy)
    return [
        Line(
            tuple(s.name for s in group),
            _rate(group[0], starts),
            looks[group[0].name],
        )
        for group in groups.values()
    ]


def _rate(strategy: StrategyResult, starts: Counts) -> Band:
    """Return leakage in merged bins, its band over what is independent: replications, or histories."""
    escaped, defective = merge(strategy.timeline.escaped, starts), merge(strategy.timeline.defective, starts)
    return pooled_rate(summed(escaped, strategy.trained), summed(defective, strategy.trained))


def leakage_title(result: Result) -> str:
    """Return what the picture says, by the same comparison as the answer: over the whole horizon."""
    ranking = finding(result, "escape_rate")
    return ranking.on_the_same + _title(ranking)


def _title(ranking: Finding) -> str:
    if not ranking.best:
        return "No defective phone was decided, so leakage is undefined"
    best, worst = ranking.best[0], ranking.last[-1]
    share = {name: coarse(value) for name, value in ranking.means.items()}
    known = [name for name, value in ranking.means.items() if math.isfinite(value)]
    if len(known) == 1 or not any(ranking.means[name] for name in known):
        who = called(best) if len(known) == 1 else "every strategy"
        return f"{who[0].upper()}{who[1:]} leaks {share[best]} of the defective phones"
    if ranking.tied:
        extent = share[best] if share[best] == share[worst] else f"{share[best]} to {share[worst]}"
        return f"No strategy leaks measurably less than another: {extent} of the defective phones"
    if share[best] == share[worst]:
        if not ranking.judged:
            return f"{all_of(known).capitalize()} leak {share[best]} of the defective phones in this one run"
        # Measurably worse by less than a headline's digits: then it takes the answer's.
        share = {name: show(value, "share") for name, value in ranking.means.items()}
    # Ten names make no headline, and who prints alike is blamed alike.
    blamed = tuple(name for name in ranking.means if share[name] == share[worst] and name not in ranking.leaders)
    blamed = blamed or ranking.last
    leaders, last = (those(names, ranking.means) for names in (ranking.leaders, blamed))
    low = share[ranking.leaders[-1]]
    if share[best] != low:
        low = f"{share[best].removesuffix(' %')} to {low}"
    run = "" if ranking.judged else " in this one run"
    return (
        f"{leaders[0].upper()}{leaders[1:]} {_leak(ranking.leaders)} {low} of the defective phones{run}; "
        f"{last} {_leak(blamed)} {share[worst]}"
    )


def _leak(names: tuple[str, ...]) -> str:
    return "leaks" if len(names) == 1 else "leak"


def coarse(share: float) -> str:
    """Return a share in a headline's digits."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def _one_picture(
    panel: Panel, result: Result, lines: list[Line], edges: Floats, top: float, banded: list[Line], said: str
) -> None:  # fmt: skip
    across, up = size_of(panel)
    hours = result.scenario.horizon / HOUR_US
    labels = [wrap(line.label, 1.95, 11, bold=True, lines=4) for line in lines]
    right = 0.35 + max(text_width(row, 11, True) for label in labels for row in label.split("\n"))
    left, bottom = 0.95, 0.62
    width = across - left - right
    above = up - top
    # Strategies that leak alike have still done something each: a candidate that never decided was rolled back, too.
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    rows = [(name, looks[name], counted(result, result[name])) for line in lines for name in line.names]
    above -= draw_rows(panel, rows, left, above, width, hours)
    world = world_marks(result)
    if world:
        lane = pack("world", world, hours, width, 3)
        above -= lane.height * ROW
        draw_lane(panel, lane, left, above, width, hours)
        above -= 0.04
    height = above - 0.06 - bottom
    axes = place(panel, left, bottom, width, height)
    for line, thick in zip(lines, _widths(lines), strict=True):
        _draw_line(axes, line, edges, line in banded, thick)
    drop_lines(axes, world)
    _frame(axes, lines, banded)
    time_axis(axes, result.scenario.horizon, width)
    axes.set_ylabel(said)
    _name_ends(axes, lines, labels, edges, height)


def _widths(lines: list[Line]) -> list[float]:
    """Return how thick each line is: of lines that lie on each other the lower ones are the wider."""
    widths = []
    for number, line in enumerate(lines):
        over = sum(float(np.mean(line.band.mean == other.band.mean)) > 0.3 for other in lines[number + 1 :])
        widths.append(2.2 + 2.0 * min(over, 2))
    return widths


def _draw_line(axes: Axes, line: Line, edges: Floats, banded: bool, thick: float = 2.2) -> None:
    """Draw a rate as steps: it is that of a stretch of time, and nothing is known of how it moved within."""
    band, look = line.band, line.look
    if banded and np.isfinite(band.low).any():
        mean = np.nan_to_num(band.mean)
        low = np.where(np.isfinite(band.low), np.maximum(band.low, 0), mean)
        high = np.where(np.isfinite(band.high), np.minimum(band.high, 1), mean)
        axes.stairs(high, edges, baseline=low, fill=True, color=look.colour, alpha=0.14, lw=0.0, zorder=1)
    dash = look.dash if thick < 3.0 else "-"
    axes.stairs(band.mean, edges, baseline=None, color=look.colour, ls=dash, lw=thick, zorder=2.5)


def _frame(axes: Axes, lines: list[Line], banded: list[Line]) -> None:
    highs = [line.band.high for line in banded] + [line.band.mean for line in lines]
    reach = min(float(np.nanmax(np.concatenate([*highs, [0.0]]))), 1.0)
    axes.set_ylim(0.0, max(0.05, 1.05 * reach))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if reach > 0.04 or reach == 0 else 1, symbol=" %"))
    axes.grid(axis="y")


def _name_ends(axes: Axes, lines: list[Line], labels: list[str], edges: Floats, height: float) -> None:
    low, high = axes.get_ylim()
    pairs = zip(lines, labels, strict=True)
    drawn = [(line, label) for line, label in pairs if np.isfinite(line.band.mean).any()]
    if not drawn:
        axes.text(0.5, 0.5, "no defective phone was decided", transform=axes.transAxes, ha="center", size=12)
        return
    lines, labels = [line for line, _ in drawn], [label for _, label in drawn]
    ends = []
    for line in lines:
        last = np.flatnonzero(np.isfinite(line.band.mean))[-1]
        ends.append((edges[last + 1], line.band.mean[last]))
    inches = [(y - low) / (high - low) * height for _, y in ends]
    # Each line of a label takes its own room; the label is in the middle of them.
    owners = [number for number, label in enumerate(labels) for _ in label.split("\n")]
    rows = spread([inches[number] for number in owners], min(0.2, height / len(owners)), 0.06, height - 0.06)
    placed = [float(np.mean([y for y, own in zip(rows, owners, strict=True) if own == i])) for i in range(len(labels))]
    for line, label, (x, y), at in zip(lines, labels, ends, placed, strict=True):
        axes.annotate(
            label, (x, y), xytext=(1.0, at / height), textcoords="axes fraction",
            size=11, weight="bold", color=line.look.text, va="center", ha="left", annotation_clip=False,
            linespacing=1.05,
            arrowprops={
                "arrowstyle": "-", "color": line.look.colour, "lw": 0.8, "shrinkA": 2, "shrinkB": 4,
                "relpos": (0.0, 0.5),
            },
        ).set_x(1.02)  # fmt: skip


def _small_multiples(panel: Panel, result: Result, lines: list[Line], edges: Floats, top: float) -> None:
    across, up = size_of(panel)
    hours = result.scenario.horizon / HOUR_US
    columns = 3
    rows = math.ceil(len(lines) / columns)
    left, bottom, gap_x, gap_y = 0.95, 0.62, 0.3, 0.34
    width = (across - left - 0.3 - gap_x * (columns - 1)) / columns
    world = world_marks(result)
    own = [milestones(result, result[line.names[0]]) for line in lines]
    kinds = {mark.kind for marks in own for mark in marks}
    if kinds:
        legend(panel, kinds, left, up - top - 0.1)
        top += 0.24
    lane = pack("world", world, hours, width, 3)
    head = lane.height * ROW + 0.1 if world else 0.0
    height = (up - bottom - top - head) / rows - gap_y
    for i, line in enumerate(lines):
        row, column = divmod(i, columns)
        x, y = left + column * (width + gap_x), up - top - head - (row + 1) * (height + gap_y)
        axes = place(panel, x, y, width, height)
        for other in lines:
            axes.stairs(other.band.mean, edges, baseline=None, color=FAINT, lw=1.1, zorder=1.5)
        _draw_line(axes, line, edges, banded=True)
        drop_lines(axes, world)
        _frame(axes, lines, lines)
        high = axes.get_ylim()[1]
        for mark in own[i]:
            symbol(axes, mark.hours, 0.95 * high, mark.kind, line.look.colour, zorder=4)
        below = i + columns >= len(lines)
        time_axis(axes, result.scenario.horizon, width, label=False)
        axes.tick_params(labelbottom=below, labelleft=column == 0)
        axes.set_title(
            wrap(line.label, width, 11, bold=True, lines=1), loc="left", size=11, weight="bold",
            color=line.look.text, pad=5,
        )  # fmt: skip
        if row == 0 and world:
            drawn = lane if column == 0 else pack("", world, hours, width, 3)
            draw_lane(panel, drawn, x, up - top - head + 0.02, width, hours)
    panel.text(0.2 / across, 0.5, LEAKAGE, rotation=90, size=10.5, va="center")
    panel.text((left + (across - left) / 2) / across, 0.16 / up, "simulated time", size=10.5, ha="center")
