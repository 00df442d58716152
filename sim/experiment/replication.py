"""One replication: one world, and every strategy run over it.

A run is a pure function of (scenario, versions, strategy, replication): the world is made first and is the same for
all strategies, so adding a strategy changes no other strategy's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.deployment.drive import Instruments, Run, drive
from sim.deployment.labels import LabelDesk
from sim.deployment.pattern import Strategy, playbook
from sim.deployment.rollout import Rollout
from sim.experiment.result import RouteSnapshot
from sim.factory.phones import Phones, World
from sim.factory.streams import Streams
from sim.inspectors.human import HumanColumns, HumanDraws
from sim.inspectors.model import ModelVersion
from sim.line.engines import ENGINES
from sim.line.plant import Columns, Plant, Station
from sim.line.route import Route
from sim.measure import story
from sim.measure.metrics import Setting, measure, outcome
from sim.measure.timeline import Timeline
from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class StrategyRun:
    """One strategy in one replication."""

    metrics: dict[str, float]
    timeline: Timeline
    events: tuple[story.Event, ...]
    routes: tuple[RouteSnapshot, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """One replication's phones, and what every engine needs to run them: shared by the strategies."""

    phones: Phones
    columns: Columns


def open_floor(scenario: Scenario, versions: Mapping[str, ModelVersion], replication: int) -> Floor:
    """Make one replication's world, and score it in bulk."""
    streams = Streams(scenario.seed, replication)
    world = World(scenario.factory, scenario.drift, streams)
    phones = world.until(scenario.horizon)
    human = HumanColumns.of(scenario.inspectors, world, phones, HumanDraws(scenario.inspectors, streams))
    score, service_us = {}, {}
    for name, version in versions.items():
        score[name] = version.score(phones.features)
        service_us[name] = version.spec.serving.service.draw_us(streams.open(f"serving.{name}"), len(phones))
    return Floor(phones, Columns(phones.due_us, phones.u_arm, phones.u_mirror, human, score, service_us))


def build_plant(scenario: Scenario, versions: Mapping[str, ModelVersion], staff: int) -> Plant:
    """Return the stations: one per model version, then the inspectors on this strategy's duty roster."""
    models = []
    for name, version in versions.items():
        serving = version.spec.serving
        outages = tuple((outage.at, outage.at + outage.lasts) for outage in serving.outages)
        models.append(Station(name, serving.replicas, serving.buffer, serving.when_full, outages))
    people = scenario.inspectors
    humans = Station("humans", staff, people.buffer, people.when_full)
    return Plant(tuple(models), humans, people.d_prime, people.criterion)


def run_strategy(
    scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], floor: Floor, engine: str
) -> Run:
    """Run one strategy over one replication's phones."""
    strategy = scenario.resolved(given)
    assert strategy.stable is not None
    assert strategy.candidate is not None
    assert strategy.fallback is not None
    assert strategy.staff is not None
    assert strategy.start is not None
    line = ENGINES[engine](build_plant(scenario, versions, strategy.staff), floor.columns, scenario.horizon)
    desk = LabelDesk(scenario.audits, scenario.returns, floor.phones)
    brightness = floor.phones.features[:, len(scenario.factory.kinds)]
    instruments = Instruments(line, floor.phones.due_us, brightness, desk)
    rollout = Rollout(strategy.stable, strategy.candidate, versions, strategy.fallback, scenario.horizon)
    book = playbook(strategy.pattern)(rollout, **given.settings())
    return drive(rollout, book, strategy.start, line, instruments, scenario.horizon)


def replicate(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> list[StrategyRun]:
    """Run every strategy over one replication's phones, and measure."""
    floor = open_floor(scenario, versions, replication)
    replicas = {name: version.spec.serving.replicas for name, version in versions.items()}
    results = []
    for strategy in strategies:
        run = run_strategy(scenario, strategy, versions, floor, engine)
        staff = scenario.resolved(strategy).staff
        assert staff is not None
        setting = Setting(
            staff,
            replicas,
            deployed(run, scenario.horizon),
            scenario.costs,
            scenario.audits,
            scenario.warm_up,
        )
        fate = outcome(run.log, floor.phones, setting)
        results.append(
            StrategyRun(
                metrics=measure(run.log, floor.phones, setting),
                timeline=Timeline.of(run.log, floor.phones, fate),
                events=story.of_a_run(run, fate, floor.phones),
                routes=tuple(snapshot(change.time_us, change.route) for change in run.routes),
            )
        )
    return results


def deployed(run: Run, horizon_us: int) -> dict[str, list[tuple[int, int]]]:
    """Return when each version was running: with traffic, mirrored or kept warm."""
    periods: dict[str, list[tuple[int, int]]] = {}
    ends = [change.time_us for change in run.routes[1:]] + [horizon_us]
    for change, end in zip(run.routes, ends, strict=True):
        for version in sorted(change.route.deployed):
            periods.setdefault(version, []).append((change.time_us, end))
    return periods


def snapshot(time_us: int, route: Route) -> RouteSnapshot:
    """Return a route in names and weights, for reports."""
    return RouteSnapshot(
        time_us=time_us,
        stable=route.stable.name,
        candidates=tuple((arm.name, weight) for arm, weight in route.candidates),
        mirrors=tuple((arm.name, share) for arm, share in route.mirrors),
        fallback=route.fallback,
        warm=route.warm,
    )
