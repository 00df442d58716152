"""How far two large samples are apart: a test whose level is known, and how far they are at most.

Each bound holds with 95 %, on one side, and needs no correction for having looked in many places: the place where the
truth is largest is a fixed one, what was measured at the worst place is no less than what was measured there, and there
chance is that of one comparison.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc, chdtrc, ndtr, ndtri

from sim.columns import Flags, Floats, Scores, Times

#: Standard errors of a one-sided 95 % bound.
ONE_SIDED = float(ndtri(0.95))
#: Events below which a rate is tested exactly.
FEW = 30
#: Events that chance alone would put on either side of a group of strata, at the least.
EXPECTED = 20
#: Groups at the most: with more, a change of the same size is spread over more chance.
GROUPS = 8


@dataclass(frozen=True, slots=True)
class Shift:
    """How far two samples are apart."""

    size: float
    p: float  #: chance of being that far apart, or farther, when both are of one distribution
    width: float  #: what chance adds at most

    @property
    def bound(self) -> float:
        """How far apart they are at most, at 95 %."""
        return abs(self.size) + self.width


def ks_shifts(
    before: Scores, after: Scores, among: Sequence[tuple[Flags, Flags] | None] = (None,)
) -> Iterator[Shift | None]:
    """Yield the Kolmogorov-Smirnov distance between two samples, and between parts of them.

    Parameters
    ----------
    before, after : array of float
        The samples. Ties only make the test more careful.
    among : sequence of pairs of flags, or None
        Which values of either sample belong to each part; None: all of them.

    Yields
    ------
    Shift or None
        None of a part that is empty on a side. `p` is the first term of Kolmogorov's law, which is never too small.

    Examples
    --------
    >>> values = np.arange(1000.0)
    >>> (shift,) = ks_shifts(values, values + 100.0)
    >>> round(shift.size, 3), shift.p < 0.001, round(shift.bound, 3)
    (0.1, True, 0.137)
    """
    values = np.concatenate([before, after])
    order = np.argsort(values)
    for part in among:
        rows = order if part is None else order[np.concatenate(part)[order]]
        first = rows < len(before)
        n = int(first.sum())
        m = len(rows) - n
        if n == 0 or m == 0:
            yield None
            continue
        distinct = np.append(np.diff(values[rows]) != 0.0, True)
        gaps = np.cumsum(np.where(first, 1.0 / n, -1.0 / m))[distinct]
        size = float(np.abs(gaps).max())
        spread = 1.0 / n + 1.0 / m
        yield Shift(size, min(1.0, 2.0 * math.exp(-2.0 * size**2 / spread)), ONE_SIDED * math.sqrt(spread / 4.0))


def rate_shift(k0: int, n0: int, k1: int, n1: int) -> Shift:
    """Return the change from k0 events in n0 to k1 in n1: a z-test, or exact where there are fewer than 30 events.

    Examples
    --------
    >>> shift = rate_shift(200, 10_000, 300, 10_000)
    >>> round(shift.size, 3), shift.p < 0.001
    (0.01, True)
    >>> round(rate_shift(0, 1000, 8, 1000).p, 4)
    0.0078
    """
    r0, r1 = k0 / n0, k1 / n1
    events = k0 + k1
    width = ONE_SIDED * math.sqrt(r0 * (1.0 - r0) / n0 + r1 * (1.0 - r1) / n1)
    if events < FEW:
        # Of so many rare events each is one of the second sample by its share of all (a little careful: Poisson's law).
        share = n1 / (n0 + n1)
        upper = float(bdtrc(k1 - 1, events, share)) if k1 else 1.0
        return Shift(r1 - r0, min(1.0, 2.0 * min(upper, float(bdtr(k1, events, share)))), width)
    pooled = events / (n0 + n1)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n0 + 1.0 / n1))
    p = 2.0 * float(ndtr(-abs(r1 - r0) / error)) if error else 1.0
    return Shift(r1 - r0, p, width)


def stratified_shift(stratum0: Times, events0: Flags, stratum1: Times, events1: Flags, strata: int) -> Shift | None:
    """Return how the rate of events changes within strata: in the mean, by how much of a share of all.

    Within a stratum, given its events, how many are of the second sample is hypergeometric when the rates are equal,
    whatever the strata's sizes are on either side (Mantel-Haenszel). Neighbouring strata are added up until chance
    alone puts at least 20 events of a group on either side, and each group gives one degree of freedom. The strata may
    be made of anything but these events, the groups of their totals: neither touches the test's level.

    Parameters
    ----------
    stratum0, stratum1 : array of int
        Of each of either sample, the number of its stratum; those that are alike stand side by side.
    events0, events1 : array of bool
        Whether it is an event.
    strata : int
        How many there are.

    Returns
    -------
    Shift or None
        None where there are too few events for one group.

    Examples
    --------
    >>> stratum = np.arange(8000) // 2000
    >>> rare, often = np.arange(8000) % 25 == 0, np.arange(8000) % 20 == 0
    >>> round(stratified_shift(stratum, rare, stratum, rare, 4).p, 2)
    1.0
    >>> round(stratified_shift(stratum, rare, stratum, often, 4).size, 3)
    0.01
    """
    n0, n1 = (np.bincount(stratum, minlength=strata).astype(float) for stratum in (stratum0, stratum1))
    k0, k1 = (np.bincount(s, weights=e, minlength=strata) for s, e in ((stratum0, events0), (stratum1, events1)))
    both = (n0 > 0) & (n1 > 0)
    n0, n1, k0, k1 = n0[both], n1[both], k0[both], k1[both]
    total, events = n0 + n1, k0 + k1
    expected = events * n1 / total
    variance = events * n0 * n1 * (total - events) / (total**2 * np.maximum(total - 1.0, 1.0))
    starts = _groups(events - expected, expected)
    if len(starts) == 0:
        return None
    of_group = [np.add.reduceat(column, starts) for column in (k1 - expected, variance, n0 * n1 / total, n1)]
    excess, variance, weight, phones = of_group
    varied = variance > 0.0
    statistic = float((excess[varied] ** 2 / variance[varied]).sum())
    p = float(chdtrc(int(varied.sum()), statistic)) if varied.any() else 1.0
    changes, errors = phones * excess / weight, phones * np.sqrt(variance) / weight
    size = float(np.abs(changes).sum() / phones.sum())
    width = ONE_SIDED * float(np.sqrt((errors**2).sum()) / phones.sum())
    return Shift(size, p, width)


def _groups(expected0: Floats, expected1: Floats) -> Times:
    """Return at which strata groups start: of about equal numbers of events, and enough of them on either side."""
    least = max(float(EXPECTED), min(expected0.sum(), expected1.sum()) / GROUPS)
    starts: list[int] = []
    sum0, sum1, start = 0.0, 0.0, 0
    for stratum, (e0, e1) in enumerate(zip(expected0, expected1, strict=True)):
        sum0, sum1 = sum0 + e0, sum1 + e1
        # Sums of many fractions come out a little below what they are.
        if min(sum0, sum1) >= least - 1e-9:
            starts.append(start)
            sum0, sum1, start = 0.0, 0.0, stratum + 1
    return np.asarray(starts, dtype=np.int64)
