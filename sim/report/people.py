"""What a comparison says of its inspectors: rates, kappa and grades, of all of them and of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.columns import Counts
from sim.experiment.result import Result, StrategyResult
from sim.measure.grades import EFFECTIVENESS, FALSE_ALARM_RATE, MISS_RATE, Grade, worst
from sim.measure.histories import summed
from sim.measure.people import FALSE_ALARM, HIT, MISS, PASSED_GOOD, PeopleCounts, kappa_of_all, kappa_of_one
from sim.stats.intervals import NAN, Interval, divide
from sim.stats.ratios import ShareInterval, clopper_pearson, pooled_share


@dataclass(frozen=True, slots=True)
class Rated:
    """How good some looks were, each rate with its 95 % interval."""

    looks: int
    hits: ShareInterval
    false_alarms: ShareInterval
    right: ShareInterval  #: verdicts that are the truth: the effectiveness of attribute agreement analysis
    kappa: Interval

    @property
    def grade(self) -> Grade:
        """The worst of the grades that effectiveness, misses and false alarms have by the usual limits."""
        return grade_of(self.right.mean, 1.0 - self.hits.mean, self.false_alarms.mean)


def with_people(result: Result) -> list[tuple[StrategyResult, PeopleCounts]]:
    """Return the strategies under which inspectors who come and go by a calendar looked at phones."""
    return [(s, s.people) for s in result.strategies if s.people is not None and s.people.by_time]


def of_all(counts: PeopleCounts, trained: int) -> Rated:
    """Rate all inspectors' looks, pooled over replications."""
    return of_bin(counts.by_person.sum(axis=1), trained)


def of_bin(counts: Counts, trained: int) -> Rated:
    """Rate some looks, pooled over replications; `counts` has shape (replications, 4)."""
    cells = summed(counts, trained)
    return Rated(
        int(cells.sum()),
        pooled_share(cells[:, HIT], cells[:, MISS] + cells[:, HIT]),
        pooled_share(cells[:, FALSE_ALARM], cells[:, PASSED_GOOD] + cells[:, FALSE_ALARM]),
        pooled_share(cells[:, HIT] + cells[:, PASSED_GOOD], cells.sum(axis=1)),
        kappa_of_all(counts, trained),
    )


def of_one(cells: Counts) -> Rated:
    """Rate one inspector of one replication, as if phones were independent; `cells` has shape (4,)."""
    good, false, miss, hit = (int(cells[place]) for place in (PASSED_GOOD, FALSE_ALARM, MISS, HIT))
    looks = good + false + miss + hit
    return Rated(
        looks,
        exact(hit, miss + hit),
        exact(false, good + false),
        exact(good + hit, looks),
        kappa_of_one(cells),
    )


def exact(events: int, among: int) -> ShareInterval:
    """Return a share of independent phones with its exact 95 % interval.

    >>> found = exact(5, 100)
    >>> round(found.low, 4), round(found.high, 4), exact(0, 0).mean
    (0.0164, 0.1128, nan)
    """
    if not among:
        return ShareInterval(NAN, NAN, NAN, 0)
    low, high = clopper_pearson(events, among)
    return ShareInterval(events / among, low, high, 1, 0, events, among)


def each(counts: PeopleCounts, replication: int | None = None) -> Iterator[tuple[int, int, Rated]]:
    """Yield (replication, number of the inspector, what the looks were worth) of everybody who looked."""
    for row, number in np.argwhere(counts.by_person.any(axis=2)).tolist():
        if replication is None or row == replication:
            yield row, number, of_one(counts.by_person[row, number])


def graded(counts: PeopleCounts) -> Counter[Grade]:
    """Return how many inspectors, of all replications, have each grade by what was counted."""
    cells = counts.by_person[counts.by_person.any(axis=2)].astype(np.float64)
    looks, bad, good = cells.sum(axis=1), cells[:, [MISS, HIT]].sum(axis=1), cells[:, :MISS].sum(axis=1)
    right = divide(cells[:, PASSED_GOOD] + cells[:, HIT], looks)
    missed, false = divide(cells[:, MISS], bad), divide(cells[:, FALSE_ALARM], good)
    return Counter(grade_of(*rates) for rates in zip(right.tolist(), missed.tolist(), false.tolist(), strict=True))


def grade_of(right: float, missed: float, false_alarms: float) -> Grade:
    """Return the worst of the grades that three shares have by the usual limits.

    >>> grade_of(0.97, 0.2, 0.01), grade_of(0.97, 0.02, 0.06)
    ('unacceptable', 'marginal')
    """
    return worst((EFFECTIVENESS.grade(right), MISS_RATE.grade(missed), FALSE_ALARM_RATE.grade(false_alarms)))
