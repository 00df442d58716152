"""How a model version runs: time per phone, replicas, a queue, outages, and over which network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.document import Refusal, under
from sim.factory.faults import Breakdowns, Fault, Periods, joined
from sim.factory.streams import Streams
from sim.inspectors.serving import hardware as computers
from sim.inspectors.serving.hardware import Hardware
from sim.inspectors.serving.law import Lognormal, ServiceLaw, WhenFull
from sim.inspectors.serving.network import Network, not_in_order
from sim.units import MOST, Duration, Money, PositiveDuration


class Outage(Fault):
    """The server crashes at `at` and is back after `lasts`: work in hand and in its queue goes to the fallback."""


class Batch(BaseModel):
    """Several phones at once: a free server starts when `size` of them wait, or the first has waited for `wait`.

    A batch takes `setup` and, on top, each of its phones' own times: what GPUs gain is that `setup` is paid once
    (dynamic batching, as NVIDIA's Triton does it).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=1, le=1000, description="the most phones that a server takes at once")
    wait: Duration = Field(0, description="how long an idle server waits for a full batch; 0: it starts at once")
    setup: Duration = Field(0, description="what a batch takes beside its phones' own times")


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
    breakdowns: Breakdowns | None = Field(None, description="crashes by chance, others in each replication; none: none")
    batch: Batch | None = Field(None, description="several phones at once; none: one after the other")
    network: Network | None = Field(None, description="to a server elsewhere; none: it stands at the line")
    timeout: PositiveDuration | None = Field(
        None, description="an answer is waited for so long, then the fallback decides; none: for ever"
    )
    hardware: Hardware | None = Field(
        None, description="a computer of the catalogue: it says service and price where the file does not"
    )
    gigabytes: float = Field(1.0, gt=0.0, le=1e6, description="memory that the model takes: an assumption")
    price: Money | None = Field(None, description="one replica for an hour; none: costs.server_hour")

    @model_validator(mode="before")
    @classmethod
    def _as_its_computer_has_it(cls, given: Any) -> Any:
        return computers.filled(given) if isinstance(given, dict) else given

    @property
    def remote(self) -> bool:
        """Whether the model is asked by message: then its phones wait beside the line, and never stop it."""
        return self.network is not None or self.timeout is not None

    def refusals(self, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be in a run up to the horizon."""
        yield from not_in_order("outages", self.outages, horizon_us)
        if self.breakdowns is not None:
            yield from under(("breakdowns",), self.breakdowns.refusals(horizon_us))
        if self.network is not None:
            yield from under(("network",), self.network.refusals(horizon_us, self.timeout))
        yield from computers.refusals(self.hardware, self.gigabytes)
        if self.remote and self.buffer is not None and self.when_full == "block":
            message = "a model with a network or a timeout can't stop the line: say ship or reject, or leave out buffer"
            yield ("when_full",), message

    def down(self, version: str, streams: Streams, horizon_us: int) -> Periods:
        """Return when a version's server is down in one replication, by `outages` and by `breakdowns`.

        >>> serving = Serving(outages=[{"at": "1h", "lasts": "5min"}])
        >>> serving.down("v1", Streams(seed=1, replication=0), horizon_us=10**12)
        ((3600000000, 3900000000),)
        """
        fixed = tuple(outage.period for outage in self.outages)
        return joined(fixed + self.broken(version, streams, horizon_us)) if self.breakdowns is not None else fixed

    def broken(self, version: str, streams: Streams, horizon_us: int) -> Periods:
        """Return its breakdowns in one replication, drawn from the version's own stream."""
        if self.breakdowns is None:
            return ()
        return self.breakdowns.drawn(streams.open(f"breakdowns.{version}"), horizon_us)
