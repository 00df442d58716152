"""What a rollout measured, as a page is told it: points, limits in the metric's own unit, and a sentence for each strip."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import sim
from sim.apps.answer import answer_of
from sim.apps.limits import limits_of
from sim.apps.measured import MOST_POINTS, MOST_STRIPS

CANARY = {"pattern": "canary", "steps": [30], "hold": "6h"}
LIGHT = {"kind": "cusum", "mean": 1.0, "sd": 0.02, "arl0": 1_000_000}
EVERY = {"metric": "volume", "min_samples": 1, "at_least": 1}


def checked(name: str, **check: Any) -> dict[str, Any]:
    return {**CANARY, "name": name, "analysis": {"checks": [{"min_samples": 20, **check}]}}


@cache
def told() -> dict[str, Any]:
    strategies = [
        checked("escapes", metric="audited_escape_share", at_most=0.04),
        checked("slow", metric="latency_p95_s", at_most=600),
        checked("ratio", metric="reject_rate", versus_stable_at_most=1.5),
        checked("light", metric="brightness", at_least=0.9),
        {"pattern": "sequential_canary", "name": "proves", "share": 50, "interval": "30min"},
        {"pattern": "shadow", "report": "2h"},
        {"pattern": "bandit", "interval": "1h", "start_with": 50, "least": 10},
        {
            **CANARY, "name": "watches", "analysis": None,
            "alarms": [{"watch": "brightness", "detector": LIGHT, "every": "30min", "then": "rollback"}],
        },
        {**CANARY, "name": "minutes", "analysis": {"interval": "1min", "checks": [EVERY]}},
        {"pattern": "manual"},
    ]  # fmt: skip
    answer = answer_of(result(strategies))
    return {strategy["name"]: strategy for strategy in answer["strategies"]}


def result(strategies: list[dict[str, Any]]) -> sim.Result:
    scenario = sim.build(
        seed=3, horizon="8h", replications=1, strategies=strategies,
        factory={"arrivals": {"kind": "takt", "every": "12s"}, "defect_rate": "12%"},
        models={
            "v1": {"reject_share": "14%", "training": {"phones": 3000, "labels": "experts"}},
            "v2": {"reject_share": "1%", "training": {"phones": 3000, "labels": "experts"}},
        },
        deployment={"stable": "v1", "candidate": "v2", "start": "1h"},
        audits={"of_passes": "90%", "of_rejects": "90%", "delay": "30min"},
        drift=[{"name": "lamp", "what": "camera.brightness", "profile": "sudden", "at": "6h", "to": "60%"}],
    )  # fmt: skip
    return sim.run(scenario, workers=1)


def strips(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told()[name]["strips"]
    return found


def test_a_check_is_told_as_a_team_would_tell_it() -> None:
    (strip,) = strips("escapes")
    assert strip["say"] == "The candidate’s audited escape share"
    assert strip["limits"] == [{"say": "at most 4.0 %", "value": 0.04, "values": None, "line": 0}]
    (line,) = strip["lines"]
    assert line["come_to"][-1] == "failed"
    assert line["value_say"][-1].endswith(" %")
    assert strip["tell"].startswith("At ")
    assert strip["tell"].endswith(" phones: failed.")
    assert f": the candidate’s audited escape share, {line['value_say'][-1]} against at most 4.0 % on " in strip["tell"]


def test_a_limit_has_the_unit_of_its_metric() -> None:
    (slow,), (light,) = strips("slow"), strips("light")
    assert slow["say"] == "The candidate’s latency p95"
    assert slow["limits"][0]["say"] == "at most 10.0 min"
    assert light["limits"][0]["say"] == "at least 90.0 %"
    checks = [{"metric": "latency_p95_s", "at_most": 600}]
    one = result([{**CANARY, "analysis": {"checks": checks}}])
    assert limits_of(one, one.strategies[0]) == [{"metric": "latency_p95_s", "value": 600.0, "say": "at most 10.0 min"}]


def test_a_limit_that_goes_with_the_stable_arm_moves() -> None:
    (strip,) = strips("ratio")
    (limit,) = strip["limits"]
    assert limit["value"] is None
    assert len(limit["values"]) == len(strip["lines"][0]["at_s"])
    assert "against at most" in strip["tell"]


def test_evidence_is_told_on_a_scale_of_its_own() -> None:
    (strip,) = strips("proves")
    assert strip["say"] == "Evidence from audited escapes"
    assert strip["up"]["log"]
    assert [line["say"] for line in strip["lines"]] == ["worse candidate", "candidate no worse"]
    assert [limit["say"] for limit in strip["limits"]] == ["proof at 20"]
    assert " of 20" in strip["tell"]
    assert strip["tell"].endswith("failed.")


def test_two_opinions_stand_in_one_strip_with_their_intervals() -> None:
    recall, precision = strips("shadow")
    assert (recall["say"], precision["say"]) == ("Recall of v2", "Precision of v2")
    assert [line["say"] for line in recall["lines"]] == ["by the line’s verdicts", "by audits"]
    assert all(len(line["low"]) == len(line["value"]) == 4 for line in recall["lines"])
    assert recall["lines"][0]["begins"] == [0, 3]  # all in all is of another stretch of time
    assert recall["tell"].endswith(": all in all.")


def test_arms_are_told_in_money_and_an_alarm_as_it_rings() -> None:
    cost, best = strips("bandit")
    assert "$" in cost["tell"]
    assert [line["say"] for line in best["lines"]] == ["v1", "v2"]
    (watched,) = strips("watches")
    assert watched["limits"][0]["say"].startswith("alarm at ")
    assert watched["tell"].endswith("): it rings.")


def test_strips_cost_little_and_who_looks_at_nothing_has_none() -> None:
    assert strips("manual") == []
    (strip,) = strips("minutes")
    assert len(strip["lines"][0]["at_s"]) <= MOST_POINTS + 1
    assert all(len(strategy["strips"]) <= MOST_STRIPS for strategy in told().values())
    assert all(len(json.dumps(each["strips"])) < 4_000 for name, each in told().items() if name != "minutes")


@pytest.mark.parametrize("part", ["lines", "up", "limits"])
def test_what_is_told_is_json(part: str) -> None:
    json.dumps([strip[part] for strategy in told().values() for strip in strategy["strips"]], allow_nan=False)
