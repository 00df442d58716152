"""How sure the numbers are: intervals over replications, paired differences, comparisons with the best.

A replication is one sample. Strategies share their random numbers, so replication r of one strategy is paired
with replication r of every other, and differences are much sharper than the values themselves.
Only numpy and `scipy.special` are imported: `scipy.stats` alone would take longer than a small comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from sim.columns import Column, Counts, Flags, Floats

NAN = float("nan")
#: The standard error of a difference by two phones that are judged differently, in phones.
TWO_PHONES = 2.0**0.5


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its confidence interval; `n` samples entered, `dropped` were undefined."""

    mean: float
    low: float
    high: float
    n: int
    dropped: int = 0

    @property
    def half_width(self) -> float:
        """Half the interval's width, NaN where there is no interval."""
        return 0.5 * (self.high - self.low)

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0 (never, where there is no interval)."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class PairedInterval(Interval):
    """A mean difference of pairs; `rho` is their correlation, which is what common random numbers buy."""

    rho: float = NAN


@dataclass(frozen=True, slots=True)
class AgainstBest:
    """One strategy's mean less that of the best of the others.

    `low` and `high` are constrained as in Hsu's method: 0 is always a bound or inside. `may_be_best` is None
    where there is no judgement. What decided it is the one-sided `bound` of the difference to `rival`, the column that
    comes nearest to showing that this one is not best: `gap` is that difference, and 0 is not beyond `bound` exactly
    where it may be best.
    """

    difference: float
    low: float
    high: float
    may_be_best: bool | None
    rival: int = -1
    gap: float = NAN
    bound: float = NAN


@dataclass(frozen=True, slots=True)
class Band:
    """A mean per bin with its t-interval; arrays of shape (bins,), NaN where undefined."""

    mean: Floats
    low: Floats
    high: Floats
    n: Counts


def t_quantile(confidence: float, n: int) -> float:
    """Return the two-sided t quantile for `n` samples, NaN below two samples.

    >>> round(t_quantile(0.95, 10), 4)
    2.2622
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(stdtrit(n - 1, 0.5 + 0.5 * confidence)) if n >= 2 else NAN


def t_interval(samples: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of independent samples with Student's t interval.

    Parameters
    ----------
    samples : array_like, shape (replications,)
        One value per replication, in any unit. Values that are not finite are dropped and counted.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        In the samples' unit. One sample has a mean but no interval (NaN); no sample has neither.

    Examples
    --------
    >>> interval = t_interval([1.0, 2.0, 3.0, float("nan")])
    >>> interval.n, interval.dropped, round(interval.mean, 3), round(interval.half_width, 3)
    (3, 1, 2.0, 2.484)
    """
    values = np.asarray(samples, dtype=np.float64).ravel()
    kept = values[np.isfinite(values)]
    mean, half = _mean_and_half_width(kept, confidence)
    return Interval(mean, mean - half, mean + half, len(kept), len(values) - len(kept))


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    confidence: float = 0.95,
    one_phone: float = 0.0,
    own: tuple[Interval, Interval] | None = None,
) -> PairedInterval:
    """Return the mean of ``a - b`` over replications, with the paired t interval and the correlation.

    Under common random numbers var(a - b) = 2 s^2 (1 - rho): the higher rho, the more pairing has gained
    (Law 2015, section 11.2).

    Of two shares, only phones that the strategies judged differently say anything, and of few of them the replications'
    spread is too small as often as the difference is: none of them looks like certainty. So each strategy is given one
    such phone more, as Bonett and Price 2012 (Journal of Educational and Behavioral Statistics 37, 479) do for paired
    proportions: two phones are added to the variance and none to the difference. Of many they are nothing.

    A few values that are far from symmetric, as the leakage of a few trained versions, have a t interval that is missed
    on one side only. Where the two strategies' own intervals know better, their ends make that of the difference.

    Parameters
    ----------
    a, b : array_like, shape (replications,)
        The same metric of two strategies, by replication. A pair with an undefined half is dropped.
    confidence : float
        Between 0 and 1.
    one_phone : float
        Of shares: what one phone is of the difference, 1 / the phones that the share is of. 0: no share of phones.
    own : pair of Interval, optional
        The 95 % intervals of the two means, whose ends count as in `ends_of_difference`.

    Returns
    -------
    PairedInterval
        In the samples' unit; `rho` is NaN where a column is constant or fewer than two pairs are left.

    Examples
    --------
    >>> gap = paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    >>> gap.mean, gap.low, gap.high, round(gap.rho, 6)
    (1.0, 1.0, 1.0, 1.0)
    >>> none = paired_difference([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], one_phone=1 / 300)
    >>> none.mean, round(none.high, 4)
    (0.0, 0.0203)
    """
    first, second = np.asarray(a, dtype=np.float64).ravel(), np.asarray(b, dtype=np.float64).ravel()
    if first.shape != second.shape:
        raise ValueError(f"pairs need columns of one length, not {len(first)} and {len(second)}")
    whole = np.isfinite(first) & np.isfinite(second)
    first, second = first[whole], second[whole]
    mean, half = _mean_and_half_width(first - second, confidence)
    below = above = half
    quantile, rho = t_quantile(confidence, len(first)), _correlation(first, second)
    if own is not None:
        below, above = (quantile * error for error in ends_of_difference(*own, rho, len(first)))
    if one_phone > 0.0:
        below, above = (math.hypot(each, quantile * TWO_PHONES * one_phone) for each in (below, above))
    dropped = int(np.count_nonzero(~whole))
    return PairedInterval(mean, mean - below, mean + above, len(first), dropped, rho)


def ends_of_difference(one: Interval, other: Interval, rho: float, n: int) -> tuple[float, float]:
    """Return how far below and above a difference of two means its ends lie, in standard errors of t.

    Each end is recovered from the two ends that make it extreme, as Zou and Donner 2008 (Statistics in Medicine 27,
    1693: MOVER) and, with a correlation, Zou 2007 (Psychological Methods 12, 399) do. Intervals that are symmetric t
    intervals give the paired t interval back.

    Parameters
    ----------
    one, other : Interval
        The two means with their 95 % intervals.
    rho : float
        The correlation of the two means; NaN, where one of them does not vary, is none.
    n : int
        Samples that each is the mean of.

    Examples
    --------
    >>> a, b = [2.0, 3.0, 5.0, 4.0], [1.0, 2.0, 3.0, 1.0]
    >>> gap = paired_difference(a, b)
    >>> below, above = ends_of_difference(t_interval(a), t_interval(b), gap.rho, 4)
    >>> round(below * t_quantile(0.95, 4), 6) == round(above * t_quantile(0.95, 4), 6) == round(gap.half_width, 6)
    True
    """
    if not math.isfinite(rho):
        rho = 0.0
    sides = ((one.mean - one.low, other.high - other.mean), (one.high - one.mean, other.mean - other.low))
    below, above = (math.sqrt(max(0.0, x * x + y * y - 2.0 * rho * x * y)) / t_quantile(0.95, n) for x, y in sides)
    return below, above


def welch(a: ArrayLike, b: ArrayLike, least: float = 0.0) -> Interval:
    """Return the mean of `a` less that of `b`, of independent replications, with Welch's 95 % interval.

    Parameters
    ----------
    a, b : array_like, shape (replications,)
        Each has its own number of them. Values that are not finite are dropped.
    least : float
        A standard error that the difference has beside that of the replications, as that of few phones.

    Examples
    --------
    >>> found = welch([2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 2), round(found.high, 2)
    (1.5, -0.73, 3.73)
    """
    first, second = (
        kept[np.isfinite(kept)] for kept in (np.asarray(each, dtype=np.float64).ravel() for each in (a, b))
    )
    if len(first) < 2 or len(second) < 2:
        return Interval(t_interval(first).mean - t_interval(second).mean, NAN, NAN, 0)
    parts = [float(values.var(ddof=1)) / len(values) for values in (first, second)]
    mean, variance, count = float(first.mean() - second.mean()), sum(parts), len(first) + len(second)
    freedom = float(count - 2)
    if variance > 0.0:
        terms = (part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True))
        freedom = variance**2 / sum(terms)
    elif least == 0.0:
        return Interval(mean, mean, mean, count)
    half = float(stdtrit(freedom, 0.975)) * math.hypot(variance**0.5, least)
    return Interval(mean, mean - half, mean + half, count)


def compare_with_best(
    columns: Sequence[ArrayLike],
    better: Literal["low", "high"] = "low",
    confidence: float = 0.95,
    one_phone: ArrayLike = 0.0,
    own: Sequence[Interval] | None = None,
) -> tuple[AgainstBest, ...]:
    """Compare every strategy with the best of the others: Hsu's MCB under common random numbers.

    For each strategy i the constrained interval of theta_i = mean_i - best of the other means, all together
    at the stated confidence. Hsu 1984 (Annals of Statistics 12, 1136) and 1996 (Multiple Comparisons, chapter
    4) give the constrained intervals; under common random numbers the half-widths W_ij come from the variance
    of *paired* differences with a one-sided Bonferroni t over the k - 1 others, as in Nelson and Matejcik 1995
    (Management Science 41, 1935). With high better: high_i = max(0, min_j (D_ij + W_ij)); the set G of those that may
    be best has min_j (D_ij + W_ij) >= 0; low_i = 0 if G = {i}, else min(0, min_{j in G, j != i} (D_ij - W_ij)). With
    low better, signs turn round.

    That keeps *the* best in G. Where several are equally good, each of them could be called worse, one at a time: of
    two in a tenth of all comparisons, of six more often. So W_ij follows Holm 1979 (Scandinavian Journal of Statistics
    6, 65): who has most against him is judged at 1 / k of the error, the next at 1 / (k - 1), until one may be best; so
    may all after him. Nobody as good as the best is then called worse, at the stated confidence for all together.

    Parameters
    ----------
    columns : sequence of array_like, each of shape (replications,)
        The same metric of every strategy, paired by replication.
    better : {"low", "high"}
        Which direction is good.
    confidence : float
        Of all the intervals together.
    one_phone : array_like, shape (strategies, strategies), or 0
        Of shares: what one phone is of each difference, see `paired_difference`. 0: the two did the same.
    own : sequence of Interval, optional
        Of shares: the 95 % intervals of the means, whose ends count as in `ends_of_difference`.

    Returns
    -------
    tuple of AgainstBest
        One per column, in the metric's unit. A column with fewer than two defined values takes no part; of
        the rest only replications defined in all are used. With fewer than two such replications, or two
        columns, there is no judgement (`may_be_best` is None).

    Examples
    --------
    >>> a, b, c = compare_with_best([[1.0, 2.0, 3.0], [1.1, 2.0, 2.9], [7.0, 8.1, 9.0]])
    >>> a.may_be_best, b.may_be_best, c.may_be_best
    (True, True, False)
    >>> c.rival, round(c.gap, 2), round(c.bound, 2)
    (0, 6.03, 5.78)
    """
    values = np.array([np.asarray(column, dtype=np.float64).ravel() for column in columns], dtype=np.float64)
    nothing = AgainstBest(NAN, NAN, NAN, None)
    judged: list[AgainstBest] = [nothing] * len(values)
    if len(values) == 0:
        return ()
    taking_part = np.flatnonzero(np.isfinite(values).sum(axis=1) >= 2)
    entered = values[taking_part]
    entered = entered[:, np.isfinite(entered).all(axis=0)]
    if len(taking_part) < 2 or entered.shape[1] < 2:
        return tuple(judged)
    sign = 1.0 if better == "high" else -1.0
    least = TWO_PHONES * np.broadcast_to(np.asarray(one_phone, dtype=np.float64), (len(values), len(values)))
    least = least[np.ix_(taking_part, taking_part)]
    above = _errors(entered, least, None if own is None else [own[int(index)] for index in taking_part])
    # What lies above a difference lies below the one the other way round, and so it is if signs turn round.
    below, above = (above.T, above) if better == "high" else (above, above.T)
    for index, verdict in zip(taking_part, _constrained(sign * entered, confidence, below, above), strict=True):
        low, high = (verdict.low, verdict.high) if sign > 0 else (-verdict.high, -verdict.low)
        # `+ 0.0` turns a negative zero into a plain one.
        judged[index] = AgainstBest(
            sign * verdict.difference + 0.0, low + 0.0, high + 0.0, verdict.may_be_best,
            int(taking_part[verdict.rival]), sign * verdict.gap + 0.0, sign * verdict.bound + 0.0,
        )  # fmt: skip
    return tuple(judged)


def bin_band(samples: ArrayLike, level: float = 0.95) -> Band:
    """Return mean and t-band of each bin over replications.

    Parameters
    ----------
    samples : array_like, shape (replications, bins)
        One value per replication and bin; those not finite are left out of their bin.
    level : float
        Confidence of each bin's interval by itself.

    Returns
    -------
    Band
        Arrays of shape (bins,) in the samples' unit.

    Examples
    --------
    >>> band = bin_band([[1.0, 5.0], [3.0, float("nan")]])
    >>> band.mean.tolist(), band.n.tolist(), bool(np.isnan(band.low[1]))
    ([2.0, 5.0], [2, 1], True)
    """
    values = np.atleast_2d(np.asarray(samples, dtype=np.float64))
    kept = np.isfinite(values)
    n = kept.sum(axis=0)
    filled = np.where(kept, values, 0.0)
    mean = divide(filled.sum(axis=0), n)
    squares = np.where(kept, filled - mean, 0.0) ** 2
    half = t_quantiles(level, n) * np.sqrt(divide(squares.sum(axis=0), n * (n - 1)))
    return Band(mean, mean - half, mean + half, n.astype(np.int64))


def _mean_and_half_width(kept: Floats, confidence: float) -> tuple[float, float]:
    n = len(kept)
    quantile = t_quantile(confidence, n)
    if n == 0:
        return NAN, NAN
    # Equal samples have no spread: the mean's rounding must not invent some.
    if bool(np.all(kept == kept[0])):
        return float(kept[0]), 0.0 if n >= 2 else NAN
    return float(np.mean(kept)), quantile * float(np.std(kept, ddof=1)) / n**0.5


def _correlation(a: Floats, b: Floats) -> float:
    if len(a) < 2:
        return NAN
    da, db = a - a.mean(), b - b.mean()
    # Scaled before they are multiplied: squares of tiny deviations would underflow.
    largest_a, largest_b = float(np.abs(da).max()), float(np.abs(db).max())
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0 or largest_a == 0.0 or largest_b == 0.0:
        return NAN
    da, db = da / largest_a, db / largest_b
    rho = float((da * db).sum() / np.sqrt((da**2).sum() * (db**2).sum()))
    return min(1.0, max(-1.0, rho))


def _apart(values: Floats) -> Floats:
    # Differences first, means after: identical columns then differ by exactly 0, with variance exactly 0.
    return values[:, None, :] - values[None, :, :]


def _errors(values: Floats, least: Floats, own: Sequence[Interval] | None) -> Floats:
    """Return the standard errors of all differences, towards their upper ends."""
    n = values.shape[1]
    error: Floats = _apart(values).std(axis=2, ddof=1) / n**0.5
    if own is not None:
        for i, j in np.argwhere(least > 0.0):
            error[i, j] = ends_of_difference(own[i], own[j], _correlation(values[i], values[j]), n)[1]
    return np.hypot(error, least)


def _constrained(values: Floats, confidence: float, below: Floats, above: Floats) -> list[AgainstBest]:
    """Hsu's constrained intervals for (strategies, replications) values of which high is good."""
    k, n = values.shape
    gap = _apart(values).mean(axis=2)
    others = ~np.eye(k, dtype=bool)
    quantiles = _step_down(gap, above, others, confidence, n)
    uppers = np.where(others, gap + quantiles[:, None] * above, np.inf)
    upper, nearest = uppers.min(axis=1), uppers.argmin(axis=1)
    may_be_best = upper >= 0.0
    verdicts = []
    for i in range(k):
        rivals = may_be_best & others[i]
        lowers = gap[i] - quantiles[i] * below[i]
        low = min(0.0, float(lowers[rivals].min())) if rivals.any() else 0.0
        rival = int(nearest[i])
        verdicts.append(
            AgainstBest(
                float(gap[i][others[i]].min()),
                low,
                max(0.0, float(upper[i])),
                bool(may_be_best[i]),
                rival,
                float(gap[i, rival]),
                float(upper[i]),
            )
        )
    return verdicts


def _step_down(gap: Floats, error: Floats, others: Flags, confidence: float, n: int) -> Floats:
    """Return by how many standard errors each may lie behind and still be best, by Holm's steps."""
    k = len(gap)
    behind = np.where(others, gap, np.inf)
    # Without any spread a gap is sure, and none is nothing.
    evidence = np.where(error > 0.0, divide(behind, error), np.where(behind < 0.0, -np.inf, np.inf)).min(axis=1)
    quantiles = np.empty(k)
    order = np.argsort(evidence, kind="stable")
    for step, i in enumerate(order):
        quantile = float(stdtrit(n - 1, 1.0 - (1.0 - confidence) / ((k - step) * (k - 1))))
        quantiles[order[step:]] = quantile
        if evidence[i] >= -quantile:
            break
    return quantiles


def t_quantiles(level: float, n: Counts) -> Floats:
    """Return the t-quantile of so many samples each, NaN below two."""
    t_quantile(level, 2)  # refuses a level outside 0..1
    quantiles: Floats = np.where(n >= 2, stdtrit(np.maximum(n - 1, 1), 0.5 + 0.5 * level), NAN)
    return quantiles


def divide(over: Column, under: Column) -> Floats:
    """Divide, NaN where the denominator is 0."""
    quotient = np.full(np.shape(over), NAN)
    np.divide(over, under, out=quotient, where=np.asarray(under) != 0)
    return quotient
