"""Whose escapes are they? Evidence from the share of escapes that were the candidate's: the default for a canary.

A phone was sent to the candidate with a probability pi that was known, and stored, when it was inspected. Given that
the phone turned out an escape, it was the candidate's with probability pi phi / (pi phi + 1 - pi), where phi is the
risk ratio: the candidate's escapes per phone over the stable decider's. Neither the defect rate nor its drift enters,
so the evidence is exact for any ramp of the weight, and few events.

The product of likelihood ratios is a martingale under phi = phi0, and a mixture over a grid of phi is one too. By
Ville's inequality it ever reaches 1/alpha with probability at most alpha, however often one looks. (Likelihood ratios
as e-processes: Ramdas, Grunwald, Vovk and Shafer 2023, Statistical Science 38, 576.)

Three things are required, and this arithmetic cannot see whether they hold:

* phones were assigned at random with the stored probabilities (a line may not send the difficult ones to one arm);
* an escape is labelled with the same chance whichever arm shipped it. If the chances q are known and differ, hand over
  pi q_candidate / (pi q_candidate + (1 - pi) q_stable) in the place of pi;
* escapes are handed over in an order that does not tell the arm, as that of the phones' due times. If one arm's labels
  come later, those that are known so far are the quick one's, and the largest evidence so far keeps the error.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats
from sim.stats.evidence import ALPHA, WARNING_SHARE, e_value, threshold

Verdict = Literal["rollback", "promote", "warn", "hold"]

GRID_POINTS = 25


def log_likelihood_ratios(by_candidate: ArrayLike, pi: ArrayLike, phi: ArrayLike, null: float = 1.0) -> Floats:
    """Return ln of (probability of each escape's arm under phi over that under `null`).

    With th(phi) = pi phi / (pi phi + 1 - pi) the ratio th(phi)/th(null) for the candidate's escape, or
    (1 - th(phi))/(1 - th(null)) for the other's, is (phi/null)^c (1 + pi (null - 1)) / (1 + pi (phi - 1)), c = 1 or 0.

    Parameters
    ----------
    by_candidate : array_like of bool, shape (events,)
        Whether the candidate shipped it.
    pi : array_like of float, shape (events,)
        The probability, at its inspection, that the candidate would get this phone. With 0 or 1 nothing was left to
        chance, and the phone is no evidence.
    phi : array_like of float, shape (points,)
        Risk ratios.
    null : float
        The risk ratio of the null hypothesis.

    Returns
    -------
    ndarray of float, shape (events, points)

    Examples
    --------
    >>> log_likelihood_ratios([True, False], [0.1, 0.1], [2.0]).round(4).tolist()
    [[0.5978], [-0.0953]]
    """
    candidate, chance = np.asarray(by_candidate, dtype=bool), np.asarray(pi, dtype=np.float64)
    if candidate.ndim != 1 or candidate.shape != chance.shape:
        raise ValueError(f"one arm and one probability for each escape, not {candidate.shape} and {chance.shape}")
    if not bool(np.all((chance >= 0.0) & (chance <= 1.0))):
        raise ValueError("assignment probabilities must lie between 0 and 1")
    if bool(np.any(candidate & (chance == 0.0)) or np.any(~candidate & (chance == 1.0))):
        raise ValueError("an escape came from an arm that could not have got the phone: the stored pi is wrong")
    ratios = np.asarray(phi, dtype=np.float64)
    gain = candidate[:, None] * np.log(ratios / null)
    chances = chance[:, None]
    logs: Floats = gain - np.log1p(chances * (ratios - 1.0)) + np.log1p(chances * (null - 1.0))
    return np.where((chances == 0.0) | (chances == 1.0), 0.0, logs)


class EscapeEvidence:
    """Evidence on the risk ratio that grows with every labelled escape; state: one log-martingale per grid point.

    Parameters
    ----------
    action : {"rollback", "promote"}
        What reaching the threshold means.
    null : float
        Risk ratio at the border of the null hypothesis.
    grid : array_like of float, shape (points,)
        Risk ratios of the alternative, with equal weights, all on one side of `null`: then the evidence is valid
        against the whole other side, because the likelihood ratio is monotone in phi.
    alpha : float
        The chance of ever acting wrongly.
    comparisons : int
        How many guard metrics may trigger.

    Examples
    --------
    >>> watch = rollback_evidence()
    >>> watch.update([True] * 6 + [False] * 4, [0.1] * 10)
    >>> round(watch.e_value, 1), watch.verdict
    (430.1, 'rollback')
    """

    __slots__ = ("_log_martingales", "_log_maximum", "action", "events", "grid", "null", "threshold")

    def __init__(
        self,
        action: Literal["rollback", "promote"],
        null: float,
        grid: ArrayLike,
        alpha: float = ALPHA,
        comparisons: int = 1,
    ) -> None:
        points = np.asarray(grid, dtype=np.float64)
        if null <= 0.0 or points.ndim != 1 or len(points) == 0 or bool(np.any(points <= 0.0)):
            raise ValueError("risk ratios must be above 0")
        if not (bool(np.all(points > null)) or bool(np.all(points < null))):
            raise ValueError(f"all risk ratios of the grid must lie on one side of {null:g}")
        self.action = action
        self.null = null
        self.grid = points
        self.threshold = threshold(alpha, comparisons)
        self.events = 0
        self._log_martingales: Floats = np.zeros(len(points))
        self._log_maximum = 0.0

    def update(self, by_candidate: ArrayLike, pi: ArrayLike) -> None:
        """Take in escapes as their labels arrive; both arrays have shape (events,).

        Sums run event by event from the state, so cutting a stream into other batches changes no bit.
        """
        steps = log_likelihood_ratios(by_candidate, pi, self.grid, self.null)
        if len(steps) == 0:
            return
        path = np.cumsum(np.vstack([self._log_martingales, steps]), axis=0)
        self._log_martingales = path[-1]
        self._log_maximum = max(self._log_maximum, float(log_mean_exp(path[1:]).max()))
        self.events += len(steps)

    @property
    def log_martingales(self) -> Floats:
        """The state, shape (points,): ln of the likelihood ratio of each grid point."""
        return self._log_martingales.copy()

    @property
    def e_value(self) -> float:
        """The evidence now; it does not depend on the order of the escapes."""
        return e_value(float(log_mean_exp(self._log_martingales)))

    @property
    def maximum(self) -> float:
        """The largest evidence after any escape so far; what has once been proven stays proven (Ville)."""
        return e_value(self._log_maximum)

    @property
    def verdict(self) -> Verdict:
        """The action, a warning at a quarter of the threshold, or hold: no alarm is no proof of the contrary."""
        if self.maximum >= self.threshold:
            return self.action
        return "warn" if self.maximum >= WARNING_SHARE * self.threshold else "hold"


def rollback_grid() -> Floats:
    """Return the risk ratios that speak for a rollback, shape (25,): log-spaced from 1.05 to 10.

    >>> rollback_grid()[[0, 12, 24]].round(3).tolist()
    [1.05, 3.24, 10.0]
    """
    return np.geomspace(1.05, 10.0, GRID_POINTS)


def promotion_grid(non_inferiority: float) -> Floats:
    """Return the risk ratios that speak for a promotion, shape (25,): log-spaced from 0.1 to just below the margin.

    The margin itself would only carry weight without ever becoming evidence, so it is left out.

    >>> promotion_grid(1.5)[[0, 24]].round(3).tolist()
    [0.1, 1.346]
    """
    if not non_inferiority > 0.1:
        raise ValueError(f"the margin must be a risk ratio above 0.1, not {non_inferiority}")
    return np.geomspace(0.1, non_inferiority, GRID_POINTS + 1)[:-1]


def rollback_evidence(alpha: float = ALPHA, comparisons: int = 1) -> EscapeEvidence:
    """Return evidence against H0: phi <= 1, to roll back at 20, or at 20 m when m guard metrics are watched."""
    return EscapeEvidence("rollback", 1.0, rollback_grid(), alpha, comparisons)


def promotion_evidence(non_inferiority: float, alpha: float = ALPHA) -> EscapeEvidence:
    """Return evidence against H0: phi >= `non_inferiority`, to promote at 20.

    It takes many escapes; undecided at the horizon means hold. For an equal candidate at 10 %, medians: 1,740 escapes
    with a margin of 1.25, 420 with 1.5, 110 with 2, where a rollback takes 92 at phi = 2 and 31 at phi = 3. With
    several guard metrics each must reach 20 by itself, and no correction is needed: one that is wrong already blocks.

    >>> good = promotion_evidence(non_inferiority=2.0)
    >>> good.update([False] * 20, [0.1] * 20)
    >>> round(good.e_value, 1), good.verdict
    (22.3, 'promote')
    """
    return EscapeEvidence("promote", non_inferiority, promotion_grid(non_inferiority), alpha)


def log_mean_exp(logs: Floats) -> Floats:
    """Return ln of the mean of exp over the last axis, without overflow.

    >>> float(log_mean_exp(np.array([1000.0, 1000.0])))
    1000.0
    """
    highest = logs.max(axis=-1)
    means: Floats = highest + np.log(np.exp(logs - highest[..., None]).mean(axis=-1))
    return means
