"""A strategy's routes as phases: stretches of time in which the same deciders share the phones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sim.experiment.result import RouteChange, StrategyResult
from sim.line.route import HUMANS, NOBODY, Arm, Route
from sim.measure.deciders import NOBODY as UNSEEN

SIDE_BY_SIDE = 4  #: phases in one row
MOST_PHASES = 8  #: in two rows; of more the middle ones are only listed


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in which the same deciders share the phones; weights may move within it."""

    start_us: int
    deciders: tuple[tuple[Arm, tuple[float, ...]], ...]  #: stable first; its weights in percent, in order
    mirrors: tuple[tuple[Arm, float], ...]
    fallback: Arm  #: humans, or nobody
    warm: tuple[str, ...]
    hidden: tuple[str, ...] = ()  #: this stands for phases that are not drawn: who decides most phones in each
    unseen: float = 0.0  #: the share of the phases' phones at which nobody looked, though it was somebody's to decide

    @property
    def models(self) -> list[Arm]:
        return [arm for arm, _ in self.deciders if arm.role == "model"]


def phases_of(strategy: StrategyResult, most: int = MOST_PHASES) -> list[Phase]:
    """Return a strategy's phases.

    Routes that differ only in weights are one phase; of more than `most` phases the middle ones are left out.
    """
    phases: list[Phase] = []
    ends = [*(change.time_us for change in strategy.routes[1:]), None]
    until = dict(zip((change.time_us for change in strategy.routes), ends, strict=True))
    for _, group in groupby(strategy.routes, key=_actors):
        changes = list(group)
        routes = [change.route for change in changes]
        # A route that is set again unchanged tells nothing.
        moves = [weights for weights, _ in groupby(_weights(route) for route in routes)]
        candidates = [arm for arm, weight in routes[0].candidates if weight > 0 and arm.name != routes[0].stable.name]
        shares = [(arm, tuple(weights.get(arm.name, 0.0) for weights in moves)) for arm in candidates]
        rest = tuple(max(0.0, 100.0 - sum(share[i] for _, share in shares)) for i in range(len(moves)))
        phases.append(
            Phase(
                start_us=changes[0].time_us,
                deciders=((routes[0].stable, rest), *shares),
                mirrors=tuple((arm, share) for arm, share in routes[-1].mirrors if share > 0),
                fallback=HUMANS if routes[0].fallback == "humans" else NOBODY,
                warm=_idle(routes[0]),
                unseen=_unseen(strategy, changes[0].time_us, until[changes[-1].time_us]),
            )
        )
    if len(phases) <= most:
        return phases
    before, after = most // 2, most - most // 2 - 1
    middle = phases[before : len(phases) - after]
    names = tuple(max(phase.deciders, key=lambda each: each[1][-1])[0].name for phase in middle)
    return [*phases[:before], Phase(middle[0].start_us, (), (), HUMANS, (), hidden=names), *phases[-after:]]


def _unseen(strategy: StrategyResult, begin_us: int, end_us: int | None) -> float:
    """Return the share of a stretch's phones that shipped unseen in the replication shown: a full queue, no server."""
    edges, decided = strategy.timeline.edges_us, strategy.timeline.decided_by
    inside = edges[:-1] >= begin_us
    if end_us is not None:
        inside &= edges[1:] <= end_us
    total = sum(int(counts[strategy.shown, inside].sum()) for counts in decided.values())
    nobody = decided.get(UNSEEN)
    return 0.0 if nobody is None or not total else float(nobody[strategy.shown, inside].sum()) / total


def _weights(route: Route) -> dict[str, float]:
    return {arm.name: weight for arm, weight in route.candidates if arm.name != route.stable.name}


def _actors(change: RouteChange) -> tuple[object, ...]:
    """Who takes part, in which role: what makes a phase."""
    route = change.route
    # Who is stable and candidate at once takes part once.
    candidates = tuple(arm.name for arm, weight in route.candidates if weight > 0 and arm.name != route.stable.name)
    mirrors = tuple(arm.name for arm, share in route.mirrors if share > 0)
    # All phones on the candidate is a phase of its own: the stable arm has become a spare.
    whole = sum(weight for arm, weight in route.candidates if arm.name != route.stable.name) >= 100.0
    return route.stable.name, candidates, mirrors, route.fallback, _idle(route), whole


def _idle(route: Route) -> tuple[str, ...]:
    """Versions kept running without traffic and without looking."""
    busy = {arm.version for arm, weight in (*route.candidates, *route.mirrors) if weight > 0} | {route.stable.version}
    return tuple(version for version in route.warm if version not in busy)


def main_decider(route: Route) -> Arm:
    """Who decides most of the phones."""
    rest = 100.0 - sum(weight for _, weight in route.candidates)
    return max(((route.stable, rest), *route.candidates), key=lambda each: each[1])[0]
