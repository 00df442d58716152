"""A strategy's routes as phases: stretches of time in which the same deciders share the phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sim.columns import Counts
from sim.experiment.result import RouteChange, StrategyResult
from sim.line.route import Arm, Fallback, Route
from sim.measure.deciders import ASSISTED, REVIEW
from sim.measure.deciders import HUMANS as PEOPLE
from sim.measure.deciders import NOBODY as UNSEEN

SIDE_BY_SIDE = 4  #: phases in one row
MOST_PHASES = 8  #: in two rows; of more the middle ones are only listed
NOTICED = 0.005  #: the least share of a phase's phones that is worth a word


@dataclass(frozen=True, slots=True)
class Shares:
    """Of a stretch's phones, in the replication shown: who really decided some of them, in shares."""

    unseen: float = 0.0  #: nobody: a full queue, or no server
    reviewed: float = 0.0  #: humans, on a model's doubt
    stood_in: float = 0.0  #: humans, in the place of a model that was down

    @property
    def noticed(self) -> bool:
        """Whether a picture tells of any of them."""
        return max(self.unseen, self.reviewed, self.stood_in) >= NOTICED


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in which the same deciders share the phones; weights may move within it."""

    start_us: int
    deciders: tuple[tuple[Arm, tuple[float, ...]], ...]  #: stable first; its weights in percent, in order
    mirrors: tuple[tuple[Arm, float], ...]
    fallback: Fallback  #: who decides when a model is down
    warm: tuple[str, ...]
    hidden: tuple[str, ...] = ()  #: this stands for phases that are not drawn: who decides most phones in each
    shares: Shares = Shares()  #: what became of its phones otherwise than by its deciders' own verdicts

    @property
    def unseen(self) -> float:
        """The share of its phones at which nobody looked, though it was somebody's to decide."""
        return self.shares.unseen

    @property
    def reviewing(self) -> str:
        """The name of the one arm whose doubts humans settled noticeably often; "" where it is none, or several."""
        asking = [arm.name for arm, _ in self.deciders if arm.review]
        return asking[0] if len(asking) == 1 and self.shares.reviewed >= NOTICED else ""

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
                fallback=routes[0].fallback,
                warm=_idle(routes[0]),
                shares=_shares(strategy, routes, changes[0].time_us, until[changes[-1].time_us]),
            )
        )
    if len(phases) <= most:
        return phases
    before, after = most // 2, most - most // 2 - 1
    middle = phases[before : len(phases) - after]
    names = tuple(max(phase.deciders, key=lambda each: each[1][-1])[0].name for phase in middle)
    return [*phases[:before], Phase(middle[0].start_us, (), (), "humans", (), hidden=names), *phases[-after:]]


def _shares(strategy: StrategyResult, routes: Sequence[Route], begin_us: int, end_us: int | None) -> Shares:
    """Return who decided a stretch's phones in the replication shown, where that is not who they were sent to."""
    timeline = strategy.timeline
    inside = timeline.edges_us[:-1] >= begin_us
    if end_us is not None:
        inside &= timeline.edges_us[1:] <= end_us

    def phones(counts: Counts | None) -> int:
        return 0 if counts is None else int(counts[strategy.shown, inside].sum())

    decided = timeline.decided_by
    total = sum(phones(counts) for counts in decided.values())
    if not total:
        return Shares()
    people = {arm.name for route in routes for arm in route.arms if arm.role == "humans"}
    models = any(arm.role == "model" for route in routes for arm in route.arms)
    sent = sum(phones(timeline.assigned.get(name)) for name in people) - phones(decided.get(ASSISTED))
    stood_in = phones(decided.get(PEOPLE)) - max(sent, 0) if models and routes[-1].fallback == "humans" else 0
    return Shares(
        phones(decided.get(UNSEEN)) / total, phones(decided.get(REVIEW)) / total, max(stood_in, 0) / total
    )  # fmt: skip


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
