"""Tables of what a team has come to know, each row with the moment at which it became known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.columns import Column, Flags, Rows, Times
from sim.deployment.telemetry.calibrated import Calibrated, FirstAudits
from sim.deployment.telemetry.cohorts import Arrivals, Cohort
from sim.deployment.telemetry.reading import Reading, share
from sim.units import DAY


class KnownRows(Rows):
    """A table whose first column says when each row became known, in order."""

    def __init__(self, **types: type) -> None:
        super().__init__({"at_us": np.int64, **types})

    def since(self, t_us: int) -> dict[str, Column]:
        """Return views of the rows with at_us > t_us."""
        first = self.first_after(t_us)
        return {name: self[name][first:] for name in self._columns}

    def first_after(self, t_us: int) -> int:
        """Return the number of the first row with at_us > t_us."""
        return int(self["at_us"].searchsorted(t_us, side="right"))

    def keep_since(self, t_us: int) -> None:
        """Forget rows known at or before `t_us`, once they are half of the table: so it costs next to nothing."""
        old = self.first_after(t_us)
        if 2 * old > len(self):
            self.forget(old)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows count.

    Without more: all that became known after `since_us`. With `decided_by_us` only phones decided after `since_us` and
    up to that moment: of one age, so that a young arm does not look better than it is. With a `cohort` its phones and
    no others, whatever `since_us` is. `finish` keeps the phones of one finish.
    """

    since_us: int
    decided_by_us: int | None = None
    finish: str | None = None
    cohort: Cohort | None = None


#: How far back a team's monitoring remembers: five weeks, as monitoring systems forget too (assumption).
MEMORY_US = 35 * DAY
#: So many looks back a version's last ones are found, if it looks at all.
MIRRORS_AT_ONCE = 4096
#: Of an arm, a version or a finish that has no rows.
UNKNOWN_CODE = -2


class Tables:
    """Everything that has become known in the last five weeks. Rows are added by the plant's instruments.

    Attributes
    ----------
    arms, versions, finishes : tuple of str
        What the codes in the tables stand for.
    now_us : int
        Up to when the instruments have been read.
    audit_plan : (float, float)
        The shares of passes and of rejects that are audited.
    audit_delay_us : int
        From a verdict until an expert's label of it is known.
    arrivals : Arrivals
        When every phone was due, and when it was decided.
    decisions, mirrors, comparisons, audits, returns, queue : KnownRows
        Verdicts; looks without a say; such looks beside the line's verdict; experts' labels; phones that came back; how
        many phones waited for an inspector.
    """

    def __init__(self) -> None:
        self.arms: tuple[str, ...] = ()
        self.versions: tuple[str, ...] = ()
        self.finishes: tuple[str, ...] = ()
        self.now_us = 0
        self.audit_plan = (0.0, 0.0)
        self.audit_delay_us = 0
        self.arrivals = Arrivals()
        self.decisions = KnownRows(
            phone=np.int64, arm=np.int16, pi=np.float64, decided_by=np.int8, rejected=np.bool_,
            latency_us=np.int64, brightness=np.float32, finish=np.int8,
            score=np.float32,  # of the model that looked first; NaN: none did
            opinion=np.int8,  # what that model said to the human who decided: 0 pass, 1 reject; -1: nothing
        )  # fmt: skip
        self.mirrors = KnownRows(phone=np.int64, version=np.int16, rejected=np.bool_, score=np.float32, finish=np.int8)
        self.comparisons = KnownRows(
            phone=np.int64, version=np.int16, rejected=np.bool_, line_rejected=np.bool_, finish=np.int8
        )
        self.audits = KnownRows(
            phone=np.int64, arm=np.int16, pi=np.float64, rejected=np.bool_, defective=np.bool_,
            probability=np.float64,  # with which it was audited, given its verdict
            drawn=np.float64,  # the number that was drawn for it: below the probability, or it would not be here
            decided_us=np.int64, finish=np.int8,
            score=np.float32,  # of the model that looked first; NaN: none did
        )  # fmt: skip
        self.returns = KnownRows(phone=np.int64, arm=np.int16, faulty=np.bool_, decided_us=np.int64, finish=np.int8)
        self.queue = KnownRows(length=np.int64)
        self._first_audits, self._looked_through = FirstAudits(), 0  # audits that the former has been shown

    def forget_before(self, t_us: int) -> None:
        """Let go of what became known at or before `t_us`."""
        if t_us < 0:
            return
        self._show_first_audits()
        audits = len(self.audits)
        for table in (self.decisions, self.mirrors, self.comparisons, self.audits, self.returns, self.queue):
            table.keep_since(t_us)
        self._looked_through -= audits - len(self.audits)
        self.arrivals.keep_since(t_us)

    def _show_first_audits(self) -> None:
        """Let the references see the audits that have become known since somebody last asked for one."""
        names = ("at_us", "arm", "score", "defective", "probability")
        new = [self.audits[name][self._looked_through :] for name in names]
        if len(new[0]):
            self._first_audits.add(self.audit_plan, *new)
            self._looked_through = len(self.audits)

    def calibrated(self, arm: str) -> Calibrated:
        """Return what the first audits of an arm, known by now, say of its scores: however long ago that was.

        Examples
        --------
        >>> from sim.deployment.telemetry.by_hand import by_hand
        >>> by_hand(audit_plan=(0.1, 0.0)).calibrated("v1").basis
        "by the model's own labels; not calibrated: rejects are not audited"
        >>> defective = np.arange(100) % 50 < np.repeat([2, 40], 50)
        >>> audits = {"score": np.repeat([0.25, 0.75], 50), "defective": defective, "probability": np.full(100, 0.1)}
        >>> found = by_hand(audits=audits).calibrated("v1")
        >>> found.basis, found.of(np.array([0.25, 0.75])).round(2).tolist()
        ('calibrated on 42 audited defects', [0.05, 0.79])
        """
        self._show_first_audits()
        return self._first_audits.calibrated(self.audit_plan, code_of(arm, self.arms))

    def remembered(self, since_us: int) -> int:
        """Return from when on rows may be asked for: what is older counts for nothing, still there or not."""
        return max(since_us, self.now_us - MEMORY_US)

    def by_arm(self, table: KnownRows, arm: str | None, scope: Scope, *columns: str) -> list[Column]:
        """Return columns of the rows of an arm (None: of all)."""
        code = None if arm is None else code_of(arm, self.arms)
        return self._rows(table, "arm", code, scope, columns)

    def share_by_arm(self, table: KnownRows, arm: str | None, scope: Scope, flag: str) -> Reading:
        """Return of which share of the rows of an arm (None: of all) a flag is true: `mean` of it, without a copy."""
        code = None if arm is None else code_of(arm, self.arms)
        first, mine = self._counting(table, "arm", code, scope)
        return share(int(np.count_nonzero(mine & table[flag][first:])), int(np.count_nonzero(mine)))

    def by_version(self, table: KnownRows, version: str | None, scope: Scope, *columns: str) -> list[Column]:
        """Return columns of the rows of a version that looks without deciding (None: of all)."""
        code = None if version is None else code_of(version, self.versions)
        return self._rows(table, "version", code, scope, columns)

    def mirrored_verdicts(self, version: str | None, phone: Times) -> tuple[Flags, Flags]:
        """Return whether a version rejected each of these phones without deciding, and whether it looked at it at all.

        With None, whichever version looked.
        """
        nothing = np.zeros(len(phone), dtype=bool)
        if not len(phone):
            return nothing, nothing
        first = self.mirrors.first_after(self.remembered(-1))
        looked = self.mirrors["phone"][first:]
        near = np.flatnonzero((looked >= phone.min()) & (looked <= phone.max()))
        if version is not None:
            near = near[self.mirrors["version"][first:][near] == code_of(version, self.versions)]
        other, rejected = looked[near], self.mirrors["rejected"][first:][near]
        if not len(other):
            return nothing, nothing
        order = np.argsort(other, kind="stable")
        place = order[np.minimum(np.searchsorted(other, phone, sorter=order), len(other) - 1)]
        return rejected[place], other[place] == phone

    def looked_up_to(self, version: str, at_us: int) -> int:
        """Return the number after the last phone that a version had looked at by a moment, without deciding.

        It takes phones in their order. Those before that it has not looked at were dropped, or the look came too late.
        """
        code, last = code_of(version, self.versions), self.mirrors.first_after(at_us)
        for first in (max(0, last - MIRRORS_AT_ONCE), 0):
            mine = self.mirrors["version"][first:last] == code
            if mine.any():
                return int(self.mirrors["phone"][first:last][mine].max()) + 1
        return 0

    def _rows(
        self, table: KnownRows, key: str, code: int | None, scope: Scope, columns: tuple[str, ...]
    ) -> list[Column]:
        first, mine = self._counting(table, key, code, scope)
        (rows,) = mine.nonzero()  # a quarter of the time that selecting by flags takes
        return [table[name][first:].take(rows) for name in columns]

    def _counting(self, table: KnownRows, key: str, code: int | None, scope: Scope) -> tuple[int, Flags]:
        """Return the first row that may count, and which of those from there on do."""
        first = table.first_after(self.remembered(self._begin_us(scope)))
        mine = np.ones(len(table) - first, dtype=bool) if code is None else table[key][first:] == code
        if scope.finish is not None:
            mine &= table["finish"][first:] == code_of(scope.finish, self.finishes)
        labels = table.has("decided_us")
        if scope.cohort is not None:
            mine &= scope.cohort.holds(table["phone"][first:])
            if labels:
                mine &= table["at_us"][first:] - table["decided_us"][first:] <= scope.cohort.label_age_us
        elif scope.decided_by_us is not None:
            decided_us = table["decided_us" if labels else "at_us"][first:]
            mine &= (decided_us > scope.since_us) & (decided_us <= scope.decided_by_us)
        return first, mine

    def _begin_us(self, scope: Scope) -> int:
        """Return a moment after which all rows that count became known: of a phone nothing is, before it is due."""
        if scope.cohort is None:
            return scope.since_us
        due_us = self.arrivals.due_us(scope.cohort.phones.start)
        return self.now_us if due_us is None else due_us - 1


def code_of(name: str, names: tuple[str, ...]) -> int:
    """Return the code that stands for a name in the tables.

    >>> code_of("v1", ("humans", "v1")), code_of("v2", ("humans", "v1"))
    (1, -2)
    """
    return names.index(name) if name in names else UNKNOWN_CODE
