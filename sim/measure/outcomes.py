"""Outcomes: what stays of one strategy's log when a block's details are gone. Twelve bytes a phone, and sums."""

from __future__ import annotations

import numpy as np

from sim.columns import Codes, Flags, Indices, Rows, Times
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
        Busy time before it, and looks at phones due before it, are not counted.
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
        self.looks_us = 0  #: how long the looks at decided phones took, mirrored ones left out
        self._mirrored: dict[int, Rows] = {}
        self._stopped: list[Times] = []
        self._room = max(room, len(records))
        types = {"verdict_us": np.int64, "arm": np.int16, "decided_by": np.int8, "verdict": np.int8}
        self._phones = Rows(types, self._room)

    @classmethod
    def of(cls, log: InspectionLog, records: Records, warm_up_us: int = 0) -> Outcomes:
        """Add a whole log."""
        outcomes = cls(records, log.horizon_us, warm_up_us)
        outcomes.add(log)
        return outcomes

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

    def add(self, part: InspectionLog) -> None:
        """Enter a part of the log."""
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
        self._add_looks(part)

    def _add_looks(self, part: InspectionLog) -> None:
        looks = part.looks
        busy_us = np.zeros(len(part.stations), dtype=np.int64)
        start_us, end_us = looks.start_us, looks.end_us
        mirrors = looks.kind == Look.MIRROR
        counts = ~mirrors
        if np.any(end_us < 0):  # in the last part only: there the run ends, and some phones are undecided
            counts &= self.verdict[looks.phone] != Verdict.NONE
            end_us = np.where(end_us >= 0, end_us, self.horizon_us)
        if self.warm_up_us:
            counts &= self.records["due_us"][looks.phone] >= self.warm_up_us
        took_us = np.where(start_us >= 0, end_us - start_us, 0)
        self.looks_us += int(took_us[counts].sum())
        if self.warm_up_us:
            before_us = np.minimum(end_us, self.warm_up_us) - np.minimum(start_us, self.warm_up_us)
            took_us -= np.where(start_us >= 0, before_us, 0)
        for station in range(len(part.stations)):
            busy_us[station] = int(took_us[looks.station == station].sum())
        self.busy_us = self.busy_us + busy_us
        if mirrors.any():
            looked = mirrors & (looks.verdict != Verdict.MISSING) & (looks.end_us >= 0)
            for station in np.unique(looks.station[looked]).tolist():
                phones = looks.phone[looked & (looks.station == station)]
                if station not in self._mirrored:
                    self._mirrored[station] = Rows({"looked": np.bool_}, self._room)
                    self._mirrored[station].append(looked=np.zeros(len(self._phones), dtype=bool))
                self._mirrored[station]["looked"][phones] = True
