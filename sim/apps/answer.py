"""An answer: what views draw of a `Result`, as plain data. Every colour, title, number text and sentence is made here.

They are those of the report (`sim.report`), so that a browser says what the command line says. A browser draws; of its
own it has the clock, and the words on and around its controls.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from sim.apps import numbers, words
from sim.apps.charts import axes_of, charts_of
from sim.apps.headline import Headline, headline_of, phrases
from sim.apps.light import light
from sim.apps.limits import alarms_of, limits_of
from sim.apps.load import busiest
from sim.apps.measured import strips_of
from sim.apps.paint import PAINT, at_night, block_at_night
from sim.apps.reply import reply_of
from sim.apps.stories.spec import Outcome, Reply
from sim.apps.talk import ANSWER
from sim.columns import Counts, Floats
from sim.document import Loc
from sim.experiment.result import Result, StrategyResult
from sim.measure.deciders import Decider
from sim.measure.events import ByChance, Drifted
from sim.measure.metric import TrueMetric
from sim.report.drawing.bins import borders, common_starts, merge
from sim.report.drawing.colour import VISIBLE, contrast, on_dark, on_white
from sim.report.drawing.deciders import looks_of
from sim.report.drawing.milestones import milestones
from sim.report.drawing.style import Look, natural, strategy_looks
from sim.report.figures.latency import latency_title, over_time
from sim.report.figures.traffic import shares_of
from sim.report.findings import Finding, finding
from sim.report.text.labels import short
from sim.report.text.sentences import sentence
from sim.report.text.values import more_than, plain_name, show, show_interval
from sim.stats.ratios import pooled_rate
from sim.units import SECOND

#: Before a headline that is about those strategies alone that have run.
SO_FAR = "So far: "
MOST_EVENTS = 60  #: of a strategy
_ROLES = ("model", "review", "assisted", "humans", "nobody")
_MARKERS = {
    "o": "circle", "s": "square", "D": "diamond", "^": "up", "v": "down", "X": "cross", "P": "plus", "<": "left",
    ">": "right", "*": "star", "h": "hexagon", "H": "flat hexagon", "p": "pentagon", "d": "thin diamond",
}  # fmt: skip


def answer_of(
    result: Result,
    *,
    fresh: Collection[str] | None = None,
    done: bool = True,
    places: Mapping[Loc, str] | None = None,
    outcome: Outcome = "escape_rate",
    about: str = "",
    replies: Sequence[Reply] = (),
) -> dict[str, Any]:
    """Return what views draw of a comparison.

    Parameters
    ----------
    result : Result
        Of any scenario, of one replication or more.
    fresh : collection of str, optional
        Strategies that are of the present settings; the others are still those of the last ones. Default: all.
    done : bool
        Whether that is all there will be. Else sentences are about the fresh ones alone, and say so.
    places : mapping, optional
        The knob that moves a place of the scenario: a sentence that tells the value there names it.
    outcome : {"escape_rate", "latency_p95_s"}
        The metric that the title is about.
    about : str
        The strategy that the page is about, which the title does not leave out.
    replies : sequence of Reply
        Titles of the page's own: the first whose claims this result bears out is its title.

    Returns
    -------
    dict
        For JSON: no number in it is infinite, and what is undefined is None.

    Examples
    --------
    >>> import sim
    >>> result = sim.run(sim.build(horizon="8h", replications=1, strategies=[{"pattern": "manual"}]), workers=1)
    >>> told = answer_of(result)
    >>> told["strategies"][0]["say"], told["charts"]["traffic"]["title"]
    ('manual', 'Who decides')
    """
    result = _told_of_the_first(result)
    looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
    deciders = looks_of(result)
    starts = common_starts(result)
    strategies = [
        _strategy(result, each, looks[each.name], starts, fresh is None or each.name in fresh, places or {})
        for each in result.strategies
    ]
    present = result if done else _of_the(fresh, result)
    leakage = headline_of(present, places or {}, about)
    generic = leakage if outcome == "escape_rate" else Headline.of(present, outcome, latency_title(present))
    headline = reply_of(present, replies) or generic
    title = f"{'' if done else SO_FAR}{headline.say}"
    how_sure = _how_sure(present)
    told: dict[str, Any] = _plain(
        {
            "kind": ANSWER,
            "done": done,
            "replications": result.replications,
            "seed": result.scenario.seed,
            "title": title,
            "title_parts": numbers.parts(title, headline.known),
            "words": f"{title}. {how_sure}",
            "words_parts": numbers.parts(how_sure, numbers.seed_of(result)),  # the title is told by itself
            "world": _world(result),
            "metrics": [
                {"name": m.name, "say": m.label, "definition": m.definition} for m in result.metrics if _shown(m)
            ],
            "best": {m.name: list(finding(result, m.name).leaders) for m in result.metrics if m.answer and done},
            "first": {m.name: _first(finding(result, m.name)) for m in result.metrics if m.answer and done},
            "deciders": [_decider(who, deciders[who]) for who in sorted(deciders, key=_rank)],
            "strategies": strategies,
            "axes": axes_of(result, strategies, outcome),
            "charts": charts_of(present, outcome, leakage),
            "paint": PAINT,
            "phrases": phrases(leakage.since or headline.since),
        }
    )
    return told


def _first(ranking: Finding) -> str | None:
    """Return who looks best of those that may be best."""
    return ranking.leaders[0] if ranking.leaders else None


def _of_the(fresh: Collection[str] | None, result: Result) -> Result:
    """Return a result with fresh strategies alone: what the others came to was under other settings."""
    if fresh is None:
        return result
    return replace(result, strategies=tuple(each for each in result.strategies if each.name in fresh))


def _told_of_the_first(result: Result) -> Result:
    """Return the result with its first replication as the one that is shown: a reel is of that one."""
    if result.shown == 0:
        return result
    return replace(result, strategies=tuple(replace(strategy, shown=0) for strategy in result.strategies))


def _how_sure(result: Result) -> str:
    phones = int(max(s.samples["phones"].mean() for s in result.strategies))
    if result.replications < 2:
        return f"One run of {phones:,} phones, seed {result.scenario.seed}: another seed may say something else."
    runs = f"{result.replications} runs of {phones:,} phones each, seed {result.scenario.seed}."
    return f"{runs}{words.rolled_back(result)}"


def _world(result: Result) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "horizon_s": scenario.horizon / SECOND,
        "events": [
            {
                "at_s": event.time_us / SECOND,
                "until_s": (event.time_us + event.lasts_us) / SECOND if isinstance(event, ByChance) else None,
                "kind": event.word,
                "felt": (felt := numbers.is_felt(result, event)),
                "say": short(event) + (nothing := "" if felt else words.NOTHING_CHANGES),
                "tell": words.capital(sentence(event)) + nothing,
                "drift": numbers.drift_of(result, event) if isinstance(event, Drifted) else None,
            }
            for event in result.befell
        ],
        "light": light(scenario),
    }


def _decider(who: Decider, look: Look) -> dict[str, Any]:
    return {
        "name": who.label,
        "say": words.decider(who.label),
        "role": who.role,
        "colour": look.colour,
        "ink": look.ink,
        "dark": {"colour": block_at_night(look.colour), "ink": PAINT["dark"]["ink"]},
    }


def _rank(who: Decider) -> tuple[int, list[tuple[int, int, str]]]:
    return _ROLES.index(who.role), natural(who.label)


def _dashes(look: Look) -> list[float]:
    """Return a dash in pixels: strokes and gaps are told in widths of the line."""
    return [] if isinstance(look.dash, str) else [2.2 * each for each in look.dash[1]]


def _strategy(
    result: Result, strategy: StrategyResult, look: Look, starts: Counts, fresh: bool, places: Mapping[Loc, str]
) -> dict[str, Any]:
    told = words.ending(strategy)
    ended = strategy.histories[strategy.shown].ending
    return {
        "name": strategy.name,
        "say": plain_name(strategy.name),
        "colour": look.colour if contrast(look.colour, "#FFFFFF") >= VISIBLE else on_white(look.colour),
        "ink": look.text,
        "dark": {"colour": (night := at_night(look.colour)), "ink": on_dark(night, PAINT["dark"]["ground"])},
        "dash": _dashes(look),
        "marker": _MARKERS.get(look.marker, "circle"),
        "fresh": fresh,
        "words": words.of_strategy(result, strategy),
        "how": words.of_pattern(strategy),
        "dashboard_words": (dashboard := words.of_dashboard(result, strategy)),
        "dashboard_parts": numbers.parts(dashboard, _moments(result, places), {"chart": "dashboard"}),
        "steady": words.is_steady(strategy),
        "traffic_words": (traffic := words.of_traffic(result, strategy)),
        "traffic_parts": numbers.parts(traffic, (), {"chart": "traffic"}),
        "measures": _measures(result, strategy),
        "runs": {metric: strategy.samples[metric] for metric in get_args(Outcome)},
        "busiest": busiest(result, strategy),
        "time": _time(result, strategy, starts),
        "seen": _seen(result, strategy, starts),
        "limits": limits_of(result, strategy),
        "alarms": alarms_of(strategy),
        "strips": strips_of(strategy),
        "milestones": [
            {"at_s": 3600.0 * mark.hours, "kind": mark.kind.says, "say": mark.text, "brief": mark.brief}
            for mark in milestones(result, strategy)
        ],
        "events": [
            {"at_s": event.time_us / SECOND, "say": words.capital(sentence(event)), "brief": short(event)}
            for event in _worth_telling(strategy)
        ],
        "ending": None
        if told is None or ended is None
        else {"how": told[0], "say": told[1], "at_s": ended.ended_us / SECOND},
    }


def _moments(result: Result, places: Mapping[Loc, str]) -> list[numbers.Known]:
    drifts = (event for event in result.world_events if isinstance(event, Drifted))
    return [
        numbers.moment_of(result, event, words.hour(event.time_us, result.scenario.horizon), places) for event in drifts
    ]


def _worth_telling(strategy: StrategyResult) -> list[Any]:
    """Return a strategy's most important events, in order: a bandit has thousands."""
    numbered = sorted(enumerate(strategy.events), key=lambda each: (each[1].importance, each[0]))[:MOST_EVENTS]
    return [event for _, event in sorted(numbered, key=lambda each: each[0])]


def _shown(metric: TrueMetric) -> bool:
    return bool(metric.answer) or metric.table == "quality"


def _measures(result: Result, strategy: StrategyResult) -> dict[str, Any]:
    measures = {}
    for metric in result.metrics:
        if not _shown(metric):
            continue
        interval = strategy.interval(metric.name)
        bound = result.is_more_than(strategy, metric.name)
        measures[metric.name] = {
            "value": interval.mean,
            "low": interval.low,
            "high": interval.high,
            "say": more_than(interval.mean, metric.unit) if bound else show_interval(interval, metric.unit),
            "brief": more_than(interval.mean, metric.unit) if bound else show(interval.mean, metric.unit),
            "more_than": bound,
        }
    return measures


def _time(result: Result, strategy: StrategyResult, starts: Counts) -> dict[str, Any]:
    line, shown = strategy.timeline, strategy.shown
    band = pooled_rate(merge(line.escaped, starts), merge(line.defective, starts))
    p95 = over_time(strategy, "latency_p95_s")
    decided = sum((counts[shown] for counts in line.decided_by.values()), np.zeros_like(line.defective[shown]))
    with np.errstate(invalid="ignore", divide="ignore"):
        mirrored = {
            version: np.where(decided > 0, counts[shown] / decided, np.nan)
            for version, counts in line.mirrored.items()
            if counts[shown].any()
        }
    return {
        "edges_s": line.edges_us / SECOND,
        "steps_s": 3600.0 * borders(result, starts),
        "leakage": band.mean,
        "low": band.low,
        "high": band.high,
        "leakage_say": [show(value, "share") for value in band.mean],
        "defective": np.cumsum(line.defective[shown]),
        "escaped": np.cumsum(line.escaped[shown]),
        "overkilled": np.cumsum(line.overkilled[shown]),
        "in_system": np.median(line.in_system, axis=0),
        "in_system_of_one": line.in_system[shown],
        "p95_s": p95,
        "p95_say": [show(value, "s") for value in p95],
        "share": {who.label: share for who, share in shares_of(strategy).items()},
        "mirrored": mirrored,
    }


def _seen(result: Result, strategy: StrategyResult, starts: Counts) -> list[dict[str, Any]]:
    """Return the rollout's own dashboard, of all runs and of the one on the line: what is seen, no truth."""
    line, shown = strategy.timeline, strategy.shown
    # Every verdict is seen by whoever runs the line; whether it is right is not.
    rejected, decided = line.defective - line.escaped + line.overkilled, line.defective + line.good
    over, under = merge(rejected, starts), merge(decided, starts)

    def share(runs: slice) -> Floats:
        phones = under[runs].sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(phones > 0, over[runs].sum(axis=0) / phones, np.nan)

    every, one = slice(None), slice(shown, shown + 1)
    return [
        {
            "name": name,
            "say": say,
            "unit": unit,
            "edges_s": edges,
            "value": values,
            "one": of_one,
            "value_say": [show(value, unit) for value in values],
        }
        for name, say, unit, edges, values, of_one in (
            ("reject_rate", "rejected phones", "share", 3600.0 * borders(result, starts), share(every), share(one)),
            (
                "latency_p95_s",
                "95 % within",
                "s",
                line.edges_us / SECOND,
                over_time(strategy, "latency_p95_s"),
                line.latency_p95_s[shown],
            ),
        )
    ]


def _plain(value: Any) -> Any:
    """Return data as JSON holds it: lists for arrays, None for what is no number."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:  # most of an answer
        return value
    if kind is float:
        return float(f"{value:.8g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return value.tolist()
        return [each if math.isfinite(each) else None for each in np.round(value, 6).tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.8g}") if math.isfinite(value) else None
    return value
