"""Which numbers of a sentence are whose: those that a knob sets, moments, and what came out of a run.

A page lets the first be dragged, goes to the second, and shows where the third stand in a chart. The sentence itself
stays as the report words it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sim.document import Loc
from sim.experiment.result import Event, Result
from sim.factory.cause import quantities_of
from sim.factory.drift import Course
from sim.measure.events import Drifted
from sim.report.text.values import plain_name, show
from sim.units import SECOND

#: The chart in which a metric is to be seen.
CHARTS = {
    "escape_rate": "leakage", "overkill_rate": "strategies", "latency_p95_s": "latency", "cost_per_1000": "cost",
}  # fmt: skip
Parts = list[Any]
Kind = TypeVar("Kind", bound=Event)
_SHARE = re.compile(r"(?<![\w.,])\d[\d.,]* %")


@dataclass(frozen=True, slots=True)
class Known:
    """A number's text in a sentence, the words right before it if they matter, and what a page is told of it."""

    say: str
    link: Mapping[str, Any]
    after: str = ""


def parts(text: str, known: Iterable[Known], rest: Mapping[str, Any] | None = None) -> Parts:
    """Return a sentence as texts and, between them, the numbers that something is known of.

    Parameters
    ----------
    text : str
        The sentence.
    known : iterable of Known
        Of several that stand at one place, the first counts.
    rest : mapping, optional
        What a page is told of every other share in the sentence.

    Examples
    --------
    >>> parts("It leaks 20 %, seed 20.", [Known("20", {"knob": "seed"}, "seed "), Known("20 %", {"who": ["it"]})])
    ['It leaks ', {'who': ['it'], 'say': '20 %'}, ', seed ', {'knob': 'seed', 'say': '20'}, '.']
    """
    found = [
        (place.start(), place.end(), each.link)
        for each in known
        if each.say
        for place in re.finditer(rf"(?<={re.escape(each.after)})(?<![\w.,]){re.escape(each.say)}(?![\w%]|[.,]\d)", text)
    ]
    found += [(place.start(), place.end(), rest) for place in _SHARE.finditer(text) if rest is not None]
    told: Parts = []
    at = 0
    for start, end, link in sorted(found, key=lambda each: each[0]):  # stable: the first that is known stays the first
        if start < at:
            continue
        told += [text[at:start], {**_named(link, text), "say": text[start:end]}]
        at = end
    return [part for part in (*told, text[at:]) if part != ""]


def _named(link: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """Return a link with those strategies alone that the sentence names: others may have the same value."""
    said = text.lower()
    named = [name for name in link.get("who", ()) if plain_name(name).lower() in said]
    return {**link, "who": named} if named else link


def seed_of(result: Result) -> list[Known]:
    """Return the seed where a sentence names it."""
    return [Known(str(result.scenario.seed), {"knob": "seed"}, "seed ")]


def of_metric(result: Result, metric: str) -> list[Known]:
    """Return how sentences write a metric of each strategy, and which strategies it is that have this value."""
    who: dict[str, list[str]] = {}
    unit = next((each.unit for each in result.metrics if each.name == metric), "share")
    for strategy in result.strategies:
        value = strategy.interval(metric).mean
        if math.isfinite(value):
            for text in dict.fromkeys((show(value, unit), *_coarse(value, unit))):
                who.setdefault(text, []).append(strategy.name)
    return [Known(text, {"chart": CHARTS[metric], "who": names}) for text, names in who.items()]


def _coarse(value: float, unit: str) -> tuple[str, ...]:
    """Return a share as a headline has it."""
    return (f"{100 * value:.0f} %", f"{100 * value:.1f} %") if unit == "share" else ()


def drift_of(result: Result, event: Drifted) -> int | None:
    """Return which of the scenario's drifts an event is."""
    here = (event.time_us, event.quantity, event.value)
    drifts = result.scenario.drift
    return next((number for number, each in enumerate(drifts) if (each.at, each.what, each.to) == here), None)


def is_felt(result: Result, event: Event) -> bool:
    """Whether anything changes in the world: a lamp that \"fails\" to the light it gives has caused nothing."""
    number = drift_of(result, event) if isinstance(event, Drifted) else None
    if number is None:
        return True
    course = Course(quantities_of(result.scenario.factory), result.scenario.drift)
    return not course.changes_nothing(result.scenario.drift[number])


def first_felt(result: Result, kind: type[Kind]) -> Kind | None:
    """Return the first event of a kind that is felt while is measured: what has changed before is no news."""
    counted = range(result.scenario.warm_up + 1, result.scenario.horizon)
    events = (event for event in result.world_events if isinstance(event, kind))
    return next((event for event in events if event.time_us in counted and is_felt(result, event)), None)


def moment_of(result: Result, event: Drifted, say: str, places: Mapping[Loc, str]) -> Known:
    """Return when a drift begins: a knob's, where one moves it, else a moment to go to."""
    number = drift_of(result, event)
    knob = None if number is None else places.get(("drift", number, "at"))
    moment: dict[str, Any] = {"at_s": event.time_us / SECOND}
    return Known(say, moment if knob is None else {"knob": knob, **moment})
