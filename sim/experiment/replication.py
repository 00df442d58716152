"""One replication: one world, and every strategy run over it.

A run is a pure function of (scenario, versions, strategy, replication): the world is made first and is the same for
all strategies, so adding a strategy changes no other strategy's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.deployment.drive import Drive, Instruments, RouteChange
from sim.deployment.labels import LabelDesk
from sim.deployment.pattern import Strategy, play
from sim.deployment.rollout import Note, Rollout
from sim.deployment.tables import MEMORY_US
from sim.experiment.floor import Floor, expected_phones, floors, picture_book
from sim.experiment.result import RouteSnapshot
from sim.experiment.workshop import Workshop
from sim.factory.records import Records
from sim.inspectors.model import ModelVersion
from sim.inspectors.pictures import PictureBook
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog
from sim.line.plant import Plant, Station
from sim.line.route import Route
from sim.measure import story
from sim.measure.ledger import Ledger
from sim.measure.metrics import Setting, measure
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
class Run:
    """One strategy's run over one replication's phones."""

    log: InspectionLog
    routes: tuple[RouteChange, ...]
    notes: tuple[Note, ...]


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


class Work:
    """One strategy at work: its line, its rollout, and the ledger of what it did."""

    def __init__(
        self, scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], engine: str, floor: Floor,
        records: Records, pictures: PictureBook,
    ) -> None:  # fmt: skip
        strategy = scenario.resolved(given)
        assert strategy.stable is not None
        assert strategy.candidate is not None
        assert strategy.fallback is not None
        assert strategy.staff is not None
        assert strategy.start is not None
        self.staff = strategy.staff
        base = next((name for name in (strategy.candidate, strategy.stable) if name in versions), "")
        self.workshop = Workshop(versions, given.retraining, base, pictures)
        plant = build_plant(scenario, versions, strategy.staff, dict.fromkeys(self.workshop.slots, base))
        self.plant = plant
        self.line = ENGINES[engine](plant, self.workshop.columns(floor), scenario.horizon)
        self.workshop.equip(self.line)
        self.ledger = Ledger(records, scenario.horizon, scenario.warm_up, room=expected_phones(scenario) + 1)
        rollout = Rollout(strategy.stable, strategy.candidate, versions, strategy.fallback, scenario.horizon)
        self.drive = Drive(
            rollout,
            play(strategy, rollout),
            strategy.start,
            self.line,
            Instruments(
                self.line,
                LabelDesk(scenario.audits, scenario.returns, records),
                self.workshop.pictures,
                tuple(variant.name for variant in scenario.factory.variants),
            ),
            self.workshop,
            scenario.horizon,
        )

    def feed(self, floor: Floor) -> None:
        """Bring up the next block of phones."""
        self.line.feed(self.workshop.columns(floor))

    def result(self, scenario: Scenario, versions: Mapping[str, ModelVersion]) -> StrategyRun:
        """Measure what was done."""
        setting = Setting(
            self.staff,
            {station.name: station.servers for station in self.plant.models},
            deployed(self.drive.routes, scenario.horizon),
            scenario.costs,
            scenario.audits,
            scenario.warm_up,
        )
        return StrategyRun(
            metrics=measure(self.ledger, setting),
            timeline=Timeline.of(self.ledger, setting),
            events=story.of_a_run(self.drive.routes, self.drive.notes, self.ledger, setting),
            routes=tuple(snapshot(change.time_us, change.route) for change in self.drive.routes),
        )


def run_strategy(
    scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], floor: Floor, engine: str
) -> Run:
    """Run one strategy over one replication's phones, all of them on the floor, and return its whole log."""
    pictures = picture_book(scenario, [given], versions, len(floor.phones))
    pictures.add(floor.phones, floor.columns.score, floor.logging)
    work = Work(scenario, given, versions, engine, floor, Records.of(floor.phones), pictures)
    work.drive.on(scenario.horizon)
    return Run(work.line.log(), work.drive.routes, work.drive.notes)


def replicate(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> list[StrategyRun]:
    """Run every strategy over one replication's phones, and measure."""
    works, _ = run_all(scenario, strategies, versions, replication, engine)
    return [work.result(scenario, versions) for work in works]


def run_all(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> tuple[list[Work], Records]:
    """Run every strategy over one replication's phones.

    The strategies go side by side from block to block, so that no more than a block of the world is held at a time.
    """
    records = Records(expected_phones(scenario) + 1)
    pictures = picture_book(scenario, strategies, versions, expected_phones(scenario) + 1)
    works: list[Work] = []
    for floor in floors(scenario, versions, replication, scenario.block):
        records.add(floor.phones)
        pictures.add(floor.phones, floor.columns.score, floor.logging)
        if works:
            for work in works:
                work.feed(floor)
        else:
            works = [Work(scenario, given, versions, engine, floor, records, pictures) for given in strategies]
        for work in works:
            work.drive.on(floor.until_us)
            work.ledger.book(work.line.settle())
        pictures.forget_before(int(np.searchsorted(records["due_us"], floor.until_us - MEMORY_US)))
    for work in works:
        work.ledger.book(work.line.log())
    return works, records


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
