"""Leakage and cost on the phones that every strategy has decided."""

from __future__ import annotations

from sim.experiment.result import StrategyResult
from sim.measure.estimates import Quotients
from sim.measure.metric import TRUE_METRICS
from sim.stats.intervals import Interval

METRICS = ("escape_rate", "cost_per_1000")


def on_the_same(strategy: StrategyResult) -> dict[str, Interval]:
    """Return leakage and cost on the phones that are decided under every strategy, where there are several."""
    made_of = {name: Quotients.of([getattr(each, name) for each in strategy.same_phones]) for name in METRICS}
    return {
        name: quotients.by_history(strategy.trained).interval(shares=TRUE_METRICS[name].counts_phones)
        for name, quotients in made_of.items()
        if quotients is not None
    }
