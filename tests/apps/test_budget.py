"""What is seen to take far too long is refused before it begins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.apps.budget import MOST_TAUGHT, check_budget, check_reel
from sim.document import ScenarioError
from sim.scenario import Scenario, build

ONE = {"pattern": "full_automation", "candidate": "v1"}
OTHER = {"pattern": "canary", "candidate": "v2", "stable": "humans"}


def _models(**phones: int) -> dict[str, dict[str, object]]:
    return {name: {"kind": "boosted_trees", "training": {"phones": number}} for name, number in phones.items()}


def test_models_that_are_trained_for_minutes_are_refused_at_once_and_the_remedy_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"models\.v1\.training\.phones: .*2,000,000 phones.*`driftline run`"):
        check_budget(build(models=_models(v1=2_000_000), strategies=[ONE]))


def test_models_are_refused_for_what_they_come_to_in_all_and_not_those_that_nobody_asks() -> None:
    two = _models(v1=MOST_TAUGHT // 2, v2=MOST_TAUGHT)
    check_budget(build(models=two, strategies=[ONE]))
    with pytest.raises(ScenarioError, match=r"models\.v2\.training\.phones: .* at most 500,000"):
        check_budget(build(models=two, strategies=[ONE, OTHER]))


@pytest.mark.parametrize("check", [check_budget, check_reel])
@pytest.mark.parametrize("kind", ["clients", "saturated"])
def test_a_test_rig_is_no_line_to_be_watched(check: Callable[[Scenario], None], kind: str) -> None:
    """Most of its phones never come: a reel of them broke off."""
    rig = build(factory={"arrivals": {"kind": kind, "phones": 5000}}, strategies=[ONE], models=_models(v1=5000))
    with pytest.raises(ScenarioError, match=r"factory\.arrivals: a test rig .*`driftline run`"):
        check(rig)
