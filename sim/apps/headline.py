"""The headline about leakage: where the world drifts it tells of the time from then on, for a whole run hides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.apps import numbers, words
from sim.apps.paint import PHRASES
from sim.document import Loc
from sim.experiment.result import Result
from sim.measure.events import Drifted
from sim.report.figures.leakage_over_time import leakage_title
from sim.report.since import leakage_since
from sim.report.text.labels import short

#: Before a sentence about the whole run, where the headline is not.
WHOLE = "Whole run: "


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline, the numbers in it that are somebody's, and whether it is about a part of the run."""

    say: str
    known: Sequence[numbers.Known]
    since: bool = False

    @classmethod
    def of(cls, result: Result, metric: str, say: str) -> Headline:
        """Return a headline about the whole run."""
        return cls(say, numbers.of_metric(result, metric))

    @property
    def phrases(self) -> Mapping[str, Any]:
        """A page's words: the table's column is of the whole run, which has to be said where the headline's is not."""
        if not self.since:
            return PHRASES
        columns = {**PHRASES["columns"], "escape_rate": PHRASES["leaks_over_the_whole_run"]}
        return {**PHRASES, "columns": columns}


def headline_of(result: Result, places: Mapping[Loc, str]) -> Headline:
    """Return what leaks, from the first drift on that is one.

    Parameters
    ----------
    result : Result
        A comparison.
    places : mapping
        The knob that moves a place of the scenario: the drift's moment can be dragged.

    Examples
    --------
    >>> import sim
    >>> fails = {"at": "2h", "what": "camera.brightness", "to": 0.5, "profile": "sudden", "name": "lamp fails"}
    >>> line = sim.build(horizon="4h", replications=1, drift=[fails], strategies=[{"pattern": "manual"}])
    >>> headline_of(sim.run(line, workers=1), {}).say
    'From 2 h on (lamp fails), manual leaks 33 % of the defective phones'
    """
    drifts = (event for event in result.world_events if isinstance(event, Drifted))
    drift = next((event for event in drifts if numbers.is_felt(result, event)), None)
    since = None
    if drift is not None and result.scenario.warm_up < drift.time_us < result.scenario.horizon:
        since = leakage_since(result, drift.time_us)
    if drift is None or since is None:
        return Headline.of(result, "escape_rate", leakage_title(result))
    moment = words.hour(drift.time_us, result.scenario.horizon)
    say = f"From {moment} on ({short(drift)}), {uncapital(leakage_title(since))}"
    known = [numbers.moment_of(result, drift, moment, places), *numbers.of_metric(since, "escape_rate")]
    return Headline(say, known, since=True)


def uncapital(text: str) -> str:
    """Return a sentence as a part of another.

    >>> uncapital("Manual leaks less")
    'manual leaks less'
    """
    return text[:1].lower() + text[1:]
