"""Shares and rates: pooled over replications, and the exact interval of one proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sim.stats.intervals import Band, divide, t_quantiles


def pooled_rate(numerators: ArrayLike, denominators: ArrayLike, level: float = 0.95) -> Band:
    """Return the rate of each bin pooled over replications, with the replications' own uncertainty.

    The ratio estimator r = sum N / sum D (Cochran 1977, section 6.3) weighs replications by their events, so
    one with hardly any does not spoil the mean. Its variance comes from the residuals N_i - r D_i of the
    replications: phones of one replication (which share lots and drift) are not counted as independent.

    Parameters
    ----------
    numerators, denominators : array_like, shape (replications, bins)
        Counts, for instance escaped and defective phones.
    level : float
        Confidence of each bin's interval by itself.

    Returns
    -------
    Band
        Shares, arrays of shape (bins,). NaN where no replication has a denominator; no band where fewer than
        two have one. The band is symmetric and may pass 0 or 1.

    Examples
    --------
    >>> pooled_rate([[1, 0], [3, 0]], [[10, 0], [10, 0]]).mean.tolist()
    [0.2, nan]
    """
    over = np.atleast_2d(np.asarray(numerators, dtype=np.float64))
    under = np.atleast_2d(np.asarray(denominators, dtype=np.float64))
    if over.shape != under.shape:
        raise ValueError(f"counts need one shape, not {over.shape} and {under.shape}")
    n = (under > 0).sum(axis=0)
    rate = divide(over.sum(axis=0), under.sum(axis=0))
    residuals = np.where(under > 0, over - rate * under, 0.0)
    mean_under = divide(under.sum(axis=0), n)
    variance = divide((residuals**2).sum(axis=0), n * (n - 1)) / mean_under**2
    half = t_quantiles(level, n) * np.sqrt(variance)
    return Band(rate, rate - half, rate + half, n.astype(np.int64))


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
