"""What whoever is on call reads first: was the candidate promoted or rolled back, when, and what did it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
from rich.table import Table
from rich.text import Text

from sim.experiment.result import Ending, Result
from sim.measure.rollouts import How
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import NONE, plain_name, show
from sim.stats.ratios import clopper_pearson
from sim.units import SECOND


def print_rollouts(result: Result, page: Page) -> None:
    """Print how the first rollout of each strategy ended, over all replications; nothing where none rolls out."""
    rolling = [strategy for strategy in result.strategies if strategy.endings]
    if not rolling:
        return
    intervals = result.replications > 1 and page.has_room_for("intervals of how rollouts ended")
    table: Table = titled("Rollouts: how they ended")
    table.add_column("strategy", style="bold", overflow="fold", min_width=12)
    for title in (*get_args(How), "after", "exposed", "escapes"):
        table.add_column(title, justify="right", overflow="fold")
    for strategy in rolling:
        table.add_row(Text(plain_name(strategy.name)), *row_of(strategy.endings, intervals))
    page.console.print()
    page.console.print(table)
    exact = "In brackets: exact 95 % interval (Clopper and Pearson). " if intervals else ""
    middle = "medians over replications" if result.replications > 1 else "as in this one"
    page.say(
        f"{exact}After: from the first phone that the candidate decides or sees to the decision. Exposed: phones that"
        f" it decided until then (neither: until the end), and escapes among them; {middle}.",
        style="dim",
    )


def row_of(endings: Sequence[Ending], intervals: bool = True) -> list[str]:
    """Return the cells: x of N, with its exact interval if wanted, for each way to end, then the medians.

    >>> row_of([Ending("promoted", 0, 7_200_000_000, 100, 3), Ending("neither", 0, 36_000_000_000, 300, 5)])
    ['1 of 2\\n(1–99 %)', '0 of 2\\n(0–84 %)', '1 of 2\\n(1–99 %)', '2.0 h', '200', '4']
    """
    decided = [ending.lasted_us / SECOND for ending in endings if ending.how != "neither"]
    return [
        *(_share(sum(ending.how == how for ending in endings), len(endings), intervals) for how in get_args(How)),
        _time(float(np.median(decided))) if decided else NONE,
        f"{np.median([ending.exposed for ending in endings]):,.0f}",
        f"{np.median([ending.escaped for ending in endings]):,.0f}",
    ]


def _share(count: int, among: int, interval: bool) -> str:
    said = f"{count} of {among}"
    if among < 2 or not interval:
        return said
    low, high = clopper_pearson(count, among)
    return f"{said}\n({100 * low:.0f}–{100 * high:.0f} %)"


def _time(seconds: float) -> str:
    days = seconds / 86_400
    return "at once" if seconds == 0 else f"{days:.1f} days" if days >= 3 else show(seconds, "s")
