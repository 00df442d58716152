"""Tests that are planned before the first phone: one z-test at a fixed horizon, or several planned looks.

Peeking at a fixed-horizon test is the trap that is here on purpose: |z| >= 1.96 at each of ten equal looks finds a
difference in 19 % of all comparisons of equals (Armitage, McPherson and Rowe 1969). Planned looks repair it: O'Brien
and Fleming 1979 stop early only on overwhelming evidence, Pocock 1977 with one limit at all looks. Their constants, and
the price of peeking, come from the same exact recursion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats

Shape = Literal["obrien_fleming", "pocock"]

#: Standard deviations of the walk beyond which the recursion sees nothing: 1e-19 of probability lies there.
_FAR = 9.0
#: Gauss-Legendre nodes per standard deviation of one step: more of them change no digit of a double.
_NODES_PER_STEP = 3.0


def two_proportion_z(
    candidate_events: ArrayLike, candidate_n: ArrayLike, stable_events: ArrayLike, stable_n: ArrayLike
) -> Floats:
    """Return the pooled z statistic of a difference of two rates, positive when the candidate's is higher.

    It may be read once, at the number of phones that was fixed before. Without phones, events or phones without
    events there is nothing to see: 0.

    Parameters
    ----------
    candidate_events, candidate_n, stable_events, stable_n : array_like of int
        They broadcast.

    Examples
    --------
    >>> round(float(two_proportion_z(20, 1000, 10, 1000)), 4)
    1.8396
    """
    x_b, n_b, x_a, n_a = (
        np.asarray(each, dtype=np.float64) for each in (candidate_events, candidate_n, stable_events, stable_n)
    )
    gap, variance = _gap_and_variance(x_b, np.maximum(n_b, 1.0), x_a, np.maximum(n_a, 1.0))
    comparable = (variance > 0.0) & (n_a > 0.0) & (n_b > 0.0)
    return np.where(comparable, gap / np.sqrt(np.where(comparable, variance, 1.0)), 0.0)


def pooled_z(candidate_events: int, candidate_n: int, stable_events: int, stable_n: int) -> float:
    """Return `two_proportion_z` of plain numbers, a look of an analysis say: a tenth of the time that arrays take.

    >>> round(pooled_z(20, 1000, 10, 1000), 4)
    1.8396
    """
    if candidate_n <= 0 or stable_n <= 0:
        return 0.0
    gap, variance = _gap_and_variance(candidate_events, candidate_n, stable_events, stable_n)
    return gap / math.sqrt(variance) if variance > 0.0 else 0.0


def _gap_and_variance(x_b: Any, n_b: Any, x_a: Any, n_a: Any) -> tuple[Any, Any]:
    """Return the difference of two rates, and its variance if they are equal; of numbers or of arrays."""
    pooled = (x_a + x_b) / (n_a + n_b)
    return x_b / n_b - x_a / n_a, pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b)


def planned_phones(
    stable_rate: float, candidate_rate: float, share: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many phones both arms need together for `two_proportion_z` to see a difference.

    Parameters
    ----------
    stable_rate, candidate_rate : float
        The rates one wants to tell apart.
    share : float
        The candidate's share of the phones.
    alpha : float
        Two-sided.
    power : float
        P(seen) if the rates are these.

    Returns
    -------
    int
        By the usual normal approximation (Fleiss, Levin and Paik 2003, section 4.2, without continuity correction).

    Examples
    --------
    >>> planned_phones(0.01, 0.02)
    4637
    """
    from scipy.special import ndtri

    pooled, own, gap = _deviations(stable_rate, candidate_rate, share)
    reach = float(ndtri(1.0 - alpha / 2.0)) * pooled + float(ndtri(power)) * own
    return math.ceil((reach / gap) ** 2)


def planned_power(
    phones: int, stable_rate: float, candidate_rate: float, share: float = 0.5, alpha: float = 0.05
) -> float:
    """Return the chance that so many phones (of both arms together) show a difference of these rates.

    >>> round(planned_power(4637, 0.01, 0.02), 3)
    0.8
    """
    from scipy.special import ndtr, ndtri

    pooled, own, gap = _deviations(stable_rate, candidate_rate, share)
    return float(ndtr((gap * math.sqrt(phones) - float(ndtri(1.0 - alpha / 2.0)) * pooled) / own))


def _deviations(stable_rate: float, candidate_rate: float, share: float) -> tuple[float, float, float]:
    """Return the difference's standard deviation times sqrt(phones) under H0 and under H1, and the difference."""
    if not (0.0 < share < 1.0 and 0.0 < stable_rate < 1.0 and 0.0 < candidate_rate < 1.0):
        raise ValueError("rates and the candidate's share must lie between 0 and 1")
    if stable_rate == candidate_rate:
        raise ValueError("no number of phones tells equal rates apart")
    both = share * candidate_rate + (1.0 - share) * stable_rate
    pooled = math.sqrt(both * (1.0 - both) * (1.0 / share + 1.0 / (1.0 - share)))
    variance = candidate_rate * (1.0 - candidate_rate) / share + stable_rate * (1.0 - stable_rate) / (1.0 - share)
    return pooled, math.sqrt(variance), abs(candidate_rate - stable_rate)


def crossing_probability(limits: Sequence[float], two_sided: bool = True) -> float:
    """Return the probability under H0 that z ever crosses its limit at equally spaced looks.

    The sum of k standard normal steps has z_k sqrt(k); the part of its density that has crossed nothing yet is handed
    from look to look by Gauss-Legendre integration (Armitage, McPherson and Rowe 1969; Jennison and Turnbull 2000,
    chapter 19).

    Parameters
    ----------
    limits : sequence of float, shape (looks,)
        Limits on z: crossed at |z| >= limit, or at z >= limit when one-sided.
    two_sided : bool
        Which.

    Examples
    --------
    >>> [round(crossing_probability([1.959964] * looks), 4) for looks in (1, 2, 5, 10)]
    [0.05, 0.0831, 0.1417, 0.1934]
    """
    from scipy.special import ndtr

    if len(limits) == 0 or not all(limit > 0.0 for limit in limits):
        raise ValueError("there must be at least one look, and limits above 0")
    nodes, density, crossed = np.zeros(1), np.ones(1), 0.0  # before the first step all of it stands at 0
    for k, limit in enumerate(limits, start=1):
        upper = min(limit, _FAR) * math.sqrt(k)
        lower = -upper if two_sided else -_FAR * math.sqrt(k)
        outside = ndtr(nodes - limit * math.sqrt(k))
        if two_sided:
            outside = outside + ndtr(-limit * math.sqrt(k) - nodes)
        crossed += float(density @ outside)
        count = max(48, math.ceil(_NODES_PER_STEP * (upper - lower)))
        points, weights = _gauss_legendre(count)
        inside = 0.5 * (upper - lower) * points + 0.5 * (upper + lower)
        steps = np.exp(-0.5 * (inside[:, None] - nodes[None, :]) ** 2) / math.sqrt(2.0 * math.pi)
        # The weight of integration goes along with the density, so that a sum over nodes is an integral.
        density = (steps @ density) * weights * 0.5 * (upper - lower)
        nodes = inside
    return crossed


@lru_cache(maxsize=256)
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    """Return nodes and weights on [-1, 1]; kept, since the search for a constant asks for the same ones again."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return points, weights


@dataclass(frozen=True)
class PlannedLooks:
    """A group-sequential test: so many looks at equal distances, planned before the first phone.

    Parameters
    ----------
    looks : int
        K. Looking more often, or after the horizon, breaks the promise.
    alpha : float
        The chance of ever rejecting a true H0.
    shape : {"obrien_fleming", "pocock"}
        O'Brien-Fleming's limit at look k is c sqrt(K/k), Pocock's is c.
    two_sided : bool
        Whether a better candidate counts too.

    Examples
    --------
    >>> round(PlannedLooks(5).constant, 3), round(PlannedLooks(5, shape="pocock").constant, 3)
    (2.04, 2.413)
    >>> [round(limit, 2) for limit in PlannedLooks(5).limits]
    [4.56, 3.23, 2.63, 2.28, 2.04]
    """

    looks: int
    alpha: float = 0.05
    shape: Shape = "obrien_fleming"
    two_sided: bool = True

    def __post_init__(self) -> None:
        if self.looks < 1:
            raise ValueError(f"there must be at least one look, not {self.looks}")
        if not 0.0 < self.alpha < 0.5:
            raise ValueError(f"alpha must lie between 0 and 0.5, not {self.alpha}")

    @cached_property
    def constant(self) -> float:
        """c: the limit at the last look, at which all looks together cross with probability alpha."""
        from scipy.optimize import brentq

        def excess(c: float) -> float:
            return crossing_probability(self._limits(c), self.two_sided) - self.alpha

        return float(brentq(excess, 1e-3, 8.0, xtol=1e-10))

    @property
    def limits(self) -> tuple[float, ...]:
        """The limit on z at each look, shape (looks,)."""
        return self._limits(self.constant)

    def rejects(self, look: int, z: float) -> bool:
        """Return whether H0 is rejected at this look, counted from 1."""
        if not 1 <= look <= self.looks:
            raise ValueError(f"look {look} was not planned: there are {self.looks}")
        return (abs(z) if self.two_sided else z) >= self.limits[look - 1]

    def _limits(self, c: float) -> tuple[float, ...]:
        if self.shape == "pocock":
            return (c,) * self.looks
        return tuple(c * math.sqrt(self.looks / k) for k in range(1, self.looks + 1))
