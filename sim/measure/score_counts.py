"""How many phones got which score from each version, good and defective ones, before and after the drift.

So that it can be told afterwards what any threshold would have cost. A run keeps a histogram of each version, not
scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

import numpy as np

from sim.columns import Counts, Flags, Floats, Indices, Times
from sim.measure.costs import Costs

#: Scores lie on this grid, see `sim.inspectors.model.thresholds`.
GRID = 2**20
#: The thresholds that are told apart: a twentieth in log odds, about 5 % in odds, from 1 in 22,000 to all but those.
LOG_ODDS = np.linspace(-10.0, 10.0, 401)
BEFORE, AFTER = 0, 1


class Drifting(Protocol):
    """What of a drift is asked here."""

    @property
    def at(self) -> int: ...
    @property
    def fully_there_us(self) -> int: ...
    def episodes(self, horizon_us: int) -> list[tuple[int, int]]: ...


@dataclass(frozen=True, slots=True)
class Periods:
    """From when to when phones are due that count as before the drift, and as after it; in microseconds."""

    before: tuple[int, int]
    after: tuple[int, int] | None  #: None: nothing drifts

    @classmethod
    def of(cls, drift: Sequence[Drifting], warm_up_us: int, horizon_us: int) -> Periods:
        """Return them: until the first drift begins, and from when all are fully there until one of them ends.

        Where one is never fully there, it is the last quarter of the time since the first began.

        Examples
        --------
        >>> from sim.scenario import build
        >>> lamp = {"what": "camera.brightness", "profile": "incremental", "at": "1d", "over": "1d", "to": "50%"}
        >>> hours = [build(drift=[lamp], horizon=horizon) for horizon in ("3d", "36h")]
        >>> [[t // 3_600_000_000 for t in Periods.of(s.drift, 0, s.horizon).after] for s in hours]
        [[48, 72], [33, 36]]
        """
        if not drift:
            return cls((warm_up_us, horizon_us), None)
        first, there = min(each.at for each in drift), max(each.fully_there_us for each in drift)
        if there >= horizon_us:
            there = horizon_us - (horizon_us - first) // 4
        ends = [end for each in drift for begin, end in each.episodes(horizon_us) if begin <= there < end]
        return cls((warm_up_us, max(first, warm_up_us)), (max(there, warm_up_us), min([*ends, horizon_us])))


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """One version's scores, counted.

    Examples
    --------
    >>> counted = ScoreCounts.nothing(0.5)
    >>> scores, defective = np.array([0.25, 0.75, 0.75]), np.array([False, False, True])
    >>> counted.add(scores, defective, np.array([0, 1, 2]), Periods((0, 9), None))
    >>> costs = Costs(escape=150.0, rework=32.0, false_reject=1.5)
    >>> thresholds, dollars = counted.cost_per_1000(costs, BEFORE)
    >>> [round(float(np.interp(at, thresholds, dollars))) for at in (0.1, 0.5, 0.9)]  # reject all, one of each, nobody
    [11667, 11167, 50000]
    """

    threshold: float  #: above it, the version rejects
    counts: Counts  #: (2 periods, 2: good or defective, bins): how many phones

    @classmethod
    def nothing(cls, threshold: float) -> ScoreCounts:
        """Return the counts of no phone."""
        return cls(threshold, np.zeros((2, 2, len(LOG_ODDS) + 1), dtype=np.int64))

    def add(self, scores: Floats, defective: Flags, due_us: Times, periods: Periods) -> None:
        """Count a block of phones; `due_us` rises."""
        for period, span in enumerate((periods.before, periods.after)):
            if span is None:
                continue
            first, last = np.searchsorted(due_us, span)
            if first < last:
                scored, bad = scores[first:last], defective[first:last]
                if np.isnan(scored.sum()):  # of what it refuses it says nothing
                    bad, scored = bad[~np.isnan(scored)], scored[~np.isnan(scored)]
                bins = _bin_of_score().take((scored * GRID).astype(np.int64), mode="clip")
                bins = bins + bad * np.int16(len(LOG_ODDS) + 1)
                self.counts[period] += np.bincount(bins, minlength=self.counts[period].size).reshape(2, -1)

    def phones(self, period: int) -> tuple[int, int]:
        """Return how many good and how many defective phones were counted."""
        good, defective = self.counts[period].sum(axis=1).tolist()
        return good, defective

    def cost_per_1000(self, costs: Costs, period: int) -> tuple[Floats, Floats]:
        """Return thresholds, and what 1,000 phones cost where the version alone decides by each of them.

        Escapes, rework and false rejects: what hangs on the threshold. Each shape (n,); needs at least one phone.
        """
        good, defective = self.counts[period]
        shipped = np.cumsum(defective)[:-1]
        overkilled = good.sum() - np.cumsum(good)[:-1]
        dollars = costs.escape * shipped + costs.rework * (defective.sum() - shipped) + costs.false_reject * overkilled
        thresholds: Floats = 1.0 / (1.0 + np.exp(-LOG_ODDS))
        return thresholds, 1000.0 * dollars / (good.sum() + defective.sum())

    def dearer(self, costs: Costs, period: int, one: int, other: int) -> tuple[float, float]:
        """Return what 1,000 phones cost more by one threshold than by another, and the standard error of that.

        Thresholds by their number. Only phones with scores between the two cost differently, and how many of them
        there are is taken as Poisson.
        """
        low, high = sorted((one, other))
        good, defective = self.counts[period, :, low + 1 : high + 1].sum(axis=1).tolist()
        saved = costs.escape - costs.rework  # by the lower one, of each defective phone between them
        scale = 1000.0 / max(sum(self.phones(period)), 1)
        more = scale * (saved * defective - costs.false_reject * good) * (1 if one == high else -1)
        return more, scale * float(np.hypot(saved * defective**0.5, costs.false_reject * good**0.5))


def summed(parts: Sequence[Mapping[str, ScoreCounts]]) -> dict[str, ScoreCounts]:
    """Return each version's counts over all replications; of several trained versions the mean threshold."""
    return {
        name: replace(
            first,
            threshold=float(np.mean([part[name].threshold for part in parts])),
            counts=np.sum([part[name].counts for part in parts], axis=0),
        )
        for name, first in parts[0].items()
    }


@cache
def _bin_of_score() -> Indices:
    """Return the bin of each score on the grid: how many thresholds it exceeds."""
    last_below = np.floor(GRID / (1.0 + np.exp(-LOG_ODDS))).astype(np.int64)
    until = np.concatenate([last_below, [GRID]])
    return np.repeat(np.arange(len(until), dtype=np.int16), np.diff(until, prepend=-1))
