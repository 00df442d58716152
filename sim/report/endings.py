"""In how many replications a strategy's first rollout ended in which way, and how sure that is."""

from __future__ import annotations

from sim.experiment.result import StrategyResult
from sim.measure.histories import summed
from sim.measure.rollouts import How
from sim.stats.ratios import ShareInterval, clopper_pearson, exact_share


def how_often(strategy: StrategyResult, how: How) -> ShareInterval:
    """Return the share of the replications in which the first rollout ended so.

    Its interval is Clopper and Pearson's: of the replications, or where those of one history share trained versions, of
    as many independent ones as the histories' own spread allows.
    """
    endings = [history.ending for history in strategy.histories]
    among = summed([ending is not None for ending in endings], strategy.trained)
    events = summed([ending is not None and ending.how == how for ending in endings], strategy.trained)
    if strategy.trained > 1:
        return exact_share(events, among)
    count, replications = int(events.sum()), int(among.sum())
    low, high = clopper_pearson(count, replications)
    return ShareInterval(count / replications, low, high, replications, 0, count, replications)
