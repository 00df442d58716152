"""Timing in turns, so that whatever else the machine does meets every contestant."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from time import perf_counter
from typing import Any

from sim.inspectors.model import ModelVersion, TrainedVersion


@dataclass(frozen=True)
class Contestant:
    """Something to be timed, and how often: fast ones several times, slow ones once.

    What `ready` does before each run is not timed.
    """

    run: Callable[[], object]
    rounds: int = 1
    ready: Callable[[], object] = bool


def in_turns(contestants: Mapping[str, Contestant]) -> dict[str, list[float]]:
    """Return the seconds of each contestant's runs."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(max((each.rounds for each in contestants.values()), default=0)):
        for name, each in contestants.items():
            if turn < each.rounds:
                each.ready()
                gc.collect()  # the others' garbage is not this one's work
                began = perf_counter()
                each.run()
                seconds[name].append(perf_counter() - began)
    return seconds


@dataclass(frozen=True)
class Watched(TrainedVersion):
    """A version that adds up how long its scoring takes, so that it can be told apart from the rest."""

    spent_s: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, version: ModelVersion) -> Watched:
        assert isinstance(version, TrainedVersion)
        return cls(**{each.name: getattr(version, each.name) for each in fields(TrainedVersion)})

    def score(self, features: Any) -> Any:
        began = perf_counter()
        try:
            return super().score(features)
        finally:
            self.spent_s.append(perf_counter() - began)

    def take_s(self) -> float:
        """Return the seconds since the last time of asking."""
        spent = sum(self.spent_s)
        self.spent_s.clear()
        return spent
