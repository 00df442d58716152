"""Two shares of phones side by side, by a normal approximation: how far apart they are, and proof that they are near.

With a handful of events take exact evidence instead: `sim.stats.escapes`, `sim.stats.pairs`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from sim.stats.planned import pooled_z

Side = Literal["higher", "lower", "either"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of so many phones; `error` is its standard error where they weigh unequally, None: a plain share.

    Examples
    --------
    >>> round(Rate(0.02, 1000).z_against(Rate(0.01, 1000)), 4)
    1.8396
    >>> round(Rate(0.8, 500, error=0.03).z_against(Rate(0.9, 500, error=0.04)), 4)
    -2.0
    """

    value: float
    n: int
    error: float | None = None

    @property
    def counts(self) -> tuple[int, int]:
        """Events and phones."""
        return round(self.value * self.n), self.n

    @property
    def variance(self) -> float:
        """The variance of the share."""
        return self.value * (1.0 - self.value) / self.n if self.error is None else self.error**2

    def z_against(self, other: Rate) -> float:
        """Return the z statistic of this share less the other one, pooled where both are plain; without spread 0."""
        if self.error is None and other.error is None:
            return pooled_z(*self.counts, *other.counts)
        spread = math.sqrt(sum((self.variance, other.variance)))
        return (self.value - other.value) / spread if spread > 0.0 else 0.0


def normal_quantile(alpha: float, two_sided: bool = False) -> float:
    """Return the z that chance exceeds with probability alpha.

    >>> round(normal_quantile(0.05), 3), round(normal_quantile(0.05, two_sided=True), 3)
    (1.645, 1.96)
    """
    return NormalDist().inv_cdf(1.0 - (alpha / 2.0 if two_sided else alpha))


def on_the_bad_side(z: float, worse: Side) -> float:
    """Return how far z lies on the side that is the bad one.

    >>> on_the_bad_side(-2.0, "lower"), on_the_bad_side(-2.0, "higher"), on_the_bad_side(-2.0, "either")
    (2.0, -2.0, 2.0)
    """
    return {"higher": z, "lower": -z, "either": abs(z)}[worse]


def proven_within(own: Rate, other: Rate, margin: float, worse: Side, z: float) -> bool:
    """Return whether a share is proven to lie within `margin` times the other one, on the bad side or on both.

    Parameters
    ----------
    own, other : Rate
        Of phones that have nothing to do with each other.
    margin : float
        Above 1.
    worse : {"higher", "lower", "either"}
        Which side of the other share is the bad one.
    z : float
        Standard errors that are proof; without any spread nothing is.

    Examples
    --------
    >>> proven_within(Rate(0.05, 1000), Rate(0.05, 1000), 1.5, "higher", 1.645)
    True
    """

    def proven(gap: float, factor: float) -> bool:
        spread = math.sqrt(own.variance + factor**2 * other.variance)
        return spread > 0.0 and gap / spread >= z

    below = proven(margin * other.value - own.value, margin)
    above = proven(own.value - other.value / margin, 1.0 / margin)
    return {"higher": below, "lower": above, "either": below and above}[worse]
