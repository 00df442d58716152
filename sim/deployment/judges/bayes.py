"""What one may say aloud: the probability that the candidate is worse, and what choosing it would cost. Display only.

Both rates have independent Beta(1, 1) priors. The numbers read well, but "P(worse) > 95 %", looked at again and again,
is no test: under equal arms it is reached far more often than 5 % of the time, much as a peeked z-test is.
"""

from __future__ import annotations

import numpy as np


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
        Testing, evanmiller.org).

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


def _exceeds(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return P(Beta(first) > Beta(second)) for whole parameters."""
    from scipy.special import betaln

    (a, b), (c, d) = first, second
    i = np.arange(a)
    logs = betaln(c + i, b + d) - np.log(b + i) - betaln(1 + i, b) - betaln(c, d)
    return min(1.0, float(np.exp(logs).sum()))


def _check(events: int, n: int) -> None:
    if not 0 <= events <= n:
        raise ValueError(f"events must be between 0 and {n} phones, not {events}")
