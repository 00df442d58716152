"""The leaderboard as people read it: in a terminal, and in a notebook."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.text import Text

from sim.apps.arena.board import Board, Limit, Row
from sim.measure.metric import TRUE_METRICS
from sim.report.text.grid import print_wrapped, titled
from sim.report.text.values import NONE, show, show_difference, show_interval


def headline(standings: Board) -> str:
    """Return who is first, or that nobody is."""
    first = [row.name for row in standings.rows if row.place == 1]
    if not first:
        return "Nobody keeps the limits, so nobody is ranked."
    if len(first) == 1:
        return f"{first[0]} is first: nobody else may be as good."
    return f"{', '.join(first[:-1])} and {first[-1]} share the first place: which of them is best cannot be told."


def print_standings(standings: Board, console: Console) -> None:
    """Print the leaderboard: places, scores, the paired difference to the reference, limits, and who is not ranked."""
    spec, metric = standings.arena.spec, standings.metric
    print_wrapped(console, Text(f"{standings.arena.name}: {spec.title}", style="bold"))
    print_wrapped(console, Text(_worlds(standings)))
    console.print()
    print_wrapped(console, Text(headline(standings), style="bold"))
    table = titled("")
    table.add_column("place", justify="right")
    table.add_column("strategy", overflow="fold")
    table.add_column(metric.label, justify="right")
    table.add_column(f"against {standings.arena.reference}", justify="right")
    for limit in standings.rows[0].limits:
        table.add_column(_limit_title(limit), justify="right")
    for row in standings.rows:
        table.add_row(
            place(row),
            Text(row.name, style="" if row.rival else "bold"),
            show_interval(row.score, metric.unit),
            NONE if row.name == standings.arena.reference else show_difference(row.against, metric.unit),
            *(kept(limit) for limit in row.limits),
        )
    console.print(table)
    for row in standings.rows:
        if row.remarks:
            print_wrapped(console, Text(f"{row.name} is not ranked: {'; '.join(row.remarks)}."), indent=2)
    for line in footnotes(standings):
        print_wrapped(console, Text(line, style="dim"))
    for failed in standings.failed:
        console.print()
        print_wrapped(console, Text(f"{failed.name} can't take part:", style="bold"))
        for told in failed.says.splitlines():
            console.print(Text(f"  {told}"), soft_wrap=True)


def text(standings: Board, width: int) -> str:
    """Return what `print_standings` prints, without colours."""
    page = StringIO()
    print_standings(standings, Console(file=page, width=width, force_terminal=False, color_system=None))
    return page.getvalue()


def html(standings: Board) -> str:
    """Return the leaderboard for a notebook."""
    from html import escape

    metric, arena = standings.metric, standings.arena
    heads = ["place", "strategy", metric.label, f"against {arena.reference}"]
    heads += [_limit_title(limit) for limit in standings.rows[0].limits]
    lines = []
    for row in standings.rows:
        against = NONE if row.name == arena.reference else show_difference(row.against, metric.unit)
        cells = [place(row), row.name, show_interval(row.score, metric.unit), against, *map(kept, row.limits)]
        tag = "td" if row.rival else "th"
        lines.append("".join(f"<{tag} style='text-align: left'>{escape(cell)}</{tag}>" for cell in cells))
    said = [f"{row.name} is not ranked: {'; '.join(row.remarks)}." for row in standings.rows if row.remarks]
    said += [f"{failed.name} can't take part: {failed.says}" for failed in standings.failed]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    head = "".join(f"<th scope='col' style='text-align: left'>{escape(head)}</th>" for head in heads)
    words = "".join(f"<p>{escape(line)}</p>" for line in said)
    caption = f"<caption style='text-align: left'><strong>{escape(headline(standings))}</strong></caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{words}"


def place(row: Row) -> str:
    """Return a place; a shared one has "=" behind it."""
    return NONE if row.place is None else f"{row.place}=" if row.tied else str(row.place)


def kept(limit: Limit) -> str:
    """Return a limit's worst value, and whether it keeps the limit."""
    value = show(limit.value.mean, TRUE_METRICS[limit.metric].unit)
    return f"{value} ✗" if not limit.kept else value if limit.surely else f"{value}, perhaps ✗"


def footnotes(standings: Board) -> list[str]:
    """Return what to know of the numbers."""
    spec = standings.arena.spec
    unit = f"{spec.worlds} paired worlds" if spec.histories == 1 else f"{spec.histories} histories"
    lines = [
        f"Places by Hsu's comparison with the best over {unit}, 95 %: first are all who may be best, and of the rest"
        " those who may be best come next. “=” shares a place.",
        "After a score stands its 95 % interval; the difference is paired, in the same worlds.",
    ]
    if spec.limits:
        lines.append("Of a limit the worst scenario is told. Who surely breaks one (✗) in some scenario is not ranked.")
    return lines


def _worlds(standings: Board) -> str:
    spec = standings.arena.spec
    names = list(standings.arena.rounds)
    scenarios = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    whose = "hidden worlds, drawn from a secret" if standings.hidden else "public worlds, for practice"
    return f"{spec.worlds} {whose}, of each scenario: {scenarios}"


def _limit_title(limit: Limit) -> str:
    known = TRUE_METRICS[limit.metric]
    return f"{known.label}, {'≥' if known.better == 'high' else '≤'} {show(limit.at_most, known.unit)}"
