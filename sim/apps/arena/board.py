"""What a leaderboard holds: plain values, for tables and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.apps.arena.entries import Failed
from sim.apps.arena.loading import Arena
from sim.measure.metric import TrueMetric
from sim.stats.intervals import Interval, PairedInterval


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, and how a strategy keeps it: told of the scenario in which it comes nearest to breaking it."""

    metric: str
    at_most: float
    scenario: str
    value: Interval
    kept: bool  #: not surely broken, in any scenario
    surely: bool  #: of what is told of it: its estimate keeps it


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy's line of the leaderboard."""

    name: str
    rival: bool  #: a built-in one
    place: int | None  #: None: not ranked, and `remarks` say why
    tied: bool  #: shares its place
    score: Interval
    against: PairedInterval  #: its score less that of the reference, in the same worlds
    limits: tuple[Limit, ...]
    scenarios: Mapping[str, Interval]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard: ranked rows first, then those who are not ranked, then entries that can't take part."""

    arena: Arena
    metric: TrueMetric
    rows: tuple[Row, ...]
    failed: tuple[Failed, ...]
    hidden: bool  #: whether a secret made the worlds
    seeds: Mapping[str, int] | None  #: of the public worlds; None if they are hidden

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"nobody called '{name}' is on the board: {', '.join(row.name for row in self.rows)}")
