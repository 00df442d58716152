"""Leakage and cost on the same phones, where strategies decided other ones."""

from __future__ import annotations

from rich.text import Text

from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report.same_phones import METRICS, on_the_same
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import plain_name, show, show_interval

#: Where fewer of some strategy's phones than these are decided under all of them, the same phones have a table.
NEARLY_ALL = 0.99


def print_same_phones(result: Result, page: Page) -> None:
    """Print leakage and cost on the same phones, if strategies decided other ones than these."""
    first = result.strategies[0].same_phones
    common = sum(each.phones for each in first)
    most = max(float(strategy.samples["phones"].sum()) for strategy in result.strategies)
    if not first or common >= NEARLY_ALL * most:
        return
    if not result.unstable and not page.has_room_for("leakage and cost on the same phones"):
        return
    table = titled("On the phones decided by all")
    table.add_column("strategy", overflow="fold", min_width=12)
    for name in METRICS:
        table.add_column(TRUE_METRICS[name].column, justify="right", overflow="fold")
    for strategy in result.strategies:
        cells = (show_interval(interval, TRUE_METRICS[name].unit) for name, interval in on_the_same(strategy).items())
        table.add_row(Text(plain_name(strategy.name), style="bold"), *(Text(cell) for cell in cells))
    page.console.print()
    page.console.print(table)
    count = show(common / result.replications, "phones")
    told = (
        f"These {count} phones a replication have a verdict under every strategy. Leakage and cost above, and in the "
        "answer, are of each strategy's own decided phones: not the same ones."
    )
    page.say(told, style="dim")
