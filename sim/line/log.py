"""InspectionLog: what happened on the line, in two column tables. Engines are compared on it, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from dataclasses import field as given
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Codes, Column, Floats, Indices, Times
from sim.line.shop.log import VisitLog


@dataclass(frozen=True, slots=True)
class PhoneLog:
    """One row per phone. Times are microseconds, -1 = did not happen."""

    phone: Times
    release_us: Times  #: left the conveyor's head
    arm: Indices  #: index into InspectionLog.arms, fixed at arrival; -1 = not started
    pi: Floats  #: probability with which it was assigned to that arm
    decided_by: Codes  #: rules.DecidedBy
    verdict: Codes  #: rules.Verdict: PASS, REJECT or NONE
    verdict_us: Times


@dataclass(frozen=True, slots=True)
class LookLog:
    """One row per look, by phone and then in the order in which they were asked for."""

    phone: Times
    look: Indices  #: 0, 1, ... within the phone
    station: Indices  #: index into InspectionLog.stations
    server: NDArray[np.int32]  #: number of the inspector or replica; -1 = none yet
    kind: Codes  #: rules.Look
    enter_us: Times  #: asked for: entered the queue, or the line in front of a full one
    start_us: Times
    end_us: Times
    evidence: Floats  #: model score or human evidence; NaN = none
    verdict: Codes  #: rules.Verdict
    batch: Indices  #: how many phones its server looked at at once; 0 = it never started

    @classmethod
    def of(
        cls, phone: Times, station: Any, server: Any, kind: Any, enter_us: Any, start_us: Any, end_us: Any,
        evidence: Any, verdict: Any, batch: Any,
    ) -> LookLog:  # fmt: skip
        """Order looks by phone, each phone's as they come, and number them."""
        columns = (station, server, kind, enter_us, start_us, end_us, evidence, verdict, batch)
        if np.any(phone[1:] < phone[:-1]):
            order = np.argsort(phone, kind="stable")
            phone, columns = phone[order], tuple(column[order] for column in columns)
        again = np.zeros(len(phone), dtype=bool)
        again[1:] = phone[1:] == phone[:-1]
        number = np.zeros(len(phone), dtype=np.int16)
        if again.any():
            rows = np.arange(len(phone))
            number[:] = rows - np.maximum.accumulate(np.where(again, 0, rows))
        return cls(phone, number, *columns)


@dataclass(frozen=True, slots=True)
class AnswerLog:
    """One row per look of a remote model, by phone and then in the order in which they were asked for.

    In the table of looks `enter_us` of such a look is when its request had reached the server (until then: when it was
    sent), and `end_us` when the server was done with it or the request was lost.
    """

    phone: Times
    station: Indices  #: index into InspectionLog.stations
    sent_us: Times  #: the request left the line
    answered_us: Times  #: the answer was back; -1 = never, or not yet

    @classmethod
    def of(cls, phone: Times, station: Any, sent_us: Any, answered_us: Any) -> AnswerLog:
        """Order answers by phone, each phone's as they come."""
        order = np.argsort(phone, kind="stable")
        return cls(phone[order], *(column[order] for column in (station, sent_us, answered_us)))

    @classmethod
    def none(cls) -> AnswerLog:
        whole = np.empty(0, np.int64)
        return cls(whole, np.empty(0, np.int16), whole, whole)


@dataclass(frozen=True, slots=True)
class Decided:
    """Phones in the order in which they were decided: what an engine tells while it runs."""

    phone: Times
    arm: Indices
    pi: Floats
    decided_by: Codes
    verdict: Codes
    verdict_us: Times
    arms: tuple[str, ...]
    stations: tuple[str, ...]

    @classmethod
    def joined(cls, parts: Sequence[Decided]) -> Decided:
        """Join what an engine told one time after another: it may have met more arms meanwhile, and forgets none."""
        names = [field.name for field in fields(cls) if field.name not in ("arms", "stations")]
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(**columns, arms=parts[-1].arms, stations=parts[-1].stations)

    def rows(self, which: Column) -> Decided:
        columns: dict[str, Any] = {
            field.name: getattr(self, field.name)[which]
            for field in fields(self)
            if field.name not in ("arms", "stations")
        }
        return replace(self, **columns)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Mirrored looks in the order in which they ended, beside what the line itself has said of the phone by now."""

    phone: Times
    station: Indices
    end_us: Times
    verdict: Codes
    line_verdict: Codes  #: rules.Verdict; NONE = not yet
    line_verdict_us: Times

    @classmethod
    def none(cls) -> Mirrored:
        whole, code = np.empty(0, np.int64), np.empty(0, np.int8)
        return cls(whole, np.empty(0, np.int16), whole, code, code, whole)

    def rows(self, which: Column) -> Mirrored:
        return Mirrored(*(getattr(self, name)[which] for name in self.__slots__))

    def joined(self, other: Mirrored) -> Mirrored:
        columns = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__)
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
    duty: Times  #: (n, 3): person, from and until when on duty, by time; no row: no calendar
    visits: Mapping[str, VisitLog] = given(default_factory=dict)  #: to work stations, by where they are
    answers: AnswerLog = given(default_factory=AnswerLog.none)  #: of remote models; no row: there are none

    @classmethod
    def joined(cls, parts: Sequence[InspectionLog]) -> InspectionLog:
        """Join what an engine settled, and its last word, to one log."""
        last = parts[-1]

        def column(table: str, name: str) -> Column:
            return np.concatenate([getattr(getattr(part, table), name) for part in parts])

        order = np.argsort(column("phones", "phone"), kind="stable")
        looks = {field.name: column("looks", field.name) for field in fields(LookLog) if field.name != "look"}
        return cls(
            phones=PhoneLog(*(column("phones", field.name)[order] for field in fields(PhoneLog))),
            looks=LookLog.of(**looks),
            arms=last.arms,
            stations=last.stations,
            stopped=np.concatenate([part.stopped for part in parts]),
            horizon_us=last.horizon_us,
            duty=last.duty,
            visits={where: VisitLog.joined([part.visits[where] for part in parts]) for where in last.visits},
            answers=AnswerLog.of(**{field.name: column("answers", field.name) for field in fields(AnswerLog)}),
        )

    def differences(self, other: InspectionLog) -> list[str]:
        """Return where two logs differ, in words; an empty list means bit for bit the same."""
        differences = []
        for table in ("phones", "looks", "answers"):
            mine, theirs = getattr(self, table), getattr(other, table)
            for field in fields(mine):
                a, b = getattr(mine, field.name), getattr(theirs, field.name)
                if a.shape != b.shape:
                    differences.append(f"{table}.{field.name}: {len(a)} rows against {len(b)}")
                    continue
                same = (a == b) | ((a != a) & (b != b))
                if not same.all():
                    row = int(np.argmin(same))
                    differences.append(f"{table}.{field.name}: first at row {row}: {a[row]} against {b[row]}")
        for name in ("arms", "stations", "horizon_us"):
            if getattr(self, name) != getattr(other, name):
                differences.append(f"{name}: {getattr(self, name)} against {getattr(other, name)}")
        if not np.array_equal(self.stopped, other.stopped):
            differences.append("stopped: other intervals")
        if not np.array_equal(self.duty, other.duty):
            differences.append("duty: other stretches")
        for where, visits in self.visits.items():
            differences += [f"visits {where}: {told}" for told in visits.differences(other.visits[where])]
        return differences
