"""A strategy's routes as phases: stretches of time in which the same deciders share the phones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sim.experiment.result import RouteSnapshot, StrategyResult
from sim.report.figures.deciders import split_arm
from sim.report.figures.style import role_of

MOST_PHASES = 4  #: more than these do not fit side by side


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in which the same deciders share the phones; weights may move within it."""

    start_us: int
    deciders: tuple[tuple[str, tuple[float, ...]], ...]  #: stable first; its weights in percent, in order
    mirrors: tuple[tuple[str, float], ...]
    fallback: str
    warm: tuple[str, ...]
    left_out: int = 0  #: this is only a mark for so many phases that are not shown

    @property
    def models(self) -> list[str]:
        return [name for name, _ in self.deciders if role_of(split_arm(name)[0]) == "model"]

    @property
    def extra_fallback(self) -> str:
        """The fallback where it is somebody who decides nothing else in this phase."""
        named = [name for name, _ in self.deciders]
        return self.fallback if self.models and self.fallback and self.fallback not in named else ""

    @property
    def slots(self) -> int:
        """Boxes one above the other."""
        return len(self.deciders) + len(self.mirrors) + len(self.warm) + bool(self.extra_fallback)


def phases_of(strategy: StrategyResult) -> list[Phase]:
    """Return a strategy's phases.

    Routes that differ only in weights are one phase; of too many phases the middle ones are left out.
    """
    phases = []
    for _, group in groupby(strategy.routes, key=_actors):
        routes = list(group)
        # A route that is set again unchanged tells nothing.
        moves = [route for i, route in enumerate(routes) if i == 0 or route.candidates != routes[i - 1].candidates]
        candidates = [name for name, weight in routes[0].candidates if weight > 0]
        shares = {name: tuple(dict(route.candidates).get(name, 0.0) for route in moves) for name in candidates}
        rest = tuple(max(0.0, 100.0 - sum(share[i] for share in shares.values())) for i in range(len(moves)))
        phases.append(
            Phase(
                start_us=routes[0].time_us,
                deciders=((routes[0].stable, rest), *shares.items()),
                mirrors=tuple((name, share) for name, share in routes[-1].mirrors if share > 0),
                fallback=routes[0].fallback,
                warm=_idle(routes[0]),
            )
        )
    if len(phases) <= MOST_PHASES:
        return phases
    hidden = len(phases) - MOST_PHASES + 1
    gap = Phase(phases[2].start_us, (), (), "", (), left_out=hidden)
    return [*phases[:2], gap, *phases[2 + hidden :]]


def _actors(route: RouteSnapshot) -> tuple[object, ...]:
    """Who takes part, in which role: what makes a phase."""
    candidates = tuple(name for name, weight in route.candidates if weight > 0)
    mirrors = tuple(name for name, share in route.mirrors if share > 0)
    # All phones on the candidate is a phase of its own: the stable arm has become a spare.
    whole = sum(weight for _, weight in route.candidates) >= 100.0
    return route.stable, candidates, mirrors, route.fallback, _idle(route), whole


def _idle(route: RouteSnapshot) -> tuple[str, ...]:
    """Versions kept running without traffic and without looking."""
    busy = {split_arm(name)[0] for name, weight in (*route.candidates, *route.mirrors) if weight > 0}
    return tuple(name for name in route.warm if name not in busy | {split_arm(route.stable)[0]})


def main_decider(route: RouteSnapshot) -> str:
    """Who decides most of the phones."""
    rest = 100.0 - sum(weight for _, weight in route.candidates)
    shares = {route.stable: rest, **dict(route.candidates)}
    return max(shares, key=lambda name: shares[name])
