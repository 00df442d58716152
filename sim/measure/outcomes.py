"""Outcomes: what stays of one strategy's log when a block's details are gone. Twelve bytes a phone, and sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sim.columns import Codes, Counts, Flags, Indices, Rows, Times
from sim.factory.records import Records
from sim.line.log import InspectionLog
from sim.line.rules import DecidedBy, Look, Verdict


class Outcomes:
    """Adds settled parts of an inspection log; parts may come in any order, once each.

    Parameters
    ----------
    records : Records
        The phones so far; it grows with the world.
    horizon_us : int
        When the run ends: looks still under way count as busy until then.
    warm_up_us : int
        What was done before it, and looks at phones whose verdict fell before it, are not counted.
    room : int, optional
        How many phones are expected.
    """

    def __init__(self, records: Records, horizon_us: int, warm_up_us: int = 0, room: int = 0) -> None:
        self.records = records
        self.horizon_us = horizon_us
        self.warm_up_us = warm_up_us
        self.arms: tuple[str, ...] = ()
        self.stations: tuple[str, ...] = ()
        self.busy_us = np.zeros(1, dtype=np.int64)  #: (stations,): servers' busy time, mirrored looks included
        self.overrun_us = 0  #: of inspectors' busy time, what they did off duty: finish the phone in hand
        self.looks_us = 0  #: how long the looks at decided phones took, mirrored ones left out
        self.draining_by: dict[str, int] = {}
        """Of model servers' busy time, what they did when no route asked for their version any more, by version."""
        self.lost_looks = 0  #: looks that a crash interrupted or took from a queue, mirrored ones left out
        self._mirrored: dict[int, Rows] = {}
        self._stopped: list[Times] = []
        self._room = max(room, len(records))
        types = {"verdict_us": np.int64, "arm": np.int16, "decided_by": np.int8, "verdict": np.int8}
        self._phones = Rows(types, self._room)

    @property
    def verdict(self) -> Codes:
        """By phone: rules.Verdict."""
        return self._phones["verdict"]

    @property
    def verdict_us(self) -> Times:
        return self._phones["verdict_us"]

    @property
    def decided_by(self) -> Codes:
        """By phone: rules.DecidedBy."""
        return self._phones["decided_by"]

    @property
    def arm(self) -> Indices:
        """By phone: index into `arms`, -1 = not started."""
        return self._phones["arm"]

    @property
    def stopped(self) -> Times:
        """Return (n, 2): from and until when the line stood blocked."""
        return np.concatenate(self._stopped) if self._stopped else np.empty((0, 2), dtype=np.int64)

    @property
    def mirrored(self) -> dict[str, Flags]:
        """By model station: which phones a version looked at to the end without deciding."""
        return {self.stations[station]: table["looked"] for station, table in sorted(self._mirrored.items())}

    def add(self, part: InspectionLog, deployed: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Enter a part of the log; `deployed` says when a route has asked for each version until now."""
        missing = len(self.records) - len(self._phones)
        if missing:
            nothing = np.full(missing, -1)
            self._phones.append(
                verdict_us=nothing, arm=-1, decided_by=int(DecidedBy.NOT_STARTED), verdict=int(Verdict.NONE)
            )
            for table in self._mirrored.values():
                table.append(looked=np.zeros(missing, dtype=bool))
        phones = part.phones
        for name in ("verdict_us", "arm", "decided_by", "verdict"):
            self._phones[name][phones.phone] = getattr(phones, name)
        self.arms, self.stations = part.arms, part.stations
        self._stopped.append(part.stopped)
        self._add_looks(part, deployed)

    def as_released(self, part: InspectionLog) -> None:
        """Let each phone of a part be due when it was released: on a test rig nothing else makes it due."""
        phones = part.phones
        came = phones.release_us >= 0
        self.records["due_us"][phones.phone[came]] = phones.release_us[came]

    def leave_out_unreleased(self) -> bool:
        """Forget the phones of a test rig that were never wanted. False: there were none, it ran dry."""
        released = int(np.count_nonzero(self.decided_by != DecidedBy.NOT_STARTED))
        more = released < len(self.records)
        for table in (self.records, self._phones, *self._mirrored.values()):
            table.cut(released)
        return more

    def _add_looks(self, part: InspectionLog, deployed: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        looks = part.looks
        busy_us = np.zeros(len(part.stations), dtype=np.int64)
        start_us, end_us = looks.start_us, looks.end_us
        mirrors = looks.kind == Look.MIRROR
        counts = ~mirrors
        if np.any(end_us < 0):  # in the last part only: there the run ends, and some phones are undecided
            counts &= self.verdict[looks.phone] != Verdict.NONE
            end_us = np.where(end_us >= 0, end_us, self.horizon_us)
        if self.warm_up_us:
            counts &= self.verdict_us[looks.phone] >= self.warm_up_us
        began_us = np.where(start_us >= 0, start_us, end_us)
        self.looks_us += int(np.multiply(end_us - began_us, counts).sum())
        self.lost_looks += int(np.count_nonzero((looks.verdict == Verdict.LOST) & (looks.end_us >= self.warm_up_us)))
        if self.warm_up_us:
            began_us, end_us = (np.maximum(moment, self.warm_up_us) for moment in (began_us, end_us))
        for station, name in enumerate(part.stations):
            mine = looks.station == station
            for size, alike in _by_batch(looks.batch, np.flatnonzero(mine)):
                began, ended = began_us.take(alike), end_us.take(alike)
                busy_us[station] += round(int((ended - began).sum()) / size)
                if station < len(part.stations) - 1:  # the last ones are people: they stay
                    draining_us = round(time_outside(began, ended, deployed.get(name, ())) / size)
                    self.draining_by[name] = self.draining_by.get(name, 0) + draining_us
        self.overrun_us += _off_duty(part, began_us, end_us)
        self.busy_us = self.busy_us + busy_us
        if mirrors.any():
            looked = mirrors & (looks.verdict != Verdict.MISSING) & (looks.verdict != Verdict.NONE)
            for station in np.unique(looks.station[looked]).tolist():
                phones = looks.phone[looked & (looks.station == station)]
                if station not in self._mirrored:
                    self._mirrored[station] = Rows({"looked": np.bool_}, self._room)
                    self._mirrored[station].append(looked=np.zeros(len(self._phones), dtype=bool))
                self._mirrored[station]["looked"][phones] = True


def _by_batch(batch: Indices, mine: Counts) -> Iterator[tuple[int, Counts]]:
    """Yield looks by the size of their batch: it keeps a server busy once, and each of its phones stands for a share.

    So it does not matter which of them are settled by now.
    """
    sizes = batch.take(mine)
    if sizes.max(initial=0) <= 1:
        yield 1, mine
        return
    for size in np.unique(sizes[sizes > 0]).tolist():
        yield size, mine[sizes == size]


def _off_duty(part: InspectionLog, began_us: Times, ended_us: Times) -> int:
    """Return how much of the inspectors' looks fell into breaks and after shifts; nothing without a calendar."""
    if not len(part.duty):
        return 0
    humans = len(part.stations) - 1
    mine = np.flatnonzero(part.looks.station == humans)
    outside = 0
    for person in np.unique(part.looks.server[mine]).tolist():
        own = mine[part.looks.server[mine] == person]
        stretches = part.duty[part.duty[:, 0] == person, 1:]
        outside += time_outside(began_us[own], ended_us[own], stretches.tolist())
    return outside


def time_outside(began_us: Times, ended_us: Times, periods: Sequence[tuple[int, int]]) -> int:
    """Return how much of some spans, added up, lies outside of periods that are in order and apart.

    >>> time_outside(np.array([0, 5]), np.array([2, 12]), [(0, 6), (8, 10)])
    4
    """
    if not len(began_us):
        return 0
    if not periods:
        return int((ended_us - began_us).sum())
    first, last = int(began_us.min()), int(ended_us.max())
    if any(begin <= first and last <= end for begin, end in periods):
        return 0  # nearly always: so nobody has to look further
    edges = np.array(periods, dtype=np.int64).ravel()
    lengths = np.diff(edges, prepend=edges[0])
    lengths[0::2] = 0  # between periods nothing is added
    upto = np.cumsum(lengths)

    def inside(moment_us: Times) -> Times:
        """How much of the periods is over by then."""
        place = np.searchsorted(edges, moment_us, side="right") - 1
        within = np.where(place % 2 == 0, moment_us - edges[place], 0)
        over: Times = np.where(place >= 0, upto[place] + within, 0)
        return over

    return int((ended_us - began_us - inside(ended_us) + inside(began_us)).sum())
