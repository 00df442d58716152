"""The table of a scenario's alarms: false ones a month, drifts found, and how late."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.text import Text

from sim.comparisons.detectors import ALWAYS, NEVER, Watched
from sim.report.text.grid import titled
from sim.report.text.values import NONE


def print_detectors(rows: Sequence[Watched], drifts: int, replications: int, console: Console | None = None) -> None:
    """Print how each alarm did.

    Parameters
    ----------
    rows : sequence of Watched
        From `sim.comparisons.detectors.table`.
    drifts, replications : int
        How many drifts there were in each of how many replications.
    console : rich.console.Console, optional
        Where to; standard output by default.
    """
    console = console or Console()
    several = len({row.strategy for row in rows}) > 1
    shown = titled("Alarms, held against the truth")
    if several:
        shown.add_column("strategy", overflow="fold", min_width=_widest([row.strategy for row in rows]))
    shown.add_column("alarm", style="bold", overflow="fold", min_width=_widest([row.alarm for row in rows]))
    for title in ("false alarms\na month", "95 %\ninterval", "drifts\nfound", "until then\nmedian", "from\nto"):
        shown.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        style = "dim" if row.alarm in (NEVER, ALWAYS) else ""
        cells = [f"{row.far:.1f}", f"{row.low:.1f}–{row.high:.1f}", f"{100 * row.recall:.0f} %", *_delays(row)]
        shown.add_row(*([row.strategy] if several else []), Text(row.alarm), *cells, style=style)
    console.print(shown)
    plural = "s" if drifts != 1 else ""
    said = (
        f"{drifts} drift{plural} in each of {replications} replications. False alarms are counted while nothing has"
        " drifted, with the exact interval of a Poisson count. After an alarm a detector says nothing for its `quiet`"
        " time and then begins anew, so who always alarms does so once in that time. Until then: from the drift's start"
        " to the first alarm that the team hears."
    )
    console.print(Text(said, style="dim"))


def _widest(names: Sequence[str]) -> int:
    """Return the letters of the longest word: no name is broken within one."""
    return max((len(word) for name in names for word in name.split()), default=0)


def _delays(row: Watched) -> tuple[str, str]:
    if not len(row.delays_h):
        return NONE, NONE
    low, median, high = np.quantile(row.delays_h, [0.0, 0.5, 1.0])
    return _time(median), f"{_time(low)}–{_time(high)}"


def _time(hours: float) -> str:
    """Write a delay.

    >>> _time(5.0), _time(100.0)
    ('5 h', '4.2 d')
    """
    return f"{hours:.0f} h" if hours < 48.0 else f"{hours / 24.0:.1f} d"
