"""What a plan does with a judge: forward on proof, back on proof, and otherwise hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from judged import HUMAN_HOLDS, escapes, pairs, rates
from replayed import replay, text
from whole_runs import run_strategy, whole_world

import sim
from sim.deployment.analysis.measurement import Sample
from sim.deployment.analysis.spec import Metric
from sim.experiment.run import trained
from sim.line.engines import ENGINES
from sim.report.text.sentences import sentence
from sim.units import HOUR, MINUTE


class TestPlans:
    """What a plan does with a judge: forward on proof, back on proof, and otherwise hold."""

    def plan(self, script: Callable[[int], Sample], **metric: Any) -> list[tuple[int, float]]:
        steps = [{"set_weight": 25}, {"analysis": {"metrics": [{"interval": "1h", **metric}]}}]
        return replay("argo_canary", lambda now, query: script(now // HOUR), steps=steps, **HUMAN_HOLDS)[1]

    @pytest.mark.parametrize(
        ("metric", "bad", "good", "unsure"),
        [
            ({"judge": {"kind": "escapes"}}, escapes(True, True, True), escapes(*[False] * 40), escapes()),
            ({"judge": {"kind": "pairs"}}, pairs(0, 8), pairs(8, 0), pairs(1, 1)),
            *(
                ({"metric": "reject_rate", "judge": judge}, rates(200, 50), rates(500, 500, 10_000), rates(2, 2, 40))
                for judge in (
                    {"kind": "z_test"}, {"kind": "z_test", "looks": "every"}, {"kind": "obrien_fleming"},
                    {"kind": "pocock"},
                )
            ),
        ],
        ids=["escapes", "pairs", "z_test", "z_test peeked at", "obrien_fleming", "pocock"],
    )  # fmt: skip
    def test_undecided_at_the_horizon_holds(self, metric: Any, bad: Sample, good: Sample, unsure: Sample) -> None:
        assert self.plan(lambda hour: bad, **metric, count=6)[-1][1] == 0.0
        assert self.plan(lambda hour: good, **metric, count=6)[-1][1] == 100.0
        assert self.plan(lambda hour: unsure, **metric, count=6)[-1] == (0, 25.0)

    def test_a_human_may_resume_and_the_evidence_begins_again(self) -> None:
        steps = [
            {"set_weight": 25},
            {"analysis": {"metrics": [{"interval": "1h", "count": 4, "judge": {"kind": "pairs"}}]}},
        ]
        approver = {"delay": "2h", "inconclusive": "resume"}
        rollout, shares = replay(
            "argo_canary", lambda now, query: pairs(1, 0), hours=24, steps=steps, approver=approver
        )
        assert shares[-1] == (0, 25.0), "four pairs a run prove nothing, however many runs"
        assert text(rollout, "rollout").count("resumed") == 3

    def test_a_guard_beside_the_steps_aborts_in_a_pause(self) -> None:
        guard = {"metrics": [{"interval": "1h", "judge": {"kind": "escapes", "non_inferiority": None}}]}
        steps = [{"set_weight": 25}, {"pause": {"duration": "12h"}}]
        script = lambda now, query: escapes(*[True] * 10) if now >= 5 * HOUR else escapes()  # noqa: E731
        assert replay("argo_canary", script, steps=steps, analysis=guard)[1][-1] == (5 * 60, 0.0)
        assert replay("argo_canary", lambda now, query: escapes(), steps=steps, analysis=guard)[1][-1] == (
            12 * 60,
            100.0,
        )

    def test_a_canary_holds_at_its_weight_for_a_judge_of_its_own(self) -> None:
        analysis = {"metrics": [{"judge": {"kind": "pairs"}}], "interval": "20min"}

        def script(now: int, query: Metric) -> Sample:
            return pairs(1, 0) if now in (120 * MINUTE, 140 * MINUTE) or now > 5 * HOUR else pairs(0, 0)

        rollout, shares = replay("canary", script, steps=[10, 50], hold="1h", analysis=analysis)
        assert shares[1:3] == [(0, 10.0), (5 * 60 + 100, 50.0)]
        assert shares[3] == (5 * 60 + 100 + 140, 100.0)
        assert text(rollout, "analysis")[0].startswith("holding after 1h: undecided")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"judge": {"kind": "escapes"}, "metric": "reject_rate", "interval": "1h"}, "leave out metric"),
        ({"judge": {"kind": "escapes"}, "window": "2h", "interval": "1h"}, "leave out window"),
        ({"judge": {"kind": "escapes"}}, "nothing to judge: say interval"),
        ({"metric": "brightness", "judge": {"kind": "z_test"}, "window": "2h"}, "brightness is no share"),
        ({"metric": "kappa", "judge": {"kind": "versus_stable", "at_most": 2}, "window": "2h"}, "no value of the stable"),
        ({"metric": "reject_rate", "judge": {"kind": "versus_stable"}, "window": "2h"}, "at_most or at_least"),
        ({"metric": "reject_rate", "judge": {"kind": "z_test"}, "interval": "1h"}, "needs a count"),
        ({"metric": "reject_rate", "judge": {"kind": "pocock"}, "interval": "1h"}, "need a count"),
        ({"metric": "reject_rate", "judge": {"kind": "pocock"}, "interval": "1h", "count": 101}, "100 at most"),
        ({"metric": "reject_rate", "judge": {"kind": "mann_whitney"}, "window": "1h"}, "leave out window"),
        ({"metric": "reject_rate", "judge": {"kind": "bayes"}, "success_condition": "result < 1", "window": "1h"},
         "takes the place of conditions"),
        ({"metric": "reject_rate", "window": "1h", "label_maturity": "1h"}, "make the window longer"),
        ({"metric": "brightness", "success_condition": "low > 0.5"}, "no low and high"),
        ({"judge": {"kind": "bayez"}}, "did you mean 'bayes'"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(metric: dict[str, Any], message: str) -> None:
    with pytest.raises(sim.ScenarioError, match=message):
        replay("argo_canary", steps=[{"analysis": {"metrics": [metric]}}])


def test_conditions_know_the_interval() -> None:
    # Wilson's interval of 5 in 100 is 0.0215 to 0.1118, of 50 in 1000 it is 0.0381 to 0.0653.
    for samples, end in ((100, 0.0), (1000, 100.0)):
        metric = {"metric": "reject_rate", "success_condition": "high < 0.1 && low > 0.02"}
        script = lambda now, query, samples=samples: Sample(0.05, None, samples)  # noqa: E731
        assert (
            replay("argo_canary", script, steps=[{"set_weight": 10}, {"analysis": {"metrics": [metric]}}])[1][-1][1]
            == end
        )


PLAN: dict[str, Any] = {
    "pattern": "argo_canary",
    "steps": [
        {"set_mirror_route": {"percentage": 60}},
        {"analysis": {"metrics": [{"interval": "10min", "count": 6, "judge": {"kind": "pairs"}}], "dry_run": ["pairs"]}},
        {"set_weight": 40},
        {"analysis": {"hold": "50min", "metrics": [
            {"metric": "reject_rate", "interval": "7min", "min_samples": 20, "segment_by": "finish",
             "judge": {"kind": "versus_stable", "at_most": 9}},
            {"metric": "latency_mean_s", "interval": "10min", "judge": {"kind": "mann_whitney", "worse": "lower"}},
            {"metric": "reject_rate", "name": "shown", "interval": "20min", "judge": {"kind": "bayes"}},
        ]}},
        {"analysis": {"metrics": [
            {"metric": "audited_escape_share", "interval": "15min", "count": 4, "label_maturity": "25min",
             "judge": {"kind": "z_test", "non_inferiority": 9}},
            {"metric": "reject_rate", "interval": "15min", "count": 4, "judge": {"kind": "obrien_fleming", "worse": "lower"}},
        ]}},
        {"analysis": {"metrics": [{"interval": "5min", "count": 12, "segment_by": "finish", "label_maturity": "20min",
                                   "judge": {"kind": "escapes"}}]}},
    ],
    "analysis": {"metrics": [{"interval": "6min", "judge": {"kind": "escapes", "non_inferiority": None}}]},
    "approver": {"delay": "5min", "inconclusive": "resume"},
}  # fmt: skip


@pytest.mark.parametrize("peer", [name for name in ENGINES if name != "simpy"])
def test_judged_on_any_engine_the_log_and_the_log_book_are_the_same(peer: str) -> None:
    training = {"phones": 4000, "labels": "experts"}
    scenario = sim.build(
        horizon="8h", seed=3,
        factory={"arrivals": {"kind": "takt", "every": "5s"}, "defect_rate": "15%"},
        inspectors={"count": 6},
        models={"v1": {"training": training}, "v2": {"kind": "boosted_trees", "training": training}},
        deployment={"stable": "v1", "candidate": "v2"},
        audits={"of_passes": "30%", "of_rejects": "30%", "delay": "10min"},
        strategies=[PLAN],
    )  # fmt: skip
    versions = trained(scenario)
    block = whole_world(scenario, versions, 0)
    expected, found = (run_strategy(scenario, scenario.strategies[0], versions, block, one) for one in ("simpy", peer))
    assert expected.log.differences(found.log) == []
    assert (expected.events, expected.routes) == (found.events, found.routes)
    message = " ".join(sentence(note) for note in found.events)
    assert all(word in message for word in ("P(worse)", "40 % of the phones", "audited escapes")), message
