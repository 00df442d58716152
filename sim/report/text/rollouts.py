"""What whoever is on call reads first: was the candidate promoted or rolled back, when, and what did it cost."""

from __future__ import annotations

from typing import get_args

import numpy as np
from rich.table import Table
from rich.text import Text

from sim.experiment.result import Result, StrategyResult
from sim.measure.rollouts import How
from sim.report.endings import how_often
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import NONE, plain_name, show
from sim.stats.ratios import ShareInterval
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
        table.add_row(Text(plain_name(strategy.name)), *row_of(strategy, intervals))
    page.console.print()
    page.console.print(table)
    exact = "In brackets: exact 95 % interval (Clopper and Pearson). " if intervals else ""
    if intervals and result.scenario.train_replications > 1:
        exact = (
            "In brackets: 95 % interval (Clopper and Pearson), of no more independent replications than what those "
            "with the same trained versions have in common allows (Korn and Graubard). "
        )
    middle = "medians over replications" if result.replications > 1 else "as in this one"
    page.say(
        f"{exact}After: from the first phone that the candidate decides or sees to the decision. Exposed: phones that"
        f" it decided until then (neither: until the end), and escapes among them; {middle}.",
        style="dim",
    )


def row_of(strategy: StrategyResult, intervals: bool = True) -> list[str]:
    """Return the cells: x of N, with its interval if wanted, for each way to end, then the medians."""
    endings = strategy.endings
    decided = [ending.lasted_us / SECOND for ending in endings if ending.how != "neither"]
    return [
        *(share_said(how_often(strategy, how), intervals) for how in get_args(How)),
        _time(float(np.median(decided))) if decided else NONE,
        f"{np.median([ending.exposed for ending in endings]):,.0f}",
        f"{np.median([ending.escaped for ending in endings]):,.0f}",
    ]


def share_said(share: ShareInterval, interval: bool = True) -> str:
    """Return x of N, and under it its interval.

    >>> share_said(ShareInterval(0.5, 0.0126, 0.9874, 2, 0, events=1, among=2))
    '1 of 2\\n(1–99 %)'
    """
    said = f"{share.events} of {share.among}"
    if share.among < 2 or not interval:
        return said
    return f"{said}\n({100 * share.low:.0f}–{100 * share.high:.0f} %)"


def _time(seconds: float) -> str:
    days = seconds / 86_400
    return "at once" if seconds == 0 else f"{days:.1f} days" if days >= 3 else show(seconds, "s")
