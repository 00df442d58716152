"""Plant: the stations of a line, and the columns that any engine needs to run phones through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.columns import Floats, Times
from sim.inspectors.human.detection import HumanColumns
from sim.inspectors.serving.law import WhenFull


@dataclass(frozen=True, slots=True)
class Station:
    """A row of the plant: servers with one queue, first in first out but for what a triage sorts.

    `outages` are (from_us, until_us) pairs in order, without overlap.
    """

    name: str  #: "humans", or the model version it serves
    servers: int
    buffer: int | None = None  #: phones that can wait; None = no limit
    when_full: WhenFull = "block"
    outages: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Everything an engine uses of the phones: draws and scores, never truth, never a generator.

    `first` is the number of the first of them; `score` and `service_us` are keyed by model version.
    """

    due_us: Times
    u_arm: Floats
    u_mirror: Floats
    human: HumanColumns
    score: Mapping[str, Floats]
    service_us: Mapping[str, Times]
    first: int = 0


@dataclass(frozen=True, slots=True)
class Plant:
    """The stations in the order in which their events are handled at one instant: models first, humans last."""

    models: tuple[Station, ...]
    humans: Station
    d_prime: float
    criterion: float

    @property
    def stations(self) -> tuple[Station, ...]:
        return (*self.models, self.humans)
