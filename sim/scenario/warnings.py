"""What is possible in a scenario and probably not meant: said before it runs, and refused by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from sim.deployment.dry_run import comes_too_late
from sim.document import Refusal
from sim.scenario.spec import Scenario
from sim.units import format_duration

#: Phones that one core makes, scores and moves through one strategy in a second: measured on a small machine, and so
#: an order of magnitude.
PHONES_A_SECOND = 1_000_000
#: From so many minutes of one core on it is said before a run starts.
WORTH_SAYING_MIN = 10.0


def warnings(scenario: Scenario) -> Iterator[Refusal]:
    """Yield the place of what was probably not meant, and a message.

    Examples
    --------
    >>> from sim.scenario import build
    >>> hasty = build(horizon="6h", strategies=[{"pattern": "canary", "steps": [10, 50], "hold": "4h"}])
    >>> for place, message in warnings(hasty):
    ...     print(place, message)
    ('strategies', 0) 'canary' promotes after 8h at the earliest, and the run ends after 6h
    """
    for number, given in enumerate(scenario.strategies):
        ends_us = comes_too_late(scenario.resolved(given), scenario.horizon)
        if ends_us is not None:
            ends, over = format_duration(ends_us), format_duration(scenario.horizon)
            message = f"'{given.title}' promotes after {ends} at the earliest, and the run ends after {over}"
            yield ("strategies", number), message
    yield from _of_histories(scenario)
    minutes = minutes_of_one_core(scenario)
    if minutes >= WORTH_SAYING_MIN:
        phones = scenario.factory.arrivals.expected(scenario.horizon)
        size = f"{phones:,} phones x {len(scenario.strategies)} strategies x {scenario.replications:,} replications"
        yield (), f"{size} is about {said(minutes)} of one core"


def _of_histories(scenario: Scenario) -> Iterator[Refusal]:
    """Yield models that no history changes where several histories are wanted, and that nobody learns from any."""
    if scenario.train_replications == 1:
        return
    fixed, asked = scenario.untrained(), scenario.deciders
    for name, told in fixed.items():
        yield ("models", name), told
    if not any(name in asked and name not in fixed for name in scenario.models):
        message = "no strategy's model learns from a history: more than one only makes the intervals wider"
        yield ("train_replications",), message


def minutes_of_one_core(scenario: Scenario) -> float:
    """Return about how long all replications take on one core, in minutes.

    >>> from sim.scenario import build
    >>> round(minutes_of_one_core(build(horizon="30d", replications=100)), 1)
    1.3
    """
    phones = scenario.factory.arrivals.expected(scenario.horizon)
    return phones * len(scenario.strategies) * scenario.replications / PHONES_A_SECOND / 60.0


def said(minutes: float) -> str:
    """Return a time that is known to an order of magnitude only.

    >>> said(14.2), said(190.0), said(5000.0)
    ('10 minutes', '3 hours', '3 days')
    """
    if minutes < 60:
        return f"{max(round(minutes, -1), 1.0):.0f} minutes"
    hours = minutes / 60
    return f"{hours:.0f} hours" if hours < 36 else f"{hours / 24:.0f} days"
