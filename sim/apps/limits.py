"""What a team holds against its own dashboard: the limits of its checks, and when its alarms rang."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.deployment.analysis.checks import Check
from sim.deployment.events import AlarmRaised
from sim.deployment.telemetry.metric import METRICS
from sim.experiment.result import Result, StrategyResult
from sim.report.text.values import show
from sim.units import SECOND


def limits_of(result: Result, strategy: StrategyResult) -> list[dict[str, Any]]:
    """Return the fixed limits of a strategy's checks, by what they are held against.

    Examples
    --------
    >>> import sim
    >>> checks = [{"metric": "reject_rate", "at_most": 0.1, "min_samples": 60}]
    >>> canary = {"pattern": "canary", "steps": [10], "hold": "1h", "analysis": {"checks": checks}}
    >>> result = sim.run(sim.build(horizon="2h", replications=1, strategies=[canary]), workers=1)
    >>> limits_of(result, result.strategies[0])
    [{'metric': 'reject_rate', 'value': 0.1, 'say': 'at most 10.0 %'}]
    """
    given = next(each for each in result.scenario.strategies if each.title == strategy.name)
    found = []
    for check in _checks(given.settings()):
        for word, value in (("at most", check.at_most), ("at least", check.at_least)):
            if value is not None:
                limit = {
                    "metric": check.metric,
                    "value": value,
                    "say": f"{word} {show(value, unit_of(check.metric))}",
                }
                found += [limit] if limit not in found else []
    return found


def unit_of(metric: str) -> str:
    """Return the unit in which a metric is shown: of the light a page tells percents, as it does everywhere.

    >>> unit_of("latency_p95_s"), unit_of("brightness")
    ('s', 'share')
    """
    return "share" if metric == "brightness" else METRICS[metric].unit


def alarms_of(strategy: StrategyResult) -> list[dict[str, Any]]:
    """Return when a strategy's alarms rang, and on what they watched."""
    rang = (event for event in strategy.events if isinstance(event, AlarmRaised))
    return [{"metric": event.metric, "at_s": event.time_us / SECOND} for event in rang]


def _checks(here: Any) -> Iterator[Check]:
    if isinstance(here, Check):
        yield here
    elif isinstance(here, BaseModel):
        yield from _checks(dict(here))
    elif isinstance(here, Mapping):
        yield from _checks(tuple(here.values()))
    elif isinstance(here, tuple | list):
        for each in here:
            yield from _checks(each)
