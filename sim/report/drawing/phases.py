"""A strategy's routes as phases: stretches of time in which the same deciders share the phones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sim.experiment.result import RouteChange, StrategyResult
from sim.line.route import HUMANS, NOBODY, Arm, Route

MOST_PHASES = 4  #: more than these do not fit side by side


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in which the same deciders share the phones; weights may move within it."""

    start_us: int
    deciders: tuple[tuple[Arm, tuple[float, ...]], ...]  #: stable first; its weights in percent, in order
    mirrors: tuple[tuple[Arm, float], ...]
    fallback: Arm  #: humans, or nobody
    warm: tuple[str, ...]
    left_out: int = 0  #: this is only a mark for so many phases that are not shown

    @property
    def models(self) -> list[Arm]:
        return [arm for arm, _ in self.deciders if arm.role == "model"]

    @property
    def extra_fallback(self) -> Arm | None:
        """The fallback where it is somebody who decides nothing else in this phase."""
        others = [arm for arm, _ in self.deciders]
        return self.fallback if self.models and self.fallback not in others else None

    @property
    def slots(self) -> int:
        """Boxes one above the other."""
        return len(self.deciders) + len(self.mirrors) + len(self.warm) + (self.extra_fallback is not None)


def phases_of(strategy: StrategyResult) -> list[Phase]:
    """Return a strategy's phases.

    Routes that differ only in weights are one phase; of too many phases the middle ones are left out.
    """
    phases = []
    for _, group in groupby(strategy.routes, key=_actors):
        changes = list(group)
        routes = [change.route for change in changes]
        # A route that is set again unchanged tells nothing.
        moves = [weights for weights, _ in groupby(_weights(route) for route in routes)]
        candidates = [arm for arm, weight in routes[0].candidates if weight > 0]
        shares = [(arm, tuple(weights.get(arm.name, 0.0) for weights in moves)) for arm in candidates]
        rest = tuple(max(0.0, 100.0 - sum(share[i] for _, share in shares)) for i in range(len(moves)))
        phases.append(
            Phase(
                start_us=changes[0].time_us,
                deciders=((routes[0].stable, rest), *shares),
                mirrors=tuple((arm, share) for arm, share in routes[-1].mirrors if share > 0),
                fallback=HUMANS if routes[0].fallback == "humans" else NOBODY,
                warm=_idle(routes[0]),
            )
        )
    if len(phases) <= MOST_PHASES:
        return phases
    hidden = len(phases) - MOST_PHASES + 1
    gap = Phase(phases[2].start_us, (), (), HUMANS, (), left_out=hidden)
    return [*phases[:2], gap, *phases[2 + hidden :]]


def _weights(route: Route) -> dict[str, float]:
    return {arm.name: weight for arm, weight in route.candidates}


def _actors(change: RouteChange) -> tuple[object, ...]:
    """Who takes part, in which role: what makes a phase."""
    route = change.route
    candidates = tuple(arm.name for arm, weight in route.candidates if weight > 0)
    mirrors = tuple(arm.name for arm, share in route.mirrors if share > 0)
    # All phones on the candidate is a phase of its own: the stable arm has become a spare.
    whole = sum(weight for _, weight in route.candidates) >= 100.0
    return route.stable.name, candidates, mirrors, route.fallback, _idle(route), whole


def _idle(route: Route) -> tuple[str, ...]:
    """Versions kept running without traffic and without looking."""
    busy = {arm.version for arm, weight in (*route.candidates, *route.mirrors) if weight > 0} | {route.stable.version}
    return tuple(version for version in route.warm if version not in busy)


def main_decider(route: Route) -> Arm:
    """Who decides most of the phones."""
    rest = 100.0 - sum(weight for _, weight in route.candidates)
    return max(((route.stable, rest), *route.candidates), key=lambda each: each[1])[0]
