"""The picture in words: a headline, and a summary that a screen reader reads out."""

from __future__ import annotations

from html import escape

from sim.apps.quickstart.bench import HOURS, Settings
from sim.deployment.analysis.checks import Analysis
from sim.deployment.events import Promoted, RolledBack
from sim.experiment.result import Result, StrategyResult
from sim.report.drawing.timeaxis import HOUR_US
from sim.report.text.values import more_than, plain_name, show


def watchers(result: Result) -> tuple[str, ...]:
    """Return the strategies that analyse their candidate: their settings say so, whatever the run shows."""
    return tuple(
        strategy.title
        for strategy in result.scenario.strategies
        if any(isinstance(value, Analysis) for value in strategy.settings().values())
    )


def message(result: Result) -> str:
    """Return what the picture shows in one line: who leaks least and who leaks most.

    Whole percents: one short run does not know more.
    """
    leaks = {s.name: round(100 * float(s.samples["escape_rate"][0])) for s in result.strategies}
    low, high = min(leaks.values()), max(leaks.values())
    if low == high:
        return f"Every strategy leaks {low} %"
    ends = [[plain_name(name) for name, leak in leaks.items() if leak == end] for end in (low, high)]
    said = _headline(ends, low, high, most=2)
    # A headline is one line: where two names at either end are too many, the number of them has to do.
    return said if len(said) <= LONGEST_HEADLINE else _headline(ends, low, high, most=1)


LONGEST_HEADLINE = 58


def _headline(ends: list[list[str]], low: int, high: int, most: int) -> str:
    words = {2: "two strategies", 3: "three strategies", 4: "four strategies"}
    best, worst = (" and ".join(names) if len(names) <= most else words[len(names)] for names in ends)
    return f"{best[0].upper()}{best[1:]} {'leaks' if len(ends[0]) == 1 else 'leak'} {low} %, {worst} {high} %"


def watch_of(strategy: StrategyResult) -> tuple[float, str]:
    """Return until which hour a strategy watched its candidate, and how that ended."""
    for event in strategy.events:
        if isinstance(event, (RolledBack, Promoted)):
            return event.time_us / HOUR_US, "promoted" if isinstance(event, Promoted) else "rolled back"
    return float(HOURS), "still watched"


def within(result: Result, strategy: StrategyResult) -> str:
    """Return how long 95 % of the phones take, which may fall among those without a verdict."""
    say = more_than if result.is_more_than(strategy, "latency_p95_s") else show
    return say(float(strategy.samples["latency_p95_s"][0]), "s")


def summary(result: Result, settings: Settings) -> str:
    """Return the picture in words, as HTML that a screen reader reads out when it changes."""
    if settings.lamp == 100:
        lamp = "The lamp does not fail."
    else:
        lamp = f"After {settings.fails_at} h the lamp falls to {settings.lamp} % of its brightness."
    watched = []
    for name in watchers(result):
        hour, end = watch_of(result[name])
        watched.append(f"{plain_name(name).capitalize()}: {end} after {hour:.4g} h.")
    rows = "".join(
        f"<tr><td>{escape(plain_name(s.name))}</td>"
        f"<td>{int(s.timeline.escaped.sum())} of {int(s.timeline.defective.sum())}</td>"
        f"<td>{escape(within(result, s))}</td></tr>"
        for s in result.strategies
    )
    return (
        '<div class="driftline-summary" role="status" aria-live="polite">'
        f"<p><b>{escape(message(result))}.</b> {lamp} {' '.join(watched)}</p>"
        f"<table><tr><th></th><th>leaked</th><th>95 % within</th></tr>{rows}</table></div>"
    )
