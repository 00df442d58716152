"""Judges that promise an alpha keep it where one arm is slow; a stuck arm does not freeze a rollout.

The small version of `tests/proofs/unequal_lags.py`, which has the figures of 400 runs.
"""

from __future__ import annotations

from typing import Any

import pytest
from unequal_lags import scenario, simulated, table

import sim
from sim.deployment.analysis.judge import JUDGES
from sim.deployment.events import Aborted, AnalysisEnded, AnalysisSaid
from sim.document import ScenarioError
from sim.report.text.sentences import sentence

#: Stable's server never ends its first look.
STUCK = {"service": {"law": "fixed", "mean": "30d"}}


@pytest.mark.slow
@pytest.mark.parametrize("case", ["stable at 1.5 x its load", "stable's labels ten times later"])
def test_an_equal_candidate_is_rolled_back_no_more_often_than_promised(case: str) -> None:
    (escapes,), _ = table(case, "equal", runs=60, judges=["escapes"])
    assert escapes.interval(escapes.rolled_back)[0] <= 0.05


def test_a_much_worse_candidate_is_rolled_back_though_stable_is_overloaded() -> None:
    (escapes,), ratio = table("stable at 1.5 x its load", "five", runs=3, judges=["escapes"])
    assert ratio > 3
    assert escapes.rolled_back == 3


@pytest.mark.parametrize("kind", [kind for kind, judge in JUDGES.items() if judge.spends_alpha or judge.displays])
def test_whoever_promises_an_alpha_compares_cohorts(kind: str) -> None:
    assert JUDGES[kind].by_cohort


def stuck(**analysis: Any) -> list[Any]:
    """The events of a candidate that leaks five times as much beside a stable decider that decides nothing."""
    metrics = [{"judge": {"kind": "escapes"}, "interval": "1h"}]
    line = scenario("equally quick", "five", ["escapes"], horizon="2d").model_dump(mode="json", exclude_unset=True)
    line["models"]["stable"]["serving"] = STUCK
    line["strategies"][0]["steps"][1]["analysis"] = {"metrics": metrics, **analysis}
    ((simulation,), _) = simulated(sim.build(**line))
    return list(simulation.controller.events)


def test_a_stalled_comparison_says_for_how_long_it_has_waited() -> None:
    said = [sentence(event) for event in stuck() if isinstance(event, AnalysisSaid)]
    assert any("the next phone has waited for its verdict for" in line for line in said)
    assert len(said) < 8, "each time it has doubled, not at every look"


@pytest.mark.parametrize(("then", "kind"), [("abort", Aborted), ("hold", AnalysisEnded)])
def test_a_deadline_ends_it(then: str, kind: type) -> None:
    events = stuck(stalled={"after": "12h", "then": then})
    (ended,) = [event for event in events if isinstance(event, Aborted | AnalysisEnded)]
    assert isinstance(ended, kind)
    assert "the next phone has waited for its verdict for 12h" in sentence(ended)


def test_returns_are_judged_only_with_a_cut_off() -> None:
    with pytest.raises(ScenarioError, match="say by label_maturity how long after the verdict a return still counts"):
        sim.build(
            models={"v1": {}, "v2": {}}, deployment={"stable": "v1", "candidate": "v2"},
            strategies=[{"pattern": "argo_canary", "steps": [{"set_weight": 10}, {"analysis": {"metrics": [
                {"metric": "return_rate", "judge": {"kind": "bayes"}, "interval": "1d"},
                {"metric": "reject_rate", "interval": "1d"},
            ]}}]}],
        )  # fmt: skip
