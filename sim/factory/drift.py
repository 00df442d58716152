"""Drift: events that move a camera, process or standard quantity of the world.

An event has a *profile*, the shape of its weight w(t) between the old value (0) and the new (1):

sudden        0 before `at`, 1 from then on
incremental   rises in a straight line over `over`: the quantity itself passes through every value between
gradual       old and new phones alternate, the share of new ones rising over a confined ramp: each phone has
              either the old or the new value (Webb et al. 2016 call this probabilistic drift)
recurring     1 for `over`, again every `every`
blip          1 for `over`, then back for good

Words: Gama et al. 2014. The confined ramp replaces MOA's sigmoid, which never quite leaves the old concept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.columns import Floats, Times
from sim.document import suggest
from sim.units import Duration, Factor, PositiveDuration


def confined_ramp(u: Floats) -> Floats:
    """Return the confined sigmoid: 0 before u = 0, 1 after u = 1, 1 % and 99 % just inside.

    >>> [round(float(x), 4) for x in confined_ramp(np.array([-0.1, 0.25, 0.5, 1.1]))]
    [0.0, 0.0913, 0.5, 1.0]
    """
    inside = 1.0 / (1.0 + np.exp(-2.0 * np.log(99.0) * (np.clip(u, 0.0, 1.0) - 0.5)))
    return np.where(u < 0.0, 0.0, np.where(u > 1.0, 1.0, inside))


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("", description="what people on the line would call it, e.g. 'lamp fails'")
    what: str = Field(description="the quantity that moves, e.g. camera.contrast or standard.tolerance.scratch")
    at: Duration = Field(description="when it starts")
    to: Factor = Field(description="the new value, e.g. 80% or 0.8")
    cleaning: bool = Field(False, description="true: dust or a smear; cleaning the lens takes it away")

    @property
    def key(self) -> str:
        """The event's own word among the random streams."""
        # Finishes were once called variants: a stream keeps its name, or their worlds would be others.
        return f"drift.{self.what.replace('process.finish.', 'process.variant.')}@{self.at}"

    @property
    def title(self) -> str:
        return self.name or f"{self.what} to {self.to:g}"

    @model_validator(mode="after")
    def _cleanable(self) -> Self:
        if self.cleaning and not self.what.startswith("camera."):
            raise ValueError(f"cleaning: the lens is the camera's, and {self.what} is not")
        if self.cleaning and getattr(self, "profile", "") in ("gradual", "recurring"):
            raise ValueError("cleaning: dust comes sudden, incremental or as a blip")
        return self


class Sudden(_Event):
    profile: Literal["sudden"] = "sudden"

    def weight(self, t: Times, mix: Floats) -> Floats:
        return (t >= self.at).astype(np.float64)


class Incremental(_Event):
    profile: Literal["incremental"]
    over: PositiveDuration

    def weight(self, t: Times, mix: Floats) -> Floats:
        return np.clip((t - self.at) / self.over, 0.0, 1.0)


class Gradual(_Event):
    profile: Literal["gradual"]
    over: PositiveDuration

    def weight(self, t: Times, mix: Floats) -> Floats:
        return (mix < confined_ramp((t - self.at) / self.over)).astype(np.float64)


class Recurring(_Event):
    profile: Literal["recurring"]
    over: PositiveDuration = Field(description="how long it lasts each time")
    every: PositiveDuration = Field(description="from one start to the next")

    def weight(self, t: Times, mix: Floats) -> Floats:
        return ((t >= self.at) & ((t - self.at) % self.every < self.over)).astype(np.float64)


class Blip(_Event):
    profile: Literal["blip"]
    over: PositiveDuration = Field(description="how long it lasts")

    def weight(self, t: Times, mix: Floats) -> Floats:
        return ((t >= self.at) & (t < self.at + self.over)).astype(np.float64)


def cleaned(events: Iterable[AnyEvent], at_us: int) -> tuple[AnyEvent, ...]:
    """Return the events as they go on after the lens was cleaned: what gathers slowly begins anew, a smear is gone.

    Examples
    --------
    >>> dust = Incremental(what="camera.haze", profile="incremental", at="0s", over="2d", to=0.2, cleaning=True)
    >>> [event.at for event in cleaned([dust], at_us=70)]
    [70]
    """
    kept: list[AnyEvent] = []
    for event in events:
        if not event.cleaning or event.at >= at_us:
            kept.append(event)
        elif isinstance(event, Incremental):
            kept.append(event.model_copy(update={"at": at_us}))
    return tuple(kept)


AnyEvent = Sudden | Incremental | Gradual | Recurring | Blip
DriftEvent = Annotated[AnyEvent, Field(discriminator="profile")]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something of the world that can drift: its value at the start and the range that makes sense."""

    start: float
    low: float
    high: float
    cause: Literal["data", "concept", "prior", "data + prior", "data + concept"]


def complaint(quantities: Mapping[str, Quantity], what: str, value: float) -> str | None:
    """Return why the quantity `what` can't have a value, None if it can."""
    if what not in quantities:
        near = suggest(what, list(quantities))
        return f"unknown quantity '{what}'" + (
            f": did you mean '{near}'?" if near else f"; known: {', '.join(quantities)}"
        )
    quantity = quantities[what]
    if not quantity.low <= value <= quantity.high:
        return f"{what} lies between {quantity.low:g} and {quantity.high:g}"
    return None


class Course:
    """The value of every quantity at any moment, for phones with given mixing uniforms.

    Parameters
    ----------
    quantities : mapping of str to Quantity
        What can drift.
    events : tuple of drift events
        Applied to a quantity in order of time; each moves it from the value it finds towards its own `to`.
    """

    def __init__(self, quantities: Mapping[str, Quantity], events: tuple[AnyEvent, ...]) -> None:
        self.quantities = quantities
        self.events = tuple(sorted(events, key=lambda event: event.at))

    def moves(self, what: str) -> bool:
        return any(event.what == what for event in self.events)

    def value(self, what: str, t: Times, mix: Mapping[str, Floats], start: Floats | float | None = None) -> Floats:
        """Return the quantity at times `t`, shape of `t` (or a scalar array if nothing moves it).

        `mix` holds each gradual event's uniforms, one per phone; `start` overrides the starting value, for
        quantities that start from another drifting one.
        """
        value: Floats = np.asarray(self.quantities[what].start if start is None else start, dtype=np.float64)
        for event in self.events:
            if event.what == what:
                weight = event.weight(t, mix.get(event.key, np.empty(0)))
                # Not value + (to - value) * weight: an infinite start (a flaw that doesn't count yet) has to work.
                moved = np.where(weight >= 1.0, event.to, value)
                between = (weight > 0.0) & (weight < 1.0)
                value = np.where(between, value + (event.to - value) * weight, moved) if between.any() else moved
        return value
