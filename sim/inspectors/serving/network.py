"""Where a model runs, seen from the line: how long its images are on their way, and when nothing gets through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Times
from sim.document import Refusal
from sim.factory.faults import Fault
from sim.inspectors.serving.law import Exponential, Fixed, Gamma, Lognormal
from sim.units import SECOND, format_duration

RoundTrip = Annotated[Lognormal | Fixed | Exponential | Gamma, Field(discriminator="law")]


class Partition(Fault):
    """No message gets through from `at` on, for as long as it `lasts`.

    Nobody on the line notices before the timeout; the server goes on with what it has.
    """


class Network(BaseModel):
    """The way to a model's server and back: the phone waits for it, the server does not.

    Half of a round trip is the way there, and before it the images are uploaded. Uploads do not wait for one another.

    Examples
    --------
    >>> cloud = Network(round_trip={"law": "fixed", "mean": "100ms"}, megabytes=12, megabits_per_second=100)
    >>> cloud.upload_us
    960000
    >>> [int(way[0]) for way in cloud.ways_us(np.random.default_rng(1), 1)]
    [1010000, 50000]
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    round_trip: RoundTrip = Field(
        Lognormal.model_validate({"mean": "145ms", "sigma": 0.61}),
        description="a question and its answer, without images: FACTS 8, to a cloud, median 120 ms and p99 500 ms",
    )
    megabytes: float = Field(12.0, ge=0.0, le=1e6, description="images of a phone: an assumption, 12 of 1 MB")
    megabits_per_second: float = Field(100.0, gt=0.0, le=1e6, description="bandwidth of the upload: an assumption")
    partitions: tuple[Partition, ...] = ()

    @property
    def upload_us(self) -> int:
        """How long the upload of a phone's images takes."""
        return int(np.floor(self.megabytes * 8.0 / self.megabits_per_second * SECOND + 0.5))

    def ways_us(self, stream: np.random.Generator, count: int) -> tuple[Times, Times]:
        """Return how long the next phones' images are on their way to the server, and the answers back."""
        round_trip = self.round_trip.draw_us(stream, count)
        there = round_trip // 2
        return there + self.upload_us, round_trip - there

    def refusals(self, horizon_us: int, timeout_us: int | None) -> Iterator[Refusal]:
        """Yield what cannot be in a run up to the horizon."""
        if self.partitions and timeout_us is None:
            yield ("partitions",), "nobody would notice, and phones would wait for ever: add serving.timeout"
        yield from not_in_order("partitions", self.partitions, horizon_us)


def not_in_order(name: str, faults: Sequence[Fault], horizon_us: int) -> Iterator[Refusal]:
    """Yield what is wrong with the times of faults; `name` is their key, in the plural."""
    end = -1
    for number, fault in enumerate(faults):
        place = (name, number, "at")
        if fault.at >= horizon_us:
            yield place, f"the {name.removesuffix('s')} starts after the horizon of {format_duration(horizon_us)}"
        if fault.at <= end:
            yield place, f"{name} come in order of time and do not touch"
        end = fault.at + fault.lasts
