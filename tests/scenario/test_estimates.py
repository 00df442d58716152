"""What is said beside results of metrics that believe a model's scores."""

from __future__ import annotations

from typing import Any

import sim


def remarks(**strategy: Any) -> tuple[str, ...]:
    return sim.build(audits={"of_rejects": 0.0}, strategies=[{"pattern": "canary", **strategy}]).remarks()


def test_a_strategy_that_is_only_called_like_a_metric_believes_nothing() -> None:
    assert remarks(name="estimated_recall") == ()


def test_every_setting_that_names_a_metric_is_asked() -> None:
    said = "by inspectors' labels; not calibrated on audits: rejects are not audited"
    check = {"metric": "estimated_recall", "at_least": 0.7}
    full = {"metric": "estimated_overkill", "failure_condition": "result > 0.3"}
    both = remarks(analysis={"checks": [check], "metrics": [full]})
    assert both == (f"estimated_recall of v1: {said}", f"estimated_overkill of v1: {said}")
    tick = {"pattern": "flagger", "step_weight": 20, "metrics": [{"metric": "estimated_recall", "min": 0.7}]}
    assert remarks(**tick) == (f"estimated_recall of v1: {said}",)
