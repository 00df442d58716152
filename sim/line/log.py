"""InspectionLog: what happened on the line, in two column tables. Engines are compared on it, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Codes = NDArray[np.int8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhoneLog:
    """One row per phone. Times are microseconds, -1 = did not happen."""

    release_us: Times  #: left the conveyor's head
    arm: NDArray[np.int16]  #: index into InspectionLog.arms, fixed at arrival; -1 = not started
    pi: Floats  #: probability with which it was assigned to that arm
    decided_by: Codes  #: rules.DecidedBy
    verdict: Codes  #: rules.Verdict: PASS, REJECT or NONE
    verdict_us: Times


@dataclass(frozen=True, slots=True)
class LookLog:
    """One row per look, by phone and then in the order in which they were asked for."""

    phone: Times
    look: NDArray[np.int16]  #: 0, 1, ... within the phone
    station: NDArray[np.int16]  #: index into InspectionLog.stations
    server: NDArray[np.int32]  #: number of the inspector or replica; -1 = none yet
    kind: Codes  #: rules.Look
    enter_us: Times  #: asked for: entered the queue, or the line in front of a full one
    start_us: Times
    end_us: Times
    evidence: Floats  #: model score or human evidence; NaN = none
    verdict: Codes  #: rules.Verdict

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> LookLog:
        """Order rows (phone, station, server, kind, enter, start, end, evidence, verdict) by phone."""
        table = np.array(rows, dtype=np.float64).reshape(-1, 9)  # whole numbers below 2**53 stay exact
        table = table[np.argsort(table[:, 0], kind="stable")]
        phone = table[:, 0].astype(np.int64)
        first = np.searchsorted(phone, phone)
        return cls(
            phone=phone,
            look=(np.arange(len(phone)) - first).astype(np.int16),
            station=table[:, 1].astype(np.int16),
            server=table[:, 2].astype(np.int32),
            kind=table[:, 3].astype(np.int8),
            enter_us=table[:, 4].astype(np.int64),
            start_us=table[:, 5].astype(np.int64),
            end_us=table[:, 6].astype(np.int64),
            evidence=table[:, 7],
            verdict=table[:, 8].astype(np.int8),
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """Phones in the order in which they were decided: what an engine tells while it runs."""

    phone: Times
    arm: NDArray[np.int16]
    pi: Floats
    decided_by: Codes
    verdict: Codes
    verdict_us: Times
    arms: tuple[str, ...]
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Mirrored looks in the order in which they ended."""

    phone: Times
    station: NDArray[np.int16]
    end_us: Times
    verdict: Codes

    @classmethod
    def none(cls) -> Mirrored:
        return cls(np.empty(0, np.int64), np.empty(0, np.int16), np.empty(0, np.int64), np.empty(0, np.int8))

    def rows(self, which: NDArray[Any]) -> Mirrored:
        return Mirrored(self.phone[which], self.station[which], self.end_us[which], self.verdict[which])

    def joined(self, other: Mirrored) -> Mirrored:
        columns = (np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self))
        return Mirrored(*columns)


@dataclass(frozen=True, slots=True)
class InspectionLog:
    """What one strategy did with one replication's phones."""

    phones: PhoneLog
    looks: LookLog
    arms: tuple[str, ...]
    stations: tuple[str, ...]
    stopped: Times  #: (n, 2): from and until when the line stood blocked
    horizon_us: int

    def differences(self, other: InspectionLog) -> list[str]:
        """Return where two logs differ, in words; an empty list means bit for bit the same."""
        found = []
        for table in ("phones", "looks"):
            mine, theirs = getattr(self, table), getattr(other, table)
            for field in fields(mine):
                a, b = getattr(mine, field.name), getattr(theirs, field.name)
                if a.shape != b.shape:
                    found.append(f"{table}.{field.name}: {len(a)} rows against {len(b)}")
                    continue
                same = (a == b) | ((a != a) & (b != b))
                if not same.all():
                    row = int(np.argmin(same))
                    found.append(f"{table}.{field.name}: first at row {row}: {a[row]} against {b[row]}")
        for name in ("arms", "stations", "horizon_us"):
            if getattr(self, name) != getattr(other, name):
                found.append(f"{name}: {getattr(self, name)} against {getattr(other, name)}")
        if not np.array_equal(self.stopped, other.stopped):
            found.append("stopped: other intervals")
        return found
