"""A line with work stations: phones go through those before inspection, are decided, and go on to those after it.

Between a shop and inspection there is a belt with room for any number of phones. So no station before inspection ever
waits for a verdict, none after it holds one up, and an engine of the line knows of no shop: its phones arrive in the
order in which they come out of the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from sim.columns import Column, Flags, Floats, Times
from sim.line.engine import Engine
from sim.line.engines import ENGINES
from sim.line.log import Decided, InspectionLog, Mirrored, PhoneLog
from sim.line.route import Route
from sim.line.rules import DecidedBy, Verdict
from sim.line.shop.engines import SHOPS
from sim.line.shop.stations import Shop
from sim.line.stations import Columns, Plant

BEFORE, PASSED, REJECTED = "before", "passed", "rejected"
#: Where stations can be, and whom they meet there.
AFTER = {PASSED: Verdict.PASS, REJECTED: Verdict.REJECT}


class _Rows(Protocol):
    def rows(self, which: Column) -> Self: ...
    def joined(self, other: Self) -> Self: ...


Table = TypeVar("Table", bound=_Rows)


class _Held(Generic[Table]):
    """What phones bring along, kept until it is their time."""

    def __init__(self, number: Times, table: Table) -> None:
        self.number = number
        self.table = table
        self._waits: Flags = np.ones(len(number), dtype=np.bool_)

    def add(self, number: Times, table: Table) -> None:
        """Keep more phones', and let go of those that were taken."""
        self.table = self.table.rows(self._waits).joined(table)
        self.number = np.concatenate([self.number[self._waits], number])
        self._waits = np.ones(len(self.number), dtype=np.bool_)

    def take(self, number: Times) -> Table:
        """Return some phones' rows, which nobody needs again."""
        self.drop(number)
        return self.table.rows(np.searchsorted(self.number, number))

    def drop(self, number: Times) -> None:
        """Some phones will never need their rows."""
        self._waits[np.searchsorted(self.number, number)] = False


class LineWithShops:
    """An engine of the line, with shops before and after it; it can do what an engine can.

    Parameters
    ----------
    engine : str
        The engine's name.
    line : Engine
        Made without any phones if there are stations before inspection, else with the first ones.
    shops : mapping of str to Shop
        The stations, by where they are.
    columns : Columns
        What the first phones bring along.
    """

    def __init__(self, engine: str, line: Engine, shops: Mapping[str, Shop], columns: Columns) -> None:
        self.line = line
        self.name = engine
        self.shops = {where: SHOPS[engine](shop) for where, shop in shops.items()}
        self._columns: _Held[Columns] | None = None
        self._draws = {where: _Held(columns.number, columns.shops[where]) for where in shops if where in AFTER}
        self._heard = 0  # verdicts
        self._entered: Times = np.empty(0, dtype=np.int64)
        if BEFORE in shops:
            self._columns = _Held(columns.number, columns)
            self._let_in(columns)

    def _let_in(self, columns: Columns) -> None:
        self.shops[BEFORE].feed(columns.number, columns.due_us, columns.shops[BEFORE])
        self._entered = np.concatenate([self._entered, np.full(len(columns.due_us), -1)])

    # -- what the world outside may do ------------------------------------------------------------------------

    def feed(self, columns: Columns) -> None:
        """Bring up the next phones."""
        for where, held in self._draws.items():
            held.add(columns.number, columns.shops[where])
        if self._columns is None:
            self.line.feed(columns)
        else:
            self._columns.add(columns.number, columns)
            self._let_in(columns)

    def set_route(self, route: Route) -> None:
        """Decide phones by `route` that come to inspection from now on."""
        self.line.set_route(route)

    def advance(self, until_us: int) -> None:
        """Process everything that happens up to and at `until_us`: one shop after the other, as phones meet them."""
        if self._columns is not None:
            before = self.shops[BEFORE]
            before.advance(until_us)
            gone = before.gone()
            if len(gone.phone):
                self._entered[gone.phone] = gone.entered_us
                self.line.feed(replace(self._columns.take(gone.phone), due_us=gone.at_us))
        self.line.advance(until_us)
        if not self._draws:
            return
        decided = self.line.decided_since(self._heard)
        self._heard += len(decided.phone)
        for where, held in self._draws.items():
            mine = decided.verdict == AFTER[where]
            number = decided.phone[mine]
            self.shops[where].feed(number, decided.verdict_us[mine], held.take(number))
            held.drop(decided.phone[~mine])
            self.shops[where].advance(until_us)
            self.shops[where].gone()

    def decided_since(self, number: int) -> Decided:
        """Return the phones decided after the first `number` of them."""
        return self.line.decided_since(number)

    def mirrored_since(self, number: int) -> Mirrored:
        """Return the mirrored looks that ended after the first `number` of them."""
        return self.line.mirrored_since(number)

    def queued(self) -> int:
        """Return how many phones wait for an inspector."""
        return self.line.queued()

    def unreleased(self) -> int | None:
        """Return the lowest number of a phone that has not come to inspection; None: all have."""
        waiting = [] if (first := self.line.unreleased()) is None else [first]
        if self._columns is not None:
            waiting += self.shops[BEFORE].inside()[0].tolist()
        return min(waiting, default=None)

    def rescore(self, version: str, first: int, score: Floats) -> None:
        """Give those phones from number `first` on that have not come to inspection another score of a version."""
        self.line.rescore(version, first, score)
        if self._columns is not None:
            held = self._columns
            mine = (held.number >= first) & (held.number < first + len(score))
            column = held.table.score[version].copy()
            column[mine] = score[held.number[mine] - first]
            held.table = replace(held.table, score={**held.table.score, version: column})

    def settle(self) -> InspectionLog:
        """Return the log of phones that nobody looks at any more, and of visits that are over, and forget them."""
        return replace(
            self._since_entered(self.line.settle()), visits={where: s.settle() for where, s in self.shops.items()}
        )

    def log(self) -> InspectionLog:
        """Return what has happened so far to all phones that are not settled, in columns."""
        part = self._since_entered(self.line.log())
        if self._columns is not None:
            part = replace(part, phones=_with_those_inside(part.phones, *self.shops[BEFORE].inside()))
        return replace(part, visits={where: shop.log() for where, shop in self.shops.items()})

    def _since_entered(self, part: InspectionLog) -> InspectionLog:
        """Return a part of the log in which a phone is released when the first station has room for it."""
        if self._columns is None:
            return part
        phones = part.phones
        decided_by = np.where(phones.decided_by == DecidedBy.NOT_STARTED, DecidedBy.ON_LINE, phones.decided_by)
        phones = replace(phones, release_us=self._entered[phones.phone], decided_by=decided_by.astype(np.int8))
        return replace(part, phones=phones)


def open_line(engine: str, plant: Plant, columns: Columns, horizon_us: int) -> Engine:
    """Return an engine of this name, with the plant's work stations before and after it if there are any."""
    if not plant.shops:
        return ENGINES[engine](plant, columns, horizon_us)
    first = columns.rows(slice(0)) if BEFORE in plant.shops else columns
    return LineWithShops(engine, ENGINES[engine](plant, first, horizon_us), plant.shops, columns)


def _with_those_inside(phones: PhoneLog, number: Times, entered_us: Times) -> PhoneLog:
    """Return a table of phones with those that are at the stations before inspection, or wait for them."""

    def longer(column: Column, more: object) -> Column:
        new = np.empty(len(number), dtype=column.dtype)
        new[:] = more
        return np.concatenate([column, new])[order]

    order = np.argsort(np.concatenate([phones.phone, number]), kind="stable")
    return PhoneLog(
        phone=longer(phones.phone, number),
        release_us=longer(phones.release_us, entered_us),
        arm=longer(phones.arm, -1),
        pi=longer(phones.pi, np.nan),
        decided_by=longer(
            phones.decided_by, np.where(entered_us >= 0, int(DecidedBy.ON_LINE), int(DecidedBy.NOT_STARTED))
        ),
        verdict=longer(phones.verdict, int(Verdict.NONE)),
        verdict_us=longer(phones.verdict_us, -1),
    )
