"""What inspectors' own looks were worth, and their grades, in the detailed report."""

from __future__ import annotations

import math

from rich.text import Text

from sim.experiment.result import Result
from sim.measure.grades import EFFECTIVENESS, FALSE_ALARM_RATE, MISS_RATE, ORDER, Limit
from sim.report.people import graded, of_all, with_people
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import NONE, plain_name, show_interval
from sim.stats.intervals import Interval


def print_people(result: Result, page: Page) -> None:
    """Print hits, false alarms, kappa and grades, where inspectors come and go by a calendar."""
    people = with_people(result)
    if not people or not page.has_room_for("what inspectors' own looks were worth"):
        return
    table = titled("Inspectors, graded by the usual limits of attribute agreement")
    table.add_column("strategy", overflow="fold", min_width=12)
    for column in ("defects found", "false alarms", "right verdicts", "kappa", "inspectors by grade"):
        table.add_column(column, justify="right", overflow="fold")
    for strategy, counts in people:
        rated, grades = of_all(counts, strategy.trained), graded(counts)
        by_grade = ", ".join(f"{grades[grade]} {grade}" for grade in ORDER if grades[grade])
        shares = (show_interval(each, "share") for each in (rated.hits, rated.false_alarms, rated.right))
        table.add_row(
            Text(plain_name(strategy.name), style="bold"), *map(Text, shares), _kappa(rated.kappa), Text(by_grade)
        )
    page.console.print()
    page.console.print(table)
    page.say(limits_said(), style="dim")


def limits_said() -> str:
    """Return what the grades mean."""

    def both(limit: Limit) -> str:
        return f"{100 * limit.acceptable:.0f} and {100 * limit.marginal:.0f} %"

    return (
        "Looks by people against the truth, with 95 % intervals; inspectors of all replications are graded by what was"
        f" counted. Acceptable and marginal: right verdicts (effectiveness) from {both(EFFECTIVENESS)} on, misses up to"
        f" {both(MISS_RATE)}, false alarms up to {both(FALSE_ALARM_RATE)}; the worst of the three counts. Where few"
        " phones are defective nearly every verdict is right: there misses tell."
    )


def _kappa(found: Interval) -> Text:
    if math.isnan(found.mean):
        return Text(NONE)
    ends = "" if math.isnan(found.low) else f" ({found.low:.2f}–{found.high:.2f})"
    return Text(f"{found.mean:.2f}{ends}")
