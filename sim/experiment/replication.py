"""One replication: one world, and every strategy run over it.

A run is a pure function of (scenario, versions, strategy, replication): the world is made first and is the same for
all strategies, so adding a strategy changes no other strategy's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.deployment.drive import Drive, Instruments, RouteChange
from sim.deployment.labels import LabelDesk
from sim.deployment.pattern import Strategy, playbook
from sim.deployment.rollout import Note, Rollout
from sim.experiment.result import RouteSnapshot
from sim.factory.phones import Phones, World
from sim.factory.records import Records
from sim.factory.streams import Streams
from sim.inspectors.human import HumanColumns, HumanDraws
from sim.inspectors.model import ModelVersion
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog
from sim.line.plant import Columns, Plant, Station
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


@dataclass(frozen=True, slots=True)
class Floor:
    """A block of one replication's phones, and what every engine needs to run them: shared by the strategies."""

    phones: Phones
    columns: Columns
    until_us: int  #: up to here these phones are all that matter: later ones are due later


def floors(scenario: Scenario, versions: Mapping[str, ModelVersion], replication: int, block: int) -> Iterator[Floor]:
    """Make one replication's world block by block, and score it in bulk. The cuts change nothing."""
    streams = Streams(scenario.seed, replication)
    world = World(scenario.factory, scenario.drift, streams)
    looks = HumanDraws(scenario.inspectors, streams)
    serving = {name: streams.open(f"serving.{name}") for name in versions}
    chance = {name: streams.open(f"score.{name}") for name in versions}
    for phones, until_us in world.blocks(scenario.horizon, block):
        yield Floor(
            phones,
            Columns(
                phones.due_us,
                phones.u_arm,
                phones.u_mirror,
                HumanColumns.of(scenario.inspectors, world, phones, looks),
                {name: version.score_phones(phones, chance[name]) for name, version in versions.items()},
                {
                    name: version.spec.serving.service.draw_us(serving[name], len(phones))
                    for name, version in versions.items()
                },
                phones.first,
            ),
            until_us,
        )


def open_floor(scenario: Scenario, versions: Mapping[str, ModelVersion], replication: int) -> Floor:
    """Make one replication's world in one go."""
    return next(floors(scenario, versions, replication, block=expected_phones(scenario) * 2 + 1000))


def expected_phones(scenario: Scenario) -> int:
    """Return how many phones are due before the horizon, but for chance."""
    return scenario.horizon // scenario.factory.arrivals.every


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


class Work:
    """One strategy at work: its line, its rollout, and the ledger of what it did."""

    def __init__(
        self, scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], engine: str, floor: Floor,
        records: Records,
    ) -> None:  # fmt: skip
        strategy = scenario.resolved(given)
        assert strategy.stable is not None
        assert strategy.candidate is not None
        assert strategy.fallback is not None
        assert strategy.staff is not None
        assert strategy.start is not None
        self.staff = strategy.staff
        self.line = ENGINES[engine](build_plant(scenario, versions, strategy.staff), floor.columns, scenario.horizon)
        self.ledger = Ledger(records, scenario.horizon, scenario.warm_up, room=expected_phones(scenario) + 1)
        rollout = Rollout(strategy.stable, strategy.candidate, versions, strategy.fallback, scenario.horizon)
        self.drive = Drive(
            rollout,
            playbook(strategy.pattern)(rollout, **given.settings()),
            strategy.start,
            self.line,
            Instruments(self.line, LabelDesk(scenario.audits, scenario.returns, records)),
            scenario.horizon,
        )

    def result(self, scenario: Scenario, versions: Mapping[str, ModelVersion]) -> StrategyRun:
        """Measure what was done."""
        setting = Setting(
            self.staff,
            {name: version.spec.serving.replicas for name, version in versions.items()},
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
    work = Work(scenario, given, versions, engine, floor, Records.of(floor.phones))
    work.drive.on(scenario.horizon)
    return Run(work.line.log(), work.drive.routes, work.drive.notes)


def replicate(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> list[StrategyRun]:
    """Run every strategy over one replication's phones, and measure.

    The strategies go side by side from block to block, so that no more than a block of the world is held at a time.
    """
    records = Records(expected_phones(scenario) + 1)
    works: list[Work] = []
    for floor in floors(scenario, versions, replication, scenario.block):
        records.add(floor.phones)
        if works:
            for work in works:
                work.line.feed(floor.columns)
        else:
            works = [Work(scenario, given, versions, engine, floor, records) for given in strategies]
        for work in works:
            work.drive.on(floor.until_us)
            work.ledger.book(work.line.settle())
    for work in works:
        work.ledger.book(work.line.log())
    return [work.result(scenario, versions) for work in works]


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
