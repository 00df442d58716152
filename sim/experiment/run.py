"""`run`: a scenario's strategies on the same phones, gathered into one Result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sim.deployment.strategy import Strategy
from sim.document import checks_failed, suggest
from sim.document.names import named_in
from sim.experiment.asked import a_scenario, asked
from sim.experiment.gather import gathered
from sim.experiment.job import Job, Progress, Task, refusing_others
from sim.experiment.replication import replicate
from sim.experiment.result import Result
from sim.experiment.training import trained
from sim.line.engines import ENGINES, default, prepare
from sim.measure.drift_evidence import evidence_of
from sim.measure.metric import TRUE_METRICS
from sim.scenario import Scenario
from sim.scenario.checks import of_histories

Done = TypeVar("Done")


def run(
    scenario: Scenario,
    *,
    strategies: Sequence[str] | None = None,
    seed: int | None = None,
    replications: int | None = None,
    train_replications: int | None = None,
    engine: str | None = None,
    workers: int | None = None,
    metrics: Sequence[str] = (),
    progress: Progress | None = None,
    training: Progress | None = None,
) -> Result:
    """Run a scenario's strategies on the same phones and return the comparison.

    Parameters
    ----------
    scenario : Scenario
        What to run; see `sim.load`.
    strategies : sequence of str, optional
        Names of the strategies to run, in this order; default: all.
    seed, replications, train_replications : int, optional
        In place of the scenario's own.
    engine : str, optional
        Which engine moves the phones.
    workers : int, optional
        Processes; results do not depend on it. Default: one per core if that pays, at most one per replication.
    metrics : sequence of str, optional
        True metrics of installed packages that are measured too, beside ours and a notebook's.
    progress : callable, optional
        Called with (replications done, replications in all): with none done as soon as all is trained, then after each.
    training : callable, optional
        Called with (histories that models are trained from, histories in all).

    Returns
    -------
    Result
        Samples of every metric per strategy, timelines, events.

    Raises
    ------
    ScenarioError
        For a wrong argument, an unknown strategy, engine or metric, others' code that fails, or a model that can't be
        used: trained, read, or asked.
    TypeError
        If it is given no scenario.
    """
    scenario = a_scenario(scenario)
    wanted = asked(
        strategies=strategies, seed=seed, replications=replications, train_replications=train_replications,
        engine=engine, workers=workers, metrics=metrics,
    )  # fmt: skip
    _load_metrics(wanted.metrics)
    changes: dict[str, Any] = {
        name: value
        for name in ("seed", "replications", "train_replications")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.strategies is not None:
        changes["strategies"] = chosen(scenario, wanted.strategies)
    scenario = scenario.model_copy(update=changes)
    if wrong := list(of_histories(scenario)):  # the arguments may not fit the scenario's own
        raise checks_failed(None, wrong)
    job = prepared(replicate, scenario, wanted.engine, training)
    runs = job.replications(wanted.workers, progress)
    with refusing_others(scenario):
        drift = [evidence_of(event, scenario.factory, scenario.drift, scenario.seed) for event in scenario.drift]
    return gathered(scenario, runs, job.versions[0], job.engine, drift)


def _load_metrics(metrics: Sequence[str]) -> None:
    """Import the true metrics that packages bring, by name."""
    known, problems = named_in(TRUE_METRICS, "there is"), []
    for name in metrics:
        try:
            known(name)
        except ValueError as error:
            problems.append((("metrics",), str(error)))
    if problems:
        raise checks_failed(None, problems)


def prepared(
    task: Task[Done], scenario: Scenario, engine: str | None = None, training: Progress | None = None
) -> Job[Done]:
    """Return the job of doing a task with every replication: its versions trained, its engine compiled."""
    engine = _known_engine(engine)
    versions = []
    for number in range(scenario.train_replications):
        versions.append(trained(scenario, number))
        if training is not None:
            training(len(versions), scenario.train_replications)
    prepare(engine)
    return Job(task, scenario, versions, engine)


def chosen(scenario: Scenario, names: Sequence[str]) -> tuple[Strategy, ...]:
    """Return the strategies of these names, in the names' order, or refuse a name that none has.

    Examples
    --------
    >>> import sim
    >>> line = sim.build(horizon="1h", strategies=[{"pattern": "manual"}, {"pattern": "canary"}])
    >>> [strategy.title for strategy in chosen(line, ["canary", "manual"])]
    ['canary', 'manual']
    """
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
        near = suggest(engine, list(ENGINES))
        hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(ENGINES)}"
        raise checks_failed(None, [(("engine",), f"no engine called '{engine}': {hint}")])
    return engine
