"""What a comparison prints: the answer, how rollouts ended, quality, flow and money, what happened, and what moved.

A first reader is spared what is detail: see `sim.report.text.page`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.deployment.dry_run import Moment
from sim.deployment.events import Awaited, Promoted
from sim.deployment.strategy import Strategy
from sim.experiment.result import Result, StrategyResult
from sim.measure.drift_evidence import DISTANCE, LEVEL, SHARE, Moved
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.report.answer import answer
from sim.report.findings import finding, judged, listing
from sim.report.happenings import by_importance, happenings, which
from sim.report.text.faults import print_faults
from sim.report.text.grid import print_wrapped, titled
from sim.report.text.page import Page
from sim.report.text.people import print_people
from sim.report.text.recoveries import print_recoveries
from sim.report.text.rollouts import print_rollouts
from sim.report.text.same_phones import print_same_phones
from sim.report.text.sentences import sentence
from sim.report.text.stations import print_stations
from sim.report.text.values import NEARLY_SAME, brief, more_than, plain_name, show, show_difference, show_interval
from sim.report.trained import covers, shares, shares_said
from sim.report.warm_up import settling
from sim.units import format_duration, format_moment

TITLES = {"quality": "Quality", "flow": "Flow", "money": "Work and money", "phones": "Phones"}
"""The tables: narrow ones rather than a wide one that would be cut. A metric says in which it stands."""

#: Events that a first reader is told, and those that anybody is: files have all.
FIRST_EVENTS, MOST_EVENTS = 15, 200
#: Of a table's column of names, in letters: what it needs at least.
NAME_WIDTH = 12


def print_result(result: Result, console: Console, detail: bool = False) -> None:
    """Print the report of a comparison: what a first reader needs, or all of it.

    Under each value stands the paired difference against the first strategy (same phones, replication by
    replication), marked * where its 95 % interval excludes 0. Nothing is cut: names and texts wrap. What warns is
    never detail.

    Parameters
    ----------
    result : Result
        A comparison.
    console : rich.console.Console
        Where to; its width, from 80 columns on, is used.
    detail : bool
        Print what a first reader does without, too. Without it the last line says what there is.
    """
    page = Page(console, detail)
    page.say(_header(result), style="bold")
    for line in _warnings(result):
        page.say(line, style="bold red")
    for piece in PIECES:
        piece(result, page)
    page.say_what_is_left_out()


def _print_answer(result: Result, page: Page) -> None:
    page.console.print()
    page.say("The answer", style="bold")
    said = answer(result, room=page.console.width - 2)
    for line in said:
        page.say(f"• {line}", indent=2)
    if page.has_room_for("each strategy's verdict with the bound that made it"):
        page.console.print()
        page.say("The verdicts", style="bold")
        for line in answer(result, detail=True):
            if line not in said:
                page.say(f"• {line}", indent=2)


def _print_metrics(result: Result, page: Page) -> None:
    """Print a table per question: the columns that a first reader needs, and then the others."""
    means = [{metric.name: each.interval(metric.name).mean for metric in result.metrics} for each in result.strategies]
    defined: list[str] = []
    for name, title in TITLES.items():
        metrics = [metric for metric in result.metrics if metric.table == name]
        first = [metric for metric in metrics if any(map(metric.worth_a_column, means))]
        rest = [metric for metric in metrics if metric not in first]
        _print_table(result, title, first, page)
        if name == "phones":  # what became of some phones is no word that everybody knows
            defined += [f"{metric.column} = {metric.definition[:1].lower()}{metric.definition[1:]}" for metric in first]
        if rest and page.has_room_for("more metrics"):
            _print_table(result, f"{title}: more" if first else title, rest, page)
    if defined:
        page.say("; ".join(defined) + ".", style="dim")
    for line in _footnotes(result):
        page.say(line, style="dim")


def _print_table(result: Result, title: str, metrics: Sequence[TrueMetric], page: Page) -> None:
    """Print as many tables as it takes to break no number."""
    columns = [(metric, [_cell(result, strategy, metric) for strategy in result.strategies]) for metric in metrics]
    while columns:
        fitting, used = 0, NAME_WIDTH + 2
        while fitting < len(columns) and (fitting == 0 or used + _width(*columns[fitting]) + 2 <= page.console.width):
            used += _width(*columns[fitting]) + 2
            fitting += 1
        page.console.print()
        page.console.print(_metrics_table(result, title, columns[:fitting]))
        columns = columns[fitting:]


def _width(metric: TrueMetric, cells: Sequence[Text]) -> int:
    """Return the letters that a column needs if no number is to be broken."""
    lines = [line for cell in cells for line in cell.plain.split("\n")]
    return max(map(len, (*lines, *metric.column.split())))


def print_summary(results: Sequence[Result], console: Console) -> None:
    """Print several scenarios, one row each: which strategies may be best on what the answer is about."""
    table = titled("Best strategies by scenario")
    table.add_column("scenario", style="bold", overflow="fold")
    for metric in judged(*results):
        table.add_column(metric.label, overflow="fold")
    for result in results:
        table.add_row(Text(result.scenario.name), *(Text(_best(result, metric)) for metric in judged(*results)))
    console.print(table)
    several = (
        "Several names: Hsu's comparison with the best (95 %) cannot tell them apart, or they differ by less than "
        'matters. "?": one replication.'
    )
    definition = TRUE_METRICS["escape_rate"].definition
    print_wrapped(console, Text(f"Leakage = {definition}. {several}", style="dim"))


def _best(result: Result, metric: TrueMetric) -> str:
    ranking = finding(result, metric.name)
    if ranking.refused:
        return "not ranked"
    if not ranking.best:
        return "undefined"
    shown = [f"{brief(name, 40)} {show(ranking.means[name], metric.unit)}" for name in ranking.leaders]
    return "\n".join(shown) + ("" if ranking.judged or len(result.strategies) == 1 else " ?")


def _header(result: Result) -> str:
    scenario, count = result.scenario, result.replications
    strategies = f"{len(result.strategies)} strateg{'y' if len(result.strategies) == 1 else 'ies'}"
    return (
        f"{scenario.name}: {strategies} on the same phones, "
        f"{format_duration(scenario.horizon)}, {count} replication{'s' if count != 1 else ''}, "
        f"seed {scenario.seed}, engine {result.engine}"
    )


def _warnings(result: Result) -> list[str]:
    """Say where phones pile up, for good or after an outage, and how many, before anything is compared."""
    lines = []
    if result.unstable:
        names = listing([strategy.name for strategy in result.unstable])
        phones, shares = zip(*(_left(strategy) for strategy in result.unstable), strict=True)
        lines += [
            f"Not stable: under {names} more phones come than leave. At the horizon {_from_to(phones, 'phones')} of "
            f"them ({_from_to(shares, 'share')}) have no verdict, in a longer run more.",
            "Who has a verdict there came early: latencies are lower bounds, and nobody is ranked by them.",
        ]
    for strategy in result.strategies:
        outage = result.backlog_of(strategy)
        if outage is not None:
            count, share = _left(strategy)
            lines.append(
                f"Under {plain_name(strategy.name)} the outage of {plain_name(outage.version)} at "
                f"{format_duration(outage.time_us)} left {show(count, 'phones')} phones ({show(share, 'share')}) "
                "without a verdict at the horizon. But for outages as many phones leave as come."
            )
    return lines


def _left(strategy: StrategyResult) -> tuple[float, float]:
    """Return how many phones a replication have no verdict at the horizon, and which share of all."""
    left = strategy.samples["on_line"] + strategy.samples["not_started"]
    return float(left.mean()), float(left.sum() / (left + strategy.samples["phones"]).sum())


def _from_to(values: Sequence[float], unit: str) -> str:
    low, high = show(min(values), unit), show(max(values), unit)
    return low if low == high else f"{low} to {high}"


def _metrics_table(result: Result, title: str, columns: Sequence[tuple[TrueMetric, Sequence[Text]]]) -> Table:
    table = titled(title)
    table.add_column("strategy", overflow="fold", min_width=NAME_WIDTH)
    for metric, cells in columns:
        table.add_column(metric.column, justify="right", overflow="fold", min_width=_width(metric, cells))
    for row, strategy in enumerate(result.strategies):
        table.add_row(Text(plain_name(strategy.name), style="bold"), *(cells[row] for _, cells in columns))
    return table


def _cell(result: Result, strategy: StrategyResult, metric: TrueMetric) -> Text:
    first = result.strategies[0]
    own = strategy.interval(metric.name)
    if result.is_more_than(strategy, metric.name):
        return Text(more_than(own.mean, metric.unit))
    cell = Text(show_interval(own, metric.unit))
    if strategy is first or result.is_more_than(first, metric.name):
        return cell
    gap = result.difference(strategy.name, first.name, metric.name)
    if gap.n == 0:
        return cell
    difference = show_difference(gap, metric.unit)
    if not gap.excludes_zero or difference == NEARLY_SAME:
        return cell.append(f"\n{difference}", style="dim")
    return cell.append(f"\n{difference}*", style=_leaning(metric, gap.mean))


def _leaning(metric: TrueMetric, gap: float) -> str:
    if metric.better == "neither":
        return ""
    return "green" if (gap < 0) == (metric.better == "low") else "red"


def _footnotes(result: Result) -> list[str]:
    defined = (
        f"{word} = {TRUE_METRICS[name].definition}"
        for word, name in (("leakage", "escape_rate"), ("overkill", "overkill_rate"), ("DPPM", "outgoing_dppm"))
    )
    lines = ["; ".join(defined) + "; latency = verdict - due."]
    if result.replications > 1:
        lines.append(
            f"± (or the ends in brackets): 95 % interval over {_units(result)}; shares are pooled, "
            "sum over sum; ≤, ≥: 95 % bound."
        )
    else:
        lines.append("One replication: no intervals.")
    if len(result.strategies) > 1:
        first = plain_name(result.strategies[0].name)
        paired = f"Second lines: paired difference against {first}; pt = percentage points"
        lines[-1] += f" {paired}" + ("; * its interval excludes 0." if result.replications > 1 else ".")
    if any(result.is_more_than(s, metric.name) for s in result.strategies for metric in result.metrics):
        lines.append("> x: more than x, since phones without a verdict have waited until the horizon at least.")
    lines += [said for said in (covers(result), shares_said(shares(result))) if said]
    slowest = settling(result)
    if slowest is not None:
        lines.append(slowest.said)
    return [*lines, *result.scenario.remarks()]


def _units(result: Result) -> str:
    histories = result.scenario.train_replications
    return f"{result.replications} replications" if histories == 1 else f"{histories} groups of replications by history"


def _print_events(result: Result, page: Page) -> None:
    events = happenings(result)
    page.console.print()
    whose = "in" if any(result.by_chance) else "strategies: in"
    shown = f" ({whose} {which(result)})" if result.replications > 1 else ""
    page.say(f"What happened{shown}", style="bold")
    if not events:
        page.say("  nothing: no drift, no outage, no rollout")
        return
    ranked = by_importance(events)
    if len(events) > FIRST_EVENTS and not page.has_room_for("less important events"):
        ranked = ranked[:FIRST_EVENTS]
    kept = sorted(ranked[:MOST_EVENTS])
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for i in kept:
        event, who = events[i].event, events[i].strategy
        text = Text(f"{plain_name(who)}: {sentence(event)}" if who else sentence(event))
        text.stylize("bold" if not who else "")
        grid.add_row(f"  {format_moment(event.time_us)}", text)
    page.console.print(grid)
    if len(events) > len(kept):
        less = len(events) - len(kept)
        plural = "s" if less > 1 else ""
        page.say(f"  and {less} less important event{plural} (events.csv of a saved result has all)", style="dim")


def _print_drift(result: Result, page: Page) -> None:
    if not result.drift:
        return
    table = titled("What measurably moved at each drift")
    table.add_column("drift", overflow="fold", ratio=4)
    for what in ("P(x)", "P(x|y)", "P(y|x)", "P(y)"):
        table.add_column(what, overflow="fold", ratio=3)
    measures: dict[str, str] = {}
    for evidence in result.drift:
        moved = {each.what: each for each in evidence.moved}
        cells = []
        for what in ("P(x)", "P(x|y)", "P(y|x)", "P(y)"):
            each = moved.get(what)
            if each is None:
                cells.append(Text("–"))
                continue
            measures[what] = each.measure
            cells.append(_told(each))
        named = f"{evidence.name}\n{evidence.cause}, {evidence.profile}\n{format_moment(evidence.time_us)}"
        table.add_row(Text(named), *cells)
    page.console.print()
    page.console.print(table)
    page.say(
        f'x: features, y: defective. "moved": by chance in {LEVEL:.1%} of cases at most, any of 4 in {4 * LEVEL:.1%}. '
        f'"no": by less, at 95%, than a Kolmogorov-Smirnov distance of {DISTANCE:g} or {SHARE:.0%} of the defect rate.',
        style="dim",
    )
    if page.has_room_for("how drift is measured"):
        page.say("; ".join(f"{what}: {measure}" for what, measure in measures.items()) + ".", style="dim")


def _told(moved: Moved) -> Text:
    """Write the answer to whether something moved: how far, or by how much at most, or why nobody knows."""
    match moved.answer:
        case "moved":
            told, why, style = f"moved {moved.size:.2g}", moved.where, "bold"
        case "did not move":
            told, why, style = f"no (< {moved.bound:.2g})", "", "dim"
        case "cannot tell":
            told, why, style = "cannot tell", moved.reason, ""
    return Text(told, style=style).append(f"\n{why}" if why else "", style="dim")


#: What a report is made of, in order; each piece says itself what of it is detail.
PIECES: tuple[Callable[[Result, Page], None], ...] = (
    _print_answer, print_rollouts, _print_metrics, print_same_phones, print_people, print_stations, print_faults,
    _print_events, print_recoveries, _print_drift,
)  # fmt: skip


def print_dry_run(strategy: Strategy, moments: Sequence[Moment], horizon_us: int, console: Console) -> None:
    """Print what a strategy will do while everything is healthy: when, the candidate's share, and what it waits for."""
    who = f"{strategy.stable} at first, candidate {strategy.candidate}"
    console.print(Text.assemble((plain_name(strategy.title), "bold"), f" ({strategy.pattern}; {who})"))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column("from", no_wrap=True)
    table.add_column("decides", justify="right", no_wrap=True)
    table.add_column("looks on", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    shown: tuple[str, str, str] | None = None
    for moment in moments:
        row = (
            format_moment(moment.event.time_us),
            f"{moment.share:g} %",
            f"{moment.mirrored:g} %" if moment.mirrored else "",
        )
        same = shown == row
        shown = row
        text = Text(sentence(moment.event), style="dim" if isinstance(moment.event, Awaited) else "")
        table.add_row(*(("", "", "") if same else row), text)
    if not moments:
        table.add_row(format_moment(0), "0 %", "", Text("nothing changes: the stable decider keeps every phone"))
    console.print(table)
    if not any(isinstance(moment.event, Promoted) for moment in moments):
        console.print(Text(f"not promoted within {format_duration(horizon_us)}", style="dim"))
    console.print()
