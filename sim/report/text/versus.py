"""Two results beside each other, printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from rich.console import Console
from rich.text import Text

from sim.measure.metric import TRUE_METRICS
from sim.report.text.grid import print_wrapped, titled
from sim.report.text.values import NONE, more_than, plain_name, show_difference, show_interval
from sim.report.versus import Outcome, Versus
from sim.stats.intervals import Interval

MOST_SETTINGS = 40
UNITS = "history by history that models were trained from"


def print_versus(found: Versus, console: Console, everything: bool = False) -> None:
    """Print what differs: settings, versions, outcomes that surely differ, and how many do not.

    Parameters
    ----------
    found : Versus
        Two results.
    console : rich.console.Console
        Where to.
    everything : bool
        Print outcomes that do not surely differ, too.
    """
    _print_settings(found, console)
    if found.versions:
        console.print()
        table = titled("Versions")
        for column in ("", "A", "B"):
            table.add_column(column)
        for row in found.versions:
            table.add_row(*map(Text, row))
        console.print(table)
    for whose, names in (("A", found.only_in_a), ("B", found.only_in_b)):
        if names:
            print_wrapped(console, Text(f"only in {whose}: {', '.join(map(plain_name, names))}"))
    shown = [outcome for outcome in found.outcomes if everything or outcome.differs]
    if shown:
        console.print()
        _print_outcomes(shown, console)
    print_wrapped(console, Text(_counted(found.outcomes)))
    print_wrapped(console, Text(f"{_how(found)} 95 % intervals.", style="dim"))


def _counted(outcomes: Sequence[Outcome]) -> str:
    equal, unknown, differ = (sum(map(attrgetter(kind), outcomes)) for kind in ("same", "unknown", "differs"))
    said = f"{len(outcomes)} outcomes: {equal} equal, {len(outcomes) - equal - unknown - differ} not surely different"
    lacking = ", since phones without a verdict have waited until the horizon at least"
    return f"{said}; {unknown} can't be compared{lacking}." if unknown else f"{said}."


def _how(found: Versus) -> str:
    """Say what the differences are between: replications, or groups of them that share trained versions."""
    a, b = found.trained
    if found.paired:
        return f"The same phones: differences are paired, {'replication by replication' if a == 1 else UNITS}."
    if a == b == 1:
        return "Not the same phones: differences are between independent replications (Welch)."
    covers = "; ".join(
        f"{whose} was trained from {count} histories" if count > 1 else f"{whose} holds for its one trained version"
        for whose, count in (("A", a), ("B", b))
    )
    return f"Not paired ({covers}): differences are between what is independent of each (Welch)."


def _print_settings(found: Versus, console: Console) -> None:
    if not found.settings:
        print_wrapped(console, Text("The scenarios are equal.", style="bold"))
        return
    table = titled("Scenario")
    for column in ("", "A", "B"):
        table.add_column(column, overflow="fold")
    for path, a, b in found.settings[:MOST_SETTINGS]:
        table.add_row(Text(path), Text(_plain(a)), Text(_plain(b)))
    console.print(table)
    if len(found.settings) > MOST_SETTINGS:
        print_wrapped(console, Text(f"... and {len(found.settings) - MOST_SETTINGS} more", style="dim"))


def _print_outcomes(outcomes: list[Outcome], console: Console) -> None:
    table = titled("Outcomes")
    for column in ("strategy", "metric", "A", "B", "B - A"):
        table.add_column(column, overflow="fold")
    latest = ""
    for outcome in outcomes:
        own = "" if outcome.strategy == latest else plain_name(outcome.strategy)
        latest = outcome.strategy
        table.add_row(
            Text(own),
            Text(TRUE_METRICS[outcome.metric].label),
            Text(_estimate(outcome.a, outcome.bounds[0], outcome.unit)),
            Text(_estimate(outcome.b, outcome.bounds[1], outcome.unit)),
            Text(NONE if outcome.unknown else show_difference(outcome.difference, outcome.unit)),
        )
    console.print(table)


def _estimate(estimate: Interval, is_bound: bool, unit: str) -> str:
    return more_than(estimate.mean, unit) if is_bound else show_interval(estimate, unit)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
