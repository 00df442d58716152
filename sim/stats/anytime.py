"""Judges for rates that may be looked at after every phone: Wald's test, its mixture, and confidence sequences.

Exact at every sample size: Wald's SPRT (up to its own approximation of the bounds) and the always-valid interval of one
proportion. The mixture SPRT for two proportions plugs in estimated variances, so it holds for many events only; the
normal-mixture bound is exact for sums whose increments are sub-Gaussian with the variance that is handed over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats


@dataclass(frozen=True, slots=True)
class Sprt:
    """Wald's sequential test of a rate `p0` against `p1` > `p0` (Wald 1945).

    Reject p0 at x >= h2 + s n events in n phones, accept it at x <= -h1 + s n, with x and n counted from the start.
    Wald's bounds promise P(reject | p0) <= alpha / (1 - beta) and P(accept | p1) <= beta / (1 - alpha).

    Examples
    --------
    >>> test = Sprt(p0=0.01, p1=0.10, alpha=0.05, beta=0.10)
    >>> test.decide(3, 30), test.decide(2, 30), test.decide(0, 30)
    ('reject', 'continue', 'accept')
    """

    p0: float
    p1: float
    alpha: float = 0.05
    beta: float = 0.10

    def __post_init__(self) -> None:
        if not 0.0 < self.p0 < self.p1 < 1.0:
            raise ValueError(f"rates must be 0 < p0 < p1 < 1, not {self.p0} and {self.p1}")
        if min(self.alpha, self.beta) <= 0.0 or self.alpha + self.beta >= 1.0:
            raise ValueError("alpha and beta must be above 0, and below 1 together")

    @property
    def k(self) -> float:
        """The evidence of one event over one phone without: ln(p1 (1 - p0) / (p0 (1 - p1)))."""
        return math.log(self.p1 * (1.0 - self.p0) / (self.p0 * (1.0 - self.p1)))

    @property
    def s(self) -> float:
        """The slope of both lines, in events per phone."""
        return math.log((1.0 - self.p0) / (1.0 - self.p1)) / self.k

    @property
    def h1(self) -> float:
        """How far below the slope the line of acceptance begins, in events."""
        return math.log((1.0 - self.alpha) / self.beta) / self.k

    @property
    def h2(self) -> float:
        """How far above the slope the line of rejection begins, in events."""
        return math.log((1.0 - self.beta) / self.alpha) / self.k

    def llr(self, events: ArrayLike, n: ArrayLike) -> Floats:
        """Return the log-likelihood ratio of p1 over p0; events and phones broadcast."""
        x, phones = np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64)
        return np.asarray(
            x * math.log(self.p1 / self.p0) + (phones - x) * math.log((1.0 - self.p1) / (1.0 - self.p0)),
            dtype=np.float64,
        )

    @property
    def upper(self) -> float:
        """Reject at this log-likelihood ratio: ln((1 - beta) / alpha)."""
        return math.log((1.0 - self.beta) / self.alpha)

    @property
    def lower(self) -> float:
        """Accept at this log-likelihood ratio: ln(beta / (1 - alpha))."""
        return math.log(self.beta / (1.0 - self.alpha))

    def decide(self, events: int, n: int) -> Literal["reject", "accept", "continue"]:
        """Return what the test says at this moment; who has once decided stops."""
        ratio = float(self.llr(events, n))
        return "reject" if ratio >= self.upper else "accept" if ratio <= self.lower else "continue"


def msprt(
    candidate_events: ArrayLike, candidate_n: ArrayLike, stable_events: ArrayLike, stable_n: ArrayLike, tau: float
) -> Floats:
    """Return the mixture likelihood ratio of a difference of two rates (Johari, Koomen, Pekelis and Walsh 2022).

    With D the difference, v its estimated variance and N(0, tau^2) mixed over it:
    sqrt(v / (v + tau^2)) exp(tau^2 D^2 / (2 v (v + tau^2))). For arms of n phones each v = V/n, and this is the usual
    sqrt(V / (V + n tau^2)) exp(n^2 tau^2 D^2 / (2 V (V + n tau^2))).

    A normal approximation with plugged-in variances: with a handful of events it does not keep its promise.

    Parameters
    ----------
    candidate_events, candidate_n, stable_events, stable_n : array_like of int
        Cumulative; they broadcast. Without phones or without variance there is no evidence: 1.
    tau : float
        Standard deviation of the differences one expects, in the unit of the rate.

    Returns
    -------
    ndarray of float

    Examples
    --------
    >>> round(float(msprt(130, 1000, 100, 1000, tau=0.03)), 4)
    2.6159
    """
    n_b, n_a = np.asarray(candidate_n, dtype=np.float64), np.asarray(stable_n, dtype=np.float64)
    p_b = np.asarray(candidate_events, dtype=np.float64) / np.maximum(n_b, 1.0)
    p_a = np.asarray(stable_events, dtype=np.float64) / np.maximum(n_a, 1.0)
    v = p_b * (1.0 - p_b) / np.maximum(n_b, 1.0) + p_a * (1.0 - p_a) / np.maximum(n_a, 1.0)
    comparable = (v > 0.0) & (n_a > 0.0) & (n_b > 0.0)
    v = np.where(comparable, v, 1.0)
    exponent = tau**2 * (p_b - p_a) ** 2 / (2.0 * v * (v + tau**2))
    ratio = np.sqrt(v / (v + tau**2)) * np.exp(np.minimum(exponent, 700.0))
    return np.where(comparable, ratio, 1.0)


def always_valid_p(ratios: ArrayLike) -> Floats:
    """Return p_n = min(p_{n-1}, 1/L_n), from 1 on, along the last axis: it only falls.

    For a two-sided L read the direction where p falls, not later: it may have fallen while the candidate looked better.

    >>> always_valid_p([0.5, 4.0, 2.0, 20.0]).tolist()
    [1.0, 0.25, 0.25, 0.05]
    """
    values = np.asarray(ratios, dtype=np.float64)
    return np.minimum.accumulate(np.minimum(1.0, 1.0 / values), axis=-1)


def mixture_variance(v_opt: float, alpha: float = 0.05) -> float:
    """Return r, with which the normal-mixture bound is tightest near intrinsic time `v_opt`.

    Howard, Ramdas, McAuliffe and Sekhon 2021 (Annals of Statistics 49, 1055).

    >>> round(mixture_variance(100.0), 5)
    12.60056
    """
    two_log = 2.0 * math.log(1.0 / alpha)
    return v_opt / (two_log + math.log(1.0 + two_log))


def normal_mixture_bound(v: ArrayLike, r: float, alpha: float = 0.05) -> Floats:
    """Return the curve that |S_t| ever crosses with probability at most alpha, if S_t is sub-Gaussian in time `v`.

    Parameters
    ----------
    v : array_like of float
        Intrinsic time: the sum of the increments' variance proxies (1/4 for each variable between 0 and 1).
    r : float
        From `mixture_variance`.
    alpha : float
        For both sides together.

    Returns
    -------
    ndarray of float
        In the unit of S.

    Examples
    --------
    >>> round(float(normal_mixture_bound(100.0, mixture_variance(100.0))), 5)
    30.35209
    """
    time = np.asarray(v, dtype=np.float64)
    bound: Floats = np.sqrt((time + r) * (np.log1p(time / r) + 2.0 * math.log(1.0 / alpha)))
    return bound


def log_evidence_against_rate(events: ArrayLike, n: ArrayLike, p: ArrayLike, a: float = 0.5, b: float = 0.5) -> Floats:
    """Return ln of the Beta(a, b)-mixture likelihood over that of the rate `p`: a martingale under `p`.

    Examples
    --------
    >>> round(float(log_evidence_against_rate(20, 1000, 0.005)), 3)
    9.158
    """
    from scipy.special import betaln, xlog1py, xlogy

    k, phones, rate = (np.asarray(each, dtype=np.float64) for each in (events, n, p))
    logs: Floats = betaln(a + k, b + phones - k) - betaln(a, b) - xlogy(k, rate) - xlog1py(phones - k, -rate)
    return logs


def always_valid_interval(
    events: int, n: int, alpha: float = 0.05, a: float = 0.5, b: float = 0.5
) -> tuple[float, float]:
    """Return the rates that were not ruled out by the evidence now: an interval for one proportion, at any time.

    All p with ln B(a + k, b + n - k) - ln B(a, b) - k ln p - (n - k) ln(1 - p) < ln(1/alpha) (Robbins 1970).
    Intersect over time for one that only shrinks.

    Examples
    --------
    >>> low, high = always_valid_interval(0, 300)
    >>> low, round(high, 5)
    (0.0, 0.02117)
    """
    if not 0 <= events <= n:
        raise ValueError(f"events must be between 0 and {n} phones, not {events}")
    from scipy.optimize import brentq

    if n == 0:
        return 0.0, 1.0
    best = events / n

    def excess(p: float) -> float:
        return float(log_evidence_against_rate(events, n, p, a, b)) - math.log(1.0 / alpha)

    # The evidence is convex in p and lowest at the observed rate, where it is far below 1/alpha.
    low = 0.0 if events == 0 else float(brentq(excess, 1e-300, best, xtol=1e-14, rtol=1e-13))
    high = 1.0 if events == n else float(brentq(excess, best, 1.0 - 1e-16, xtol=1e-14, rtol=1e-13))
    return low, high
