"""A value by calibrated scores is held against none by a model's own labels, and the log says what values rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.deployment.analysis.measurement import MetricQuery, Phase
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.store import Telemetry
from sim.line.route import Arm
from sim.report.text.sentences import because
from sim.units import HOUR

FACTOR = {"judge": {"kind": "versus_stable", "at_least": 0.9}}
CONDITION = {"failure_condition": "result < 0.9 * baseline"}


def two_models(audited: tuple[int, ...]) -> Telemetry:
    """Return two models that decide alike; of these arms (0: the candidate) the audits are known."""
    half = np.tile([0.25, 0.75], 200)
    decisions = {
        "score": half,
        "rejected": half > 0.5,
        "arm": np.repeat([0, 1], 200),
        "version": np.repeat([0, 1], 200),
    }
    tables: dict[str, Any] = {"decisions": decisions}
    if audited:
        arm = np.repeat(audited, 100)
        score = np.tile(np.repeat([0.25, 0.75], 50), len(audited))
        defective = np.tile(np.arange(100) % 50 < np.repeat([2, 40], 50), len(audited))
        chance = np.full(len(arm), 0.1)
        tables["audits"] = {
            "score": score, "rejected": score > 0.5, "defective": defective, "probability": chance, "arm": arm,
            "version": arm,
        }  # fmt: skip
    return by_hand(arms=("v2", "v1"), versions=("v2", "v1"), audit_plan=(0.1, 0.1), **tables)


def judged(by: dict[str, Any], audited: tuple[int, ...]) -> AnalysisRun:
    metric = Metric(metric="estimated_recall", interval="1h", count=2, min_samples=50, **by)
    run = AnalysisRun(AnalysisTemplate(metrics=(metric,)), began_us=-1)
    query = MetricQuery("estimated_recall", Arm("v2", "model", "v2"), Arm("v1", "model", "v1"), -1)
    run.measure(HOUR, lambda metric, since_us: metric.read(two_models(audited), query))
    return run


@pytest.mark.parametrize("by", [FACTOR, CONDITION])
@pytest.mark.parametrize("audited", [(0,), (1,)])
def test_equal_models_of_which_one_is_calibrated_are_not_compared(by: dict[str, Any], audited: tuple[int, ...]) -> None:
    run = judged(by, audited)
    assert run.runs[0].counted == 0
    assert run.runs[0].reason is not None
    said = because(run.runs[0].reason)
    own, stable = (
        "by the model's own labels; not calibrated: 0 of 20 audited defects",
        "calibrated on 42 audited defects",
    )
    if audited == (0,):
        own, stable = stable, own
    assert said == f"estimated_recall: not to be compared ({own}; stable: {stable})"


@pytest.mark.parametrize("by", [FACTOR, CONDITION])
@pytest.mark.parametrize(
    ("audited", "basis"), [((), "by the model's own labels"), ((0, 1), "calibrated on 42 audited")]
)
def test_by_one_yardstick_they_are_and_the_log_names_it(
    by: dict[str, Any], audited: tuple[int, ...], basis: str
) -> None:
    run = judged(by, audited)
    assert run.runs[0].latest is Phase.SUCCESSFUL
    assert run.runs[0].reason is not None
    assert because(run.runs[0].reason).count(basis) == 2


def test_a_condition_without_a_comparison_needs_no_second_arm() -> None:
    assert judged({"failure_condition": "result < 0.5"}, (0,)).runs[0].latest is Phase.SUCCESSFUL
