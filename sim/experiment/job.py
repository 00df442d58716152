"""A job: one task for every replication of a scenario, done in this process or by worker processes.

All comparisons go this way. What a worker needs is sent to it once, as a parcel; then it hears numbers of replications,
and answers with what the task made of each. Where the work was done changes no number.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

from sim.deployment.strategy import Strategy
from sim.document import checks_failed
from sim.experiment.workers import over_processes
from sim.inspectors.model import ModelError, ModelVersion
from sim.libraries import library
from sim.line.engines import SPEED
from sim.measure.histories import history_of
from sim.plugins import Foreign, PluginError, foreign_members, in_one_line
from sim.scenario import Scenario
from sim.scenario.blame import place_of

Done = TypeVar("Done")

#: Called with (scenario, strategies, versions, replication, engine). A function of a module: workers find it by name.
Task = Callable[[Scenario, Sequence[Strategy], Mapping[str, ModelVersion], int, str], Done]

#: Called with (replications done, replications in all).
Progress = Callable[[int, int], None]

#: Seconds until worker processes have imported everything and pay for themselves.
START_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Job(Generic[Done]):
    """A task for every replication of a scenario, and all that it takes.

    Parameters
    ----------
    task : callable
        What is done with one replication.
    scenario : Scenario
        With the strategies and the number of replications that are wanted.
    versions : sequence of mapping of str to ModelVersion
        Trained beforehand, a set from each history: replication r meets the set of history r mod their number.
    engine : str
        Which engine moves the phones.
    """

    task: Task[Done]
    scenario: Scenario
    versions: Sequence[Mapping[str, ModelVersion]]
    engine: str

    def replication(self, number: int) -> Done:
        """Do one replication, here."""
        versions = self.versions[history_of(number, len(self.versions))]
        # Here, and not only where answers come in: what has failed is known by identity, in this process alone.
        with refusing_others(self.scenario):
            return self.task(self.scenario, self.scenario.strategies, versions, number, self.engine)

    def replications(self, workers: int | None = None, progress: Progress | None = None) -> list[Done]:
        """Do all replications and return what became of each, in their order.

        Parameters
        ----------
        workers : int, optional
            Processes. Default: one per core if that pays; at most one per replication.
        progress : callable, optional
            Called with (replications done, replications in all), with none done before the first.

        Raises
        ------
        ScenarioError
            If a model fails, or can't be sent to worker processes.
        """
        count = self.scenario.replications
        if progress is not None:
            progress(0, count)
        done: dict[int, Done] = {}
        processes = min(workers or self._worthwhile(), count)
        with refusing_others(self.scenario), closing(self._as_done(processes)) as answers:
            for number, value in answers:
                done[number] = value
                if progress is not None:
                    progress(len(done), count)
        return [done[number] for number in range(count)]

    def _as_done(self, workers: int) -> Generator[tuple[int, Done], None, None]:
        """Yield (replication, what became of it) as they are done, in any order."""
        if workers == 1:
            return ((number, self.replication(number)) for number in range(self.scenario.replications))
        return over_processes(Parcel.of(self), self.scenario.replications, workers)

    def _worthwhile(self) -> int:
        """Return one worker per core, or one if the work is done before others would have started, or none can."""
        if find_spec("cloudpickle") is None or sys.platform == "emscripten":
            return 1
        scenario = self.scenario
        phones = scenario.factory.arrivals.expected(scenario.horizon) * len(scenario.strategies) * scenario.replications
        return (os.cpu_count() or 1) if phones / SPEED[self.engine] > START_UP_S else 1


@dataclass(frozen=True, slots=True)
class Parcel(Generic[Done]):
    """A job as it travels: what each worker process is sent, once."""

    members: tuple[Foreign, ...]  #: of families, that a fresh process would not know: a notebook's, other packages'
    scenario: dict[str, Any]  #: as data
    versions: Sequence[Mapping[str, ModelVersion]]
    engine: str
    task: Task[Done]

    @classmethod
    def of(cls, job: Job[Done]) -> Parcel[Done]:
        """Pack a job.

        Raises
        ------
        ModelError, PluginError
            If something of another package can't be sent to other processes, as some things can't.
        """
        members = foreign_members()
        for member in members:
            _check_portable(f"the {member.noun} {member.name}", member.member, PluginError)
        for name, version in (each for versions in job.versions for each in versions.items()):
            _check_portable(f"model {name}", version, ModelError)
        return cls(members, job.scenario.model_dump(mode="json"), job.versions, job.engine, job.task)

    def unpack(self) -> Callable[[int], Done]:
        """Make a fresh process know what this one knows, and return what does a replication there."""
        for member in self.members:
            member.register()
        scenario = Scenario.model_validate(self.scenario)
        return Job(self.task, scenario, self.versions, self.engine).replication


def _check_portable(what: str, thing: object, refusal: type[ValueError]) -> None:
    pickling = library("cloudpickle", needed_by="more than one worker")
    try:
        pickling.dumps(thing)
    except Exception as error:  # another package's code can fail in any way
        raise refusal(f"{what} can't be sent to worker processes ({in_one_line(error)}): use one worker") from error


@contextmanager
def refusing_others(scenario: Scenario) -> Iterator[None]:
    """Tell of others' code that fails, and of a model that can't be used, as of any mistake: at its place."""
    try:
        yield
    except PluginError as error:
        raise checks_failed(None, [(place_of(scenario, error), str(error))]) from error
