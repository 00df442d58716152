"""What one may say aloud: the probability that the candidate is worse, and what choosing it would cost. Display only.

Both rates have independent Beta(1, 1) priors. The numbers read well, but "P(worse) > 95 %", looked at again and again,
is no test: under equal arms it is reached far more often than 5 % of the time, much as a peeked z-test is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats

#: Points at which each posterior is cut: with as many no probability is off by more than 1e-4.
_CUTS = 400
#: A sum of more terms is an integral: it would take the memory of all of them.
_MOST_TERMS = 1_000_000
#: Standard deviations beyond which the integral sees nothing, and its nodes.
_FAR, _NODES = 30.0, 400


def probability_worse(candidate_events: int, candidate_n: int, stable_events: int, stable_n: int) -> float:
    """Return P(candidate's rate > stable's rate | data), exact for uniform priors.

    Parameters
    ----------
    candidate_events, stable_events : int
        Phones with the bad event.
    candidate_n, stable_n : int
        Phones of each arm.

    Returns
    -------
    float
        From the closed sum of beta functions over the candidate's events (Miller, Formulas for Bayesian A/B
        Testing, evanmiller.org); above a million of them by quadrature.

    Examples
    --------
    >>> round(probability_worse(20, 1000, 10, 1000), 4)
    0.9657
    """
    _check(candidate_events, candidate_n)
    _check(stable_events, stable_n)
    return _exceeds(
        (candidate_events + 1, candidate_n - candidate_events + 1), (stable_events + 1, stable_n - stable_events + 1)
    )


def expected_loss(candidate_events: int, candidate_n: int, stable_events: int, stable_n: int) -> float:
    """Return E[max(candidate's rate - stable's rate, 0)]: the bad events per phone to be feared from choosing it.

    E[p 1(p > r)] for p ~ Beta(a, b) is a/(a + b) times the probability that Beta(a + 1, b) exceeds r.

    Examples
    --------
    >>> round(1e6 * expected_loss(20, 1000, 10, 1000))
    10056
    """
    _check(candidate_events, candidate_n)
    _check(stable_events, stable_n)
    a, b = candidate_events + 1, candidate_n - candidate_events + 1
    c, d = stable_events + 1, stable_n - stable_events + 1
    return a / (a + b) * _exceeds((a + 1, b), (c, d)) - c / (c + d) * _exceeds((a, b), (c + 1, d))


def probability_cheapest(mean: ArrayLike, variance: ArrayLike) -> Floats:
    """Return the probability of each arm that its cost is the lowest of all, by quadrature: nothing is drawn.

    This is the share of the phones that Thompson (1933) would send there, whose sampling it replaces. The posterior of
    each cost is taken as the Gamma distribution of that mean and variance: costs are positive, with a tail upwards.

    Parameters
    ----------
    mean, variance : array_like of float, shape (arms,)
        Of each arm's posterior; above 0.

    Returns
    -------
    ndarray of float, shape (arms,)
        They add up to 1.

    Examples
    --------
    >>> probability_cheapest([1.0, 1.0], [0.1, 0.1]).round(3).tolist()
    [0.5, 0.5]
    >>> probability_cheapest([1.0, 1.5, 3.0], [0.1, 0.1, 0.1]).round(3).tolist()
    [0.871, 0.129, 0.0]
    """
    from scipy.special import gammainc

    means, variances = np.asarray(mean, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    if means.ndim != 1 or means.shape != variances.shape or not bool(np.all((means > 0.0) & (variances > 0.0))):
        raise ValueError("one mean and one variance above 0 for each arm")
    shape, scale = means**2 / variances, variances / means
    # Every arm's own quantiles, all together: so the narrowest posterior is cut as finely as the widest.
    cuts = np.sort((_quantiles(shape) * scale[:, None]).ravel())
    below = gammainc(shape[:, None], cuts / scale[:, None])
    edges = np.hstack([np.zeros((len(means), 1)), below, np.ones((len(means), 1))])
    alone = np.empty(len(means))
    for arm in range(len(means)):
        others = np.prod(1.0 - np.delete(edges, arm, axis=0), axis=0)
        alone[arm] = float(np.sum(np.diff(edges[arm]) * (others[1:] + others[:-1]) / 2.0))
    shares: Floats = alone / alone.sum()
    return shares


def _quantiles(shape: Floats) -> Floats:
    """Return evenly many quantiles of Gamma distributions with scale 1, shape (arms, cuts): nodes, so nearly is enough.

    By the cube of a normal one (Wilson and Hilferty 1931); where that is far off, below a shape of 1, exactly.
    """
    from scipy.special import gammaincinv, ndtri

    levels = (np.arange(_CUTS) + 0.5) / _CUTS
    k = shape[:, None]
    found: Floats = k * np.maximum(1.0 - 1.0 / (9.0 * k) + ndtri(levels) / (3.0 * np.sqrt(k)), 0.0) ** 3
    small = shape < 1.0
    if small.any():
        found[small] = gammaincinv(k[small], levels)
    return found


def _exceeds(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return P(Beta(first) > Beta(second)) for whole parameters."""
    from scipy.special import betaln

    (a, b), (c, d) = first, second
    if a > _MOST_TERMS:
        return _exceeds_by_quadrature(first, second)
    i = np.arange(a)
    logs = betaln(c + i, b + d) - np.log(b + i) - betaln(1 + i, b) - betaln(c, d)
    return min(1.0, float(np.exp(logs).sum()))


def _exceeds_by_quadrature(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the same as an integral over the narrower density, along which the other distribution is smooth."""
    from scipy.special import betainc, betaln, xlog1py, xlogy

    if _spread(first) > _spread(second):
        return 1.0 - _exceeds_by_quadrature(second, first)
    (a, b), (c, d) = first, second
    middle, reach = a / (a + b), _FAR * _spread(first)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    x = 0.5 * (high - low) * points + 0.5 * (high + low)
    density = np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))
    return min(1.0, float(0.5 * (high - low) * weights @ (density * betainc(c, d, x))))


def _spread(beta: tuple[int, int]) -> float:
    """Return a Beta distribution's standard deviation."""
    a, b = beta
    return math.sqrt(a * b / (a + b + 1)) / (a + b)


def _check(events: int, n: int) -> None:
    if not 0 <= events <= n:
        raise ValueError(f"events must be between 0 and {n} phones, not {events}")
