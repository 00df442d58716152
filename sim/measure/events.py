"""What befell the line whatever was deployed, and what the truth adds to a rollout's log book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sim.deployment.controller import RouteChange
from sim.deployment.events import Event, RolledBack
from sim.factory.cause import quantities_of
from sim.factory.drift import Drift
from sim.factory.drift.others import lasts_us_of
from sim.factory.faults import Periods, Trouble
from sim.factory.spec import Factory
from sim.inspectors.serving.server import Serving
from sim.line.route import HUMANS
from sim.measure.outcomes import Outcomes
from sim.measure.rollouts import exposure
from sim.measure.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted(Event):
    """A quantity of the world starts to move to another value; `lasts_us` is None if it does so at once."""

    word = "drift"
    importance = 0
    name: str  #: what people on the line call it, "" if nobody has named it
    quantity: str
    value: float
    lasts_us: int | None
    cause: str
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageBegan(Event):
    """A version's server goes down."""

    word = "outage"
    importance = 1
    version: str
    lasts_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionBegan(OutageBegan):
    """The network to a version's server goes away."""

    word = "partition"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultBegan(Event):
    """Something else than a server is out of order."""

    word = "fault"
    importance = 1
    fault: str  #: what the file calls it
    said: str
    lasts_us: int


#: What happens at other times in each replication.
ByChance = OutageBegan | FaultBegan


def of_faults(faults: Iterable[tuple[Trouble, Periods]]) -> list[FaultBegan]:
    """Return the beginnings of faults, each given with when it is out of order."""
    return [
        FaultBegan(time_us=begin, fault=fault.kind, said=fault.said, lasts_us=end - begin)
        for fault, periods in faults
        for begin, end in periods
    ]


def of_the_world(
    factory: Factory, drift: Iterable[Drift], servings: Mapping[str, Serving], faults: Iterable[Trouble] = ()
) -> tuple[Event, ...]:
    """Return what befell the line, whatever was deployed, in order of time."""
    quantities = quantities_of(factory)
    events: list[Event] = [
        Drifted(
            time_us=event.at,
            name=event.name,
            quantity=event.what,
            value=event.to,
            lasts_us=lasts_us_of(event),
            cause=quantities[event.what].drift,
            profile=event.profile,
        )
        for event in drift
    ]
    events += [
        OutageBegan(time_us=outage.at, version=version, lasts_us=outage.lasts)
        for version, serving in servings.items()
        for outage in serving.outages
    ]
    events += [
        PartitionBegan(time_us=away.at, version=version, lasts_us=away.lasts)
        for version, serving in servings.items()
        if serving.network is not None
        for away in serving.network.partitions
    ]
    events += of_faults((fault, fault.fixed()) for fault in faults)
    return tuple(sorted(events, key=lambda event: event.time_us))


def of_a_run(
    routes: Sequence[RouteChange], events: Sequence[Event], outcomes: Outcomes, setting: Setting
) -> tuple[Event, ...]:
    """Return a rollout's events, each rollback with what the candidate had done by then: the truth knows."""
    return tuple(
        _counted(event, routes, outcomes, setting) if isinstance(event, RolledBack) else event for event in events
    )


def _counted(event: RolledBack, routes: Sequence[RouteChange], outcomes: Outcomes, setting: Setting) -> RolledBack:
    """Count what others decided since the decider that comes back had last become stable.

    Older ones it had replaced itself. People who began, and now keep some phones to compare with, are no candidate.
    """
    first = routes[0].route.stable.name
    earlier = [change for change in routes if change.time_us < event.time_us] or list(routes[:1])
    stable = ["", *(change.route.stable.name for change in earlier)]
    began = [number for number, (before, now) in enumerate(pairwise(stable)) if now == event.arm.name != before]
    since = earlier[began[-1] if began else 0 :]
    taking_part = {arm.name for change in since for arm in change.route.arms}
    no_candidates = {event.arm.name, first} if first == HUMANS.name or not began else {event.arm.name}
    since_us = since[0].time_us if since[0] is not routes[0] else 0
    candidates = taking_part - no_candidates
    exposed, escaped = exposure(candidates, since_us, event.time_us, outcomes, setting)
    return replace(event, exposed=exposed, escaped=escaped)
