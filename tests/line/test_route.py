"""An arm says who decides in it, whatever its model is called."""

from __future__ import annotations

import pytest

from sim.deployment.rollout import Rollout
from sim.line.route import ABOVE_ALL, BELOW_ALL, HUMANS, NOBODY, Advice, Arm


def said(arm: Arm) -> tuple[str, bool, str, str]:
    return arm.role, arm.review, arm.adviser, arm.sorter


@pytest.mark.parametrize("version", ["v1", "humans_v2", "review_net", "nobody.1"])
def test_an_arm_says_its_role(version: str) -> None:
    assert said(Arm(version, "model", version, 0.5, 0.5)) == ("model", False, "", "")
    assert said(Arm(f"{version} + review", "model", version, 0.3, 0.6)) == ("model", True, "", "")
    advised = Arm(f"humans + {version}", "model", version, BELOW_ALL, ABOVE_ALL, Advice(0.5, 0.5, 0.5))
    assert said(advised) == ("humans", False, version, "")
    assert said(Arm(f"humans by {version}", "model", version, BELOW_ALL, ABOVE_ALL, triage=True)) == (
        "humans", False, "", version,
    )  # fmt: skip


def test_humans_and_nobody() -> None:
    assert said(HUMANS) == ("humans", False, "", "")
    assert said(NOBODY) == ("nobody", False, "", "")


def test_a_rollout_names_its_arms_as_before() -> None:
    class Version:
        def cut_offs(self, review: float | None) -> tuple[float, float]:
            return (0.5, 0.5) if review is None else (0.4, 0.6)

    rollout = Rollout("humans", "v1", {"v1": Version()}, "humans", 10)  # type: ignore[dict-item]
    arms = [rollout.arm("v1"), rollout.arm("v1", 0.1), rollout.assisted("v1", 0.5, 0.5), rollout.triaged("v1")]
    assert [arm.name for arm in arms] == ["v1", "v1 + review", "humans + v1", "humans by v1"]
    assert [said(arm) for arm in arms] == [
        ("model", False, "", ""), ("model", True, "", ""), ("humans", False, "v1", ""), ("humans", False, "", "v1"),
    ]  # fmt: skip
