"""The tables of an attribute agreement study."""

from __future__ import annotations

import math

from rich.console import Console
from rich.text import Text

from sim.comparisons.gauge import Gauge
from sim.measure.grades import EFFECTIVENESS, FALSE_ALARM_RATE, KAPPA_GOOD, MISS_RATE, Limit
from sim.report.text.grid import print_wrapped, titled
from sim.report.text.values import NONE, plain_name
from sim.stats.intervals import Interval


def print_gauge(found: Gauge, console: Console) -> None:
    """Print each inspector and model with its grade, and how well inspectors agree."""
    table = titled(
        f"Attribute agreement: {found.defective + found.good} phones, {found.defective} of them defective,"
        f" each seen {'once' if found.trials == 1 else f'{found.trials} times'}"
    )
    table.add_column("who", style="bold", overflow="fold", min_width=11)
    for column in ("effective-\nness", "misses", "false\nalarms", "kappa\nwithin", "kappa,\nstandard", "grade"):
        table.add_column(column, justify="right", no_wrap=True)
    for each in found.appraised:
        shares = (percent(share) for share in (each.effectiveness, each.misses, each.false_alarms))
        kappas = (kappa(each.within, "\n"), kappa(each.standard, "\n"))
        table.add_row(Text(plain_name(each.name)), *map(Text, shares), *map(Text, kappas), each.grade)
    console.print(table)
    for one, other, between in found.between:
        print_wrapped(console, Text(f"{one} and {other}: kappa {kappa(between, ', ')}"))

    def limits(limit: Limit) -> str:
        return f"{100 * limit.acceptable:.0f} (marginal: {100 * limit.marginal:.0f}) %"

    said = (
        f"Grades: effectiveness (all trials with a phone right) at least {limits(EFFECTIVENESS)}, misses at most"
        f" {limits(MISS_RATE)}, false alarms at most {limits(FALSE_ALARM_RATE)}; the worst counts, and with few phones"
        f" a grade is uncertain. Kappa above {KAPPA_GOOD:g} is said to be good; within: trial against trial. Intervals:"
        " 95 %, phones are the units. A model sees the same picture each time; people who change are in the middle of a"
        " shift, used to the line's share of defects."
    )
    print_wrapped(console, Text(said, style="dim"))


def percent(share: Interval) -> str:
    """Return a share over its interval, in percent.

    >>> percent(Interval(0.76, 0.6183, 0.869, 50))
    '76 %\\n62–87'
    """
    if math.isnan(share.mean):
        return NONE
    known = "" if math.isnan(share.low) else f"\n{100 * share.low:.0f}–{100 * share.high:.0f}"
    return f"{100 * share.mean:.0f} %{known}"


def kappa(found: Interval, between: str = " ") -> str:
    """Return a kappa with its interval.

    >>> kappa(Interval(0.8, 0.7, 0.9, 50)), kappa(Interval(math.nan, math.nan, math.nan, 50)) == NONE
    ('0.80 0.70–0.90', True)
    """
    if math.isnan(found.mean):
        return NONE
    return f"{found.mean:.2f}" + ("" if math.isnan(found.low) else f"{between}{found.low:.2f}–{found.high:.2f}")
