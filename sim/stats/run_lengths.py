"""Mean run lengths of control charts on independent normal values, exact, and the limits that give an asked one.

The CUSUM (Page 1954) and the EWMA (Roberts 1959) by the integral equations of their mean run length, solved on
Gauss-Legendre nodes. In standard deviations throughout: values are standardised, with a mean that is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sim.columns import Floats

#: Standard deviations beyond which an integral sees nothing.
_FAR = 9.0
#: Gauss-Legendre nodes per standard deviation of one step.
_NODES_PER_STEP = 3.0


def cusum_arl(limit: float, k: float = 0.5, shift: float = 0.0, two_sided: bool = True) -> float:
    """Return the mean number of values to an alarm of a CUSUM that starts at 0 (Page 1954; van Dobben de Bruyn 1968).

    Parameters
    ----------
    limit : float
        h, in standard deviations.
    k : float
        The reference value: half the shift to be found soonest, in standard deviations.
    shift : float
        The mean of the standardised values.
    two_sided : bool
        Whether a second sum watches for falls: then 1/ARL is the sum of both sides' 1/ARL.

    Examples
    --------
    >>> round(cusum_arl(4.0)), round(cusum_arl(4.0, shift=1.0), 2)
    (168, 8.38)
    """
    rising = _one_cusum(limit, k, shift)
    return 1.0 / (1.0 / rising + 1.0 / _one_cusum(limit, k, -shift)) if two_sided else rising


def _one_cusum(limit: float, k: float, shift: float) -> float:
    from scipy.special import ndtr

    nodes, weights = _nodes(0.0, limit, step=1.0)
    heights = np.append(0.0, nodes)  # the sum stands at 0 with a probability of its own
    chance = _density(nodes[None, :] + k - shift - heights[:, None]) * weights
    steps = np.column_stack([ndtr(k - shift - heights), chance])
    return float(np.linalg.solve(np.eye(len(heights)) - steps, np.ones(len(heights)))[0])


def ewma_arl(limit: float, weight: float = 0.1, shift: float = 0.0, two_sided: bool = True) -> float:
    """Return the mean number of values to an alarm of an EWMA that starts at 0 (Crowder 1987).

    Parameters
    ----------
    limit : float
        L, in standard deviations of the average after a long time, sqrt(weight / (2 - weight)).
    weight : float
        Of the newest value.
    shift : float
        The mean of the standardised values.
    two_sided : bool
        Whether falls alarm too.

    Examples
    --------
    >>> round(ewma_arl(2.814, weight=0.1)), round(ewma_arl(2.814, weight=0.1, shift=1.0), 1)
    (500, 10.3)
    """
    spread = math.sqrt(weight / (2.0 - weight))
    upper = limit * spread
    lower = -upper if two_sided else min(0.0, shift) - _FAR * spread
    nodes, weights = _nodes(lower, upper, step=weight)

    def steps(starts: Floats) -> Floats:
        moved = (nodes[None, :] - (1.0 - weight) * starts[:, None]) / weight - shift
        return np.asarray(_density(moved) * weights / weight, dtype=np.float64)

    lengths = np.linalg.solve(np.eye(len(nodes)) - steps(nodes), np.ones(len(nodes)))
    return float(1.0 + (steps(np.zeros(1)) @ lengths)[0])


def _nodes(lower: float, upper: float, step: float) -> tuple[Floats, Floats]:
    count = max(32, math.ceil(_NODES_PER_STEP * (upper - lower) / step))
    points, weights = np.polynomial.legendre.leggauss(count)
    half = 0.5 * (upper - lower)
    return half * points + 0.5 * (upper + lower), half * weights


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi), dtype=np.float64)


def _limit_for(arl: Callable[[float], float], arl0: float) -> float:
    """Return the limit with this ARL0; about 0 where even that is exceeded."""
    from scipy.optimize import brentq

    low = 1e-6
    if arl(low) >= arl0:
        return low
    # In small steps: the ARL grows exponentially, and far beyond what was asked the equations cannot be solved.
    while arl(low + 0.5) < arl0:
        low += 0.5
    return float(brentq(lambda limit: math.log(arl(limit) / arl0), low, low + 0.5, xtol=1e-9))


@lru_cache(maxsize=256)
def cusum_limit(arl0: float, k: float, two_sided: bool) -> float:
    """Return h for an asked ARL0.

    >>> round(cusum_limit(168.0, 0.5, two_sided=True), 2)
    4.0
    """
    return _limit_for(lambda limit: cusum_arl(limit, k, two_sided=two_sided), arl0)


@lru_cache(maxsize=256)
def ewma_limit(arl0: float, weight: float, two_sided: bool) -> float:
    """Return L for an asked ARL0.

    >>> round(ewma_limit(500.0, 0.1, two_sided=True), 3)
    2.814
    """
    return _limit_for(lambda limit: ewma_arl(limit, weight, two_sided=two_sided), arl0)
