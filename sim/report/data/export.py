"""A comparison for other programs: strict JSON and a long CSV table."""

from __future__ import annotations

import csv
import io
import math
from typing import Any, get_args

import numpy as np

from sim.experiment.result import Result, StrategyResult
from sim.measure.rollouts import How
from sim.report.answer import answer
from sim.report.data.cells import plain
from sim.report.data.events import as_data
from sim.report.endings import how_often
from sim.report.findings import finding, judged, verdicts
from sim.report.happenings import happenings
from sim.report.same_phones import METRICS, on_the_same
from sim.report.trained import training
from sim.report.warm_up import settling
from sim.stats.intervals import Interval
from sim.units import SECOND

CSV_COLUMNS = (
    "strategy", "pattern", "metric", "unit", "mean", "low", "high",
    "versus_first_mean", "versus_first_low", "versus_first_high", "more_than",
)  # fmt: skip
_UNKNOWN = Interval(math.nan, math.nan, math.nan, 0)


def as_json(result: Result) -> dict[str, Any]:
    """Return a comparison as plain data for strict JSON: what is undefined is None, never NaN.

    Returns
    -------
    dict
        `scenario`, `seed`, `replications`, `engine`, `version`, `strategies` (each with `name`, `pattern`, `metrics`,
        `versus_first`, `recovery` after each drift, `rollout` (how the first one ended, None without one) and the
        `events` of all replications), `training` (from how many histories the models are trained, what the intervals
        hold for, and the version's estimated share of each metric's variance between replications), `shown` (the
        replication that figures and log book tell of), `world_events` (the same in all replications), `by_chance` (of
        each replication, what broke down in it), `drift`, `same_phones` (leakage and cost on
        those decided under every strategy), `proposed_warm_up` (None: no longer one is needed), `best`, `answer` (a
        line a metric), `verdicts` (of every strategy) and `remarks` (what to know of the models).
        Means and 95 % intervals are over replications (of a ratio: the ratio of sums), differences are paired; units
        as in `TRUE_METRICS`. A metric that is `more_than` its mean is a time until the verdict of which phones without
        one leave only that known: it has no interval and no difference. `stable` says of each strategy whether its line
        keeps up.
    """
    return {
        "scenario": result.scenario.name,
        "seed": result.scenario.seed,
        "replications": result.replications,
        "engine": result.engine,
        "version": result.versions.get("driftline", ""),
        "strategies": [_strategy(strategy, result) for strategy in result.strategies],
        "training": training(result),
        "shown": result.shown,
        "world_events": [as_data(event) for event in result.world_events],
        "by_chance": [
            [as_data(event, replication=number) for event in events] for number, events in enumerate(result.by_chance)
        ],
        "drift": [
            {
                "time_s": evidence.time_us / SECOND,
                "name": evidence.name,
                "cause": evidence.cause,
                "profile": evidence.profile,
                "quantity": evidence.quantity,
                "moved": [
                    {
                        "what": m.what,
                        "moved": m.moved,
                        "answer": m.answer,
                        "p": number(m.p),
                        "size": number(m.size),
                        "at_most": number(m.bound),
                        "matters_from": number(m.margin),
                        "measure": m.measure,
                        "where": m.where,
                        "reason": m.reason,
                    }
                    for m in evidence.moved
                ],
            }
            for evidence in result.drift
        ],
        "same_phones": _same_phones(result),
        "proposed_warm_up": _proposed_warm_up(result),
        "best": {metric.name: _best(result, metric.name) for metric in judged(result)},
        "answer": answer(result),
        "verdicts": verdicts(result),
        "remarks": list(result.scenario.remarks()),
    }


def as_csv(result: Result) -> str:
    """Return one line per strategy and metric; undefined numbers are empty.

    Columns: strategy, pattern, metric, unit, mean, low, high (95 % interval), and the paired difference
    against the first strategy with its interval; `more_than` is 1 where the mean is only a lower bound.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for strategy in result.strategies:
        for metric in result.metrics:
            own, gap = _intervals(result, strategy, metric.name)
            numbers = [own.mean, own.low, own.high, gap.mean, gap.low, gap.high]
            shown = ["" if number(value) is None else repr(float(value)) for value in numbers]
            named = map(plain, (strategy.name, strategy.pattern, metric.name, metric.unit))
            writer.writerow([*named, *shown, int(result.is_more_than(strategy, metric.name))])
    return text.getvalue()


def number(value: float) -> float | None:
    """Return a number that strict JSON can hold, None for NaN and infinities.

    >>> number(0.5), number(float("nan"))
    (0.5, None)
    """
    return float(value) if math.isfinite(value) else None


def _strategy(strategy: StrategyResult, result: Result) -> dict[str, Any]:
    metrics, versus = {}, {}
    for metric in result.metrics:
        own, gap = _intervals(result, strategy, metric.name)
        bound = result.is_more_than(strategy, metric.name)
        metrics[metric.name] = {**_interval(own), "unit": metric.unit, "more_than": bound}
        versus[metric.name] = _interval(gap)
    return {
        "name": strategy.name,
        "pattern": strategy.pattern,
        "stable": result.keeps_up(strategy),
        "metrics": metrics,
        "versus_first": versus,
        "recovery": [
            {
                "drift_s": recovery.time_us / SECOND,
                "before": number(recovery.before),
                "worst_day": number(recovery.worst),
                "last_day": number(recovery.last),
                "last_over_before": _interval(recovery.ratio),
                "days": number(recovery.days),
            }
            for recovery in result.recoveries(strategy)
        ],
        "rollout": _rollout(strategy),
        "events": [
            as_data(each.event, each.strategy, each.replication)
            for each in happenings(result, range(result.replications))
            if each.strategy == strategy.name
        ],
    }


def _rollout(strategy: StrategyResult) -> dict[str, Any] | None:
    endings = strategy.endings
    if not endings:
        return None
    intervals = {how: how_often(strategy, how) for how in get_args(How)}
    decided = [ending.lasted_us / SECOND for ending in endings if ending.how != "neither"]
    return {
        "replications": len(endings),
        **{
            how.replace(" ", "_"): {"count": share.events, "low": share.low, "high": share.high}
            for how, share in intervals.items()
        },
        "median_time_s": float(np.median(decided)) if decided else None,
        "median_exposed": float(np.median([ending.exposed for ending in endings])),
        "median_escaped": float(np.median([ending.escaped for ending in endings])),
    }


def _intervals(result: Result, strategy: StrategyResult, metric: str) -> tuple[Interval, Interval]:
    first, own = result.strategies[0], strategy.interval(metric)
    if result.is_more_than(strategy, metric):
        return Interval(own.mean, math.nan, math.nan, own.n, own.dropped), _UNKNOWN
    unknown = result.is_more_than(first, metric)
    return own, _UNKNOWN if unknown else result.difference(strategy.name, first.name, metric)


def _same_phones(result: Result) -> dict[str, Any] | None:
    first = result.strategies[0].same_phones
    if not first:
        return None
    return {
        "phones": sum(each.phones for each in first) / len(first),
        "strategies": {
            strategy.name: {name: _interval(on_the_same(strategy).interval(name)) for name in METRICS}
            for strategy in result.strategies
        },
    }


def _proposed_warm_up(result: Result) -> dict[str, Any] | None:
    slowest = settling(result)
    if slowest is None:
        return None
    return {
        "strategy": slowest.strategy,
        "after_s": None if slowest.after_us is None else slowest.after_us / SECOND,
        "text": slowest.said,
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"mean": number(interval.mean), "low": number(interval.low), "high": number(interval.high)}


def _best(result: Result, metric: str) -> dict[str, Any]:
    ranking = finding(result, metric)
    return {
        "judged": ranking.judged,
        "may_be_best": list(ranking.best),
        "worse_by_less_than_matters": list(ranking.close),
        "measurably_worse": list(ranking.worse),
        "not_ranked_for": list(ranking.refused),
        "on_phones_decided_by_all": number(ranking.phones) if ranking.phones is not None else None,
        "margin": number(ranking.margin.of(ranking.means[ranking.best[0]])) if ranking.best else None,
        "against": {
            name: {
                "rival": result.strategies[verdict.rival].name,
                "difference": number(verdict.gap),
                "bound": number(verdict.bound),
            }
            for name, verdict in ranking.against.items()
            if verdict.may_be_best is not None
        },
    }
