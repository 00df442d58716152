"""A dry run tells what a healthy run then does: the same shares at the same moments."""

from __future__ import annotations

from typing import Any

import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.deployment.dry_run import dry_run
from sim.experiment.run import trained
from sim.report.text.sentences import sentence
from sim.units import HOUR


def analysis(metric: str) -> dict[str, Any]:
    """Ten minutes of phones first: without any, Argo calls it an error, and a healthy run would not be one."""
    limits = {"failure_condition": "result > 0.9", "initial_delay": "10min", "interval": "10min", "count": 4}
    return {"metrics": [{"metric": metric, **limits}]}


STEPS = [{"set_weight": 20}, {"analysis": analysis("reject_rate")}, {"set_weight": 60}, {"pause": {}}]
PREVIEW = {"pre_promotion_analysis": analysis("mirror_reject_rate"), "auto_promotion_seconds": "20min"}
LIMITS = [{"metric": "reject_rate", "max": 0.9}]
PLANS: list[dict[str, Any]] = [
    {"pattern": "canary", "steps": [10, 50], "hold": "1h", "analysis": None},
    {"pattern": "blue_green", "pre_check": "1h", "bake": "2h", "pre_analysis": None, "post_analysis": None},
    {"pattern": "full_automation"},
    {"pattern": "assisted", "weight": 20, "hold": "2h"},
    {"pattern": "triage"},
    {"pattern": "argo_canary", "steps": STEPS},
    {"pattern": "argo_blue_green", **PREVIEW},
    {"pattern": "flagger", "interval": "30min", "step_weight": 30, "metrics": LIMITS},
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["pattern"])
def test_it_tells_what_a_healthy_run_does(plan: dict[str, Any]) -> None:
    scenario = sim.build(
        horizon="6h", models={"v1": {"training": {"phones": 3000}}}, deployment={"start": "30min"}, strategies=[plan]
    )
    versions, (given,) = trained(scenario), scenario.strategies
    run = run_strategy(scenario, given, versions, whole_world(scenario, versions, 0), "simpy")

    def share(route: Any) -> float:
        return 100.0 if "v1" in route.stable.name else sum(weight for _, weight in route.candidates)

    ran = [(0, 0.0)]
    for change in run.routes:
        if share(change.route) != ran[-1][1]:
            ran.append((change.time_us, share(change.route)))
    message = [(0, 0.0)]
    for moment in dry_run(scenario.resolved(given), scenario.horizon):
        if moment.share != message[-1][1]:
            message.append((moment.event.time_us, moment.share))
    assert message == ran
    assert len(message) > 1


def moments(**plan: Any) -> list[tuple[float, str, str]]:
    scenario = sim.build(strategies=[plan])
    message = dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)
    return [(moment.event.time_us / HOUR, moment.event.kind, sentence(moment.event)) for moment in message]


def test_a_proof_comes_by_the_last_measurement_or_nobody_can_say_when() -> None:
    counted = {"metrics": [{"interval": "2h", "count": 10, "judge": {"kind": "escapes"}}]}
    message = moments(pattern="argo_canary", steps=[{"set_weight": 20}, {"analysis": counted}])
    assert [moment[:2] for moment in message] == [(0, "rollout"), (0, "waits"), (20, "promote")]
    waits = moments(pattern="sequential_canary")
    assert [moment[:2] for moment in waits] == [(0, "rollout"), (0, "waits")]
    assert waits[1][2] == (
        "analysis: audited escapes every 1h"
        " (whose they are, failed when proven worse, successful under 1.5 x, alpha 5%)"
    )


def test_a_gate_says_how_long_it_holds_and_for_what() -> None:
    finishes = {"metric": "audited_escape_share", "min_samples": 50, "label_maturity": "5h", "segment_by": "finish"}
    judge = {"kind": "z_test", "looks": "every", "non_inferiority": 2}
    analysis = {"metrics": [{**finishes, "interval": "1h", "count": 6, "judge": judge}]}
    assert moments(pattern="canary", steps=[10], hold="4h", analysis=analysis)[1] == (
        0, "waits",
        "holds 4h; goes on when audited_escape_share 6 times every 1h (a z-test, peeked at every time (a trap: no"
        " promise), successful within 2 x, alpha 5%, on 50 phones or more, decided 5h ago, in every finish)",
    )  # fmt: skip


def test_a_gate_that_nobody_opens_is_told() -> None:
    plan = {"pattern": "argo_canary", "steps": [{"set_weight": 20}, {"pause": {}}], "approver": None}
    scenario = sim.build(strategies=[plan])
    moments = dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)
    assert [sentence(moment.event) for moment in moments][-1] == "pauses for ever"
    assert all(moment.event.kind != "promote" for moment in moments)


def test_retraining_is_rehearsed_to_the_end() -> None:
    retraining = {"every": "1d", "training": "2h", "sign_off": "8h"}
    alarm = {"name": "dark", "watch": "brightness", "detector": {"kind": "cusum"}, "then": "page"}
    scenario = sim.build(
        horizon="3d", strategies=[{"pattern": "full_automation", "retraining": retraining, "alarms": [alarm]}]
    )
    moments = dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)
    waits = [sentence(moment.event) for moment in moments if moment.event.kind == "waits"]
    assert any("dark: fed every 1h; an alarm means page" in text for text in waits)
    assert any("retrains every 1d" in text for text in waits)
    out = [
        (moment.event.time_us // 3_600_000_000, sentence(moment.event))
        for moment in moments
        if moment.event.kind == "out"
    ]
    assert out == [(34, "v1.1 goes out"), (58, "v1.2 goes out")]
