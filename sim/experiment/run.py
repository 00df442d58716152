"""Run a scenario: train the versions once, replicate in parallel, gather the samples."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import numpy as np

from sim.deployment.strategy import Strategy, playbook
from sim.document import checks_failed, suggest
from sim.experiment.replication import StrategyRun, replicate
from sim.experiment.result import Result, StrategyResult
from sim.experiment.workers import over_processes
from sim.inspectors.model import Estimator, ModelError, ModelVersion, obtain
from sim.line.engines import ENGINES, SPEED, default, prepare
from sim.measure import events
from sim.measure.definitions import METRICS
from sim.measure.drift_evidence import evidence_of
from sim.measure.timeline import Timeline
from sim.plugins import in_one_line
from sim.scenario.spec import Scenario

#: Seconds until worker processes have imported everything and pay for themselves.
START_UP_S = 5.0

Progress = Callable[[int, int], None]

Done = TypeVar("Done")
Task = Callable[[Scenario, Sequence[Strategy], Mapping[str, ModelVersion], int, str], Done]


def run(
    scenario: Scenario,
    *,
    strategies: Sequence[str] | None = None,
    seed: int | None = None,
    replications: int | None = None,
    engine: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario's strategies on the same phones and return the comparison.

    Parameters
    ----------
    scenario : Scenario
        What to run; see `sim.load`.
    strategies : sequence of str, optional
        Names of the strategies to run, in this order; default: all.
    seed, replications : int, optional
        In place of the scenario's own.
    engine : str, optional
        Which engine moves the phones.
    workers : int, optional
        Processes; results do not depend on it. Default: one per core if that pays, at most one per replication.
    progress : callable, optional
        Called with (replications done, replications in all).

    Returns
    -------
    Result
        Samples of every metric per strategy, timelines, events.

    Raises
    ------
    ScenarioError
        For an unknown strategy or engine, or a model that can't be used: trained, read, or asked.
    """
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if replications is not None:
        changes["replications"] = replications
    if strategies is not None:
        changes["strategies"] = _chosen(scenario, strategies)
    scenario = scenario.model_copy(update=changes)
    engine = _known_engine(engine)
    versions = trained(scenario)
    prepare(engine)
    runs: list[list[StrategyRun]] = [[] for _ in range(scenario.replications)]
    with _refusing_models():
        for number, done in enumerate(over_replications(replicate, scenario, versions, engine, workers), start=1):
            runs[done[0]] = done[1]
            if progress is not None:
                progress(number, scenario.replications)
    outages = {name: scenario.models[name].serving.outages for name in versions}
    return Result(
        scenario=scenario,
        strategies=tuple(
            _gathered(scenario.resolved(strategy), [replication[number] for replication in runs])
            for number, strategy in enumerate(scenario.strategies)
        ),
        world_events=events.of_the_world(scenario.factory, scenario.drift, outages),
        drift=tuple(evidence_of(event, scenario.factory, scenario.drift, scenario.seed) for event in scenario.drift),
        versions=library_versions(),
        engine=engine,
    )


def trained(scenario: Scenario) -> dict[str, ModelVersion]:
    """Train every model version that some strategy can use, in the order in which the scenario names them."""
    wanted = {name for given in scenario.strategies for name in scenario.resolved(given).deciders}
    with _refusing_models():
        return {
            name: obtain(name, model, scenario.factory, scenario.inspectors, scenario.seed)
            for name, model in scenario.models.items()
            if name in wanted
        }


@contextmanager
def _refusing_models() -> Iterator[None]:
    """Tell of a model that can't be used, another package's too, as of any mistake."""
    try:
        yield
    except ModelError as error:
        raise checks_failed(None, [(("models",), str(error))]) from None


def _chosen(scenario: Scenario, names: Sequence[str]) -> tuple[Strategy, ...]:
    known = {strategy.title: strategy for strategy in scenario.strategies}
    problems = []
    for name in names:
        if name not in known:
            near = suggest(name, list(known))
            hint = f"did you mean '{near}'?" if near else f"this scenario has: {', '.join(known)}"
            problems.append((("strategies",), f"no strategy called '{name}': {hint}"))
    if problems:
        raise checks_failed(None, problems)
    return tuple(known[name] for name in dict.fromkeys(names))


def _known_engine(engine: str | None) -> str:
    if engine is None:
        return default()
    if engine not in ENGINES:
        raise checks_failed(None, [(("engine",), f"no engine called '{engine}'; there is: {', '.join(ENGINES)}")])
    return engine


def over_replications(
    task: Task[Done], scenario: Scenario, versions: Mapping[str, ModelVersion], engine: str, workers: int | None
) -> Iterator[tuple[int, Done]]:
    """Yield (replication, what the task made of it) as they are done, in any order.

    The task is called with (scenario, strategies, versions, replication, engine), in this process or in others.
    """
    count = scenario.replications
    workers = min(workers or _worthwhile(scenario, engine), count)
    if workers == 1:
        for replication in range(count):
            yield replication, task(scenario, scenario.strategies, versions, replication, engine)
        return
    # Patterns of a notebook or another package are not registered in a fresh process: send them along.
    strategies = [(strategy.pattern, strategy.model_dump(mode="json")) for strategy in scenario.strategies]
    foreign = {name: playbook(name) for name, _ in strategies if not _built_in(name)}
    _check_portable(versions)
    plain = scenario.model_dump(mode="json", exclude={"strategies"})
    plain["strategies"] = [dump for _, dump in strategies]
    yield from over_processes(_work_here, count, workers, _prepare, (task, plain, foreign, versions, engine))


def _check_portable(versions: Mapping[str, ModelVersion]) -> None:
    """Refuse a model that can't be sent to other processes, as some of other packages can't."""
    from loky.backend.reduction import dumps

    for name, one in versions.items():
        if isinstance(one.spec, Estimator):
            try:
                dumps(one)
            except Exception as error:  # another package's code can fail in any way
                raise ModelError(
                    f"model {name} can't be sent to worker processes ({in_one_line(error)}): use one worker"
                ) from error


def _worthwhile(scenario: Scenario, engine: str) -> int:
    """Return one worker per core, or one if the work is done before others would have started."""
    phones = scenario.horizon // scenario.factory.arrivals.every * len(scenario.strategies) * scenario.replications
    return (os.cpu_count() or 1) if phones / SPEED[engine] > START_UP_S else 1


def _built_in(name: str) -> bool:
    return playbook(name).__module__.startswith("sim.deployment.patterns.")


_HERE: dict[str, Any] = {}
"""A worker process's scenario: sent once, not with every replication."""


def _prepare(
    task: Task[Any], plain: dict[str, Any], foreign: dict[str, Any], versions: Mapping[str, ModelVersion], engine: str
) -> None:
    from sim.deployment.strategy import pattern
    from sim.scenario.spec import scenario_model

    for name, function in foreign.items():
        pattern(name)(function)
    _HERE.update(task=task, scenario=scenario_model().model_validate(plain), versions=versions, engine=engine)


def _work_here(replication: int) -> Any:
    scenario = _HERE["scenario"]
    return _HERE["task"](scenario, scenario.strategies, _HERE["versions"], replication, _HERE["engine"])


def _gathered(strategy: Strategy, runs: Sequence[StrategyRun]) -> StrategyResult:
    return StrategyResult(
        name=strategy.name,
        pattern=strategy.pattern,
        samples={name: np.array([one.metrics[name] for one in runs]) for name in METRICS},
        timeline=Timeline.stacked([one.timeline for one in runs]),
        events=runs[0].events,
        routes=runs[0].routes,
    )


def library_versions() -> dict[str, str]:
    """Return the versions that can change a number: of Python, driftline and the libraries under it."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("driftline", "numpy", "scipy", "scikit-learn", "simpy", "pyarrow", "river"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
