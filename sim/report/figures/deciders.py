"""The deciders of a comparison, with one look each in all of its pictures."""

from __future__ import annotations

from sim.experiment.result import Result
from sim.report.style import Look, decider_looks


def looks_of(result: Result) -> dict[str, Look]:
    """Return the look of everybody who decides, looks on or stands by in any strategy."""
    names: set[str] = set()
    for strategy in result.strategies:
        names |= {*strategy.timeline.decided_by, *strategy.timeline.mirrored}
        for route in strategy.routes:
            routed = [route.stable, route.fallback, *route.warm]
            routed += [name for name, _ in (*route.candidates, *route.mirrors)]
            # "v1 + review" is v1, with a mark of its own where it matters.
            names |= {name.split(" + ")[0] for name in routed if name}
    return decider_looks(sorted(names))
