"""Who sends phones to inspectors needs some: said before anything runs where that can be known, and else at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from small_rollouts import play, scene

import sim
from sim.deployment.declaration import where_named
from sim.deployment.patterns.full_automation import until_it_starts
from sim.deployment.strategy import PATTERNS
from sim.line.route import HUMANS

NOBODY_THERE = {"staff": 0, "fallback": "nobody", "stable": "nobody"}


@pytest.fixture
def registered() -> Iterator[Any]:
    """Return `sim.pattern`; what it registers is forgotten afterwards."""
    before = set(PATTERNS)
    yield sim.pattern
    for name in set(PATTERNS) - before:
        PATTERNS.forget(name)


def to_people(rollout: Any) -> Any:
    """Send every phone to inspectors."""
    yield from rollout.wait("1h")
    rollout.promote(HUMANS)
    yield from rollout.rest()


def to_the_model(rollout: Any) -> Any:
    """Send every phone to the candidate."""
    rollout.promote()
    yield from rollout.rest()


def test_a_pattern_that_does_not_say_is_taken_to_need_inspectors(registered: Any) -> None:
    """It used to be accepted, and decided nothing."""
    registered("says_nothing")(to_people)
    with pytest.raises(sim.ScenarioError) as error:
        scene({"pattern": "says_nothing", **NOBODY_THERE})
    message = str(error.value)
    assert message.startswith("strategies.0.staff: the pattern says_nothing does not say whether")
    assert "people=False" in message
    scene({"pattern": "says_nothing", **NOBODY_THERE, "staff": 1})


def test_one_that_says_no_runs_without_anybody(registered: Any, engine: str) -> None:
    registered("no_people", people=False)(to_the_model)
    run = play(scene({"pattern": "no_people", **NOBODY_THERE}, horizon="2h"), engine)
    assert (run.log.phones.verdict_us >= 0).mean() > 0.9


def test_one_that_says_no_and_sends_phones_to_people_is_stopped_when_it_does(registered: Any, engine: str) -> None:
    registered("mistaken", people=False)(to_people)
    scenario = scene({"pattern": "mistaken", "name": "ours", **NOBODY_THERE}, horizon="2h")
    with pytest.raises(sim.ScenarioError) as error:
        sim.run(scenario, engine=engine, workers=1, replications=1)
    assert str(error.value) == (
        "strategies.ours: ours: at day 1 01:00 it sends phones to inspectors, and none is rostered (staff: 0):"
        " roster at least one (staff: 1)"
    )


def test_a_share_of_nothing_is_no_phone(registered: Any) -> None:
    @registered("no_share", people=False)
    def no_share(rollout: Any) -> Any:
        """Inspectors are stable, and the candidate has every phone from the start."""
        rollout.stable = HUMANS
        rollout.set_weight(100)
        yield from rollout.rest()

    play(scene({"pattern": "no_share", **NOBODY_THERE}, horizon="1h"))


def test_before_the_start_the_stable_decider_decides(registered: Any) -> None:
    registered("soon", people=False)(to_the_model)
    people = {"staff": 0, "fallback": "nobody", "stable": "humans"}
    play(scene({"pattern": "soon", **people}, horizon="1h"))  # it acts before the first phone
    with pytest.raises(sim.ScenarioError, match="at day 1 00:00 it sends phones to inspectors"):
        play(scene({"pattern": "soon", **people, "start": "10min"}, horizon="1h"))


def resolved(**given: Any) -> Any:
    scenario = scene({"pattern": "full_automation", **given})
    return scenario.resolved(scenario.strategies[0])


def test_full_automation_needs_people_until_it_starts_and_after_a_rollback() -> None:
    people = {"staff": 1, "stable": "humans", "fallback": "nobody"}
    back = {"watch": "brightness", "detector": {"kind": "cusum"}, "then": "rollback"}
    assert not until_it_starts(resolved(**people))
    assert until_it_starts(resolved(**people, start="1h"))
    assert until_it_starts(resolved(**people, alarms=[back]))
    assert not until_it_starts(resolved(**{**people, "stable": "plain"}, start="1h"))
    with pytest.raises(sim.ScenarioError, match="at least one inspector"):
        resolved(**{**people, "staff": 0}, alarms=[back])


def test_whom_settings_name_counts() -> None:
    given = [
        {"pattern": "bandit", "arms": ["plain", "humans"]},
        {"pattern": "bandit", "arms": ["plain", "good"]},
        {"pattern": "champion_challenger", "stable": "humans"},
        {"pattern": "champion_challenger"},
    ]
    scenario = scene(*({**each, "name": str(number)} for number, each in enumerate(given)))
    assert [where_named(scenario.resolved(each)) for each in scenario.strategies] == [True, False, True, False]


@pytest.mark.parametrize("pause", [0, -5, "2h", 1.5, None])
@pytest.mark.parametrize("beside", [{}, {"alarms": [{"watch": "brightness", "detector": {"kind": "cusum"}}]}])
def test_a_playbook_that_does_not_wait_is_refused(registered: Any, pause: Any, beside: dict[str, Any]) -> None:
    @registered("sleepless")
    def sleepless(rollout: Any) -> Any:
        """Do not wait."""
        yield from rollout.wait("10min")
        while True:
            yield pause

    with pytest.raises(sim.ScenarioError) as error:
        play(scene({"pattern": "sleepless", **beside}, horizon="1h"))
    refused = f"its playbook has to yield whole microseconds to wait, at least 1, not {pause!r}"
    assert f"sleepless: at day 1 00:10 {refused}" in str(error.value)


@pytest.mark.parametrize(
    ("strategy", "remedy"),
    [
        ({"pattern": "triage", "fallback": "nobody"}, "(set staff: 1)"),
        ({"pattern": "triage", "fallback": "humans"}, "(set staff: 1)"),
        (
            {"pattern": "canary", "stable": "plain", "fallback": "humans"},
            "(set fallback: nobody or reject, or staff: 1)",
        ),
    ],
)
def test_the_remedy_for_nobody_rostered_helps(strategy: dict[str, Any], remedy: str) -> None:
    with pytest.raises(sim.ScenarioError, match="at least one inspector") as error:
        scene({**strategy, "staff": 0})
    assert remedy in str(error.value)
