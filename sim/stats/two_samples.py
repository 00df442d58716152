"""Whether two samples are of one distribution: exact limits of Kolmogorov and Smirnov's distance, and PSI's."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from sim.columns import Floats


def psi(expected: Floats, observed: Floats) -> float:
    """Return the population stability index of two sets of shares, each above 0.

    >>> round(psi(np.array([0.5, 0.5]), np.array([0.6, 0.4])), 4)
    0.0405
    """
    return float(((observed - expected) * np.log(observed / expected)).sum())


def psi_limit(reference: int, window: int, bins: int, level: float) -> float:
    """Return the PSI that is exceeded with probability `level` if nothing drifts: (1/n + 1/m) chi2(bins - 1)."""
    from scipy.special import chdtri

    return (1.0 / window + 1.0 / reference) * float(chdtri(bins - 1, level))


@lru_cache(maxsize=256)
def ks_limit(reference: int, window: int, level: float, two_sided: bool = True) -> int:
    """Return the smallest distance, in units of 1/(reference x window), that chance reaches with `level` at most.

    Examples
    --------
    >>> round(ks_limit(100, 100, 0.05) / 10_000, 3)
    0.2
    """
    step = math.gcd(reference, window)
    asymptotic = math.sqrt(-0.5 * math.log(0.5 * level) * (1.0 / reference + 1.0 / window)) * reference * window

    def rare(steps: int) -> bool:
        return ks_tail(reference, window, steps * step, two_sided) <= level

    high = max(1, math.ceil(asymptotic / step))
    while not rare(high):
        high += max(1, high // 50)
    low = high
    while low > 0 and rare(low):
        low, high = low - max(1, low // 20), low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if rare(middle) else (middle, high)
    return high * step


def ks_tail(reference: int, window: int, distance: int, two_sided: bool = True) -> float:
    """Return P(D >= distance) of two samples of one continuous distribution, exact (Hodges 1957).

    In order of size the pooled values are a random shuffle of both samples. What is followed is the share of shuffles
    that were never that far apart, by the number of values that came from the window.

    Parameters
    ----------
    reference, window : int
        Sizes of the samples.
    distance : int
        In units of 1/(reference x window).
    two_sided : bool
        Otherwise only the window's values being larger (or only smaller) count.

    Examples
    --------
    >>> ks_tail(2, 2, 4), ks_tail(2, 2, 4, two_sided=False)
    (0.3333333333333333, 0.16666666666666666)
    """
    from_window = np.arange(window + 1)
    alive = np.zeros(window + 1)
    alive[0] = 1.0
    gone = 0.0
    for drawn in range(reference + window):
        left = reference + window - drawn
        taken = alive * (np.maximum(window - from_window, 0) / left)
        alive = alive * (np.maximum(reference - drawn + from_window, 0) / left)
        alive[1:] += taken[:-1]
        gap = (drawn + 1 - from_window) * window - from_window * reference
        far = (np.abs(gap) if two_sided else gap) >= distance
        gone += float(alive[far].sum())
        alive[far] = 0.0
    return gone
