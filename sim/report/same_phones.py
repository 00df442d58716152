"""Leakage and cost on the phones that every strategy has decided, where strategies decided other ones.

A strategy that decides only half of its phones pays for half of the escapes, and those that it decides came early. So
wherever two strategies are held against each other, it is on these phones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.columns import Floats
from sim.experiment.result import Estimates, Result, StrategyResult
from sim.measure.estimates import Quotients

METRICS = ("escape_rate", "cost_per_1000")
#: Where more of every strategy's phones than these are decided under all of them, its own phones are the same ones.
NEARLY_ALL = 0.99


@dataclass(frozen=True, slots=True)
class OnTheSamePhones(Estimates):
    """What is made of a strategy on these phones; `samples` are those on its own."""

    name: str
    samples: Mapping[str, Floats]
    quotients: Mapping[str, Quotients]
    trained: int = 1


def on_the_same(strategy: StrategyResult) -> OnTheSamePhones:
    """Return leakage and cost on the phones that are decided under every strategy, where there are several."""
    made_of = {name: Quotients.of([getattr(each, name) for each in strategy.same_phones]) for name in METRICS}
    known = {name: quotients for name, quotients in made_of.items() if quotients is not None}
    return OnTheSamePhones(strategy.name, strategy.samples, known, strategy.trained)


def same_phones(result: Result) -> float | None:
    """Return how many phones a replication are decided by all; None where strategies decided hardly any others."""
    first = result.strategies[0].same_phones
    if not first:
        return None
    common = sum(each.phones for each in first)
    most = max(float(strategy.samples["phones"].sum()) for strategy in result.strategies)
    return None if common >= NEARLY_ALL * most else common / result.replications


def fairly(result: Result, metric: str) -> Sequence[Estimates]:
    """Return what to compare: every strategy, on the same phones where this metric depends on which they are."""
    if metric not in METRICS or same_phones(result) is None:
        return result.strategies
    return [on_the_same(strategy) for strategy in result.strategies]
