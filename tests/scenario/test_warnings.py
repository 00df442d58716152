"""What is possible and probably not meant is said before a run."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario import build
from sim.scenario.warnings import minutes_of_one_core, warnings


def said(**settings: Any) -> list[str]:
    return [message for _, message in warnings(build(**settings))]


def test_a_plan_that_cannot_end_before_the_horizon_is_said() -> None:
    slow = {"pattern": "canary", "steps": [5, 25, 50], "hold": "1d"}
    assert said(horizon="2d", strategies=[slow]) == [
        "'canary' promotes after 3d at the earliest, and the run ends after 2d"
    ]
    assert said(horizon="4d", strategies=[slow]) == []


@pytest.mark.parametrize("pattern", ["manual", "shadow", "bandit", "stay", "partial_automation", "sequential_canary"])
def test_who_promotes_nobody_or_waits_for_a_proof_is_not_blamed(pattern: str) -> None:
    assert said(horizon="2d", strategies=[{"pattern": pattern}]) == []


def test_a_run_without_reason_is_said_to_be_one() -> None:
    huge = {"horizon": "300d", "replications": 1000, "factory": {"arrivals": {"kind": "takt", "every": "2s"}}}
    (message,) = said(strategies=[{"pattern": "manual"}], **huge)
    assert message == "12,960,000 phones x 1 strategies x 1,000 replications is about 4 hours of one core"


def test_the_estimate_grows_with_everything_that_makes_a_run_longer() -> None:
    small = build(horizon="1d", replications=2, strategies=[{"pattern": "manual"}])
    assert minutes_of_one_core(
        build(horizon="2d", replications=2, strategies=[{"pattern": "manual"}])
    ) == pytest.approx(2 * minutes_of_one_core(small))
