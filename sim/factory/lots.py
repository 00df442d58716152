"""Component lots: phones of a lot share their luck, and a few lots are bad.

A lot multiplies the flaw hazard by ``m``, gamma distributed with mean 1 and coefficient of variation `cv`, times
`bad_factor` in a share of bad lots, scaled so that the mean of ``m`` is 1. In hazard form the average over lots
has a closed form (the gamma's Laplace transform), so the mean share of defective phones is exactly the rate
that the user wrote.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats, Times
from sim.factory.streams import Streams
from sim.units import Factor, Share


class Lots(BaseModel):
    """Lots of `size` phones. FACTS 8: 500 phones, CV 0.8, 2 % of lots five times as bad (assumptions, grade A)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(500, ge=1, le=1_000_000)
    cv: Factor = Field(
        0.8, le=3.0, validate_default=True, description="coefficient of variation of a lot's flaw hazard"
    )
    bad_share: Share = Field("2%", validate_default=True)
    bad_factor: Factor = Field(5.0, ge=0.01, le=1000.0, validate_default=True)

    @property
    def _scale(self) -> float:
        return 1.0 / (1.0 - self.bad_share + self.bad_share * self.bad_factor)

    def survival(self, hazard: Floats | float) -> Floats:
        """Return E[exp(-hazard * m)] over lots: the share of phones without an event of that hazard."""
        hazard = np.asarray(hazard, dtype=np.float64) * self._scale

        def laplace(x: Floats) -> Floats:
            if self.cv == 0.0:
                return np.exp(-x)
            shape = 1.0 / self.cv**2
            return np.exp(-shape * np.log1p(x / shape))

        ordinary = laplace(hazard)
        if self.bad_share == 0.0:
            return ordinary
        return (1.0 - self.bad_share) * ordinary + self.bad_share * laplace(hazard * self.bad_factor)

    def hazard(self, rate: Floats | float) -> Floats:
        """Return the hazard whose average share of affected phones over lots is `rate` (0 <= rate < 1).

        `survival` falls and is convex, so bisection in log-hazard is safe; it is done once per distinct rate.
        """
        return np.array(_hazard_of_one(self, float(rate))) if np.ndim(rate) == 0 else self._hazards(rate)

    def _hazards(self, rate: Floats | float) -> Floats:
        rates, back = np.unique(np.asarray(rate, dtype=np.float64), return_inverse=True)
        low = np.zeros_like(rates)
        high = np.maximum(rates, 1e-12)
        while bool(np.any(1.0 - self.survival(high) < rates)):
            high = np.where(1.0 - self.survival(high) < rates, high * 2.0, high)
        for _ in range(60):
            middle = 0.5 * (low + high)
            enough = 1.0 - self.survival(middle) >= rates
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        solved = np.where(rates == 0.0, 0.0, 0.5 * (low + high))
        return solved[back].reshape(np.shape(rate))


@lru_cache(maxsize=256)
def _hazard_of_one(lots: Lots, rate: float) -> float:
    """Return the hazard of a rate that is one number, the same for every scenario that is read of a line."""
    return float(lots._hazards(rate))


class LotColumns:
    """The lot number and hazard multiplier of each phone, block by block."""

    def __init__(self, spec: Lots, streams: Streams) -> None:
        self._spec = spec
        self._gamma = streams.open("lot.multiplier")
        self._bad = streams.open("lot.bad")
        self._next = 0
        self._multipliers: Floats = np.empty(0)
        self._first_lot = 0

    def take(self, count: int) -> tuple[Times, Floats]:
        """Return (lot, multiplier) of the next `count` phones, each of shape (count,)."""
        lot = (self._next + np.arange(count, dtype=np.int64)) // self._spec.size
        self._next += count
        if count == 0:
            return lot, np.empty(0)
        known = self._first_lot + len(self._multipliers)
        self._multipliers = np.concatenate([self._multipliers, self._draw(int(lot[-1]) + 1 - known)])
        multiplier = self._multipliers[lot - self._first_lot]
        # Only the lot that goes on into the next block is kept.
        self._multipliers = self._multipliers[int(lot[-1]) - self._first_lot :]
        self._first_lot = int(lot[-1])
        return lot, multiplier

    def _draw(self, count: int) -> Floats:
        spec = self._spec
        bad = self._bad.random(count) < spec.bad_share
        if spec.cv == 0.0:
            multiplier = np.ones(count)
        else:
            shape = 1.0 / spec.cv**2
            multiplier = self._gamma.standard_gamma(shape, count) / shape
        return multiplier * np.where(bad, spec.bad_factor, 1.0) * spec._scale
