"""Recurring: it comes again and again, like the sun through a window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from sim.columns import Floats, Times
from sim.document import Refusal
from sim.factory.cause import Quantity
from sim.factory.drift.event import PROFILES, SpannedDrift
from sim.units import PositiveDuration, Rhythm


@PROFILES.register("recurring", 4)
class Recurring(SpannedDrift):
    """The new value for `over`, again every `every`.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> sun = Recurring(what="camera.contrast", profile="recurring", at="10h", over="2h", every="6h", to=0.5)
    >>> sun.weight(np.array([10, 12, 16]) * HOUR, np.empty(0)).tolist()
    [1.0, 0.0, 1.0]
    """

    profile: Literal["recurring"]
    over: PositiveDuration = Field(description="how long it lasts each time")
    every: Rhythm = Field(description="from one start to the next")

    @property
    def fully_there_us(self) -> int:
        """The middle of its first time."""
        return self.at + self.over // 2

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return 1 while it is there."""
        return ((t >= self.at) & ((t - self.at) % self.every < self.over)).astype(np.float64)

    def episodes(self, horizon_us: int) -> list[tuple[int, int]]:
        """Return every time it was there."""
        starts = range(self.at, horizon_us, self.every)
        return [(start, min(start + self.over, horizon_us)) for start in starts]

    def refusals(self, quantity: Quantity, horizon_us: int) -> Iterator[Refusal]:
        """It has to be gone before it comes again."""
        yield from super().refusals(quantity, horizon_us)
        if self.over >= self.every:
            yield ("over",), "lasts as long as the time between two starts: use profile: sudden"
