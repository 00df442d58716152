"""Gathering: what every strategy did in every replication becomes one Result. The only place where one is made."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from sim.deployment.strategy import Strategy
from sim.experiment.job import refusing_others
from sim.experiment.median import median
from sim.experiment.replication import StrategyRun
from sim.experiment.result import Result, StrategyResult
from sim.factory.faults import keyed
from sim.factory.streams import Streams
from sim.inspectors.serving.server import Serving
from sim.measure import events
from sim.measure.drift_evidence import DriftEvidence
from sim.measure.estimates import Quotients
from sim.measure.events import ByChance, OutageBegan
from sim.measure.metric import TRUE_METRICS
from sim.measure.people import PeopleCounts
from sim.measure.score_counts import summed
from sim.measure.stations import StationCounts
from sim.measure.timeline import Timeline
from sim.plugins import until_packages_change
from sim.scenario import Scenario


def gathered(
    scenario: Scenario,
    replications: Sequence[Sequence[StrategyRun]],
    versions: Iterable[str],
    engine: str,
    drift: Iterable[DriftEvidence] = (),
) -> Result:
    """Return the comparison.

    Parameters
    ----------
    scenario : Scenario
        What was run.
    replications : sequence of sequence of StrategyRun
        Of each replication, in order, the run of every strategy of the scenario, in order.
    versions : iterable of str
        The model versions that somebody could use: their servers' outages and breakdowns are events of the world.
    engine : str
        Which engine moved the phones.
    drift : iterable of DriftEvidence
        What each drift measurably moved.
    """
    servings = {name: scenario.models[name].serving for name in versions}
    shown = median([[run.history for run in runs] for runs in replications], scenario.horizon)
    with refusing_others(scenario):
        befell = events.of_the_world(scenario.factory, scenario.drift, servings, scenario.faults)
    return Result(
        scenario=scenario,
        strategies=tuple(
            _over_replications(strategy, runs, shown, scenario.train_replications)
            for strategy, runs in zip(scenario.strategies, zip(*replications, strict=True), strict=True)
        ),
        world_events=befell,
        by_chance=tuple(_by_chance(scenario, servings, number) for number in range(len(replications))),
        drift=tuple(drift),
        versions=library_versions(),
        engine=engine,
        scores=summed([runs[0].scores for runs in replications]),
    )


def _by_chance(scenario: Scenario, servings: Mapping[str, Serving], replication: int) -> tuple[ByChance, ...]:
    """Return what breaks down in one replication, in order of time."""
    streams = Streams(scenario.seed, replication)
    found: list[ByChance] = [
        OutageBegan(time_us=begin, version=name, lasts_us=end - begin)
        for name, serving in servings.items()
        for begin, end in serving.broken(name, streams, scenario.horizon)
    ]
    found += events.of_faults(
        (fault, fault.by_chance(key, streams, scenario.horizon)) for key, fault in keyed(scenario.faults)
    )
    return tuple(sorted(found, key=lambda event: event.time_us))


def _over_replications(strategy: Strategy, runs: Sequence[StrategyRun], shown: int, trained: int) -> StrategyResult:
    first = runs[0]
    made_of = {metric: Quotients.of([run.metrics[metric] for run in runs]) for metric in first.metrics}
    return StrategyResult(
        name=strategy.title,
        pattern=strategy.pattern,
        samples={metric: np.array([run.metrics[metric] for run in runs]) for metric in first.metrics},
        timeline=Timeline.stacked([run.timeline for run in runs]),
        histories=tuple(run.history for run in runs),
        trained=trained,
        shown=shown,
        quotients={metric: quotients for metric, quotients in made_of.items() if quotients is not None},
        same_phones=tuple(run.same_phones for run in runs if run.same_phones is not None),
        more_than={
            metric.name: np.array([metric.name in run.more_than for run in runs])
            for metric in TRUE_METRICS.values()
            if metric.more_than is not None and metric.name in first.metrics
        },
        people=PeopleCounts.stacked([run.people for run in runs]),
        stations=StationCounts.stacked([run.stations for run in runs if run.stations is not None]),
    )


def library_versions() -> dict[str, str]:
    """Return the versions that can change a number: of Python, driftline and the libraries under it."""
    return dict(_library_versions())


@until_packages_change
def _library_versions() -> dict[str, str]:
    numbers = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("driftline", "numpy", "scipy", "scikit-learn", "simpy", "numba", "pyarrow", "river"):
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            numbers[package] = "not installed"
    return numbers
