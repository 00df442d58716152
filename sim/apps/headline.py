"""The headline about leakage: where the world drifts it tells of the time from then on, for a whole run hides it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.apps import numbers, words
from sim.apps.paint import PHRASES
from sim.document import Loc
from sim.experiment.result import Result
from sim.measure.events import Drifted
from sim.report.figures.leakage_over_time import coarse, leakage_title
from sim.report.findings import finding
from sim.report.since import leakage_since
from sim.report.text.labels import short
from sim.report.text.values import called

#: What a sentence about the whole run is about: who is best in one thing need not be in another.
WHOLE = {
    "escape_rate": "Leakage over the whole run: ", "latency_p95_s": "Slowest twentieth over the whole run: ",
    "cost_per_1000": "Cost over the whole run: ",
}  # fmt: skip


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


def phrases(since: bool) -> Mapping[str, Any]:
    """Return a page's words: the table is of the whole run, which has to be said where the headline is not."""
    if not since:
        return PHRASES
    columns = {**PHRASES["columns"], "escape_rate": PHRASES["leaks_over_the_whole_run"]}
    return {**PHRASES, "columns": columns}


def headline_of(result: Result, places: Mapping[Loc, str], about: str = "") -> Headline:
    """Return what leaks, from the first drift on that is one.

    Parameters
    ----------
    result : Result
        A comparison.
    places : mapping
        The knob that moves a place of the scenario: the drift's moment can be dragged.
    about : str
        The strategy that a page is about: it is told where it is neither among the best nor the worst.

    Examples
    --------
    >>> import sim
    >>> fails = {"at": "2h", "what": "camera.brightness", "to": 0.5, "profile": "sudden", "name": "lamp fails"}
    >>> line = sim.build(horizon="4h", replications=1, drift=[fails], strategies=[{"pattern": "manual"}])
    >>> headline_of(sim.run(line, workers=1), {}).say
    'From 2 h on (lamp fails), manual leaks 33 % of the defective phones'
    """
    drift = numbers.first_felt(result, Drifted)
    since = None if drift is None else leakage_since(result, drift.time_us)
    if drift is None or since is None:
        return Headline.of(result, "escape_rate", f"{leakage_title(result)}{_and(result, about)}")
    moment = words.hour(drift.time_us, result.scenario.horizon)
    say = f"From {moment} on ({short(drift)}), {uncapital(leakage_title(since))}{_and(since, about)}"
    known = [numbers.moment_of(result, drift, moment, places), *numbers.of_metric(since, "escape_rate")]
    return Headline(say, known, since=True)


def _and(result: Result, about: str) -> str:
    """Return the rest of a headline: what leaks under the strategy that it is about, if it does not say so yet."""
    ranking = finding(result, "escape_rate")
    said = (*ranking.leaders, *ranking.last)
    if about not in ranking.means or about in said or ranking.tied or not math.isfinite(ranking.means[about]):
        return ""
    return f", {called(about)} {coarse(ranking.means[about])}"


def uncapital(text: str) -> str:
    """Return a sentence as a part of another.

    >>> uncapital("Manual leaks less")
    'manual leaks less'
    """
    return text[:1].lower() + text[1:]
