"""The tables of the judges, alone and on a line: false rollbacks, power, speed, exposure and escapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from sim.comparisons.contenders import ALPHA
from sim.comparisons.judges import BASE_RATE, CANDIDATE_SHARE, LOOKS, PHONES, Behaviour, Row
from sim.comparisons.judges_on_the_line import SHARE, OnTheLine
from sim.report.text.grid import titled
from sim.report.text.values import NONE


def print_table(rows: Sequence[Row], console: Console | None = None) -> None:
    """Print what every judge did alone with an equal candidate and with worse ones.

    Parameters
    ----------
    rows : sequence of Row
        From `sim.comparisons.judges.table`.
    console : rich.console.Console, optional
        Where to; standard output by default. Names and titles wrap, nothing is cut.
    """
    console = console or Console()
    title = f"The judges alone: {PHONES:,} phones, {_percent(CANDIDATE_SHARE)} to the candidate, {LOOKS} looks"
    _print(rows, title, console)
    for line in [
        f"{_runs(rows)} repetitions; the stable decider lets {BASE_RATE:.1%} of phones escape. {FALSE}"
        " Planned looks keep 5 % for normal statistics, and about ten escapes by the candidate are few for that.",
        f"{SPEED}; in shadow it looks at every phone and decides none.",
    ]:
        console.print(Text(line, style="dim"))


def print_table_on_the_line(comparison: OnTheLine, console: Console | None = None) -> None:
    """Print what every judge did on the line.

    Parameters
    ----------
    comparison : OnTheLine
        From `sim.comparisons.judges_on_the_line.table`.
    console : rich.console.Console, optional
        Where to; standard output by default.
    """
    console = console or Console()
    phones = comparison.phones
    _print(
        comparison.rows,
        f"The judges on the line: {phones:,} phones, {_percent(SHARE)} to the candidate, a look an hour",
        console,
    )
    ratios = " and ".join(f"{ratio:.2f}" for wanted, ratio in comparison.ratios.items() if wanted != 1.0)
    labelled = ", ".join(f"{count:.0f} ({wanted:g} x)" for wanted, count in comparison.labelled_escapes.items())
    for line in [
        f"{_runs(comparison.rows)} replications. Labelled escapes expected in a run: {labelled}; the stable arm's: "
        f"{comparison.base_rate:.2%} of its audited passes. Equal means the same model under another name; the others"
        f" really let {ratios} times as many of their phones escape. {FALSE}",
        f"{SPEED}.",
    ]:
        console.print(Text(line, style="dim"))


FALSE = "False rollbacks: equal arms, exact 95 % interval, red where all of it is above 5 %."
SPEED = (
    "Below it: until · exposed · escaped. Until: median of both arms' phones over the runs that were rolled back."
    " Exposed, escaped: medians of the phones that the candidate decided, and of the defective ones that it shipped,"
    " before rollback or horizon, over all runs"
)


def _print(rows: Sequence[Row], title: str, console: Console) -> None:
    shown = titled(title)
    # The promise stands under the name: beside it, names would have to be broken.
    widest = max((len(word) for row in rows for word in row.judge.split()), default=0)
    shown.add_column("judge\nits promise", overflow="fold", min_width=widest)
    shown.add_column("false\nrollbacks", justify="right", no_wrap=True)
    for each in rows[0].behaviour[1:] if rows else ():
        shown.add_column(f"caught at {each.ratio:g} x", justify="right", no_wrap=True)
    for row in rows:
        equal, *worse = row.behaviour
        named = Text(row.judge, style="bold").append(f"\n{row.guarantee}", style="not bold dim")
        shown.add_row(named, _false_rollbacks(equal), *(_caught(each) for each in worse))
    console.print(shown)


def _false_rollbacks(equal: Behaviour) -> Text:
    # Red where even the lower end of the interval is above what a test at 5 % may do.
    cell = Text(_percent(equal.rate), style="red" if equal.low > ALPHA else "")
    return cell.append(f"\n{100.0 * equal.low:.1f}–{_percent(equal.high)}", style="dim")


def _caught(worse: Behaviour) -> Text:
    speed = f"\n{_count(worse.phones_to_rollback)} · {_count(worse.exposure)} · {_count(worse.escapes)}"
    return Text(_percent(worse.rate)).append(speed, style="dim")


def _runs(rows: Sequence[Row]) -> str:
    counts = sorted({row.behaviour[0].repetitions for row in rows}, reverse=True)
    return " (Kayenta: ".join(f"{count:,}" for count in counts) + (")" if len(counts) > 1 else "")


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _count(value: float) -> str:
    if math.isnan(value):
        return NONE
    return f"{value / 1000:,.0f}k" if value >= 10_000 else f"{value:,.0f}"
