"""Leakage and cost on the same phones, where strategies decided other ones."""

from __future__ import annotations

from rich.text import Text

from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.same_phones import METRICS, on_the_same, same_phones
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import plain_name, show, show_interval


def print_same_phones(result: Result, page: Page) -> None:
    """Print leakage and cost on the same phones, if strategies decided other ones than these."""
    common = same_phones(result)
    if common is None:
        return
    if not result.unstable and not page.has_room_for("leakage and cost on the same phones"):
        return
    table = titled("On the phones decided by all")
    table.add_column("strategy", overflow="fold", min_width=12)
    for name in METRICS:
        table.add_column(TRUE_METRICS[name].column, justify="right", overflow="fold")
    for strategy in result.strategies:
        own = on_the_same(strategy)
        cells = (show_interval(own.interval(name), TRUE_METRICS[name].unit) for name in METRICS)
        table.add_row(Text(plain_name(strategy.name), style="bold"), *(Text(cell) for cell in cells))
    page.console.print()
    page.console.print(table)
    count = show(common, "phones")
    told = (
        f"These {count} phones a replication have a verdict under every strategy: of them is the answer on leakage and "
        "cost. The tables above are of each strategy's own decided phones: not the same ones."
    )
    page.say(told, style="dim")
