"""`arena`: everybody meets the same worlds, each entry is tried alone first, and a leaderboard comes out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from sim.apps.arena.entries import Entry, Failed, entered
from sim.apps.arena.guests import Guests
from sim.apps.arena.loading import Arena, load_arena
from sim.apps.arena.seeds import seed_of
from sim.apps.arena.standings import Standings, ranked
from sim.document import Problem, ScenarioError, checks_failed
from sim.experiment.gather import gathered
from sim.experiment.job import Job
from sim.experiment.replication import StrategyRun, replicate
from sim.experiment.result import Result
from sim.experiment.training import trained
from sim.inspectors.model import ModelVersion
from sim.line.engines import default, prepare

#: Called with (parts done, parts in all): an entry's trial is one, and so is a world with everybody in it.
Tick = Callable[[int, int], None]
#: Seconds that a strategy may take for one world: no playbook that waits comes near.
PATIENCE_S = 60


def arena(
    file: str | Path | Arena,
    entries: Iterable[str | Path | Mapping[str, Any]] = (),
    *,
    secret: str | None = None,
    worlds: int | None = None,
    workers: int | None = None,
    progress: Tick | None = None,
) -> Standings:
    """Let strategies meet an arena's worlds, and rank them.

    Parameters
    ----------
    file : str, Path or Arena
        An arena file, the name of a shipped one ("factory"), or one that was loaded.
    entries : iterable of str, Path or mapping, optional
        Files with a strategy's settings (.yaml) or with patterns of one's own (.py), or settings as in a scenario:
        {"pattern": "canary", "name": "mine", "hold": "2h"}. Default: the built-in rivals alone.
    secret : str, optional
        The teacher's: the worlds are drawn from it. Default: public worlds, for practice.
    worlds : int, optional
        Of each scenario, in place of the arena's own.
    workers : int, optional
        Processes; results do not depend on it.
    progress : callable, optional
        Called with (parts done, parts in all).

    Returns
    -------
    Standings
        The leaderboard; entries that can't take part are in `failed`.

    Raises
    ------
    ScenarioError
        If the arena's file or an argument is wrong. What is wrong with an entry is told in the standings.

    Examples
    --------
    >>> mine = {"pattern": "canary", "name": "mine", "steps": [10], "hold": "20h"}
    >>> standings = arena("factory", [mine, {"pattern": "cannary"}], worlds=2)
    >>> [row.name for row in standings.rows if not row.rival], [failed.name for failed in standings.failed]
    (['mine'], ['cannary'])
    """
    made = file if isinstance(file, Arena) else load_arena(file)
    if worlds is not None:
        made = replace(made, spec=_with_worlds(made, worlds))
    seed_of(secret, made.name, 0)  # a secret that is none is told before anything runs
    prepare(default())
    with Guests() as guests:
        good, failed = entered(made, _listed(entries), guests)
        return _held(made, good, failed, secret, workers, progress)


def _held(
    made: Arena,
    entries: list[Entry],
    failed: list[Failed],
    secret: str | None,
    workers: int | None,
    progress: Tick | None,
) -> Standings:
    parts = len(made.rounds) * (len(entries) + made.spec.worlds)
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(min(done, parts), parts)

    tick(0)
    versions = {}
    for name in made.rounds:
        versions[name] = _versions(made, name, entries, secret)
        for entry in list(entries):
            try:
                with within(PATIENCE_S):
                    _job(made, name, [entry.strategy], secret, versions[name]).replication(0)
            except ScenarioError as error:
                _drop(entry, error, entries, failed)
            tick(1)
    results: dict[str, Result] = {}
    for name in made.rounds:
        results[name] = _result(made, name, entries, failed, secret, versions[name], workers)
        tick(made.spec.worlds)
    # Who failed in a late scenario has rows in the first ones, and is not ranked by these.
    return ranked(made, results, [entry.name for entry in entries], failed, secret)


def _result(
    made: Arena,
    name: str,
    entries: list[Entry],
    failed: list[Failed],
    secret: str | None,
    versions: Sequence[Mapping[str, ModelVersion]],
    workers: int | None,
) -> Result:
    """Return what everybody does in one scenario; who fails in one of its worlds is left out of all."""
    while True:
        job = _job(made, name, [*made.spec.rivals, *(entry.strategy for entry in entries)], secret, versions)
        try:
            return gathered(job.scenario, job.replications(workers), versions[0], job.engine)
        except ScenarioError as error:
            guilty = _guilty(job, entries, error)
            if guilty is None:
                raise
            _drop(guilty, error, entries, failed)


def _job(
    made: Arena,
    name: str,
    strategies: Sequence[Mapping[str, Any]],
    secret: str | None,
    versions: Sequence[Mapping[str, ModelVersion]],
) -> Job[list[StrategyRun]]:
    return Job(replicate, made.scenario(name, strategies, secret), versions, default())


def _versions(made: Arena, name: str, entries: Sequence[Entry], secret: str | None) -> list[dict[str, ModelVersion]]:
    scenario = made.scenario(name, [*made.spec.rivals, *(entry.strategy for entry in entries)], secret)
    return [trained(scenario, history) for history in range(scenario.train_replications)]


def _drop(entry: Entry, error: ScenarioError, entries: list[Entry], failed: list[Failed]) -> None:
    entries.remove(entry)
    placed = ScenarioError([entry.placed(problem) for problem in error.problems], error.more)
    failed.append(Failed(entry.name, str(placed)))


def _guilty(job: Job[Any], entries: Sequence[Entry], error: ScenarioError) -> Entry | None:
    """Return the entry that a failed run is told of, None if it is no entry's fault."""
    for problem in error.problems:
        if problem.loc[:1] == ("strategies",) and len(problem.loc) > 1:
            place = problem.loc[1]
            title = job.scenario.strategies[place].title if isinstance(place, int) else place
            return next((entry for entry in entries if entry.name == title), None)
    return None


class TooLong(BaseException):
    """A strategy took longer than anybody waits; no `except Exception` of a playbook keeps it."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Stop what takes longer, where that can be done: in the main thread of a system that has alarms."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"it took more than {seconds} s for one world: does a loop go on without a wait?")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TooLong as late:
        raise ScenarioError([Problem(str(late))]) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _with_worlds(made: Arena, worlds: int) -> Any:
    histories = made.spec.histories
    if worlds < 2 or worlds % histories:
        least = "at least 2" if histories == 1 else f"a multiple of the arena's {histories} histories"
        raise checks_failed(None, [(("worlds",), f"expected {least}, found {worlds}")])
    return made.spec.model_copy(update={"worlds": worlds})


def _listed(entries: Iterable[str | Path | Mapping[str, Any]]) -> list[str | Path | Mapping[str, Any]]:
    if isinstance(entries, str | Path | Mapping):
        raise checks_failed(None, [(("entries",), "expected a list of files or strategies: put it into [ ]")])
    return list(entries)
