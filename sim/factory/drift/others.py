"""What is asked of a drift event: profiles are others' code too, and what they answer is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import index
from typing import Any, TypeVar

import numpy as np

from sim.columns import Floats, Times
from sim.factory.drift.event import Drift
from sim.plugins import at_work, is_of_the_house

Answer = TypeVar("Answer")


@contextmanager
def profile_at_work(event: Drift) -> Iterator[None]:
    """Tell of whatever goes wrong in an event's profile which one it is."""
    with at_work(f"the profile {event.profile}", event):
        yield


def asked(event: Drift, question: Callable[[Drift], Answer]) -> Answer:
    """Return an event's answer.

    Raises
    ------
    PluginError
        If its profile is another's, and fails.
    """
    with profile_at_work(event):
        return question(event)


def weight_of(event: Drift, t: Times, mix: Floats) -> Floats:
    """Return how far each phone is on the way to the event's new value, from 0 to 1."""
    if is_of_the_house(event):
        return event.weight(t, mix)
    with profile_at_work(event):
        weight: Floats = np.asarray(event.weight(t, mix), dtype=np.float64)
        if weight.shape not in ((), t.shape):
            raise ValueError(f"weight has to give one number per phone, of the shape {t.shape}, not {weight.shape}")
        if not ((weight >= 0.0) & (weight <= 1.0)).all():
            wrong = weight[~((weight >= 0.0) & (weight <= 1.0))][0]
            raise ValueError(f"a weight is a number from 0 to 1, and it gives {wrong:g}")
        return weight


def lasts_us_of(event: Drift) -> int | None:
    """Return how long an event takes, None for one that is there at once and for good."""
    return asked(event, lambda event: None if event.lasts_us is None else index(event.lasts_us))


def fully_there_us_of(event: Drift) -> int:
    """Return a moment at which an event's new value is fully there."""
    return asked(event, lambda event: index(event.fully_there_us))


def episodes_of(event: Drift, horizon_us: int) -> list[tuple[int, int]]:
    """Return from when to when something of an event was there."""
    return asked(event, lambda event: [(index(begin), index(end)) for begin, end in event.episodes(horizon_us)])


def after_cleaning(event: Drift, at_us: int) -> Drift | None:
    """Return what goes on of an event when the lens is cleaned, None if it is gone for good."""

    def left(event: Drift) -> Drift | None:
        found: Any = event.after_cleaning(at_us)
        if found is not None and not isinstance(found, Drift):
            raise TypeError(f"after_cleaning has to return a drift event or None, not {found!r}")
        return found

    return asked(event, left)
