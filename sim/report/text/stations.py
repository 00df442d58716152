"""What was done at work stations, in the detailed report."""

from __future__ import annotations

from rich.text import Text

from sim.columns import Floats
from sim.experiment.result import Result
from sim.measure.stations import BLOCKED, WAITED, WORKED, StationCounts
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import plain_name, show_interval
from sim.stats.intervals import t_interval


def print_stations(result: Result, page: Page) -> None:
    """Print how busy work stations were, and what phones waited there, where there are any."""
    rows = [
        (name, place, counts)
        for name, counts in _whose(result)
        for place, at in enumerate(counts.at)
        if (at == "before") == (name == "")
    ]
    if not rows or not page.has_room_for("what was done at work stations"):
        return
    table = titled("Work stations")
    table.add_column("station", overflow="fold", min_width=12)
    for column in ("where", "phones an hour", "wait", "work", "nowhere to go", "busy"):
        table.add_column(column, justify="right", overflow="fold")
    for name, place, counts in rows:
        station = counts.names[place]
        times = (_mean(counts.mean_s(of, station), "s") for of in (WAITED, WORKED, BLOCKED))
        where = "before" if not name else f"{counts.at[place]}: {plain_name(name)}"
        used = _mean(counts.utilisation(station), "share")
        table.add_row(Text(station, style="bold"), Text(where), _mean(counts.per_hour(station), "1/h"), *times, used)
    page.console.print()
    page.console.print(table)
    page.say(
        "Means over visits whose work was done in the time measured, with 95 % intervals over replications. A phone has"
        " nowhere to go while the next station is full: it keeps its server. Latency ends with the verdict, so it holds"
        " the time before inspection and not what comes after it.",
        style="dim",
    )


def _whose(result: Result) -> list[tuple[str, StationCounts]]:
    """Return the stations by strategy; under no name those before inspection, which are the same for all of them."""
    some = [(strategy.name, strategy.stations) for strategy in result.strategies if strategy.stations is not None]
    return [("", some[0][1]), *some] if some else []


def _mean(values: Floats, unit: str) -> Text:
    return Text(show_interval(t_interval(values), unit))
