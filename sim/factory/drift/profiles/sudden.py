"""Sudden: from one phone to the next."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from sim.columns import Floats, Times
from sim.factory.drift.event import PROFILES, Drift


@PROFILES.register("sudden", 1)
class Sudden(Drift):
    """The old value before `at`, the new one from then on. On a lens: a smear, which one cleaning takes away.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> lamp = Sudden(what="camera.brightness", at="10h", to=0.5)
    >>> lamp.weight(np.array([9, 10]) * HOUR, np.empty(0)).tolist()
    [0.0, 1.0]
    """

    gathers: ClassVar[bool] = True

    profile: Literal["sudden"] = "sudden"

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return 1 from `at` on."""
        return (t >= self.at).astype(np.float64)
