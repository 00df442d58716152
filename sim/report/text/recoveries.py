"""Leakage before and after each drift: of whom it rose, and who brought it back."""

from __future__ import annotations

import math

from rich.text import Text

from sim.deployment.events import AlarmRaised, NotTrained, TrainingOrdered
from sim.experiment.result import Result
from sim.measure.recovery import BACK, Recovery
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import NONE, plain_name, show
from sim.stats.intervals import Interval
from sim.units import format_moment


def print_recoveries(result: Result, page: Page) -> None:
    """Print every strategy's leakage around each drift; after how many days it is back where somebody had a way to."""
    found = [(strategy, each) for strategy in result.strategies for each in result.recoveries(strategy)]
    if not found:
        return
    several, somebody_acts = len({each.time_us for _, each in found}) > 1, has_a_way_back(result)
    table = titled("Leakage before and after each drift" if several else "Leakage before and after the drift")
    table.add_column("strategy", overflow="fold", min_width=12)
    if several:
        table.add_column("drift", overflow="fold")
    for title in ("before", "worst day", "last day", "last / before", *(["back after"] if somebody_acts else [])):
        table.add_column(title, justify="right", overflow="fold")
    for strategy, each in found:
        moment = [format_moment(each.time_us)] if several else []
        cells = [show(share, "share") for share in (each.before, each.worst, each.last)]
        back = [came_back(each)] if somebody_acts else []
        table.add_row(Text(plain_name(strategy.name), style="bold"), *moment, *cells, _times(each.ratio), *back)
    page.console.print()
    page.console.print(table)
    told = (
        "Before: until the first drift. A day: 24 hours in a row; the last ends with the run, or at the next drift. "
        "In brackets: 95 %."
    )
    if somebody_acts:
        told += f' "Back": from then on every day\'s leakage is at most {BACK:g} x that before the drift.'
    page.say(told, style="dim")


def has_a_way_back(result: Result) -> bool:
    """Return whether under some strategy somebody watches the line or trains a new version."""
    watching = (AlarmRaised, TrainingOrdered, NotTrained)
    return any(isinstance(event, watching) for strategy in result.strategies for event in strategy.events)


def came_back(recovery: Recovery) -> str:
    """Return after how many days leakage was back, in words where it never rose or never came back."""
    if recovery.days == 0.0:
        return "never worse"
    return f"{recovery.days:.1f} days" if recovery.is_back else "not back"


def _times(ratio: Interval) -> str:
    """Return how many times what it was before; where that is nothing, how many times at least.

    >>> _times(Interval(1.66, 1.48, 1.9, 10)), _times(Interval(1.66, float("nan"), float("nan"), 1))
    ('1.66 (1.48–1.90)', '1.66')
    >>> _times(Interval(float("nan"), 12.4, float("inf"), 10))
    '≥ 12.40'
    """
    if not math.isfinite(ratio.mean):
        return f"≥ {ratio.low:.2f}" if ratio.low > 0.0 else NONE
    if not math.isfinite(ratio.low):
        return f"{ratio.mean:.2f}"
    above = f"{ratio.high:.2f}" if math.isfinite(ratio.high) else ""
    return f"{ratio.mean:.2f} ({ratio.low:.2f}–{above})"
