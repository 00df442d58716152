"""In how many replications a strategy's first rollout ended in which way, and how sure that is."""

from __future__ import annotations

import numpy as np

from sim.experiment.result import StrategyResult
from sim.measure.histories import history_of
from sim.measure.rollouts import How
from sim.stats.ratios import ShareInterval, clopper_pearson, exact_share


def how_often(strategy: StrategyResult, how: How) -> ShareInterval:
    """Return the share of the replications in which the first rollout ended so.

    Its interval is Clopper and Pearson's: of the replications, or where those of one history share trained versions, of
    as many independent ones as the histories' own spread allows.
    """
    events, among = np.zeros(strategy.trained, dtype=np.int64), np.zeros(strategy.trained, dtype=np.int64)
    for replication, history in enumerate(strategy.histories):
        if history.ending is not None:
            number = history_of(replication, strategy.trained)
            among[number] += 1
            events[number] += history.ending.how == how
    if strategy.trained > 1:
        return exact_share(events, among)
    count, replications = int(events.sum()), int(among.sum())
    low, high = clopper_pearson(count, replications)
    return ShareInterval(count / replications, low, high, replications, 0, count, replications)
