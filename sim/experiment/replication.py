"""One replication: one world, and every strategy run over it.

A run is a pure function of (scenario, versions, strategy, replication): the world is made first and is the same for
all strategies, so adding a strategy changes no other strategy's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.deployment.controller import Controller, Instruments, RouteChange
from sim.deployment.events import Event
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import Strategy, play
from sim.deployment.telemetry.labels import LabelDesk
from sim.deployment.telemetry.tables import MEMORY_US
from sim.experiment.maintenance import Maintenance
from sim.experiment.result import RouteSnapshot
from sim.experiment.world_block import WorldBlock, expected_phones, image_log, world_blocks
from sim.factory.records import Records
from sim.inspectors.image_log import ImageLog
from sim.inspectors.model import ModelVersion
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog
from sim.line.route import Route
from sim.line.stations import Plant, Station
from sim.measure import events
from sim.measure.metrics import Setting, measure
from sim.measure.outcomes import Outcomes
from sim.measure.timeline import Timeline
from sim.scenario.spec import Scenario


@dataclass(frozen=True, slots=True)
class StrategyRun:
    """One strategy in one replication."""

    metrics: dict[str, float]
    timeline: Timeline
    events: tuple[Event, ...]
    routes: tuple[RouteSnapshot, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One strategy's run over one replication's phones."""

    log: InspectionLog
    routes: tuple[RouteChange, ...]
    events: tuple[Event, ...]


def build_plant(
    scenario: Scenario, versions: Mapping[str, ModelVersion], staff: int, built_as: Mapping[str, str] | None = None
) -> Plant:
    """Return the stations: one per model version, then the inspectors on this strategy's duty roster.

    `built_as` says of versions that are still to be trained which one they will be served as.
    """
    models = []
    served = {name: version.spec.serving for name, version in versions.items()}
    served.update({name: served[base] for name, base in (built_as or {}).items()})
    for name, serving in served.items():
        outages = tuple((outage.at, outage.at + outage.lasts) for outage in serving.outages)
        models.append(Station(name, serving.replicas, serving.buffer, serving.when_full, outages))
    people = scenario.inspectors
    humans = Station("humans", staff, people.buffer, people.when_full)
    return Plant(tuple(models), humans, people.d_prime, people.criterion)


class StrategySimulation:
    """One strategy at work: its line, its rollout, and the outcomes of what it did."""

    def __init__(
        self, scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], engine: str, block: WorldBlock,
        records: Records, images: ImageLog,
    ) -> None:  # fmt: skip
        strategy = scenario.resolved(given)
        assert strategy.stable is not None
        assert strategy.candidate is not None
        assert strategy.fallback is not None
        assert strategy.staff is not None
        assert strategy.start is not None
        self.staff = strategy.staff
        base = next((name for name in (strategy.candidate, strategy.stable) if name in versions), "")
        self.maintenance = Maintenance(versions, given.retraining, base, images)
        plant = build_plant(scenario, versions, strategy.staff, dict.fromkeys(self.maintenance.slots, base))
        self.plant = plant
        self.line = ENGINES[engine](plant, self.maintenance.columns(block), scenario.horizon)
        self.maintenance.equip(self.line)
        self.outcomes = Outcomes(records, scenario.horizon, scenario.warm_up, room=expected_phones(scenario) + 1)
        rollout = Rollout(strategy.stable, strategy.candidate, versions, strategy.fallback, scenario.horizon)
        self.controller = Controller(
            rollout,
            play(strategy, rollout),
            strategy.start,
            self.line,
            Instruments(
                self.line,
                LabelDesk(scenario.audits, scenario.returns, records),
                self.maintenance.images,
                tuple(finish.name for finish in scenario.factory.finishes),
            ),
            self.maintenance,
            scenario.horizon,
        )

    def feed(self, block: WorldBlock) -> None:
        """Bring up the next block of phones."""
        self.line.feed(self.maintenance.columns(block))

    def result(self, scenario: Scenario, versions: Mapping[str, ModelVersion]) -> StrategyRun:
        """Measure what was done."""
        setting = Setting(
            self.staff,
            {station.name: station.servers for station in self.plant.models},
            deployed(self.controller.routes, scenario.horizon),
            scenario.costs,
            scenario.audits,
            scenario.warm_up,
        )
        return StrategyRun(
            metrics=measure(self.outcomes, setting),
            timeline=Timeline.of(self.outcomes, setting),
            events=events.of_a_run(self.controller.routes, self.controller.events, self.outcomes, setting),
            routes=tuple(snapshot(change.time_us, change.route) for change in self.controller.routes),
        )


def run_strategy(
    scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], block: WorldBlock, engine: str
) -> Run:
    """Run one strategy over one replication's phones, all of them in one block, and return its whole log."""
    images = image_log(scenario, [given], versions, len(block.phones))
    images.add(block.phones, block.columns.score, block.logging)
    work = StrategySimulation(scenario, given, versions, engine, block, Records.of(block.phones), images)
    work.controller.advance(scenario.horizon)
    return Run(work.line.log(), work.controller.routes, work.controller.events)


def replicate(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> list[StrategyRun]:
    """Run every strategy over one replication's phones, and measure."""
    simulations, _ = run_all(scenario, strategies, versions, replication, engine)
    return [work.result(scenario, versions) for work in simulations]


def run_all(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> tuple[list[StrategySimulation], Records]:
    """Run every strategy over one replication's phones.

    The strategies go side by side from block to block, so that no more than a block of the world is held at a time.
    """
    records = Records(expected_phones(scenario) + 1)
    images = image_log(scenario, strategies, versions, expected_phones(scenario) + 1)
    simulations: list[StrategySimulation] = []
    for block in world_blocks(scenario, versions, replication, scenario.block):
        records.add(block.phones)
        images.add(block.phones, block.columns.score, block.logging)
        if simulations:
            for work in simulations:
                work.feed(block)
        else:
            simulations = [
                StrategySimulation(scenario, given, versions, engine, block, records, images) for given in strategies
            ]
        for work in simulations:
            work.controller.advance(block.until_us)
            work.outcomes.add(work.line.settle())
        images.forget_before(int(np.searchsorted(records["due_us"], block.until_us - MEMORY_US)))
    for work in simulations:
        work.outcomes.add(work.line.log())
    return simulations, records


def deployed(routes: Sequence[RouteChange], horizon_us: int) -> dict[str, list[tuple[int, int]]]:
    """Return when each version was running: with traffic, mirrored or kept warm."""
    periods: dict[str, list[tuple[int, int]]] = {}
    ends = [change.time_us for change in routes[1:]] + [horizon_us]
    for change, end in zip(routes, ends, strict=True):
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
