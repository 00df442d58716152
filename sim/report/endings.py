"""In how many replications a strategy's first rollout ended in which way, and how sure that is."""

from __future__ import annotations

from typing import get_args

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


def otherwise(strategy: StrategyResult) -> str:
    """Return in how many replications the first rollout ended in which way; "" where it ended alike in all.

    A picture of one replication says it beside the strategy's name: "promoted in 6 of 10, rolled back in 4".
    """
    if not strategy.endings:
        return ""
    found = [(how, how_often(strategy, how)) for how in get_args(How)]
    (first, share), *others = sorted(((how, each) for how, each in found if each.events), key=lambda x: -x[1].events)
    if not others:
        return ""
    said = ", ".join(f"{_ended(how)} in {each.events}" for how, each in others)
    return f"{_ended(first)} in {share.events} of {share.among}, {said}"


def as_shown(strategy: StrategyResult) -> str:
    """Return in how many replications the first rollout ended as in the one shown; "" where it ended alike in all.

    It follows what happened: "rolled back" and then "in 4 of 10".
    """
    ending = strategy.histories[strategy.shown].ending
    if ending is None or not otherwise(strategy):
        return ""
    share = how_often(strategy, ending.how)
    return f"in {share.events} of {share.among}"


def shown(strategy: StrategyResult) -> str:
    """Return how the first rollout ended in the replication shown, "rolled back"; "" where there is none."""
    ending = strategy.histories[strategy.shown].ending
    return "" if ending is None else _ended(ending.how)


def _ended(how: How) -> str:
    return "undecided" if how == "neither" else how
