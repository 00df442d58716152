"""What a scenario's alarms are worth: each fires as the team would hear it, and is scored against the truth.

Every alarm of the scenario's strategies only watches here: nothing is paused, rolled back, retrained or cleaned, so all
of them see the same line to the end. Beside them stand the detector that never alarms and the one that always does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.columns import Floats
from sim.deployment.events import AlarmRaised
from sim.deployment.monitoring.alarms import Alarm
from sim.deployment.monitoring.detectors.bounds import Always, Never
from sim.deployment.monitoring.detectors.scoring import DetectionScore, score
from sim.deployment.strategy import Strategy
from sim.document import checks_failed
from sim.experiment.job import Progress, refusing_others
from sim.experiment.replication import run_all
from sim.experiment.run import prepared
from sim.factory.drift import Drift
from sim.factory.drift.others import episodes_of
from sim.inspectors.model import ModelVersion
from sim.scenario import Scenario
from sim.stats.ratios import garwood
from sim.units import HOUR

MONTH_H = 30 * 24.0
NEVER, ALWAYS = "never alarms", "always alarms"

Alarms = dict[tuple[str, str], list[float]]
"""Hours by strategy and alarm."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One alarm over all replications. Times in hours.

    Parameters
    ----------
    strategy, alarm : str
        Whose, and its name.
    far, low, high : float
        False alarms a month, and the exact 95 % interval of that rate (Garwood 1936, for a Poisson count).
    recall : float
        The share of drifts that it found.
    delays_h : ndarray of float, shape (found,)
        From each found drift's start to the first alarm.
    """

    strategy: str
    alarm: str
    far: float
    low: float
    high: float
    recall: float
    delays_h: Floats


def episodes(event: Drift, horizon_us: int) -> list[tuple[float, float]]:
    """Return when a drift was there, in hours: to the horizon, unless it goes back by itself."""
    return [(begin / HOUR, end / HOUR) for begin, end in episodes_of(event, horizon_us)]


def table(
    scenario: Scenario, replications: int | None = None, workers: int | None = None,
    progress: Progress | None = None,
) -> list[Watched]:  # fmt: skip
    """Run the scenario with all alarms on watch and score them.

    Parameters
    ----------
    scenario : Scenario
        At least one of its strategies has alarms, and something drifts.
    replications : int, optional
        In place of the scenario's own.
    workers : int, optional
        Processes.
    progress : callable, optional
        Called with (done, all) now and then.

    Returns
    -------
    list of Watched
        In the order of the scenario; last the one that never alarms and the one that always does.

    Raises
    ------
    ScenarioError
        If there is nothing to watch or nothing to find.
    """
    if not any(strategy.alarms for strategy in scenario.strategies):
        raise checks_failed(None, [(("strategies",), "no strategy has alarms: there is nothing to score")])
    if not scenario.drift:
        raise checks_failed(None, [(("drift",), "nothing drifts: there is nothing to find")])
    watching = _only_watching(scenario)
    if replications is not None:
        watching = watching.model_copy(update={"replications": replications})
    found = prepared(alarms_of, watching).replications(workers, progress)
    with refusing_others(scenario):
        return list(_scored(watching, found))


def _only_watching(scenario: Scenario) -> Scenario:
    """Return the scenario with alarms that have no effect, and the two that mark the ends of the scale."""
    given = [strategy for strategy in scenario.strategies if strategy.alarms]
    first = given[0].alarms[0]
    ends = tuple(
        first.model_copy(update={"name": name, "detector": detector, "then": "page"})
        for name, detector in ((NEVER, Never()), (ALWAYS, Always()))
    )
    strategies = [_paging(strategy, ends if number == 0 else ()) for number, strategy in enumerate(given)]
    # A false alarm's interval is that of one count: the runs have to have their version in common.
    return scenario.model_copy(update={"strategies": tuple(strategies), "train_replications": 1})


def _paging(strategy: Strategy, more: tuple[Alarm, ...]) -> Strategy:
    alarms = tuple(alarm.model_copy(update={"then": "page"}) for alarm in strategy.alarms)
    return strategy.model_copy(update={"alarms": (*alarms, *more), "retraining": None})


def alarms_of(
    scenario: Scenario, strategies: Sequence[Strategy], versions: Mapping[str, ModelVersion], replication: int,
    engine: str,
) -> Alarms:  # fmt: skip
    """Return when each alarm went off in one replication."""
    simulations, _ = run_all(scenario, strategies, versions, replication, engine)
    return {
        (strategy.title, alarm.title): [
            event.time_us / HOUR
            for event in simulation.controller.events
            if isinstance(event, AlarmRaised) and event.alarm == alarm.title
        ]
        for simulation, strategy in zip(simulations, strategies, strict=True)
        for alarm in strategy.alarms
    }


def _scored(scenario: Scenario, replications: list[Alarms]) -> Iterator[Watched]:
    length = scenario.horizon / HOUR
    spans = _apart([span for event in scenario.drift for span in episodes(event, scenario.horizon)])
    start = {strategy.title: (scenario.resolved(strategy).start or 0) / HOUR for strategy in scenario.strategies}
    for strategy, alarm in replications[0]:
        scores: list[DetectionScore] = [score(times[strategy, alarm], spans, length, MONTH_H) for times in replications]
        firsts = [
            min(inside) - begin
            for times in replications
            for begin, end in spans
            if (inside := [time for time in times[strategy, alarm] if begin < time <= end])
        ]
        false = sum(each.false_alarms for each in scores)
        months = _calm_months(spans, start[strategy], length) * len(replications)
        low, high = garwood(false)
        recalls = [each.episode_recall for each in scores if each.episode_recall is not None]
        yield Watched(
            strategy, alarm, false / months, low / months, high / months, float(np.mean(recalls)), np.array(firsts)
        )


def _apart(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return episodes that end where the next one starts: an alarm finds the latest drift and no earlier one."""
    ordered = sorted(set(spans))
    nexts = [begin for begin, _ in ordered[1:]] + [float("inf")]
    return [(begin, min(end, later)) for (begin, end), later in zip(ordered, nexts, strict=True) if later > begin]


def _calm_months(spans: list[tuple[float, float]], start: float, length: float) -> float:
    """Return how long somebody watched and nothing had drifted, in months: false alarms are told per month of that."""
    hours = np.arange(start, length, 0.25)
    drifted = np.zeros(len(hours), dtype=bool)
    for begin, end in spans:
        drifted |= (hours >= begin) & (hours < end)
    return max(float((~drifted).sum()) * 0.25, 0.25) / MONTH_H
