"""VisitLog: who did what when at the work stations. Engines are compared on it, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Flags, Indices, Times


@dataclass(frozen=True, slots=True)
class VisitLog:
    """One row per visit, by phone and then in order. Times are microseconds, -1 = did not happen."""

    phone: Times
    station: Indices  #: its number in the shop
    server: NDArray[np.int32]  #: who worked on the phone last; -1 = nobody yet
    urgent: Flags  #: whether the phone came first here
    work_us: Times  #: how long the work takes, interruptions left out
    enter_us: Times  #: came, or asked for a place where it was
    room_us: Times  #: had a place here: in the queue or in work
    start_us: Times  #: work began
    end_us: Times  #: work was done
    left_us: Times  #: had a place at the next station, and made room

    @classmethod
    def joined(cls, parts: Sequence[VisitLog]) -> VisitLog:
        """Join parts to one log, by phone and then by time."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))).sorted()

    def sorted(self) -> VisitLog:
        """Return the visits by phone; each phone's as they come."""
        order = np.argsort(self.phone, kind="stable")
        return VisitLog(*(getattr(self, field.name)[order] for field in fields(self)))

    def differences(self, other: VisitLog) -> list[str]:
        """Return where two logs differ, in words; an empty list means bit for bit the same."""
        found: list[str] = []
        for field in fields(self):
            a: Any = getattr(self, field.name)
            b: Any = getattr(other, field.name)
            if a.shape != b.shape:
                found.append(f"{field.name}: {len(a)} rows against {len(b)}")
            elif not (a == b).all():
                row = int(np.argmin(a == b))
                found.append(f"{field.name}: first at row {row}: {a[row]} against {b[row]}")
        return found
