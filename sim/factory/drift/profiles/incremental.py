"""Incremental: the quantity itself passes through every value between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np

from sim.columns import Floats, Times
from sim.document import Refusal
from sim.factory.cause import Quantity
from sim.factory.drift.event import PROFILES, SpannedDrift


@PROFILES.register("incremental", 2)
class Incremental(SpannedDrift):
    """A straight line over `over`. On a lens: dust, which gathers anew after each cleaning.

    Examples
    --------
    >>> from sim.units import HOUR
    >>> wear = Incremental(what="process.rate.dent", profile="incremental", at="10h", over="4h", to=0.1)
    >>> wear.weight(np.array([10, 11, 14, 15]) * HOUR, np.empty(0)).tolist()
    [0.0, 0.25, 1.0, 1.0]
    """

    gathers: ClassVar[bool] = True

    profile: Literal["incremental"]

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return the part of `over` that has gone by."""
        return np.clip((t - self.at) / self.over, 0.0, 1.0)

    def after_cleaning(self, at_us: int) -> Self:
        """Return the dust that begins to gather anew."""
        return self.model_copy(update={"at": at_us})

    def refusals(self, quantity: Quantity, horizon_us: int) -> Iterator[Refusal]:
        """There is no way through infinity."""
        yield from super().refusals(quantity, horizon_us)
        if quantity.start == float("inf"):
            yield ("profile",), "a flaw that does not count yet can only start to count: sudden or gradual"
