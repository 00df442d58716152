"""The deciders of a comparison, with one look each in all of its pictures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.columns import Counts
from sim.experiment.result import Result, StrategyResult
from sim.line.route import Arm
from sim.measure.deciders import Decider
from sim.report.drawing.style import Look, decider_looks
from sim.report.text.faults import reactions_of


def helper_of(arm: Arm) -> str:
    """Return what goes with who decides in an arm: a review band, an adviser, or who sorts the queue.

    >>> helper_of(Arm("v1 + review", "model", "v1", 0.2, 0.7))
    'review'
    >>> helper_of(Arm("humans by v1", "model", "v1", triage=True))
    'sorted by v1'
    """
    if arm.adviser:
        return f"advised by {arm.adviser}"
    if arm.sorter:
        return f"sorted by {arm.sorter}"
    return "review" if arm.review else ""


def went_unseen(strategies: Iterable[StrategyResult]) -> str:
    """Return what became of the phones that nobody looked at: of a line that fails closed they are rejected."""
    unseen = [strategy for strategy in strategies if any(map(np.any, _unseen(strategy)))]
    closed = [reactions_of(strategy) == ("reject",) for strategy in unseen]
    if closed and all(closed):
        return "rejected"
    return "shipped or rejected" if any("reject" in reactions_of(strategy) for strategy in unseen) else "shipped"


def _unseen(strategy: StrategyResult) -> list[Counts]:
    return [counts for decider, counts in strategy.timeline.decided_by.items() if decider.role == "nobody"]


def looks_of(result: Result) -> dict[Decider, Look]:
    """Return the look of everybody who decides, looks on or stands by in any strategy."""
    deciders: set[Decider] = set()
    for strategy in result.strategies:
        deciders |= {*strategy.timeline.decided_by}
        deciders |= {Decider("model", version) for version in strategy.timeline.mirrored}
        for change in strategy.routes:
            route = change.route
            deciders |= {Decider.of(arm) for arm in route.arms}
            deciders |= {Decider("model", arm.version) for arm, _ in route.mirrors}
            deciders |= {Decider("model", version) for version in route.warm}
            deciders.add(Decider("humans" if route.fallback == "humans" else "nobody"))
    return decider_looks(deciders)
