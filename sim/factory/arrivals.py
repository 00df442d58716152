"""When phones are due at the inspection point: `due_us`, the world's clock for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Times
from sim.document import Refusal
from sim.factory.streams import Streams
from sim.units import PositiveDuration, Share


class _Arrivals(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def waits_us(self, first: int, count: int) -> Times | int:
        """Return how long each of some phones waits for others, by the number of the first."""
        return 0

    def refusals(self) -> Iterator[Refusal]:
        """Yield what cannot be, though each value by itself could."""
        yield from ()


class Takt(_Arrivals):
    """One phone per takt, each early or late by up to `jitter` of it. FACTS 3: 20 s is Pegatron's 21 s a phone."""

    kind: Literal["takt"] = "takt"
    every: PositiveDuration = Field("20s", validate_default=True)
    jitter: Share = Field(
        "0%", validate_default=True, description="largest deviation, as a share of the takt; up to 50%"
    )

    def gaps_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.full(count, self.every, dtype=np.int64)

    def offsets_us(self, rng: np.random.Generator, count: int) -> Times:
        # Below half a takt phones can't overtake each other; above, due times would lose their order.
        reach = min(self.jitter, 0.5) * self.every
        return np.floor((2.0 * rng.random(count) - 1.0) * reach + 0.5).astype(np.int64)

    def refusals(self) -> Iterator[Refusal]:
        """Keep phones in order."""
        if self.jitter > 0.5:
            yield ("jitter",), "at most 50%: beyond it phones would overtake each other"


class Poisson(_Arrivals):
    """Independent exponential gaps with the given mean: the arrivals of queueing theory."""

    kind: Literal["poisson"] = "poisson"
    every: PositiveDuration = Field("20s", validate_default=True, description="mean time between phones")

    def gaps_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.floor(rng.standard_exponential(count) * self.every + 0.5).astype(np.int64)

    def offsets_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.zeros(count, dtype=np.int64)


class Trays(_Arrivals):
    """Phones come in trays: `size` phones are due at the same instant, a tray every `size` takts."""

    kind: Literal["trays"] = "trays"
    every: PositiveDuration = Field("20s", validate_default=True, description="time per phone, averaged over a tray")
    size: int = Field(10, ge=1, le=10_000)

    def gaps_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.full(count, self.every, dtype=np.int64)

    def offsets_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.zeros(count, dtype=np.int64)

    def waits_us(self, first: int, count: int) -> Times:
        """Let every phone wait for the last of its tray."""
        number = first + np.arange(count)
        return (self.size - 1 - number % self.size) * self.every


Arrivals = Annotated[Takt | Poisson | Trays, Field(discriminator="kind")]


class DueTimes:
    """Due times in microseconds, block by block. The first phone is due one gap after the start."""

    def __init__(self, spec: Takt | Poisson | Trays, streams: Streams) -> None:
        self._spec = spec
        self._gaps = streams.open("arrivals.gap")
        self._offsets = streams.open("arrivals.offset")
        self._clock = 0
        self._taken = 0

    def take(self, count: int) -> Times:
        """Return the next `count` due times, non-decreasing."""
        spec = self._spec
        clock = self._clock + np.cumsum(spec.gaps_us(self._gaps, count))
        if count:
            self._clock = int(clock[-1])
        due: Times = clock + spec.waits_us(self._taken, count) + spec.offsets_us(self._offsets, count)
        self._taken += count
        return due
