"""Plant: the stations of a line, and the columns that any engine needs to run phones through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from sim.columns import Column, Floats, Times
from sim.inspectors.human.calendar import Duty
from sim.inspectors.human.detection import HumanColumns
from sim.inspectors.human.people import Crew
from sim.inspectors.serving.law import WhenFull
from sim.line.shop.stations import Draws, Shop


@dataclass(frozen=True, slots=True)
class Station:
    """A row of the plant: servers with one queue, first in first out but for what a triage sorts.

    `outages` and `partitions` are (from_us, until_us) pairs in order, without overlap; of `duty` no two stretches of a
    person overlap. A remote model is asked by message (see `Columns.up_us`): it never stops the line.
    """

    name: str  #: "humans", or the model version it serves
    servers: int
    buffer: int | None = None  #: phones that can wait; None = no limit
    when_full: WhenFull = "block"
    outages: tuple[tuple[int, int], ...] = ()
    duty: tuple[Duty, ...] | None = None  #: when each of the servers takes phones; None = always
    batch: int = 1  #: the most phones that a server takes at once; models only
    wait_us: int = 0  #: how long an idle server waits for so many
    setup_us: int = 0  #: what a batch takes beside its phones' own times
    remote: bool = False  #: asked by message; the phone waits for the answer beside the line; models only
    timeout_us: int | None = None  #: after which a remote model's answer is no longer waited for; None = never
    partitions: tuple[tuple[int, int], ...] = ()  #: when no message gets through to a remote model or back


#: Those of the columns that are mappings by version.
_BY_VERSION = ("score", "service_us", "up_us", "down_us")


@dataclass(frozen=True, slots=True)
class Columns:
    """Everything an engine uses of the phones: draws and scores, never truth, never a generator.

    `first` is the number of the first of them; `score` and `service_us` are keyed by model version, `shops` by where
    the stations are that the draws are for.
    """

    due_us: Times
    u_arm: Floats
    u_mirror: Floats
    human: HumanColumns
    score: Mapping[str, Floats]
    service_us: Mapping[str, Times]
    first: int = 0
    think_us: Times | None = None  #: where clients bring phones: how long one is away after its phone's verdict
    numbers: Times | None = None  #: in the order of `due_us`, which may be another; None: `first` and on
    shops: Mapping[str, Draws] = field(default_factory=dict)
    #: by remote version: how long a phone's request is on its way to the server, and the answer back
    up_us: Mapping[str, Times] = field(default_factory=dict)
    down_us: Mapping[str, Times] = field(default_factory=dict)

    @property
    def number(self) -> Times:
        """The phones' numbers."""
        return self.first + np.arange(len(self.due_us)) if self.numbers is None else self.numbers

    def rows(self, which: Any) -> Columns:
        """Return some phones' columns, without their draws for shops."""
        return self._each(lambda name, column: column[which], numbers=self.number[which])

    def joined(self, other: Columns) -> Columns:
        """Return these phones' columns and others'."""
        if not len(self.due_us):
            return other.rows(slice(None))
        theirs = dict(other._columns())
        numbers = np.concatenate([self.number, other.number])
        return self._each(lambda name, column: np.concatenate([column, theirs[name]]), numbers=numbers)

    def _columns(self) -> Iterator[tuple[str, Column]]:
        """Yield every column by a name of its own, but for the draws of shops."""
        for name in ("due_us", "u_arm", "u_mirror", "think_us"):
            yield name, getattr(self, name)
        for each in fields(HumanColumns):
            yield f"human.{each.name}", getattr(self.human, each.name)
        for table in _BY_VERSION:
            for name, column in getattr(self, table).items():
                yield f"{table}.{name}", column

    def _each(self, made: Callable[[str, Column], Column], numbers: Times) -> Columns:
        """Return columns that are made of these, one by one; what there is none of stays so."""
        new: dict[str, Any] = {
            name: column if column is None or not len(column) else made(name, column)
            for name, column in self._columns()
        }
        tables = {table: {name: new[f"{table}.{name}"] for name in getattr(self, table)} for table in _BY_VERSION}
        return replace(
            self,
            due_us=new["due_us"],
            u_arm=new["u_arm"],
            u_mirror=new["u_mirror"],
            think_us=new["think_us"],
            human=HumanColumns(*(new[f"human.{each.name}"] for each in fields(HumanColumns))),
            score=tables["score"],
            service_us=tables["service_us"],
            up_us=tables["up_us"],
            down_us=tables["down_us"],
            numbers=numbers,
            shops={},
        )


@dataclass(frozen=True, slots=True)
class Plant:
    """The stations in the order in which their events are handled at one instant: models first, humans last."""

    models: tuple[Station, ...]
    humans: Station
    d_prime: float
    criterion: float
    clients: int | None = None  #: who bring a phone each and wait for its verdict; None: phones come when they are due
    crew: Crew | None = None  #: people who change, one a server of `humans`; None: all of them are d_prime, criterion
    shops: Mapping[str, Shop] = field(default_factory=dict)  #: work stations, by where they are: see `sim.line.shop`

    @property
    def stations(self) -> tuple[Station, ...]:
        return (*self.models, self.humans)


@dataclass(frozen=True, slots=True, order=True)
class DutyChange:
    """A person comes on duty or goes off it."""

    at_us: int
    person: int
    on: bool
    on_since_us: int = 0  #: for who comes: when the shift began
    rested_at_us: int = 0  #: when it began or the last break ended
    shift_begins: bool = False


def duty_changes(station: Station) -> list[DutyChange]:
    """Return who comes and goes at a station, in order.

    Who goes and comes at the same instant stays: then only a shift begins.

    Examples
    --------
    >>> early, late = Duty(0, 0, 5, shift_us=0, rested_us=0), Duty(0, 5, 9, shift_us=5, rested_us=5)
    >>> [(each.at_us, each.on) for each in duty_changes(Station("humans", 1, duty=(early, late)))]
    [(0, True), (5, True), (9, False)]
    """
    stretches = station.duty or ()
    comes = {(each.person, each.from_us) for each in stretches}
    changes = [
        DutyChange(each.from_us, each.person, True, each.shift_us, each.rested_us, each.rested_us == each.shift_us)
        for each in stretches
    ]
    changes += [
        DutyChange(each.until_us, each.person, False) for each in stretches if (each.person, each.until_us) not in comes
    ]
    return sorted(changes)


def duty_table(station: Station, horizon_us: int) -> Times:
    """Return (n, 3): person, from when and until when on duty, by time; nothing where there is no calendar.

    Examples
    --------
    >>> duty_table(Station("humans", 1, duty=(Duty(0, 3, 9, 3, 3), Duty(0, 12, 20, 3, 12))), horizon_us=15).tolist()
    [[0, 3, 9], [0, 12, 15]]
    """
    rows = sorted(
        (each.from_us, each.person, each.until_us) for each in station.duty or () if each.from_us < horizon_us
    )
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)[:, [1, 0, 2]]
    table[:, 2] = np.minimum(table[:, 2], horizon_us)
    return table
