"""Recovery: how far leakage rose after a drift, whether it came back, and after how many days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.columns import Flags, Floats
from sim.measure.histories import summed
from sim.measure.timeline import Timeline
from sim.stats.intervals import Interval, divide
from sim.stats.ratios import ratio_of_shares
from sim.units import DAY

#: Leakage is back when it is at most so many times what it was before the drift.
BACK = 1.25


@dataclass(frozen=True, slots=True)
class Recovery:
    """One strategy after one drift. Leakage is escaped / defective, over whole days, pooled over replications.

    Parameters
    ----------
    before : float
        From the warm-up's end to the first drift.
    worst : float
        The worst day after it.
    last : float
        The last day before the next drift or the horizon.
    ratio : Interval
        `last` over `before`, with its 95 % interval over replications, or over the histories that versions were trained
        from.
    days : float
        From the drift until the end of the first day from which on every day's leakage is back, at most 1.25 times
        that before; 0 if it was never worse, NaN if it did not come back.
    """

    time_us: int
    before: float
    worst: float
    last: float
    ratio: Interval
    days: float

    @property
    def is_back(self) -> bool:
        """Whether leakage came back before the next drift or the horizon."""
        return bool(np.isfinite(self.days))


def recovery(
    timeline: Timeline, calm_us: tuple[int, int], at_us: int, until_us: int, histories: int = 1
) -> Recovery | None:
    """Return what became of leakage after a drift at `at_us`; None if there is no whole day on either side.

    Parameters
    ----------
    timeline : Timeline
        A strategy's history.
    calm_us : (int, int)
        From and until when nothing had drifted: "before".
    until_us : int
        Where "after" ends.
    histories : int
        From how many histories versions were trained: see `sim.measure.histories`.
    """
    edges = timeline.edges_us
    begins, ends = edges[:-1], edges[1:]
    before = (begins >= calm_us[0]) & (ends <= calm_us[1])
    days = [
        (begins >= at_us) & (ends > end - DAY) & (ends <= end)
        for end in ends[(ends >= at_us + DAY) & (ends <= until_us)]
    ]
    if not before.any() or not days or timeline.defective[:, before].sum() == 0:
        return None
    calm = _leakage(timeline, before)
    after = np.array([_leakage(timeline, day) for day in days])
    moments = ends[(ends >= at_us + DAY) & (ends <= until_us)]
    worse = np.flatnonzero(~(after <= BACK * calm))
    if len(worse) == 0:
        took = 0.0
    elif worse[-1] == len(after) - 1:
        took = float("nan")
    else:
        took = (int(moments[worse[-1] + 1]) - at_us) / DAY
    counts = (summed(each, histories) for bins in (days[-1], before) for each in _counts(timeline, bins))
    return Recovery(at_us, calm, float(np.nanmax(after)), float(after[-1]), ratio_of_shares(*counts), took)


def _leakage(timeline: Timeline, bins: Flags) -> float:
    escaped, defective = _counts(timeline, bins)
    return float(divide(escaped.sum(), defective.sum()))


def _counts(timeline: Timeline, bins: Flags) -> tuple[Floats, Floats]:
    """Return escaped and defective phones of these bins, by replication."""
    escaped, defective = (counts[:, bins].sum(axis=1) for counts in (timeline.escaped, timeline.defective))
    return escaped.astype(np.float64), defective.astype(np.float64)
