"""Cleaning: what is left of drifts when somebody has wiped the lens."""

from __future__ import annotations

from collections.abc import Iterable

from sim.factory.drift.event import Drift
from sim.factory.drift.others import after_cleaning


def cleaned(events: Iterable[Drift], at_us: int) -> tuple[Drift, ...]:
    """Return the events as they go on after the lens was cleaned: what gathers slowly begins anew, a smear is gone.

    Examples
    --------
    >>> from sim.factory.drift.event import PROFILES
    >>> dust = PROFILES["incremental"].model_validate(
    ...     {"what": "camera.haze", "profile": "incremental", "at": "0s", "over": "2d", "to": 0.2, "cleaning": True})
    >>> [event.at for event in cleaned([dust], at_us=70)]
    [70]
    """
    going_on = (event if not event.cleaning or event.at >= at_us else after_cleaning(event, at_us) for event in events)
    return tuple(event for event in going_on if event is not None)
