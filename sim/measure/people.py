"""How good people's own looks were: by inspector, since the break, by the hour on shift, and by how rare defects were.

Every look that an inspector ended with a verdict counts (of phones that only people see, of those a model was unsure
about or could not look at), by the truth when the phone was due; of an inspector who was told the model's opinion the
verdict is the one after it. A look is counted when it has ended after the warm-up, at the time at which it began.

Counts come page by page from the log's columns and are sums, so that nothing is held and no order matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.columns import Codes, Column, Counts, Floats, Times
from sim.factory.records import Records
from sim.inspectors.human.calendar import Duty
from sim.line.log import InspectionLog
from sim.measure.histories import summed
from sim.stats.agreement import kappa_interval, kappa_of_groups
from sim.stats.intervals import Band, Interval
from sim.stats.ratios import pooled_rate
from sim.units import HOUR, MINUTE

#: Verdict and truth of a look, the last axis of every table of counts.
PASSED_GOOD, FALSE_ALARM, MISS, HIT = range(4)
REST_STEP_US, REST_BINS = 10 * MINUTE, 49  #: since the break; the last bin, from eight hours on, is open
SHIFT_HOURS = 24  #: no shift is longer
#: Borders of the share of defective phones among those that people looked at in an hour of the run.
PREVALENCE = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 1.0)


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """Looks by inspectors. Arrays are (replications, bins, 4): passed good, false alarm, miss, hit.

    Without a calendar nobody has a break: then only `by_person` counts anything.
    """

    by_person: Counts
    by_rest: Counts  #: by time since the shift's start or the last break's end, in steps of REST_STEP_US
    by_hour: Counts  #: by full hours since the shift's start
    by_prevalence: Counts  #: by the share of defective phones among those looked at in the same hour of the run

    @property
    def any(self) -> bool:
        """Whether anybody looked at anything."""
        return bool(self.by_person.any())

    @property
    def by_time(self) -> bool:
        """Whether people come and go, so that there is a time since the break."""
        return bool(self.by_rest.any())

    @classmethod
    def stacked(cls, parts: Sequence[PeopleCounts]) -> PeopleCounts | None:
        """Stack replications, in order; None where nobody ever looked."""
        names = ("by_person", "by_rest", "by_hour", "by_prevalence")
        whole = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        return whole if whole.any else None


class PeopleTally:
    """Adds up settled parts of an inspection log; parts may come in any order, once each.

    Parameters
    ----------
    records : Records
        The phones so far; it grows with the world.
    people : int
        Inspectors at the station.
    duty : sequence of Duty, optional
        When each of them is on duty; None: always.
    horizon_us, warm_up_us : int
        When the run ends, and when what is measured begins.
    """

    def __init__(
        self, records: Records, people: int, duty: Sequence[Duty] | None, horizon_us: int, warm_up_us: int = 0
    ) -> None:
        self._records = records
        self._warm_up_us = warm_up_us
        self._by_person = np.zeros((people, 4), dtype=np.int64)
        self._by_rest = np.zeros((REST_BINS, 4), dtype=np.int64)
        self._by_hour = np.zeros((SHIFT_HOURS, 4), dtype=np.int64)
        self._of_run = np.zeros((-(-horizon_us // HOUR) + 1 if duty else 0, 4), dtype=np.int64)
        self._duty = _Roster(duty, horizon_us) if duty else None

    def add(self, part: InspectionLog) -> None:
        """Count a part's looks by people."""
        looks = part.looks
        mine = looks.station == len(part.stations) - 1
        rows: Any = slice(None) if mine.all() else np.flatnonzero(mine)
        verdict = looks.verdict[rows]
        late = looks.end_us[rows] < self._warm_up_us if self._warm_up_us else None
        if late is not None or (verdict >> 1).any():  # neither a pass nor a reject: still under way, or given up
            ended = verdict >> 1 == 0
            ended = ended if late is None else ended & ~late
            rows = np.flatnonzero(ended) if isinstance(rows, slice) else rows[ended]
            verdict = looks.verdict[rows]
        if not len(verdict):
            return
        cell = self._records["defective"][looks.phone[rows]].view(np.int8) << 1
        cell |= verdict
        who = looks.server[rows]
        _count(self._by_person, who, cell)
        if self._duty is not None:
            start_us = looks.start_us[rows]
            rested_us, shift_us = self._duty.since(who, start_us)
            _count(self._by_rest, np.minimum(rested_us // REST_STEP_US, REST_BINS - 1), cell)
            _count(self._by_hour, np.minimum(shift_us // HOUR, SHIFT_HOURS - 1), cell)
            _count(self._of_run, start_us // HOUR, cell)

    def counts(self) -> PeopleCounts:
        """Return one replication's counts; arrays have shape (1, bins, 4)."""
        looked = self._of_run.sum(axis=1)
        some = self._of_run[looked > 0]
        share = (some[:, MISS] + some[:, HIT]) / looked[looked > 0]
        place = np.clip(np.searchsorted(PREVALENCE, share, side="right") - 1, 0, len(PREVALENCE) - 2)
        by_prevalence = np.zeros((len(PREVALENCE) - 1, 4), dtype=np.int64)
        np.add.at(by_prevalence, place, some)
        return PeopleCounts(
            self._by_person[None].copy(), self._by_rest[None].copy(), self._by_hour[None].copy(), by_prevalence[None]
        )


class _Roster:
    """Says of a person at a moment how long the shift, and the time since the break, have lasted: by the calendar.

    A phone in hand through a whole break is none the less counted as after it.
    """

    def __init__(self, duty: Sequence[Duty], horizon_us: int) -> None:
        rows = sorted((each.person, each.from_us, each.rested_us, each.shift_us) for each in duty)
        person, from_us, self._rested_us, self._shift_us = np.array(rows, dtype=np.int64).T
        self._span = horizon_us + 1
        self._keys = person * self._span + from_us

    def since(self, who: Column, moment_us: Times) -> tuple[Times, Times]:
        """Return for how long each has worked since the break, and since the shift's start."""
        row = np.searchsorted(self._keys, who * np.int64(self._span) + moment_us, side="right") - 1
        return moment_us - self._rested_us[row], moment_us - self._shift_us[row]


def _count(table: Counts, row: Column, cell: Codes) -> None:
    """Add looks to the cells of a table's rows."""
    place = row.astype(np.intp)  # in place from here on: on the plain line this is what the whole tally costs
    place <<= 2
    place += cell
    table += np.bincount(place, minlength=table.size).reshape(table.shape)


def hits(counts: Counts, histories: int = 1) -> Band:
    """Return the share of defective phones that were rejected, by bin, pooled over replications, with 95 % intervals.

    >>> counts = np.array([[[90, 2, 3, 5]], [[80, 1, 2, 6]]])
    >>> hits(counts).mean.tolist(), false_alarms(counts).mean.round(4).tolist()
    ([0.6875], [0.0173])
    """
    return pooled_rate(summed(counts[..., HIT], histories), summed(counts[..., MISS] + counts[..., HIT], histories))


def false_alarms(counts: Counts, histories: int = 1) -> Band:
    """Return the share of good phones that were rejected, by bin, pooled over replications, with 95 % intervals."""
    good = counts[..., PASSED_GOOD] + counts[..., FALSE_ALARM]
    return pooled_rate(summed(counts[..., FALSE_ALARM], histories), summed(good, histories))


def against_truth(counts: Counts) -> Floats:
    """Return the tables of which kappa is made: shape (..., 4) becomes (..., truth, verdict)."""
    return np.asarray(counts, dtype=np.float64).reshape(*counts.shape[:-1], 2, 2)


def kappa_of_one(counts: Counts) -> Interval:
    """Return one inspector's kappa against the truth, as if phones were independent; `counts` has shape (4,)."""
    return kappa_interval(against_truth(counts))


def kappa_of_all(counts: Counts, histories: int = 1) -> Interval:
    """Return the kappa of looks against the truth, pooled over replications; `counts` has shape (replications, 4)."""
    return kappa_of_groups(against_truth(summed(counts, histories)))
