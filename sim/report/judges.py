"""The table of the judges alone: false rollbacks, power, speed and exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.experiment.judging import ALPHA, BASE_RATE, CANDIDATE_SHARE, LOOKS, PHONES, Behaviour, Row
from sim.report.values import NONE


def print_table(rows: Sequence[Row], console: Console | None = None) -> None:
    """Print what every judge did with an equal candidate and with worse ones.

    Parameters
    ----------
    rows : sequence of Row
        From `sim.experiment.judging.table`.
    console : rich.console.Console, optional
        Where to; standard output by default. Names and titles wrap, nothing is cut.
    """
    console = console or Console()
    shown = Table(
        title=f"The judges alone: {PHONES:,} phones, {CANDIDATE_SHARE:.0%} to the candidate, {LOOKS} looks",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    shown.add_column("judge", style="bold", overflow="fold", min_width=12)
    shown.add_column("promise", overflow="fold")
    shown.add_column("false rollbacks\n95 % interval", justify="right", overflow="fold")
    for each in rows[0].behaviour[1:] if rows else ():
        shown.add_column(f"caught at {each.ratio:g} x\nuntil · exposed", justify="right", overflow="fold")
    for row in rows:
        equal, *worse = row.behaviour
        shown.add_row(Text(row.judge), Text(row.guarantee), _false_rollbacks(equal), *(_caught(each) for each in worse))
    console.print(shown)
    for line in _footnotes(rows):
        console.print(Text(line, style="dim"))


def _false_rollbacks(equal: Behaviour) -> Text:
    # Red where even the lower end of the interval is above what a test at 5 % may do.
    cell = Text(_percent(equal.rate), style="red" if equal.low > ALPHA else "")
    return cell.append(f"\n{100.0 * equal.low:.1f}–{_percent(equal.high)}", style="dim")


def _caught(worse: Behaviour) -> Text:
    speed = f"\n{_count(worse.phones_to_rollback)} · {_count(worse.exposure)}"
    return Text(_percent(worse.rate)).append(speed, style="dim")


def _footnotes(rows: Sequence[Row]) -> list[str]:
    counts = sorted({row.behaviour[0].repetitions for row in rows}, reverse=True)
    runs = " (Kayenta: ".join(f"{count:,}" for count in counts) + (")" if len(counts) > 1 else "")
    return [
        f"{runs} repetitions; the stable decider lets {BASE_RATE:.1%} of phones escape. False rollbacks: equal arms, "
        "exact 95 % interval, red where all of it is above 5 %. Planned looks keep 5 % for normal statistics, and "
        "about ten escapes by the candidate are few for that.",
        "Until: median of both arms' phones over the runs that were rolled back. Exposed: median of the candidate's "
        "phones before rollback or horizon, over all runs; in shadow it looks at every phone and decides none.",
    ]


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _count(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:,.0f}"
