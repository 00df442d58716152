"""How long a look takes: laws of service time, in integer microseconds."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats, Times
from sim.units import PositiveDuration


def whole_microseconds(seconds_us: Floats) -> Times:
    """Round half up to whole microseconds; every service lasts at least one."""
    return np.maximum(np.floor(seconds_us + 0.5), 1.0).astype(np.int64)


class _Law(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lognormal(_Law):
    """A long right tail, as inspection times have (FACTS 1.2); `sigma` is the spread of ln(time)."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveDuration
    sigma: float = Field(0.35, ge=0.0, le=3.0)

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return whole_microseconds(self.mean * np.exp(self.sigma * rng.standard_normal(count) - 0.5 * self.sigma**2))


class Exponential(_Law):
    """Memoryless service: the M of queueing theory."""

    law: Literal["exponential"]
    mean: PositiveDuration

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return whole_microseconds(self.mean * rng.standard_exponential(count))


class Fixed(_Law):
    """The same time for every phone: the D of queueing theory."""

    law: Literal["fixed"]
    mean: PositiveDuration

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.full(count, max(self.mean, 1), dtype=np.int64)


ServiceLaw = Annotated[Lognormal | Exponential | Fixed, Field(discriminator="law")]

WhenFull = Literal["block", "ship", "reject"]
"""What a full buffer does: the line stops, or the phone passes unseen, or it is rejected unseen."""
