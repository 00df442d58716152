"""What charts of an answer say, and their axes: titles, units, and a sentence under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.apps import numbers, words
from sim.apps.axes import count_axis, money_axis, seconds_axis, share_axis, time_axis
from sim.apps.headline import WHOLE, Headline, uncapital
from sim.apps.load import theory
from sim.apps.stories.spec import Outcome
from sim.experiment.result import Result
from sim.report.figures.cost_leakage import cost_title
from sim.report.figures.latency import latency_title
from sim.units import MINUTE

#: What a dot is where every run is shown, and what the mark and the bar are.
RUNS: Mapping[Outcome, str] = {
    "escape_rate": "leakage of each of {n} runs (dots), of all together (mark), and its 95 % interval (bar)",
    "latency_p95_s": "95 % have their verdict within: each of {n} runs (dots), their mean (mark), its interval (bar)",
}
ONE_RUN: Mapping[Outcome, str] = {
    "escape_rate": "leakage of one run: more are on their way",
    "latency_p95_s": "95 % have their verdict within, in one run: more are on their way",
}
#: Bars overlap where paired differences are sure: whoever reads them has to know.
BARS = ". Bars: 95 % intervals; differences are judged run by run, on the same phones, which tells more"
WHO = "Who decides"  #: of the strategy that is chosen, which the sentence under it names


def _runs_axis(outcome: Outcome, strategies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    values = [float(value) for each in strategies for value in each["runs"][outcome]]
    return share_axis(values) if outcome == "escape_rate" else seconds_axis(values)


def axes_of(result: Result, strategies: Sequence[Mapping[str, Any]], outcome: Outcome) -> dict[str, Any]:
    """Return the axes of all charts; strategies as an answer tells them."""

    def every(key: str) -> list[float]:
        return [float(value) for each in strategies for value in np.ravel(each["time"][key])]

    def seen(number: int) -> list[float]:
        return [float(value) for each in strategies for key in ("value", "one") for value in each["seen"][number][key]]

    costs = [each["measures"]["cost_per_1000"] for each in strategies]
    whiskers = [each["measures"]["escape_rate"]["high"] for each in strategies]
    waits = [each["measures"]["latency_p95_s"][end] for each in strategies for end in ("value", "high")]
    curve = theory(result)
    waits += curve["p95_s"][:1] if curve else []
    return {
        "time": time_axis(result.scenario.horizon),
        "leakage": share_axis(every("leakage")),
        "share": share_axis([1.0]),
        "latency": seconds_axis(every("p95_s")),
        "latency_seen": seconds_axis(seen(1)),
        "cost": money_axis([cost[end] for cost in costs for end in ("value", "low", "high")]),
        "cost_leakage": share_axis([*(each["measures"]["escape_rate"]["value"] for each in strategies), *whiskers]),
        "busy": share_axis([1.0]),
        "load": seconds_axis(waits),
        "runs": _runs_axis(outcome, strategies),
        "rejects": share_axis(seen(0)),
        "in_system": count_axis([*every("in_system"), *every("in_system_of_one")]),
        "brightness": share_axis([1.0]),
    }


def _whose_runs(result: Result) -> str:
    """Return of which runs the dashboard is: what a rollout measured is of the one on the line alone."""
    if result.replications == 1:
        return ""
    measured = any(strategy.histories[strategy.shown].measured for strategy in result.strategies)
    together = f"; {result.replications} runs together, run 1 pale beside them"
    return f"{together}, and what the rollout measured in run 1" if measured else together


def charts_of(result: Result, outcome: Outcome, leakage: Headline) -> dict[str, Any]:
    """Return what charts say: titles, what their axes are, and a sentence under each."""
    said = words.by_metric(result)
    for metric, what in WHOLE.items():
        if metric in said:
            said[metric] = f"{what}{uncapital(said[metric])}"

    def of_metric(metric: str, title: str, axis: str, in_title: Sequence[numbers.Known] = ()) -> dict[str, Any]:
        known = numbers.of_metric(result, metric)
        told = said.get(metric, "")
        parts = {"title_parts": numbers.parts(title, in_title or known), "words_parts": numbers.parts(told, known)}
        return {"title": title, "axis": axis, "words": told, **parts}

    many = f"; {result.replications} runs together" if result.replications > 1 else ""
    one = f", run 1 of {result.replications}" if result.replications > 1 else ""
    axis = f"leakage: share of defective phones{many}"
    alike = outcome != "latency_p95_s" and words.is_alike(result, "latency_p95_s")
    middle = f"; median of {result.replications} runs" if result.replications > 1 else ""
    # A quantile of a slice of time is not that of the whole run, which the table has.
    slice_us = int(np.median(np.diff(result.strategies[0].timeline.edges_us)))
    slices = f"{max(1, round(slice_us / MINUTE))} min"
    slow = f"95 % of the phones that come in {slices} have their verdict within (log scale){middle}"
    who = WHO
    leaks = of_metric("escape_rate", leakage.say, axis, leakage.known)
    waits = of_metric("latency_p95_s", latency_title(result), "")
    together = f"; {result.replications} whole runs, mean" if many else ""
    cost = of_metric("cost_per_1000", cost_title(result), f"leakage{many}{BARS if many else ''}")
    known = [*numbers.of_metric(result, "cost_per_1000"), *numbers.of_metric(result, "escape_rate")]
    return {
        "leakage": leaks,
        "traffic": {
            "title": who,
            "title_parts": numbers.parts(who, (), {"chart": "traffic"}),
            "axis": f"share of the phones under the strategy that is chosen{one}",
            "words": "",
        },
        "latency": {**waits, "axis": slow, "alike": alike},
        "cost": {
            **cost,
            "title_parts": numbers.parts(cost["title"], known),
            "across": "cost per 1,000 phones: further left is cheaper",
        },
        "runs": {
            **(waits if outcome == "latency_p95_s" else leaks),
            "axis": RUNS[outcome].format(n=result.replications) if many else ONE_RUN[outcome],
        },
        "load": {
            **waits,
            "axis": f"95 % of the phones have their verdict within (log scale){together}",
            "across": "busy share of whoever has most to do: the servers, or the inspectors",
            "theory": theory(result),
        },
        "dashboard": {
            "title": words.DASHBOARD,
            "axis": f"under the strategy that is chosen{_whose_runs(result)}",
            "sees": "The team sees: phones rejected",
            "truth": "The truth: defective phones that ship",
            "words": "",
        },
    }
