"""The deciders of a comparison, with one look each in all of its pictures."""

from __future__ import annotations

from sim.experiment.result import Result
from sim.line.route import Arm
from sim.measure.deciders import Decider
from sim.report.drawing.style import Look, decider_looks


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
            deciders.add(Decider(route.fallback))
    return decider_looks(deciders)
