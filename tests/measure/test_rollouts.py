"""How a first rollout ended, as whoever is on call would say it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import sim
from sim.deployment.controller import RouteChange
from sim.deployment.events import Aborted, Event, Promoted, Reason, Reverted, WentOut
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import PATTERNS
from sim.experiment.median import median
from sim.experiment.result import History
from sim.line.route import HUMANS, Arm, Route
from sim.measure.rollouts import decisions
from sim.report.data.export import as_json

V1, V2, V3 = (Arm(name, "model", name) for name in ("v1", "v2", "v3"))
START = (RouteChange(0, Route(V1)),)


def promoted(at: int, arm: Arm) -> Promoted:
    return Promoted(time_us=at, arm=arm)


def moments(*events: Event) -> list[int]:
    return [event.time_us for event in decisions(events, START)]


def test_to_promote_who_decides_already_is_no_decision() -> None:
    assert moments(promoted(0, V1), promoted(5, V2)) == [5]


def test_a_rollback_after_a_promotion_is_the_end_and_a_version_that_is_trained_later_another_rollout() -> None:
    back = Reverted(time_us=7, arm=V1, reason=Reason.said("slow"), weight=0.0)
    assert moments(promoted(5, V2), back) == [5, 7]
    assert moments(promoted(5, V2), WentOut(time_us=8, version="v3"), promoted(9, V3)) == [5]
    assert moments(WentOut(time_us=8, version="v3"), promoted(9, V3)) == [9]


def test_the_median_replication_is_neither_the_first_nor_the_last_to_decide() -> None:
    def back(at: int) -> History:
        return History((Aborted(time_us=at, arm=V1, reason=Reason.said("worse"), weight=5.0),), START)

    quiet = History((), (RouteChange(0, Route(HUMANS)),))
    assert median([[quiet, back(at)] for at in (40, 10, 30, 20, 50)], 100) == 2
    assert median([[back(at)] for at in (40, 10)], 100) == 1, "of an even number the earlier of the middle two"
    assert median([[quiet], [quiet], [quiet]], 100) == 0


@pytest.mark.parametrize("pattern", ["canary", "manual"])
def test_a_result_holds_every_replications_history_and_how_its_rollout_ended(pattern: str) -> None:
    scenario = sim.build(horizon="10h", replications=3, strategies=[{"pattern": pattern, "name": "it"}])
    result = sim.run(scenario, workers=1)
    it = result["it"]
    assert len(it.histories) == 3
    assert it.events == it.histories[result.shown].events
    told = as_json(result)["strategies"][0]
    assert {event["replication"] for event in told["events"]} == ({0, 1, 2} if pattern == "canary" else set())
    if pattern == "manual":
        assert it.endings == ()
        assert told["rollout"] is None
        return
    for number, ending in enumerate(it.endings):
        by_model = sum(
            counts[number].sum() for decider, counts in it.timeline.decided_by.items() if decider.role == "model"
        )
        assert ending.how == "neither", "ten hours are not enough to tell"
        assert ending.ended_us == scenario.horizon
        assert ending.exposed == by_model > 0
        assert 0 <= ending.escaped < ending.exposed


@pytest.fixture
def there_and_back() -> Iterator[None]:
    """Promote the candidate, try the old one once more, and give that up."""

    @sim.pattern("there_and_back")
    def there_and_back(rollout: Rollout) -> Playbook:
        """Forward, and a tenth back."""
        yield from rollout.wait("1h")
        rollout.promote()
        yield from rollout.wait("5h")
        rollout.candidate = rollout.arm("v1")
        rollout.set_weight(10)
        yield from rollout.wait("1h")
        rollout.abort("enough")

    yield
    PATTERNS.forget("there_and_back")


def test_a_later_rollback_counts_the_phones_of_its_own_candidate(there_and_back: None) -> None:
    """It counted all that every version but the first had ever decided: 29,906 phones of a canary that saw 221."""
    line = sim.build(
        horizon="10h", replications=1, deployment={"stable": "v1", "candidate": "v2", "start": "1h"},
        models={"v1": {}, "v2": {}}, strategies=[{"pattern": "there_and_back"}],
    )  # fmt: skip
    result = sim.run(line, workers=1)
    (back,) = [event for event in result.strategies[0].events if isinstance(event, Aborted)]
    tenth = result.strategies[0].timeline.assigned["v2"].sum() / 89
    assert back.exposed == pytest.approx(tenth, rel=0.25), "a tenth of the phones of an hour"
