"""The course of drift: what every quantity is at any moment, when several events move it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from sim.columns import Floats, Times
from sim.factory.cause import Quantity
from sim.factory.drift.event import Drift
from sim.factory.drift.others import lasts_us_of, weight_of


class Course:
    """The value of every quantity at any moment, for phones with given mixing uniforms.

    Parameters
    ----------
    quantities : mapping of str to Quantity
        What can drift.
    events : tuple of Drift
        Applied to a quantity in order of time; each moves it from the value it finds towards its own `to`.
    given : collection of str, optional
        Quantities whose start is not this line's own: those of a laboratory, say.
    """

    def __init__(
        self, quantities: Mapping[str, Quantity], events: tuple[Drift, ...], given: Collection[str] = ()
    ) -> None:
        self.quantities = quantities
        self.events = tuple(sorted(events, key=lambda event: event.at))
        self.given = frozenset(given)

    def moves(self, what: str) -> bool:
        """Whether any event moves the quantity."""
        return any(event.what == what for event in self.events)

    def changes_nothing(self, event: Drift) -> bool:
        """Whether an event moves its quantity to the very value that this has before it, in all cases.

        Examples
        --------
        >>> from sim.factory.cause import Quantity
        >>> from sim.factory.drift.event import PROFILES
        >>> mended = PROFILES["sudden"](what="camera.brightness", profile="sudden", at="8h", to=1)
        >>> Course({"camera.brightness": Quantity(1.0, "data")}, (mended,)).changes_nothing(mended)
        True
        """
        quantity = self.quantities[event.what]
        before = {math.nan if quantity.inherits else quantity.start}
        for other in self.events:
            if other.what == event.what and other.at < event.at:
                for_good = lasts_us_of(other) is None and not other.cleaning and not other.draws
                before = {other.to} if for_good else before | {other.to}
        return before == {event.to}

    def in_play(self, what: str) -> bool:
        """Whether the quantity can be anything but neutral: else whatever it would do can be left out."""
        quantity = self.quantities[what]
        return self.moves(what) or what in self.given or quantity.neutral is None or quantity.start != quantity.neutral

    def value(self, what: str, t: Times, mix: Mapping[str, Floats], start: Floats | float | None = None) -> Floats:
        """Return the quantity at times `t`, shape of `t` (or a scalar array if nothing moves it).

        `mix` holds the uniforms of each event that draws some, one per phone; `start` overrides the starting value, for
        quantities that start from another drifting one.
        """
        value: Floats = np.asarray(self.quantities[what].start if start is None else start, dtype=np.float64)
        for event in self.events:
            if event.what == what:
                weight = weight_of(event, t, mix.get(event.key, np.empty(0)))
                # Not value + (to - value) * weight: an infinite start (a flaw that doesn't count yet) has to work.
                moved = np.where(weight >= 1.0, event.to, value)
                between = (weight > 0.0) & (weight < 1.0)
                value = np.where(between, value + (event.to - value) * weight, moved) if between.any() else moved
        return value
