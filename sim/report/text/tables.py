"""What a comparison prints: the answer, how rollouts ended, quality, flow and money, what happened, and what moved."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.deployment.dry_run import Moment
from sim.deployment.events import AlarmRaised, Awaited, NotTrained, Promoted, TrainingOrdered
from sim.deployment.strategy import Strategy
from sim.experiment.result import Result, StrategyResult
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.measure.recovery import BACK
from sim.report.findings import answer, finding, judged
from sim.report.happenings import happenings, which
from sim.report.text.grid import print_wrapped, titled
from sim.report.text.rollouts import print_rollouts
from sim.report.text.same_phones import print_same_phones
from sim.report.text.sentences import sentence
from sim.report.text.values import NEARLY_SAME, brief, more_than, plain_name, show, show_difference, show_interval
from sim.report.warm_up import settling
from sim.units import format_duration, format_moment

TITLES = {"phones": "Phones", "quality": "Quality", "flow": "Flow", "money": "Work and money"}
"""The tables: narrow ones rather than a wide one that would be cut. A metric says in which it stands."""

MOST_EVENTS = 30


def print_result(result: Result, console: Console) -> None:
    """Print the whole report of a comparison.

    Under each value stands the paired difference against the first strategy (same phones, replication by
    replication), marked * where its 95 % interval excludes 0. Nothing is cut: names and texts wrap.

    Parameters
    ----------
    result : Result
        A comparison.
    console : rich.console.Console
        Where to; its width, from 80 columns on, is used.
    """
    print_wrapped(console, Text(_header(result), style="bold"))
    for line in _warnings(result):
        print_wrapped(console, Text(line, style="bold red"))
    _print_answer(result, console)
    print_rollouts(result, console)
    for name, title in TITLES.items():
        console.print()
        console.print(_metrics_table(result, title, [metric for metric in result.metrics if metric.table == name]))
    for line in _footnotes(result):
        print_wrapped(console, Text(line, style="dim"))
    print_same_phones(result, console)
    _print_events(result, console)
    _print_drift(result, console)
    _print_recovery(result, console)


def _print_answer(result: Result, console: Console) -> None:
    console.print()
    print_wrapped(console, Text("The answer", style="bold"))
    for line in answer(result):
        print_wrapped(console, Text(f"• {line}"), indent=2)


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
    """Say of every line that does not keep up how far it falls behind, before anything is compared."""
    lines = []
    for strategy in result.unstable:
        left = strategy.samples["on_line"] + strategy.samples["not_started"]
        share = show(float(left.sum() / (left + strategy.samples["phones"]).sum()), "share")
        lines.append(
            f"Not stable: under {plain_name(strategy.name)} more phones come than leave. At the horizon "
            f"{show(float(left.mean()), 'phones')} of them ({share}) have no verdict, in a longer run more."
        )
    if lines:
        lines.append("Who has a verdict there came early: latencies are lower bounds, and nobody is ranked by them.")
    return lines


def _metrics_table(result: Result, title: str, metrics: Sequence[TrueMetric]) -> Table:
    table = titled(title)
    table.add_column("strategy", overflow="fold", min_width=12)
    for metric in metrics:
        table.add_column(metric.column, justify="right", overflow="fold")
    for strategy in result.strategies:
        cells = [_cell(result, strategy, metric) for metric in metrics]
        table.add_row(Text(plain_name(strategy.name), style="bold"), *cells)
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
    notes = [
        f"leakage = {TRUE_METRICS['escape_rate'].definition}",
        f"overkill = {TRUE_METRICS['overkill_rate'].definition}",
    ]
    notes.append(f"DPPM = {TRUE_METRICS['outgoing_dppm'].definition}")
    lines = ["; ".join(notes) + "; latency = verdict - due."]
    if result.replications > 1:
        lines.append(
            f"± (or the ends in brackets): 95 % interval over {result.replications} replications; shares are pooled, "
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
    slowest = settling(result)
    if slowest is not None:
        lines.append(slowest.said)
    return [*lines, *result.scenario.remarks()]


def _print_events(result: Result, console: Console) -> None:
    events = happenings(result)
    console.print()
    shown = f" (strategies: in {which(result)})" if result.replications > 1 else ""
    print_wrapped(console, Text(f"What happened{shown}", style="bold"))
    if not events:
        console.print("  nothing: no drift, no outage, no rollout")
        return
    ranked = sorted(range(len(events)), key=lambda i: (events[i].event.rank, i))
    kept = sorted(ranked[:MOST_EVENTS])
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for i in kept:
        event, who = events[i].event, events[i].strategy
        text = Text(f"{plain_name(who)}: {sentence(event)}" if who else sentence(event))
        text.stylize("bold" if not who else "")
        grid.add_row(f"  {format_moment(event.time_us)}", text)
    console.print(grid)
    if len(events) > len(kept):
        less = len(events) - len(kept)
        plural = "s" if less > 1 else ""
        console.print(f"  and {less} less important event{plural} (events.csv of a saved result has all)")


def _print_drift(result: Result, console: Console) -> None:
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
            verdict = f"moved {each.size:.2g}" if each.moved else f"no ({each.size:.2g})"
            where = f"\n{each.where}" if each.where and each.moved else ""
            cells.append(Text(verdict, style="bold" if each.moved else "dim").append(where, style="dim"))
        named = f"{evidence.name}\n{evidence.cause}, {evidence.profile}\n{format_moment(evidence.time_us)}"
        table.add_row(Text(named), *cells)
    console.print()
    console.print(table)
    said = "; ".join(f"{what}: {measure}" for what, measure in measures.items())
    print_wrapped(console, Text(f'x: features, y: defective. {said}. "no": not beyond chance.', style="dim"))


def _print_recovery(result: Result, console: Console) -> None:
    """Print who came back after a drift, where somebody had a way to."""
    watching = (AlarmRaised, TrainingOrdered, NotTrained)
    if not any(isinstance(event, watching) for strategy in result.strategies for event in strategy.events):
        return
    table = titled("Leakage before and after each drift")
    table.add_column("strategy", style="bold", overflow="fold")
    for title in ("before", "worst day", "last day", "last / before", "back after"):
        table.add_column(title, justify="right", overflow="fold")
    rows = 0
    for strategy in result.strategies:
        for recovery in result.recoveries(strategy):
            rows += 1
            days = f"{recovery.days:.1f} days" if recovery.is_back else "not back"
            ratio = f"{recovery.ratio.mean:.2f} ±{(recovery.ratio.high - recovery.ratio.low) / 2:.2f}"
            shares = (f"{100 * x:.1f} %" for x in (recovery.before, recovery.worst, recovery.last))
            back = "never worse" if recovery.days == 0.0 else days
            table.add_row(Text(strategy.name), *shares, ratio, back)
    if rows:
        console.print()
        console.print(table)
        note = f'"Back": from then on every day\'s leakage is at most {BACK:g} x that before the drift.'
        print_wrapped(console, Text(note, style="dim"))


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
