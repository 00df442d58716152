"""What happened, in words and in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.deployment.controller import RouteChange
from sim.deployment.rollout import Note
from sim.factory.drift import AnyEvent, Sudden
from sim.factory.phones import Factory
from sim.inspectors.serving.server import Outage
from sim.measure.metrics import Setting, fates_of, pages
from sim.measure.outcomes import Outcomes
from sim.units import format_duration


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one moment of the simulated time, told in words.

    `kind` is one word: drift, outage, rollout, analysis, abort, promote, note.
    """

    time_us: int
    kind: str
    text: str


def of_the_world(
    factory: Factory, drift: Iterable[AnyEvent], outages: Mapping[str, Iterable[Outage]]
) -> tuple[Event, ...]:
    """Tell what befell the line, whatever was deployed."""
    quantities = factory.quantities()
    events = []
    for event in drift:
        cause = quantities[event.what].cause
        span = "" if isinstance(event, Sudden) else f" over {format_duration(event.over)}"
        moves = f"{event.what} to {event.to:.4g}"
        name = f"{event.name}: {moves}" if event.name else moves
        events.append(Event(event.at, "drift", f"{name}{span} ({cause} drift, {event.profile})"))
    for version, periods in outages.items():
        for outage in periods:
            text = f"{version}'s server goes down for {format_duration(outage.lasts)}"
            events.append(Event(outage.at, "outage", text))
    return tuple(sorted(events, key=lambda each: each.time_us))


def of_a_run(
    routes: Sequence[RouteChange], notes: Sequence[Note], outcomes: Outcomes, setting: Setting
) -> tuple[Event, ...]:
    """Tell a rollout's log book, with what an aborted candidate had done by then: the truth knows."""
    stable = routes[0].route.stable.name
    candidates = [code for code, name in enumerate(outcomes.arms) if name != stable]
    events = []
    for note in notes:
        text = note.text
        if note.kind == "abort":
            escapes = phones_decided = 0
            for rows in pages(len(outcomes.records)):
                fate = fates_of(outcomes, setting, rows)
                by_candidate = np.isin(outcomes.arm[rows], candidates) & fate.decided
                by_candidate &= outcomes.verdict_us[rows] <= note.time_us
                escapes += int((by_candidate & fate.escaped).sum())
                phones_decided += int(by_candidate.sum())
            text += f"; {phones_decided:,} phones decided by the candidate, {escapes:,} of them escaped"
        events.append(Event(note.time_us, note.kind, text))
    return tuple(events)
