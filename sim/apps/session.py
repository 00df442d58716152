"""A session: what a story's runs come to at one position of its knobs after the other.

A move is answered by a real run, every strategy on the same phones. What a knob cannot have changed is not run again:
each strategy's run, each world and each trained version is kept under a key of all that it goes by, and these keys come
from the scenario itself. So no list says which knob changes what.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from sim.apps.budget import check_budget, check_reel
from sim.apps.kept import Latest, Shelf
from sim.apps.me import Me
from sim.apps.reel import Recording, Reel, recorded, reel_of
from sim.apps.stories.story import Story
from sim.apps.talk import Stale, never
from sim.deployment.analysis.judge import JUDGES
from sim.deployment.monitoring.detectors import DETECTORS
from sim.deployment.strategy import Strategy
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.stream import STREAMS
from sim.experiment.gather import gathered
from sim.experiment.job import Progress, refusing_others
from sim.experiment.replication import StrategyRun, run_all, turns_of
from sim.experiment.result import Result
from sim.experiment.training import renewed_or_trained, train_one, training_keys
from sim.experiment.world_block import WorldBlock, expected_phones, world_blocks, world_is_made_of
from sim.factory.cause import CAUSES
from sim.factory.drift.event import PROFILES
from sim.inspectors.model import ModelVersion
from sim.line.engines import default, prepare
from sim.measure.drift_evidence import DriftEvidence, evidence_of
from sim.measure.metric import TRUE_METRICS
from sim.measure.same_phones import Remembered, compared
from sim.plugins import Family, Foreign
from sim.scenario import Scenario

#: Seconds of work after which what there is so far is shown.
PATIENCE_S = 0.035
#: Seconds between two answers with more and more replications.
REFINED_EVERY_S = 0.5
#: Runs kept with their whole logs until somebody asks for their phones; each takes some two megabytes,
MOST_RECORDINGS = 8
#: since those of more phones are run again.
MOST_RECORDED = 20_000

Ran = tuple[StrategyRun, Remembered]


class Position(Protocol):
    """Where the knobs of a story stand, and which seed is drawn from: a `State`, or one of its pins."""

    @property
    def settings(self) -> Mapping[str, str]: ...
    @property
    def seed(self) -> int: ...
    @property
    def me(self) -> Me | None: ...


def scenario_at(story: Story, position: Position) -> Scenario:
    """Return the scenario at a position; a visitor who works on the line is a strategy beside the story's."""
    you = None if position.me is None else position.me.strategy()
    return story.scenario(position.settings, position.seed, you)


@dataclass(frozen=True, slots=True)
class Part:
    """An answer, or the first part of one."""

    result: Result
    fresh: frozenset[str]  #: strategies that have run under these settings; the others are as they were before
    done: bool  #: whether all have, in all of the result's replications


class Kept:
    """What the sessions of one process share: trained versions, worlds, and what strategies did in them.

    Parameters
    ----------
    most_bytes : int
        For all of it together.
    """

    def __init__(self, most_bytes: int = 384_000_000) -> None:
        self.versions: Shelf[ModelVersion] = Shelf(most_bytes // 4)
        self.worlds: Shelf[list[WorldBlock]] = Shelf(most_bytes // 4)
        self.runs: Shelf[Ran] = Shelf(most_bytes * 7 // 16)
        self.evidence: Shelf[tuple[DriftEvidence, ...]] = Shelf(most_bytes // 16)
        self.recordings: Latest[Recording] = Latest(MOST_RECORDINGS)


class Session:
    """One visitor's way through a story. It computes where it is called; `Desk` puts that on a thread.

    Parameters
    ----------
    story : Story
        What is looked at.
    kept : Kept, optional
        Shared with other sessions of this process. Default: its own.
    engine : str, optional
        Which engine moves the phones.

    Examples
    --------
    >>> from sim.apps.state import State
    >>> from sim.apps.stories import load_story
    >>> story = load_story("lamp")
    >>> session = Session(story)
    >>> *_, whole = session.parts(State.read(story, {"lamp": "100%"}))
    >>> whole.done, whole.result.replications, sorted(whole.fresh)[:2]
    (True, 1, ['blue_green', 'canary'])
    """

    def __init__(self, story: Story, kept: Kept | None = None, engine: str | None = None) -> None:
        self.story = story
        self._kept = kept or Kept()
        self._engine = engine or default()
        # Keys of the last part's runs, by strategy: what is shown until the new ones are there. The runs themselves are
        # on the shelf, which is bounded: many sessions are at hand.
        self._before: dict[str, Hashable] = {}
        self._last: tuple[Hashable, Scenario, dict[str, Hashable]] | None = None

    def is_trained(self, position: Position) -> bool:
        """Whether every version is there that a position needs, so that an answer takes a blink and not a second."""
        self._last = None  # a notebook may have defined its pattern anew meanwhile
        _, keys = self._at(position)
        return all(self._kept.versions.has(key) for key in keys.values())

    def train(self, position: Position) -> None:
        """Train what a position needs, before anybody asks for it.

        Raises
        ------
        ScenarioError
            If a model can't be trained.
        """
        self._versions(*self._at(position), never, None)

    def parts(
        self,
        position: Position,
        replications: int = 1,
        *,
        stale: Stale = never,
        progress: Progress | None = None,
        first: str = "",
        evidence: bool = False,
        aside: bool = False,
        beyond: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[Part]:
        """Yield what `sim.run` returns for a position, part by part: what is there first comes first.

        Parameters
        ----------
        position : Position
            A `State`, or a pin.
        replications : int
            With more than one the intervals come, and refine from part to part.
        stale : callable, optional
            Asked between strategies and between replications: whether nobody waits for this answer any more.
        progress : callable, optional
            Called with (versions trained, versions to train) before and after each, if any has to be trained.
        first : str, optional
            The strategy that somebody looks at: it runs before the others.
        evidence : bool
            Whether the last part tells what each drift measurably moved, as `sim.run` does: that takes as long again.
        aside : bool
            Whether it is only compared with: then the next answer's first part is not filled up from it.
        beyond : int
            Parts of no more replications than this have been seen, and are left out.
        patience_s : float
            After so much work what is there is yielded before the rest runs; so it is where the rest is left off.

        Raises
        ------
        ScenarioError
            If the scenario refuses these values, a model can't be trained, or the run is too large for a sandbox.
        """
        scenario, keys = self._at(position)
        check_budget(scenario, replications)
        prepare(self._engine)
        versions = self._versions(scenario, keys, stale, progress)
        if versions is None:
            return
        run = _Runs(self._kept, scenario, versions, keys, self._engine)
        began = time.perf_counter()
        watched = "" if aside or beyond else first
        for _ in run.missing(0, first, stale, watched):
            late = time.perf_counter() - began >= patience_s
            if late and not beyond and (part := self._partial(run)) is not None:
                yield part
                began = float("inf")  # two answers to a move are enough
        if not run.complete(0):  # who moves on and on sees the picture move
            if began < float("inf") and not beyond and (part := self._partial(run)) is not None:
                yield part
            return
        if beyond < 1:
            yield self._whole(run, 1, evidence and replications == 1, aside)
        said = time.perf_counter()
        for replication in range(1, replications):
            for _ in run.missing(replication, first, stale):
                pass
            if not run.complete(replication):
                return
            last = replication + 1 == replications
            if replication + 1 > beyond and (last or time.perf_counter() - said > REFINED_EVERY_S):
                yield self._whole(run, replication + 1, evidence and last, aside)
                said = time.perf_counter()

    def reel(self, position: Position, strategy: str) -> Reel:
        """Return what one strategy did at a position, phone by phone, in its first replication.

        Raises
        ------
        ScenarioError
            As `parts` does.
        """
        scenario, keys = self._at(position)
        check_budget(scenario)
        check_reel(scenario)
        prepare(self._engine)
        versions = self._versions(scenario, keys, never, None)
        assert versions is not None
        if (recording := self._kept.recordings.take((id(scenario), strategy))) is not None:
            return recording.reel()
        given = next(given for given in scenario.strategies if given.title == strategy)
        world = _Runs(self._kept, scenario, versions, keys, self._engine).world(0)
        with refusing_others(scenario):
            return reel_of(scenario, given, versions, 0, self._engine, world)

    def _at(self, position: Position) -> tuple[Scenario, dict[str, Hashable]]:
        """Return the scenario at a position and its versions' keys: a move is asked about three times in a row."""
        where = tuple(position.settings.items()), position.seed, position.me
        if self._last is None or self._last[0] != where:
            scenario = scenario_at(self.story, position)
            self._last = where, scenario, _version_keys(scenario)
        _, scenario, keys = self._last
        return scenario, keys

    def _versions(
        self, scenario: Scenario, keys: Mapping[str, Hashable], stale: Stale, progress: Progress | None
    ) -> dict[str, ModelVersion] | None:
        """Return the versions that are there or are trained now, None if nobody waits for them any more."""
        missing = [name for name, key in keys.items() if not self._kept.versions.has(key)]
        versions = {}
        for name, key in keys.items():
            if name in missing:
                if stale():
                    return None
                if progress is not None:
                    progress(missing.index(name), len(missing))
            known = self._kept.versions.obtain(key, lambda name=name: train_one(scenario, name))  # type: ignore[misc]
            versions[name] = renewed_or_trained(scenario, name, known)
        if missing and progress is not None:
            progress(len(missing), len(missing))
        return versions

    def _partial(self, run: _Runs) -> Part | None:
        """Return what is there of a move: the others are as they were, or are left out if they can't be compared."""
        there = run.there(0)
        scenario = run.scenario
        if len(there) == len(scenario.strategies) or not there:
            return None
        edges = next(iter(there.values()))[0].timeline.edges_us
        kept = {name: self._kept.runs.get(key) for name, key in self._before.items()}
        before = {
            name: ran for name, ran in kept.items()
            if ran is not None and np.array_equal(ran[0].timeline.edges_us, edges)
        }  # fmt: skip
        shown = [each for each in scenario.strategies if each.title in there or each.title in before]
        runs = [(there.get(each.title) or before[each.title])[0] for each in shown]
        part = scenario.model_copy(update={"strategies": tuple(shown), "replications": 1})
        result = gathered(part, [runs], run.versions, self._engine)
        return Part(result, frozenset(there), False)

    def _whole(self, run: _Runs, replications: int, evidence: bool, aside: bool) -> Part:
        scenario = run.scenario.model_copy(update={"replications": replications})
        every = [[run.there(number)[each.title] for each in scenario.strategies] for number in range(replications)]
        runs = []
        for rans in every:
            same = compared([remembered for _, remembered in rans])
            runs.append([replace(one, same_phones=on) for (one, _), on in zip(rans, same, strict=True)])
        result = gathered(scenario, runs, run.versions, self._engine, run.evidence() if evidence else ())
        if not aside:
            self._before = run.keys
        return Part(result, frozenset(each.title for each in scenario.strategies), True)


class _Runs:
    """The runs of one scenario, those that are kept and those that are made now."""

    def __init__(
        self, kept: Kept, scenario: Scenario, versions: Mapping[str, ModelVersion], learned: Mapping[str, Hashable],
        engine: str,
    ) -> None:  # fmt: skip
        self.scenario = scenario
        self.versions = versions
        self._kept = kept
        self._learned = learned
        self._engine = engine
        self._shared = _of_all_strategies(scenario), engine, _code_of(_RUN)
        self._there: dict[int, dict[str, Ran]] = {}
        self._in_hand: tuple[int, list[WorldBlock]] | None = None  # a large world is on no shelf

    @property
    def keys(self) -> dict[str, Hashable]:
        """The first replication's runs' keys, by strategy."""
        return {given.title: self._key(given, 0) for given in self.scenario.strategies}

    def there(self, replication: int) -> dict[str, Ran]:
        """Return a replication's runs so far, by strategy."""
        return self._there.setdefault(replication, {})

    def complete(self, replication: int) -> bool:
        """Whether every strategy has run in a replication."""
        return len(self.there(replication)) == len(self.scenario.strategies)

    def missing(self, replication: int, first: str, stale: Stale, watched: str = "") -> Iterator[str]:
        """Take the runs that are kept, and run the other strategies one by one; yield each one's name when it is done.

        Where nobody waits for them any more, the rest is left. Of the one that is watched the whole log is kept: its
        phones are asked for next.
        """
        there = self.there(replication)
        keys = {given.title: self._key(given, replication) for given in self.scenario.strategies}
        for name, key in keys.items():
            if (ran := self._kept.runs.get(key)) is not None:
                there[name] = ran
        order = sorted(self.scenario.strategies, key=lambda given: given.title != first)
        for given in order:
            if given.title in there:
                continue
            if stale():
                return
            there[given.title] = self._ran(given, replication, given.title == watched)
            self._kept.runs.put(keys[given.title], there[given.title])
            yield given.title

    def evidence(self) -> tuple[DriftEvidence, ...]:
        """Return what each drift measurably moved."""
        scenario = self.scenario
        data = [scenario.factory.model_dump(mode="json"), [each.model_dump(mode="json") for each in scenario.drift]]
        with refusing_others(scenario):
            return self._kept.evidence.obtain(
                (_hashed([*data, scenario.seed]), _code_of(_WORLD)),
                lambda: tuple(
                    evidence_of(each, scenario.factory, scenario.drift, scenario.seed) for each in scenario.drift
                ),
            )

    def _ran(self, given: Strategy, replication: int, watched: bool) -> Ran:
        scenario, versions, engine = self.scenario, self.versions, self._engine
        world = self.world(replication)
        with refusing_others(scenario):
            if watched and expected_phones(scenario) <= MOST_RECORDED:
                recording = recorded(scenario, given, versions, replication, engine, world)
                self._kept.recordings.put((id(scenario), given.title), recording)  # which holds on to the scenario
                return recording.simulation.to_remember()
            (simulation,), _ = run_all(scenario, [given], versions, replication, engine, world)
            return simulation.to_remember()

    def world(self, replication: int) -> list[WorldBlock]:
        """Return a replication's world: that of the shelf, or the one in hand."""
        if self._in_hand is None or self._in_hand[0] != replication:
            scenario = self.scenario
            made_of = _hashed([world_is_made_of(scenario, replication)]), tuple(self._learned.items()), _code_of(_WORLD)
            world = self._kept.worlds.obtain(
                made_of, lambda: list(world_blocks(scenario, self.versions, replication, scenario.block))
            )
            self._in_hand = replication, world
        return self._in_hand[1]

    def _key(self, given: Strategy, replication: int) -> Hashable:
        """Return a key of all that a strategy's run goes by."""
        strategy = self.scenario.resolved(given)
        own = tuple(
            (name, self._learned[name], _hashed([self.scenario.models[name].model_dump(mode="json")]))
            for name in sorted(strategy.deciders)
            if name in self._learned
        )
        data = [strategy.model_dump(mode="json"), replication]
        return self._shared, _hashed(data), own, strategy.declared.playbook


#: Families whose members act where phones are made,
_WORLD: tuple[Family[Any], ...] = CAUSES, PROFILES
#: and where they are decided and counted; of patterns and models a strategy's own are in its key.
_RUN: tuple[Family[Any], ...] = *_WORLD, JUDGES, DETECTORS, STREAMS, METRICS, TRUE_METRICS


def _code_of(families: Sequence[Family[Any]]) -> tuple[Foreign, ...]:
    """Return the members that are not driftline's own: a notebook may define each anew under its name."""
    return tuple(foreign for family in families for foreign in family.foreign())


#: What no strategy's own run goes by: names, who else runs, and what is a part of each resolved strategy.
_NOT_IN_A_RUN = {"name", "title", "topic", "replications", "strategies", "deployment", "models", "matters"}


def _version_keys(scenario: Scenario) -> dict[str, Hashable]:
    """Return a key of each version that is trained: what it learns from, and the code of its kind and of its phones."""
    code = _code_of(_WORLD)
    return {name: (type(scenario.models[name]), key, *code) for name, key in training_keys(scenario).items()}


def _of_all_strategies(scenario: Scenario) -> str:
    # Where the bins of every strategy's history end is told by what happens to any of them.
    return _hashed([scenario.model_dump(mode="json", exclude=_NOT_IN_A_RUN), turns_of(scenario)])


def _hashed(data: Sequence[Any]) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
