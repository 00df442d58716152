"""Which trained versions the intervals hold for: in words, in numbers, and what share of the variance is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.experiment.result import Result
from sim.measure.histories import Share
from sim.measure.metric import TrueMetric
from sim.report.findings import judged
from sim.report.text.values import plain_name

#: So many are told in a line; files hold all.
MOST_SHARES = 6


def covers(result: Result) -> str:
    """Return for which trained versions the intervals hold; "" where there are no intervals, or no trained versions.

    Examples
    --------
    >>> import sim
    >>> line = sim.build(horizon="1h", replications=5, models={"v1": {"training": {"phones": 1000}}},
    ...     strategies=[{"pattern": "full_automation"}])
    >>> covers(sim.run(line, workers=1))
    'One trained version, 5 worlds: the intervals hold for this version.'
    >>> covers(sim.run(line, train_replications=5, workers=1))
    '5 trained versions x 1 world each: the intervals cover the model, too.'
    """
    scenario, histories = result.scenario, result.scenario.train_replications
    asked = scenario.deciders
    models = [name for name in scenario.models if name in asked]
    learned = [name for name in models if scenario.models[name].by_history]
    if not learned or result.replications < 2:
        return ""
    worlds = f"{result.replications // histories} world{'s' if result.replications > histories else ''}"
    if histories == 1:
        what = "trained version" if len(models) == 1 else f"set of trained versions ({', '.join(models)})"
        whose = "this version" if len(models) == 1 else "these versions"
        return f"One {what}, {worlds}: the intervals hold for {whose}."
    what = "trained versions" if len(models) == 1 else f"sets of trained versions ({', '.join(models)})"
    return f"{histories} {what} x {worlds} each: the intervals cover the model{'s' * (len(models) > 1)}, too."


def training(result: Result) -> dict[str, Any]:
    """Return for files and programs from how many histories versions were trained, and what that makes of intervals."""
    histories = result.scenario.train_replications
    return {
        "histories": histories,
        "worlds_each": result.replications // histories,
        "covers": covers(result),
        "share_of_version": {
            strategy.name: {
                metric.name: {"share": found.share, "low": found.low, "high": found.high}
                for metric in result.metrics
                if (found := strategy.share_of_version(metric.name)) is not None
            }
            for strategy in result.strategies
        }
        if histories > 1
        else {},
    }


def shares(result: Result) -> dict[tuple[str, TrueMetric], Share]:
    """Return the version's share of the variance by (strategy, judged metric), where it is surely more than nothing."""
    return {
        (strategy.name, metric): found
        for metric in judged(result)
        for strategy in result.strategies
        if (found := strategy.share_of_version(metric.name)) is not None and found.measured
    }


def shares_said(found: Mapping[tuple[str, TrueMetric], Share]) -> str:
    """Say which part of the variance is the version's, the largest first; "" where nothing was measured."""
    if not found:
        return ""
    largest = sorted(found.items(), key=lambda each: -each[1].share)
    told = ", ".join(
        f"{metric.label} of {plain_name(strategy)} {100 * share.share:.0f} %"
        f" ({100 * share.low:.0f}–{100 * share.high:.0f} %)"
        for (strategy, metric), share in largest[:MOST_SHARES]
    )
    more = f", and {len(largest) - MOST_SHARES} more" if len(largest) > MOST_SHARES else ""
    return f"Estimated part of the trained version in the variance between replications: {told}{more}."
