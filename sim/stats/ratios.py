"""Shares and other ratios: pooled over replications, what they differ by, and exact intervals of counts.

A replication with hardly any defective phones says little of leakage, and one without says nothing: the mean of the
replications' own rates lets the first weigh as much as any other and loses the second. So a ratio is estimated as the
ratio of sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri

from sim.columns import Column, Floats
from sim.stats.intervals import Band, Interval, divide, t_quantile

#: Below so many pooled events, or phones without one, an interval is exact rather than approximate.
FEW = 30


@dataclass(frozen=True, slots=True)
class ShareInterval(Interval):
    """A share's interval, and the counts that it is of; without an event, or with nothing else, it is one-sided."""

    events: int = 0
    among: int = 0


def pseudo_values(parts: ArrayLike, wholes: ArrayLike) -> Floats:
    """Return one value per replication: their mean is the ratio of sums, their spread is the jackknife's.

    What is known of means then holds for ratios: t intervals, paired differences under common random numbers (the
    jackknife of the difference of two ratios), comparisons with the best. They are n r - (n - 1) r_(-i) of Tukey 1958,
    shifted to have the mean r = sum N / sum D itself.

    Parameters
    ----------
    parts, wholes : array_like, shape (replications, ...)
        Numerators and denominators, for instance escaped and defective phones.

    Returns
    -------
    ndarray, of the same shape
        NaN where no replication has a denominator; where only one has, all others are NaN.

    Examples
    --------
    >>> pseudo_values([1, 3, 2], [10, 10, 10]).round(6).tolist()
    [0.1, 0.3, 0.2]
    >>> round(float(pseudo_values([1, 3, 0], [10, 30, 0]).mean()), 6)
    0.1
    """
    over, under = _counts(parts, wholes)
    total, n = under.sum(axis=0), len(under)
    rate = divide(over.sum(axis=0), total)
    residuals = over - rate * under
    # What rounding leaves is no spread: equal replications differ by nothing.
    residuals = np.where(np.abs(residuals) <= 1e-12 * np.abs(over), 0.0, residuals)
    residuals = divide((n - 1) * residuals, total - under)
    values: Floats = rate + (residuals - residuals.mean(axis=0))
    # Where all the denominator is one replication's, the others say nothing.
    alone = np.count_nonzero(under > 0, axis=0) == 1
    return np.where(alone, np.where(under > 0, rate, np.nan), values)


def pooled_rate(numerators: ArrayLike, denominators: ArrayLike, level: float = 0.95) -> Band:
    """Return a share of phones, pooled over replications, with the replications' own uncertainty.

    The estimate is the ratio of sums. With at least 30 pooled events and 30 phones without one, the interval is the
    jackknife's over replications, made on the logit scale, where it is nearer to symmetric and stays within 0 and 1.
    With fewer it is that of Korn and Graubard 1998 (Survey Methodology 24, 193): Clopper and Pearson's exact one, of
    as many independent phones as the replications' own spread allows, and of no more than there were. So phones of one
    replication, which share lots and drift, never count as independent ones. Without an event it is a one-sided
    bound, as it is where everything is one.

    Parameters
    ----------
    numerators, denominators : array_like, shape (replications, bins)
        Counts, for instance escaped and defective phones.
    level : float
        Confidence of each bin's interval by itself.

    Returns
    -------
    Band
        Shares, arrays of shape (bins,). NaN where no replication has a denominator; no band where fewer than two have.

    Examples
    --------
    >>> pooled_rate([[1, 0], [3, 0]], [[10, 0], [10, 0]]).mean.tolist()
    [0.2, nan]
    >>> pooled_rate([[0], [0]], [[60], [54]]).high.round(3).tolist()
    [0.026]
    """
    over, under = _counts(numerators, denominators)
    over, under = (each[:, None] if each.ndim == 1 else each for each in (over, under))
    replications, total, events = len(under), under.sum(axis=0), over.sum(axis=0)
    rate, n = divide(events, total), np.count_nonzero(under > 0, axis=0)
    if replications < 2:  # as for each first picture of a sandbox's move
        return Band(rate, np.full(len(rate), np.nan), np.full(len(rate), np.nan), n.astype(np.int64))
    quantile = t_quantile(level, replications)
    values = pseudo_values(over, under)
    spread = values.std(axis=0, ddof=1) / replications**0.5
    few = np.minimum(events, total - events) < FEW
    with np.errstate(invalid="ignore", divide="ignore"):
        logit, half = np.log(rate / (1.0 - rate)), quantile * spread / (rate * (1.0 - rate))
        low, high = (1.0 / (1.0 + np.exp(-ends)) for ends in (logit - half, logit + half))
    exact_low, exact_high = _of_phones_alike(rate, total, spread, replications, level)
    low, high = np.where(few, exact_low, low), np.where(few, exact_high, high)
    known = n > 1
    return Band(rate, np.where(known, low, np.nan), np.where(known, high, np.nan), n.astype(np.int64))


def pooled_share(events: ArrayLike, among: ArrayLike, confidence: float = 0.95) -> ShareInterval:
    """Return one share pooled over replications: see `pooled_rate`.

    Parameters
    ----------
    events, among : array_like, shape (replications,)
        Counts of each replication.

    Examples
    --------
    >>> none = pooled_share([0, 0, 0], [40, 35, 39])
    >>> none.events, none.among, none.mean, none.low, round(none.high, 3)
    (0, 114, 0.0, 0.0, 0.026)
    """
    over, under = _counts(events, among)
    band = pooled_rate(over[:, None], under[:, None], confidence)
    n = int(band.n[0])
    mean, low, high = (float(each[0]) for each in (band.mean, band.low, band.high))
    return ShareInterval(mean, low, high, n, len(under) - n, int(over.sum()), int(under.sum()))


def exact_share(events: ArrayLike, among: ArrayLike, confidence: float = 0.95) -> ShareInterval:
    """Return one share pooled over groups, with Korn and Graubard's interval however many events there are.

    Where all or none are events, nothing tells how much those of a group have in common: then each group counts as one.

    Parameters
    ----------
    events, among : array_like, shape (groups,)
        Counts of each group; within one they may have something in common.

    Examples
    --------
    >>> alike = exact_share([2, 2, 2, 2, 2], [4, 4, 4, 4, 4])
    >>> alike.events, alike.among, round(alike.low, 3), round(alike.high, 3)
    (10, 20, 0.272, 0.728)
    >>> apart = exact_share([4, 0, 4, 0, 2], [4, 4, 4, 4, 4])
    >>> round(apart.low, 3), round(apart.high, 3)
    (0.025, 0.975)
    """
    over, under = _counts(events, among)
    groups, total, happened = int(np.count_nonzero(under > 0)), float(under.sum()), float(over.sum())
    rate = happened / total if total else np.nan
    low = high = np.nan
    if groups > 1 and rate in (0.0, 1.0):
        low, high = clopper_pearson(groups if rate else 0, groups, confidence)
    elif groups > 1:
        spread = pseudo_values(over, under).std(ddof=1) / len(under) ** 0.5
        bounds = _of_phones_alike(np.array([rate]), np.array([total]), np.array([spread]), len(under), confidence)
        low, high = (float(end[0]) for end in bounds)
    return ShareInterval(rate, low, high, groups, len(under) - groups, int(happened), int(total))


def ratio_of_shares(events: ArrayLike, among: ArrayLike, base: ArrayLike, of: ArrayLike) -> Interval:
    """Return how many times another share one is, each pooled over replications, with its 95 % interval.

    The interval is made of those of the two shares as Donner and Zou 2012 do it (Statistical Methods in Medical
    Research 21, 347), so it is as good with few events as they are, and lopsided. The shares are of different phones of
    the same replications, which have next to nothing in common.

    Parameters
    ----------
    events, among, base, of : array_like, shape (replications,)
        Counts of each replication: the one share's, and the other's.

    Examples
    --------
    >>> found = ratio_of_shares([30, 25, 41], [100, 90, 110], [20, 24, 19], [100, 100, 100])
    >>> round(found.mean, 3), round(found.low, 2), round(found.high, 2)
    (1.524, 0.9, 2.48)
    >>> ratio_of_shares([0, 0], [50, 50], [10, 12], [50, 50]).low
    0.0
    """
    above, below = pooled_share(events, among), pooled_share(base, of)
    product = above.mean * below.mean
    n = min(above.n, below.n)

    def root(end: float, other: float) -> float:
        lopsided = end * (2.0 * above.mean - end) * other * (2.0 * below.mean - other)
        return math.sqrt(max(product**2 - lopsided, 0.0))

    low = divide(np.array(above.low * (2.0 * above.mean - above.low)), np.array(product + root(above.low, below.high)))
    under = below.low * (2.0 * below.mean - below.low)
    high = math.inf if under <= 0.0 else (product + root(above.high, below.low)) / under
    ratio = divide(np.array(above.mean), np.array(below.mean))
    # Without an escape the lower end is 0 over what it is of.
    return Interval(float(ratio), 0.0 if above.low == 0.0 else float(low), high, n, len(np.asarray(among)) - n)


def _counts(parts: ArrayLike, wholes: ArrayLike) -> tuple[Floats, Floats]:
    over, under = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    if over.shape != under.shape:
        raise ValueError(f"counts need one shape, not {over.shape} and {under.shape}")
    return over, under


def _of_phones_alike(rate: Column, total: Column, spread: Column, groups: int, level: float) -> tuple[Floats, Floats]:
    """Return Korn and Graubard's interval: exact, of as many independent phones as the groups' own spread allows."""
    shrunk = (ndtri(0.5 + 0.5 * level) / t_quantile(level, groups)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        independent = np.fmin(total, shrunk * rate * (1.0 - rate) / spread**2)
    return _exact(rate, np.maximum(independent, 1e-9), level)


def _exact(rate: Column, n: Column, level: float) -> tuple[Floats, Floats]:
    """Return Clopper and Pearson's interval of a share of n phones, n any number; one-sided at 0 and at 1."""
    tail = 0.5 * (1.0 - level)
    none, every = rate <= 0.0, rate >= 1.0
    share = np.clip(rate, 1e-12, 1.0 - 1e-12)
    low: Floats = betaincinv(share * n, (1.0 - share) * n + 1.0, tail)
    high: Floats = betaincinv(share * n + 1.0, (1.0 - share) * n, 1.0 - tail)
    bound = (1.0 - level) ** (1.0 / n)
    low = np.where(none, 0.0, np.where(every, bound, low))
    high = np.where(every, 1.0, np.where(none, 1.0 - bound, high))
    return low, high


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a proportion (Clopper and Pearson 1934).

    >>> low, high = clopper_pearson(5, 100)
    >>> round(low, 4), round(high, 4)
    (0.0164, 0.1128)
    """
    from scipy.special import betaincinv

    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1.0 - tail))
    return low, high


def garwood(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean (Garwood 1936).

    >>> low, high = garwood(10)
    >>> round(low, 3), round(high, 3)
    (4.795, 18.39)
    """
    from scipy.special import gammaincinv

    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if count == 0 else float(gammaincinv(count, tail))
    return low, float(gammaincinv(count + 1, 1.0 - tail))
