"""E-values: evidence that may be looked at as often as one likes, and from where on one acts.

An e-value starts at 1 and is, while the null hypothesis holds, expected never to grow. By Ville's inequality it ever
reaches 1/alpha with probability at most alpha. So what has once reached it stays proven, and no alarm is no proof of
the contrary.
"""

from __future__ import annotations

import math

ALPHA = 0.05
#: A warning comes at a quarter of the threshold: at E >= 5 for one metric.
WARNING_SHARE = 0.25


def threshold(alpha: float = ALPHA, comparisons: int = 1) -> float:
    """Return the evidence at which to act, when any of so many comparisons may trigger: comparisons / alpha.

    Parameters
    ----------
    alpha : float
        The chance of ever acting wrongly.
    comparisons : int
        Guard metrics that may each fail the candidate, say.

    Examples
    --------
    >>> threshold(), threshold(comparisons=3)
    (20.0, 60.0)
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    if comparisons < 1:
        raise ValueError(f"there must be at least one comparison, not {comparisons}")
    return comparisons / alpha


def e_value(log: float) -> float:
    """Return exp of a log e-value, infinity where a float has no room for it.

    >>> e_value(0.0), e_value(1e6)
    (1.0, inf)
    """
    return math.exp(log) if log < 709.0 else math.inf
