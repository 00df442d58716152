"""Each pattern does what its playbook says: the routes it sets, wake by wake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import PATTERNS
from sim.experiment.run import trained
from sim.line.route import NOBODY
from sim.line.rules import DecidedBy
from sim.measure.deciders import Decider
from sim.report.text.sentences import sentence
from sim.units import HOUR, MINUTE

NEVER_MET = {"checks": [{"metric": "latency_mean_s", "at_least": 1e9, "min_samples": 5}]}
ALWAYS_MET = {"checks": [{"metric": "latency_mean_s", "at_least": 0, "min_samples": 5}]}
NO_DATA = {"checks": [{"metric": "returns_with_fault", "at_most": 1, "min_samples": 5}]}


@pytest.fixture(scope="module")
def ground() -> Any:
    scenario = sim.build(
        horizon="12h",
        factory={"arrivals": {"kind": "takt", "every": "10s"}, "defect_rate": "5%", "lots": {"cv": 0, "bad_share": 0}},
        inspectors={"count": 4},
        models={"v1": {"training": {"phones": 5000}}, "v2": {"kind": "boosted_trees", "training": {"phones": 5000}}},
        deployment={"candidate": "v2"},
    )
    versions = trained(scenario.model_copy(update={"strategies": sim.build(
        models={"v1": {}, "v2": {}},
        strategies=[{"pattern": "canary", "stable": "v1", "candidate": "v2"}]).strategies}))  # fmt: skip
    return scenario, versions, whole_world(scenario, versions, 0)


def play(ground: Any, engine: str, **strategy: Any) -> Run:
    scenario, versions, block = ground
    (given,) = sim.build(models={"v1": {}, "v2": {}}, strategies=[strategy]).strategies
    return run_strategy(scenario, given, versions, block, engine)


def history(run: Run) -> list[tuple[float, str, float, float, tuple[str, ...]]]:
    """Return (hour, stable, candidate's weight, mirrored share, kept warm) of every route."""
    return [
        (
            change.time_us / HOUR,
            change.route.stable.name,
            sum(weight for _, weight in change.route.candidates),
            sum(share for _, share in change.route.mirrors),
            change.route.warm,
        )
        for change in run.routes
    ]


def test_a_healthy_canary_ramps_and_is_promoted(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="canary", steps=[5, 25, 50], hold="2h", analysis=ALWAYS_MET)
    assert history(run) == [
        (0, "humans", 5, 0, ()), (2, "humans", 25, 0, ()), (4, "humans", 50, 0, ()), (6, "v2", 0, 0, ()),
    ]  # fmt: skip


def test_a_failing_canary_is_back_at_nothing_at_once(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="canary", steps=[10, 50], hold="4h", analysis={**NEVER_MET, "interval": "20min"})
    assert history(run) == [(0, "humans", 10, 0, ()), (1 / 3, "humans", 0, 0, ())]
    later = ground[2].phones.due_us > 20 * MINUTE
    assert set(run.log.phones.decided_by[later & (run.log.phones.verdict_us >= 0)]) == {DecidedBy.HUMAN}
    assert [note.kind for note in run.events] == ["rollout", "abort"]


def test_failures_within_the_limit_are_tolerated(ground: Any, engine: str) -> None:
    patient = {**NEVER_MET, "interval": "1h", "failure_limit": 3}
    run = play(ground, engine, pattern="canary", steps=[10], hold="10h", analysis=patient)
    assert history(run)[-1][:3] == (4, "humans", 0), "the fourth failed round aborts"


def test_without_evidence_a_canary_holds(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="canary", steps=[10, 100], hold="1h", analysis=NO_DATA)
    assert history(run) == [(0, "humans", 10, 0, ())]
    assert "holding after 1h: returns_with_fault: 0 of 5 phones" in [sentence(note) for note in run.events]


def test_raising_a_weight_keeps_the_first_phones_on_the_candidate(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="canary", steps=[5, 25], hold="6h", analysis=None)
    u, due = ground[2].columns.u_arm, ground[2].phones.due_us
    candidate = run.log.arms.index("v2")
    released = run.log.phones.release_us >= 0
    for begin, end, share in ((0, 6, 0.05), (6, 12, 0.25)):
        now = (due > begin * HOUR) & (due <= end * HOUR) & released
        np.testing.assert_array_equal(run.log.phones.arm[now] == candidate, u[now] < share)
        np.testing.assert_allclose(run.log.phones.pi[now], np.where(u[now] < share, share, 1 - share))


def test_blue_green_mirrors_switches_bakes_and_shuts_blue_down(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="blue_green", stable="v1", candidate="v2", pre_check="2h", pre_analysis=None,
               bake="3h", post_analysis=None, keep_warm="4h")  # fmt: skip
    assert history(run) == [
        (0, "v1", 0, 100, ()), (2, "v1", 100, 0, ("v1",)), (5, "v2", 0, 0, ("v1",)), (9, "v2", 0, 0, ()),
    ]  # fmt: skip


def test_a_bad_green_is_switched_back_at_once(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="blue_green", stable="v1", candidate="v2", pre_check="1h", pre_analysis=None,
               post_analysis={**NEVER_MET, "interval": "30min"})  # fmt: skip
    assert history(run)[1:] == [(1, "v1", 100, 0, ("v1",)), (1.5, "v1", 0, 0, ("v1",))]


def test_a_green_that_fails_its_pre_check_never_decides(ground: Any, engine: str) -> None:
    check = {"checks": [{"metric": "mirror_reject_rate", "at_least": 1, "min_samples": 20}]}
    run = play(ground, engine, pattern="blue_green", pre_check="2h", pre_analysis=check)
    assert "v2" not in run.log.arms
    assert run.events[-1].kind == "abort"


def test_shadow_decides_nothing(ground: Any, engine: str) -> None:
    shadow, manual = play(ground, engine, pattern="shadow"), play(ground, engine, pattern="manual")
    for column in ("verdict", "verdict_us", "decided_by", "arm", "release_us"):
        np.testing.assert_array_equal(getattr(shadow.log.phones, column), getattr(manual.log.phones, column))
    assert len(shadow.log.looks.phone) > len(manual.log.looks.phone)


def test_partial_automation_reviews_the_share_it_was_cut_for(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="partial_automation", candidate="v1", review="20%")
    decided = run.log.phones.verdict_us >= 0
    reviewed = (run.log.phones.decided_by == DecidedBy.REVIEW)[decided]
    assert reviewed.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / decided.sum()) + 0.01)
    scores = ground[2].columns.score["v1"][decided]
    low, high = ground[1]["v1"].cut_offs(0.2)
    np.testing.assert_array_equal(reviewed, (scores > low) & (scores <= high))


def test_a_rollout_starts_when_it_is_told_to(ground: Any, engine: str) -> None:
    run = play(ground, engine, pattern="full_automation", start="5h")
    assert history(run) == [(0, "humans", 0, 0, ()), (5, "v2", 0, 0, ())]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_pattern_of_ones_own_runs_by_name(workers: int) -> None:
    @sim.pattern("half_at_noon")
    def half_at_noon(rollout, *, share: float = 50.0):  # type: ignore[no-untyped-def]
        """Half of the phones at noon."""
        yield from rollout.wait("30min")
        rollout.set_weight(share)

    try:
        scenario = sim.build(
            horizon="1h", replications=2, models={"v1": {"training": {"phones": 3000}}},
            strategies=[{"pattern": "manual"}, {"pattern": "half_at_noon", "share": 100}],
        )  # fmt: skip
        result = sim.run(scenario, workers=workers)
    finally:
        PATTERNS.forget("half_at_noon")
    assert [route.time_us for route in result["half_at_noon"].routes] == [0, 30 * MINUTE]
    by_model = result["half_at_noon"].timeline.decided_by[Decider("model", "v1")]
    assert by_model[:, :36].sum() == 0
    assert by_model[:, 36:].sum() > 150


def test_a_route_is_made_anew_whenever_something_of_it_is_set():
    rollout = Rollout("humans", "nobody", {}, "humans", horizon_us=HOUR)
    before = rollout.route
    assert rollout.route is before
    for act in (
        lambda: rollout.set_weight(5.0), lambda: rollout.set_weight(25.0), lambda: rollout.set_weights({NOBODY: 10.0}),
        lambda: rollout.abort("too many rejects"), lambda: rollout.set_weight(50.0), rollout.promote,
    ):  # fmt: skip
        act()
        after = rollout.route
        assert after != before
        assert after.stable is rollout.stable
        assert dict(after.candidates).get(rollout.candidate, 0.0) == rollout.weight
        before = after
