"""Recording what a server would answer at every position of a grid, in each of a few seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sim.apps.budget import check_budget
from sim.apps.session import Kept
from sim.apps.static.grid import Grid
from sim.apps.static.parts import Parts, plain
from sim.apps.talk import READY, REEL, REFINE, REFUSED, SHOW, YAML, Said
from sim.apps.visit import Visit
from sim.document import checks_failed
from sim.experiment.workers import over_processes

#: Bytes of a page: a larger one takes a slow network minutes.
MOST_BYTES = 20_000_000
#: Phones one by one are left out where a page would become larger by them: every number is there all the same.
MOST_WITH_REELS = 15_000_000

_LEFT_OUT = Said(
    {
        "kind": REFUSED,
        "say": "The phones of these settings are not in this page, which would be too large. Those of the start are.",
        "reel": True,
    }
)

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that a page knows."""

    grid: Grid
    seeds: tuple[int, ...]
    replications: int
    hello: dict[str, Any]  #: the message
    there: dict[str, list[int]]  #: by seed and position: the answer's part, and those of the strategies' reels
    scenarios: int  #: the part that holds every scenario as a file
    parts: Parts
    without_reels: int  #: positions whose phones are left out

    @property
    def data(self) -> dict[str, Any]:
        """What stands in the page."""
        return {
            "hello": self.hello,
            "cross": self.grid.cross,
            "seeds": [str(seed) for seed in self.seeds],
            "there": self.there,
            "scenarios": self.scenarios,
            "parts": self.parts.texts,
        }


class Answers(NamedTuple):
    """What a server would say at one position, with one seed."""

    answer: Said
    reels: tuple[Said, ...]  #: each strategy's
    scenario: str  #: as a file has it


@dataclass(frozen=True, slots=True)
class Work:
    """All positions of a grid, by number: the first seed's, then the next one's. Workers are sent it, once."""

    grid: Grid
    seeds: tuple[int, ...]
    replications: int
    engine: str | None

    def __len__(self) -> int:
        return len(self.seeds) * len(self.grid.positions)

    def at(self, number: int) -> tuple[int, Mapping[str, str]]:
        """Return the seed and the position of a number."""
        turn, place = divmod(number, len(self.grid.positions))
        return self.seeds[turn], self.grid.positions[place]

    def unpack(self) -> Callable[[int], Answers]:
        """Return what answers a number; what one number has run, the next need not run again."""
        return partial(self._answers, Visit(self.grid.story, Kept(), self.engine, self.replications))

    def _answers(self, visit: Visit, number: int) -> Answers:
        seed, position = self.at(number)
        state = {**position, "seed": str(seed)}
        answer = _last(visit, {"kind": SHOW if self.replications == 1 else REFINE, "state": state})
        names = self.grid.story.strategies
        reels = tuple(_last(visit, {"kind": REEL, "state": {**state, "strategy": name}}) for name in names)
        return Answers(answer, reels, _last(visit, {"kind": YAML, "state": state}).message.get("text", ""))

    def in_order(self, workers: int) -> Iterator[Answers]:
        """Yield the answers of all numbers in their order; where they were made changes nothing of them."""
        if workers == 1:
            yield from map(self.unpack(), range(len(self)))
            return
        early: dict[int, Answers] = {}
        following = 0
        with closing(over_processes(self, len(self), min(workers, len(self)))) as done:
            for number, answers in done:
                early[number] = answers
                while following in early:
                    yield early.pop(following)
                    following += 1


def record(
    grid: Grid,
    seeds: int,
    replications: int,
    tick: Tick | None = None,
    *,
    workers: int = 1,
    engine: str | None = None,
) -> Recorded:
    """Run every position of a grid, and keep the messages that a server would send for it.

    Parameters
    ----------
    grid : Grid
        See `grid_of`.
    seeds : int
        How many are drawn from: the story's own, and the next ones.
    replications : int
        Runs of each strategy: with two or more there are intervals.
    tick : callable, optional
        Called with (positions done, of how many), before the first one too.
    workers : int
        Processes.
    engine : str, optional
        Which engine moves the phones.

    Raises
    ------
    ScenarioError
        If the story can't be run as it begins, or is too large for a page.
    """
    story = grid.story
    check_budget(story.scenario(), replications)
    work = Work(grid, tuple(range(story.seed, story.seed + seeds)), replications, engine)
    parts, there, scenarios, without = Parts(), {}, {}, 0
    if tick is not None:
        tick(0, len(work))
    for number, (answer, reels, scenario) in enumerate(work.in_order(workers)):
        if number == 0 and answer.message["kind"] == REFUSED:
            raise checks_failed(None, [((), answer.message["say"])])
        seed, position = work.at(number)
        key = f"{seed}:{grid.key(position)}"
        fit = parts.size < MOST_WITH_REELS
        without += not fit
        there[key] = [parts.put_message(said) for said in (answer, *(reels if fit else (_LEFT_OUT,) * len(reels)))]
        scenarios[key] = scenario
        if parts.size > MOST_BYTES:
            raise _too_large(number + 1, len(work))
        if tick is not None:
            tick(number + 1, len(work))
    told = _last(Visit(story, refined=replications), {"kind": READY}).message
    hello = {**told, "trial": False}  # nobody is there to deal phones
    return Recorded(grid, work.seeds, replications, hello, there, parts.put(plain(scenarios).encode()), parts, without)


def _last(visit: Visit, heard: dict[str, Any]) -> Said:
    *_, said = visit.take(heard)
    if said.message["kind"] != REFUSED:
        return said
    file = visit.story.document.name or ""  # in whose folder it lies is nothing for a page that goes round
    return Said({**said.message, "say": said.message["say"].replace(file, Path(file).name)})


def _too_large(done: int, whole: int) -> Exception:
    what = f"{done:,} of {whole:,} positions fill a page of {MOST_BYTES / 1e6:.0f} MB, and a larger one opens slowly"
    return checks_failed(None, [((), f"{what}: take fewer --seeds or --values, or a shorter horizon in the story")])
