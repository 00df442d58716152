"""The light at the camera over time, as the world has it: what a drawing of a phone is drawn in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sim.columns import Times
from sim.factory.cause import Quantity, quantities_of
from sim.factory.drift import Drift, cleaned
from sim.factory.drift.course import Course
from sim.scenario import Scenario
from sim.units import SECOND

WHAT = ("brightness", "contrast", "haze", "blur")
#: Drifts that befall only some of the phones of a moment are told by what befalls the phone in the middle of so many.
_PHONES = 32
_MOMENTS = 240


def light(scenario: Scenario, cleanings_us: Sequence[int] = ()) -> dict[str, Any]:
    """Return the camera's brightness, contrast, haze and blur over time, each as steps between `edges_s`.

    Parameters
    ----------
    scenario : Scenario
        Of the world.
    cleanings_us : sequence of int
        When somebody had cleaned the lens, in order: what had gathered on it is gone, and begins anew.

    Examples
    --------
    >>> import sim
    >>> dark = sim.build(horizon="2h", strategies=[{"pattern": "manual"}], drift=[
    ...     {"what": "camera.brightness", "profile": "sudden", "at": "1h", "to": "40%"}])
    >>> told = light(dark)
    >>> told["brightness"][0], told["brightness"][-1], told["haze"]
    (1.0, 0.4, [0.0])
    """
    quantities = quantities_of(scenario.factory)
    whole = Course(quantities, scenario.drift)
    edges = _edges(scenario, cleanings_us)
    middle = (edges[:-1] + edges[1:]) // 2
    told: dict[str, Any] = {"edges_s": [float(edge) / SECOND for edge in edges]}
    for name in WHAT:
        what = f"camera.{name}"
        if what not in quantities:
            continue
        if not whole.moves(what):
            told[name] = [float(quantities[what].start)]
            continue
        told[name] = []
        events = scenario.drift
        for begin, end in pairwise((edges[0], *cleanings_us, edges[-1] + 1)):
            events = cleaned(events, int(begin)) if begin else events
            told[name] += _course_of(what, quantities, events, middle[(middle >= begin) & (middle < end)])
    return told


def _course_of(what: str, quantities: Mapping[str, Quantity], events: tuple[Drift, ...], middle: Times) -> list[float]:
    """Return a quantity at some moments, in the mean of the phones that come then."""
    moments = np.repeat(middle, _PHONES)
    chance = np.tile((np.arange(_PHONES) + 0.5) / _PHONES, len(middle))
    mix = {event.key: chance for event in events if event.draws}
    course = Course(quantities, events)
    values = np.broadcast_to(course.value(what, moments, mix), moments.shape).reshape(len(middle), _PHONES)
    return [round(float(value), 4) for value in values.mean(axis=1)]


def _edges(scenario: Scenario, cleanings_us: Sequence[int]) -> Times:
    """Return even moments, and between them those at which something begins or is complete."""
    turns = (
        [event.at for event in scenario.drift] + [event.fully_there_us for event in scenario.drift] + list(cleanings_us)
    )
    inside = [moment for moment in turns if 0 < moment < scenario.horizon]
    even = np.floor(np.linspace(0, scenario.horizon, _MOMENTS + 1)).astype(np.int64)
    edges: Times = np.unique(np.concatenate([even, np.array(inside, dtype=np.int64)]))
    return edges
