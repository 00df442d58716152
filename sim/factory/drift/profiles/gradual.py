"""Gradual: old and new phones alternate, the share of new ones rising; each phone has the old or the new value.

Webb et al. 2016 call this probabilistic drift. The confined ramp replaces MOA's sigmoid, which never quite leaves the
old concept.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from sim.columns import Floats, Times
from sim.factory.drift.event import PROFILES, SpannedDrift


@PROFILES.register("gradual", 3)
class Gradual(SpannedDrift):
    """Phone by phone, the share of new ones rising over `over` along a confined ramp.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> batch = Gradual(what="process.finish.matte", profile="gradual", at="10h", over="4h", to=0.5)
    >>> batch.weight(np.array([12, 12]) * HOUR, np.array([0.4, 0.6])).tolist()  # half way: half of the phones
    [1.0, 0.0]
    """

    draws: ClassVar[bool] = True

    profile: Literal["gradual"]

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return 1 for phones whose own uniform lies below the share of new ones."""
        return (mix < confined_ramp((t - self.at) / self.over)).astype(np.float64)


def confined_ramp(u: Floats) -> Floats:
    """Return the confined sigmoid: 0 before u = 0, 1 after u = 1, 1 % and 99 % just inside.

    >>> [round(float(x), 4) for x in confined_ramp(np.array([-0.1, 0.25, 0.5, 1.1]))]
    [0.0, 0.0913, 0.5, 1.0]
    """
    inside = 1.0 / (1.0 + np.exp(-2.0 * np.log(99.0) * (np.clip(u, 0.0, 1.0) - 0.5)))
    return np.where(u < 0.0, 0.0, np.where(u > 1.0, 1.0, inside))
