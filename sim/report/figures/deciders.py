"""The deciders of a comparison, with one look each in all of its pictures."""

from __future__ import annotations

from sim.experiment.result import Result
from sim.report.figures.style import Look, decider_looks


def split_arm(name: str) -> tuple[str, str]:
    """Return who decides in an arm, and what goes with it: a review band, an adviser, or who sorts the queue.

    >>> [split_arm(name) for name in ("v1", "v1 + review", "humans + v1", "humans by v1")]
    [('v1', ''), ('v1', 'review'), ('humans', 'advised by v1'), ('humans', 'sorted by v1')]
    """
    who, _, helper = name.partition(" + ")
    if helper:
        return (who, f"advised by {helper}") if who == "humans" else (who, helper)
    who, _, sorter = name.partition(" by ")
    return who, f"sorted by {sorter}" if sorter else ""


def looks_of(result: Result) -> dict[str, Look]:
    """Return the look of everybody who decides, looks on or stands by in any strategy."""
    names: set[str] = set()
    for strategy in result.strategies:
        names |= {*strategy.timeline.decided_by, *strategy.timeline.mirrored}
        for route in strategy.routes:
            routed = [route.stable, route.fallback, *route.warm]
            routed += [name for name, _ in (*route.candidates, *route.mirrors)]
            # "v1 + review" is v1, with a mark of its own where it matters.
            names |= {split_arm(name)[0] for name in routed if name}
    return decider_looks(sorted(names))
