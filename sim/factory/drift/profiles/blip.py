"""Blip: once, and then all is as before."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sim.columns import Floats, Times
from sim.factory.drift.event import PROFILES, SpannedDrift
from sim.units import PositiveDuration


@PROFILES.register("blip", 5)
class Blip(SpannedDrift):
    """The new value for `over`, then the old one for good.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> flash = Blip(what="camera.brightness", profile="blip", at="10h", over="2h", to=1.5)
    >>> flash.weight(np.array([10, 12]) * HOUR, np.empty(0)).tolist()
    [1.0, 0.0]
    """

    gathers: ClassVar[bool] = True

    profile: Literal["blip"]
    over: PositiveDuration = Field(description="how long it lasts")

    @property
    def fully_there_us(self) -> int:
        """The middle of its span."""
        return self.at + self.over // 2

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return 1 while it is there."""
        return ((t >= self.at) & (t < self.at + self.over)).astype(np.float64)

    def episodes(self, horizon_us: int) -> list[tuple[int, int]]:
        """Return its span."""
        return [(self.at, min(self.at + self.over, horizon_us))]
