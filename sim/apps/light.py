"""The light at the camera over time, as the world has it: what a drawing of a phone is drawn in."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.columns import Times
from sim.factory.cause import quantities_of
from sim.factory.drift.course import Course
from sim.scenario import Scenario
from sim.units import SECOND

WHAT = ("brightness", "contrast", "haze", "blur")
#: Drifts that befall only some of the phones of a moment are told by what befalls the phone in the middle of so many.
_PHONES = 32
_MOMENTS = 240


def light(scenario: Scenario) -> dict[str, Any]:
    """Return the camera's brightness, contrast, haze and blur over time, each as steps between `edges_s`.

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
    course = Course(quantities, scenario.drift)
    edges = _edges(scenario)
    middle = (edges[:-1] + edges[1:]) // 2
    told: dict[str, Any] = {"edges_s": [float(edge) / SECOND for edge in edges]}
    for name in WHAT:
        what = f"camera.{name}"
        if what not in quantities:
            continue
        if not course.moves(what):
            told[name] = [float(quantities[what].start)]
            continue
        moments = np.repeat(middle, _PHONES)
        chance = np.tile((np.arange(_PHONES) + 0.5) / _PHONES, len(middle))
        mix = {event.key: chance for event in scenario.drift if event.draws}
        values = np.broadcast_to(course.value(what, moments, mix), moments.shape).reshape(len(middle), _PHONES)
        told[name] = [round(float(value), 4) for value in values.mean(axis=1)]
    return told


def _edges(scenario: Scenario) -> Times:
    """Return even moments, and between them those at which something begins or is complete."""
    turns = [event.at for event in scenario.drift] + [event.fully_there_us for event in scenario.drift]
    inside = [moment for moment in turns if 0 < moment < scenario.horizon]
    even = np.floor(np.linspace(0, scenario.horizon, _MOMENTS + 1)).astype(np.int64)
    edges: Times = np.unique(np.concatenate([even, np.array(inside, dtype=np.int64)]))
    return edges
