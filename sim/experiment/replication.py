"""One replication: one world, and every strategy run over it.

A run is a pure function of (scenario, versions, strategy, replication): the world is made first and is the same for
all strategies, so adding a strategy changes no other strategy's numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.columns import Flags
from sim.deployment.controller import Controller, RouteChange
from sim.deployment.instruments import Instruments
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import Strategy, told_of
from sim.deployment.telemetry.faults import Disturbance
from sim.deployment.telemetry.labels import LabelDesk
from sim.deployment.telemetry.tables import MEMORY_US
from sim.document import ScenarioError, checks_failed
from sim.experiment.maintenance import Maintenance
from sim.experiment.result import History
from sim.experiment.world_block import WorldBlock, expected_phones, image_log, world_blocks
from sim.factory.records import Records
from sim.factory.streams import Streams
from sim.inspectors.human.calendar import roster
from sim.inspectors.human.detection import OwnInspectors
from sim.inspectors.image_log import ImageLog
from sim.inspectors.model import ModelVersion
from sim.line.log import InspectionLog
from sim.line.shop.around import open_line
from sim.line.shop.spec import shops_of
from sim.line.shop.stations import Deadlock
from sim.line.stations import Columns, Plant, Station
from sim.measure import events
from sim.measure.fates import decided
from sim.measure.metric import measure
from sim.measure.outcomes import Outcomes
from sim.measure.people import PeopleCounts, PeopleTally
from sim.measure.rollouts import ending_of
from sim.measure.same_phones import OnTheSame, Remembered, decided_by_all, on_the_same
from sim.measure.score_counts import Periods, ScoreCounts
from sim.measure.setting import Setting
from sim.measure.stations import StationCounts, StationTally
from sim.measure.tally import Tally
from sim.measure.timeline import Timeline
from sim.scenario import Scenario
from sim.units import format_duration

RAN_DRY = (
    "all of them were released before the horizon: let more stand ready, take a shorter horizon, or let a buffer that "
    "blocks keep them back"
)


@dataclass(frozen=True, slots=True)
class StrategyRun:
    """What one strategy came to in one replication."""

    metrics: dict[str, float]
    more_than: frozenset[str]  #: metrics whose value is only a lower bound, since phones have no verdict
    same_phones: OnTheSame | None  #: on the phones that all strategies decided; None: there is one strategy
    timeline: Timeline
    history: History
    people: PeopleCounts
    stations: StationCounts | None  #: None: there are none
    scores: Mapping[str, ScoreCounts] = field(default_factory=dict)
    """What the versions that there are from the start made of the phones, the same for every strategy."""


def build_plant(
    scenario: Scenario, versions: Mapping[str, ModelVersion], staff: int, served_as: Mapping[str, str] | None = None,
    own: OwnInspectors | None = None, replication: int = 0,
) -> Plant:  # fmt: skip
    """Return the stations: one per model version, then the inspectors on this strategy's duty roster.

    `served_as` says of versions that are still to be trained which one they will be served as (they crash with it), and
    `own` in what this strategy's inspectors differ from the scenario's. Servers break down as the replication has it.
    """
    bases = {name: name for name in versions} | dict(served_as or {})
    streams = Streams(scenario.seed, replication)
    models = []
    for name, base in bases.items():
        serving = versions[base].spec.serving
        outages = serving.down(base, streams, scenario.horizon)
        station = Station(name, serving.replicas, serving.buffer, serving.when_full, outages)
        if (batch := serving.batch) is not None:
            station = replace(station, batch=batch.size, wait_us=batch.wait, setup_us=batch.setup)
        if serving.remote:
            partitions = () if serving.network is None else serving.network.partitions
            away = tuple(partition.period for partition in partitions)
            station = replace(station, remote=True, timeout_us=serving.timeout, partitions=away)
        models.append(station)
    people = scenario.inspectors if own is None else own.among(scenario.inspectors)
    crew, duty = staff, None
    if people.shifts:
        crew = sum(shift.crew(staff) for shift in people.shifts)
        duty = roster(people.shifts, people.holidays, staff, scenario.horizon)
    humans = Station("humans", crew, people.buffer, people.when_full, duty=duty)
    shops = shops_of(scenario.stations)
    clients = scenario.factory.arrivals.clients
    return Plant(tuple(models), humans, people.d_prime, people.criterion, clients, shops=shops)


def stuck(scenario: Scenario, deadlock: Deadlock) -> ScenarioError:
    """Return the error for stations that wait for one another."""
    number = next(n for n, station in enumerate(scenario.stations) if station.name == deadlock.loop[0])
    message = (
        f"a deadlock, {format_duration(deadlock.at_us)} after the start: {deadlock}. Give one of them a larger buffer, "
        "or let phones pass it by when it is full"
    )
    return checks_failed(None, [(("stations", number), message)])


def turns_of(scenario: Scenario) -> tuple[int, ...]:
    """Return when the line turns under whatever strategy: drifts, outages, partitions, their ends, the rollouts' start.

    What breaks down by chance does so at other times in each replication: it is no turn of all of them.
    """
    servings = [model.serving for model in scenario.models.values()]
    faults = [
        *(outage for serving in servings for outage in serving.outages),
        *(away for serving in servings if serving.network is not None for away in serving.network.partitions),
    ]
    return (
        scenario.deployment.start,
        *(drift.at for drift in scenario.drift),
        *(moment for fault in faults for moment in fault.period),
        *(moment for trouble in scenario.faults for period in trouble.fixed() for moment in period),
    )


class StrategySimulation:
    """One strategy over one replication's phones: its line, the controller that wakes it, and what came of it.

    Parameters
    ----------
    scenario : Scenario
        What everybody shares.
    given : Strategy
        As the scenario has it: the scenario's defaults are filled in here.
    versions : mapping of str to ModelVersion
        Those that there are from the start.
    engine : str
        Which engine moves the phones.
    block : WorldBlock
        The first phones.
    records, images : Records, ImageLog
        The replication's, which all strategies share.
    """

    def __init__(
        self, scenario: Scenario, given: Strategy, versions: Mapping[str, ModelVersion], engine: str, block: WorldBlock,
        records: Records, images: ImageLog,
    ) -> None:  # fmt: skip
        strategy = scenario.resolved(given)
        assert strategy.stable is not None
        assert strategy.candidate is not None
        assert strategy.fallback is not None
        assert strategy.staff is not None
        self._scenario = scenario
        self._strategy = strategy
        self._staff = strategy.staff
        # Versions to come are served as the candidate is, or as the stable one if the candidate is no model.
        base = next((name for name in (strategy.candidate, strategy.stable) if name in versions), "")
        self.maintenance = Maintenance(versions, given.retraining, base, images)
        served_as = dict.fromkeys(self.maintenance.slots, base)
        own_prices = {name: version.spec.serving.price for name, version in versions.items()}
        own_prices |= {name: own_prices[base] for name, base in served_as.items()}
        self._prices = {name: price for name, price in own_prices.items() if price is not None}
        replication = block.drawn_by[1]
        self.plant = build_plant(scenario, versions, strategy.staff, served_as, strategy.inspectors, replication)
        people = scenario.inspectors if strategy.inspectors is None else strategy.inspectors.among(scenario.inspectors)
        if people.people is not None:
            luck = block.luck_of_people(self.plant.humans.servers)
            self.plant = replace(self.plant, crew=people.people.crew(luck, scenario.factory.defect_rate))
        self.line = open_line(engine, self.plant, self._columns(block), scenario.horizon)
        self.maintenance.equip(self.line)
        self._logged: list[Flags] = []
        self._log_pictures(block)
        self.outcomes = Outcomes(records, scenario.horizon, scenario.warm_up, room=expected_phones(scenario) + 1)
        humans = self.plant.humans
        self.people = PeopleTally(records, humans.servers, humans.duty, scenario.horizon, scenario.warm_up)
        self.stations = StationTally(self.plant.shops, scenario.horizon, scenario.warm_up)
        rollout = Rollout(strategy.stable, strategy.candidate, versions, strategy.fallback, scenario.horizon)
        finishes = tuple(finish.name for finish in scenario.factory.finishes)
        labels = LabelDesk(scenario.audits, scenario.returns, records)
        wrong = Disturbance.of(scenario.faults, Streams(scenario.seed, replication), scenario.horizon)
        instruments = Instruments(self.line, labels, self.maintenance.images, finishes, wrong)
        self.controller = Controller(strategy, rollout, self.line, instruments, self.maintenance)

    def feed(self, block: WorldBlock) -> None:
        """Bring up the next block of phones."""
        self.line.feed(self._columns(block))
        self._log_pictures(block)

    def _log_pictures(self, block: WorldBlock) -> None:
        """Remember whose pictures are kept, where somebody is going to learn from them."""
        if self._strategy.retraining is not None:
            self._logged.append(block.logging < self._strategy.retraining.logging)

    def _columns(self, block: WorldBlock) -> Columns:
        """Return a block's columns as this strategy's versions and inspectors make them."""
        columns, own = self.maintenance.columns(block), self._strategy.inspectors
        return columns if own is None else replace(columns, human=own.paced(self._scenario.inspectors, columns.human))

    def advance(self, until_us: int) -> None:
        """Let everything happen up to and at `until_us`, and write down the outcomes that are final by then."""
        try:
            self.controller.advance(until_us)
        except Deadlock as deadlock:
            raise stuck(self._scenario, deadlock) from None
        self._write_down(self.line.settle())

    def finish(self) -> None:
        """Write down the outcomes of the phones that are still on their way at the horizon, too."""
        self._write_down(self.line.log())
        if self._scenario.factory.arrivals.is_rig and not self.outcomes.leave_out_unreleased():
            raise checks_failed(None, [(("factory", "arrivals", "phones"), RAN_DRY)])

    def _write_down(self, part: InspectionLog) -> None:
        """Enter a part of the log that is final; whoever keeps the whole log does so here."""
        self.outcomes.add(part, self._deployed())
        if self._scenario.factory.arrivals.is_rig:
            self.outcomes.as_released(part)
        self.people.add(part)
        self.stations.add(part.visits)

    def _deployed(self) -> dict[str, list[tuple[int, int]]]:
        return deployed(self.controller.routes, self._scenario.horizon)

    def setting(self) -> Setting:
        """Return what is known of the run beside its outcomes, when it is over."""
        return Setting(
            self._staff,
            {station.name: station.servers for station in self.plant.models},
            self._deployed(),
            self._scenario.costs,
            self._scenario.audits,
            self.controller.arms,
            self._scenario.warm_up,
            turns_of(self._scenario),
            self.plant.humans.duty,
            self._prices,
            np.concatenate(self._logged) if self._logged else None,
        )

    def result(self, common: Flags | None = None) -> StrategyRun:
        """Measure what was done; `common` are the phones that all strategies decided, where there are several."""
        run, tally, setting = self._measured()
        return run if common is None else replace(run, same_phones=on_the_same(tally, self.outcomes, setting, common))

    def to_remember(self) -> tuple[StrategyRun, Remembered]:
        """Measure what was done, for a comparison with strategies that run another time."""
        run, tally, setting = self._measured()
        return run, Remembered.of(tally, self.outcomes, setting)

    def _measured(self) -> tuple[StrategyRun, Tally, Setting]:
        routes, setting = self.controller.routes, self.setting()
        with told_of(self._strategy):
            tally = Tally.of(self.outcomes, setting)
            metrics, more_than = measure(tally)
        run = StrategyRun(
            metrics=metrics,
            more_than=more_than,
            same_phones=None,
            timeline=Timeline.of(self.outcomes, setting),
            history=History(
                events.of_a_run(routes, self.controller.events, self.outcomes, setting),
                routes,
                ending_of(routes, self.controller.events, self.outcomes, setting),
                self.controller.measured,
            ),
            people=self.people.counts(),
            stations=self.stations.counts(),
        )
        return run, tally, setting


def replicate(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
) -> list[StrategyRun]:
    """Run every strategy over one replication's phones, and measure."""
    scores = {name: ScoreCounts.nothing(version.threshold) for name, version in versions.items()}
    blocks = _counted(scores, scenario, world_blocks(scenario, versions, replication, scenario.block))
    simulations, _ = run_all(scenario, strategies, versions, replication, engine, blocks)
    common = None
    if len(simulations) > 1:
        common = decided_by_all([decided(each.outcomes, scenario.warm_up) for each in simulations])
    return [replace(simulation.result(common), scores=scores) for simulation in simulations]


def _counted(
    scores: Mapping[str, ScoreCounts], scenario: Scenario, blocks: Iterable[WorldBlock]
) -> Iterator[WorldBlock]:
    """Count what versions make of phones as they pass."""
    periods = Periods.of(scenario.drift, scenario.warm_up, scenario.horizon)
    for block in blocks:
        for name, counts in scores.items():
            counts.add(block.columns.score[name], block.phones.defective, block.phones.due_us, periods)
        yield block


def run_all(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    versions: Mapping[str, ModelVersion],
    replication: int,
    engine: str,
    blocks: Iterable[WorldBlock] | None = None,
) -> tuple[list[StrategySimulation], Records]:
    """Run every strategy over one replication's phones: over `blocks` if these have been made before.

    The strategies go side by side from block to block, so that no more than a block of the world is held at a time.
    """
    records = Records(expected_phones(scenario) + 1)
    images = image_log(scenario, strategies, versions, expected_phones(scenario) + 1)
    simulations: list[StrategySimulation] = []
    if blocks is None:
        blocks = world_blocks(scenario, versions, replication, scenario.block)
    for block in blocks:
        records.add(block.phones)
        images.add(block.phones, block.columns.score, block.logging)
        for simulation in simulations:
            simulation.feed(block)
        if not simulations:
            simulations = [
                StrategySimulation(scenario, given, versions, engine, block, records, images) for given in strategies
            ]
        for simulation in simulations:
            simulation.advance(block.until_us)
        images.forget_before(int(np.searchsorted(records["due_us"], block.until_us - MEMORY_US)))
    for simulation in simulations:
        simulation.finish()
    return simulations, records


def deployed(routes: Sequence[RouteChange], horizon_us: int) -> dict[str, list[tuple[int, int]]]:
    """Return when a route asked for each version, with traffic, mirrored or kept warm: periods in order, and apart."""
    periods: dict[str, list[tuple[int, int]]] = {}
    ends = [change.time_us for change in routes[1:]] + [horizon_us]
    for change, end in zip(routes, ends, strict=True):
        for version in sorted(change.route.deployed):
            own = periods.setdefault(version, [])
            began = own.pop()[0] if own and own[-1][1] == change.time_us else change.time_us
            own.append((began, end))
    return periods
