"""How a model version runs: time per phone, replicas, a queue, outages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sim.inspectors.serving.law import Lognormal, ServiceLaw, WhenFull
from sim.units import MOST, Duration, PositiveDuration


class Outage(BaseModel):
    """The server crashes at `at` and is back after `lasts`: work in hand and in its queue goes to the fallback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Duration
    lasts: PositiveDuration


class Serving(BaseModel):
    """One version's servers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: ServiceLaw = Field(
        Lognormal.model_validate({"mean": "2.3s", "sigma": 0.15}),
        description="capture and inference of one phone: FACTS 8, 2 s capture and 12 images of 22 ms",
    )
    replicas: int = Field(1, ge=1, le=10_000)
    buffer: int | None = Field(None, ge=0, le=MOST, description="phones that can wait; none: no limit")
    when_full: WhenFull = "block"
    outages: tuple[Outage, ...] = ()
