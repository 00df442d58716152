"""A drift event, and what every profile says of itself.

A profile is one file in `profiles`: the shape of its weight w(t) between the old value (0) and the new (1), and the
answers to what the rest of the house asks. A package brings one by an entry point of the group ``driftline.profiles``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats, Times
from sim.document import Refusal, under
from sim.document.characters import Line
from sim.document.choice import Choice
from sim.factory.cause import Quantity, What, complaint
from sim.plugins import Family, PluginError, at_work
from sim.units import Duration, Factor, PositiveDuration, format_duration


class Drift(BaseModel):
    """A drift event: a quantity of the world moves towards a new value, in the way of its profile."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    draws: ClassVar[bool] = False  #: whether each phone draws a number that decides which value it meets
    gathers: ClassVar[bool] = False  #: whether dust, or a smear, can come to the lens in this way

    name: Line = Field("", max_length=60, description="what people on the line would call it, e.g. 'lamp fails'")
    what: What = Field(description="the quantity that moves, e.g. camera.contrast or standard.tolerance.scratch")
    at: Duration = Field(description="when it starts")
    to: Factor = Field(description="the new value, e.g. 80% or 0.8")
    cleaning: bool = Field(False, description="true: dust or a smear; cleaning the lens takes it away")
    profile: str

    @property
    def key(self) -> str:
        """The event's own word among the random streams."""
        # Finishes were once called variants: a stream keeps its name, or their worlds would be others.
        return f"drift.{self.what.replace('process.finish.', 'process.variant.')}@{self.at}"

    @property
    def title(self) -> str:
        """What to call it: by its own name, or by what it does."""
        return self.name or f"{self.what} to {self.to:g}"

    @property
    def lasts_us(self) -> int | None:
        """How long it takes, or lasts each time; None for one that is there at once and for good."""
        return None

    @property
    def fully_there_us(self) -> int:
        """A moment at which the new value is fully there."""
        return self.at

    def weight(self, t: Times, mix: Floats) -> Floats:
        """Return how far each phone is on the way from the old value (0) to the new one (1).

        Parameters
        ----------
        t : array of int
            The phones' moments.
        mix : array of float
            Their own uniforms between 0 and 1, if the profile draws them; else it is empty.
        """
        raise NotImplementedError

    def episodes(self, horizon_us: int) -> list[tuple[int, int]]:
        """Return from when to when something of it was there, up to the horizon."""
        return [(self.at, horizon_us)]

    def after_cleaning(self, at_us: int) -> Self | None:
        """Return what goes on of it when the lens is cleaned at a moment, None if it is gone for good."""
        return None

    def refusals(self, quantity: Quantity, horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of an event that moves this quantity, in a run up to the horizon."""
        if wrong := complaint({self.what: quantity}, self.what, self.to):
            yield ("to",), wrong
        if self.at >= horizon_us:
            message = f"the drift starts after the horizon of {format_duration(horizon_us)}: it would never happen"
            yield ("at",), message
        if self.cleaning and not quantity.on_lens:
            yield ("cleaning",), f"the lens is the camera's, and cleaning it does not change {self.what}"
        if self.cleaning and not self.gathers:
            ways = [name for name, profile in PROFILES.items() if profile.gathers]
            yield ("cleaning",), f"dust comes {', '.join(ways[:-1])} or {ways[-1]}, not {self.profile}"


class SpannedDrift(Drift):
    """A drift that takes its time."""

    over: PositiveDuration

    @property
    def lasts_us(self) -> int:
        """How long it takes, or lasts each time."""
        return self.over

    @property
    def fully_there_us(self) -> int:
        """The end of its span."""
        return self.at + self.over


PROFILES: Family[type[Drift]] = Family("profile", "sim.factory.drift.profiles", "driftline.profiles", of=Drift)
"""Every profile of drift by name."""

DriftEvent = Annotated[Drift, Choice(PROFILES, "profile")]
"""A drift event as a scenario file describes it."""


def refusals(events: Iterable[Drift], quantities: Mapping[str, Quantity], horizon_us: int) -> Iterator[Refusal]:
    """Yield what cannot be of a scenario's drift, each at its number.

    Examples
    --------
    >>> fog = PROFILES["sudden"](what="camera.fog", profile="sudden", at="1h", to=2)
    >>> list(refusals([fog], {"camera.haze": Quantity(0.0, "data")}, 1))
    [((0, 'what'), "unknown quantity 'camera.fog': did you mean 'camera.haze'?")]
    """
    keys: set[str] = set()
    for number, event in enumerate(events):
        if event.what not in quantities:
            yield (number, "what"), complaint(quantities, event.what, event.to) or ""
            continue
        try:
            with at_work(f"the profile {event.profile}", event):
                said = event.refusals(quantities[event.what], horizon_us)
                found = [(tuple(place), str(what)) for place, what in said]
        except PluginError as error:
            yield (number, "profile"), str(error)
            continue
        yield from under((number,), found)
        if event.key in keys:
            yield (number,), f"{event.what} drifts twice at the same moment"
        keys.add(event.key)
