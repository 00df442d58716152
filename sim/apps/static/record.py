"""Recording what a server would answer at every position of a grid, in each of a few seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.apps.budget import check_budget
from sim.apps.session import Kept
from sim.apps.static.grid import Grid
from sim.apps.static.parts import Parts, plain
from sim.apps.talk import HELLO, READY, REEL, REFINE, SHOW, YAML, Said
from sim.apps.visit import Visit
from sim.document import checks_failed

#: Bytes of a page: a larger one takes a slow network minutes.
MOST_BYTES = 20_000_000
#: Phones one by one are left out where a page would become larger by them: every number is there all the same.
MOST_WITH_REELS = 15_000_000

_LEFT_OUT = "The phones of these settings are not in this page, which would be too large. Those of the start are."

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


def record(
    grid: Grid,
    seeds: int,
    replications: int,
    tick: Tick | None = None,
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
    engine : str, optional
        Which engine moves the phones.

    Raises
    ------
    ScenarioError
        If the story is too large for a page.
    """
    story = grid.story
    check_budget(story.scenario(), replications)
    visit = Visit(story, Kept(), engine, refined=replications)
    drawn = tuple(range(story.seed, story.seed + seeds))
    parts, there, scenarios, without = Parts(), {}, {}, 0
    whole = len(drawn) * len(grid.positions)
    if tick is not None:
        tick(0, whole)
    for seed in drawn:
        for settings in grid.positions:
            state = {**settings, "seed": str(seed)}
            key = f"{seed}:{grid.key(settings)}"
            answer = _last(visit, {"kind": SHOW if replications == 1 else REFINE, "state": state})
            there[key] = [parts.put_message(answer)]
            scenarios[key] = _last(visit, {"kind": YAML, "state": state}).message.get("text", "")
            within = parts.size < MOST_WITH_REELS
            without += not within
            there[key] += [parts.put_message(_reel(visit, state, name, within)) for name in story.strategies]
            if parts.size > MOST_BYTES:
                raise _too_large(len(there), whole)
            if tick is not None:
                tick(len(there), whole)
    hello = {**_last(visit, {"kind": READY}).message, "trial": False}  # nobody is there to deal phones
    assert hello["kind"] == HELLO
    return Recorded(grid, drawn, replications, hello, there, parts.put(plain(scenarios).encode()), parts, without)


def _last(visit: Visit, heard: dict[str, Any]) -> Said:
    *_, said = visit.take(heard)
    if said.message["kind"] != "refused":
        return said
    file = visit.story.document.name or ""  # in whose folder it lies is nothing for a page that goes round
    return Said({**said.message, "say": said.message["say"].replace(file, Path(file).name)})


def _reel(visit: Visit, state: dict[str, str], strategy: str, within: bool) -> Said:
    if not within:
        return Said({"kind": "refused", "say": _LEFT_OUT, "reel": True})
    return _last(visit, {"kind": REEL, "state": {**state, "strategy": strategy}})


def _too_large(done: int, whole: int) -> Exception:
    what = (
        f"{done:,} of {whole:,} positions fill a page of {MOST_BYTES / 1e6:.0f} MB, the most that is opened with ease"
    )
    return checks_failed(None, [((), f"{what}: take fewer --seeds or --values, or a shorter horizon in the story")])
