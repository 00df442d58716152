"""Estimates without labels on a model that learnt from inspectors: what the audits of an arm make of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

import sim
from sim.deployment.strategy import PATTERNS
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.calibrated import ENOUGH, FEWEST
from sim.deployment.telemetry.store import Telemetry
from sim.deployment.telemetry.tables import MEMORY_US
from sim.factory.drift import DriftEvent
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model.kinds.logistic import Logistic
from sim.units import DAY, HOUR

FACTORY = Factory(defect_rate="4%")
Seen = tuple[np.ndarray, np.ndarray, np.ndarray]


@cache
def model(labels: str) -> Any:
    return Logistic(kind="logistic", training={"labels": labels}).obtain("v1", FACTORY, Inspectors(), 5)


@cache
def seen(labels: str, what: str = "", to: str = "", seed: int = 1) -> Seen:
    """Return scores, verdicts and the truth of forty thousand phones, after a drift where one is named."""
    given = {"profile": "sudden", "at": "1h", "what": what, "to": to}
    drift = (TypeAdapter(DriftEvent).validate_python(given),) if what else ()
    phones = World(FACTORY, drift, Streams(seed, 0).branch(f"{what} {to}")).take(40_000, frozen_at=2 * HOUR)
    scores = model(labels).score(phones.features)
    return scores, scores > model(labels).threshold, phones.defective


def recall(now: Seen) -> float:
    _, rejected, defective = now
    return float((rejected & defective).sum() / defective.sum())


def telemetry(audited: Seen, now: Seen, plan: tuple[float, float], seed: int = 0, most: int = 40_000) -> Telemetry:
    """Return what a team knows: the verdicts of now, and audits drawn by a plan from the first phones before."""
    scores, rejected, defective = (column[:most] for column in audited)
    q = np.where(rejected, plan[1], plan[0])
    chosen = np.random.default_rng(seed).random(len(q)) < q
    labels = {"score": scores, "rejected": rejected, "defective": defective, "probability": q}
    tables = {"decisions": {"score": now[0], "rejected": now[1]}}
    if chosen.any():
        tables["audits"] = {name: column[chosen] for name, column in labels.items()}
    return by_hand(audit_plan=plan, **tables)


def estimates(audited: Seen, now: Seen, plan: tuple[float, float], draws: int = 20) -> list[float]:
    return [telemetry(audited, now, plan, seed).read("estimated_recall", "v1", 0).value for seed in range(draws)]


def test_without_audits_a_model_of_inspectors_is_far_off_and_says_by_whose_labels() -> None:
    calm = seen("inspectors")
    for plan, unseen in (((0.0, 0.0), "passes and rejects"), ((0.1, 0.0), "rejects"), ((0.0, 0.1), "passes")):
        reading = telemetry(calm, calm, plan).read("estimated_recall", "v1", 0)
        assert reading.value < recall(calm) - 0.25
        assert reading.basis == f"by the model's own labels; not calibrated: {unseen} are not audited"


@pytest.mark.parametrize("plan", [(0.1, 0.1), (0.05, 0.4)])
def test_with_audits_it_is_near_the_truth(plan: tuple[float, float]) -> None:
    calm = seen("inspectors")
    found = estimates(calm, seen("inspectors", seed=2), plan)
    assert np.mean(found) == pytest.approx(recall(calm), abs=0.06)
    assert np.abs(np.array(found) - recall(calm)).max() < 0.2
    reading = telemetry(calm, calm, plan).read("estimated_recall", "v1", 0)
    assert reading.basis.startswith("calibrated on ")
    assert reading.basis.endswith(" audited defects")


def test_overkill_and_escapes_are_put_right_too() -> None:
    calm = seen("inspectors")
    known = telemetry(calm, calm, (0.2, 0.2))
    _, rejected, defective = calm
    for metric, true in (
        ("estimated_escape_share", defective[~rejected].mean()),
        ("estimated_overkill", rejected[~defective].mean()),
    ):
        before = telemetry(calm, calm, (0.0, 0.0)).read(metric, "v1", 0)
        after = known.read(metric, "v1", 0)
        assert abs(after.value - true) < 0.3 * abs(before.value - true), metric


def test_it_follows_a_loss_of_contrast_with_audits_of_before() -> None:
    calm, dull = seen("inspectors"), seen("inspectors", "camera.contrast", "70%")
    fall = recall(calm) - recall(dull)
    assert fall > 0.1
    before, after = (np.mean(estimates(calm, now, (0.1, 0.1))) for now in (calm, dull))
    assert before - after > 0.4 * fall


def test_it_does_not_follow_a_tighter_standard() -> None:
    calm, tight = seen("inspectors"), seen("inspectors", "standard.tolerance", "50%")
    assert recall(calm) - recall(tight) > 0.1
    before, after = (np.mean(estimates(calm, now, (0.1, 0.1))) for now in (calm, tight))
    assert after == pytest.approx(before, abs=0.04)


def test_with_too_few_audited_defects_it_says_how_many_there_are() -> None:
    calm = seen("inspectors")
    reading = telemetry(calm, calm, (0.1, 0.1), most=2_000).read("estimated_recall", "v1", 0)
    few = int((calm[2][:2_000]).sum() * 0.1)
    assert reading.value == telemetry(calm, calm, (0.0, 0.0)).read("estimated_recall", "v1", 0).value
    words = reading.basis.split()
    assert reading.basis == f"by the model's own labels; not calibrated: {words[7]} of {FEWEST} audited defects"
    assert 0 < int(words[7]) < 3 * few


def test_many_audited_rejects_do_not_stand_for_escapes_that_nobody_has_seen() -> None:
    """Twenty rejects that were audited twenty times as often tell as much of the whole as one pass."""
    audits = {"score": np.repeat([0.9, 0.1], 100), "rejected": np.repeat([True, False], 100)}
    audits |= {"defective": audits["rejected"], "probability": np.repeat([0.2, 0.01], 100)}
    assert by_hand(audit_plan=(0.01, 0.2), audits=audits).calibrated("v1").basis.endswith("5 of 20 audited defects")


def test_once_there_are_enough_the_line_is_kept() -> None:
    calm, tight = seen("inspectors"), seen("inspectors", "standard.tolerance", "50%")
    both = tuple(np.concatenate([one, other]) for one, other in zip(calm, tight, strict=True))
    first, later = (telemetry(audited, calm, (0.3, 0.3), most=80_000).calibrated("v1") for audited in (calm, both))
    assert first.basis == f"calibrated on {ENOUGH} audited defects"
    assert later == telemetry(both, calm, (0.3, 0.3), most=80_000).calibrated("v1")
    assert later.basis == first.basis


def test_a_long_run_keeps_the_reference_of_its_calm_days() -> None:
    """Monitoring forgets after five weeks; what scores were worth before the standard changed is not forgotten."""
    calm, tight = seen("inspectors"), seen("inspectors", "standard.tolerance", "50%")
    known = telemetry(calm, calm, (0.3, 0.3))
    reference = known.calibrated("v1")
    scores, rejected, defective = (column[:3000] for column in tight)
    later = {"score": scores, "rejected": rejected, "defective": defective, "probability": np.full(3000, 0.3)}
    for day in (20, 36, 40, 80):
        known.now_us = day * DAY
        known.forget_before(known.now_us - MEMORY_US)
        assert known.calibrated("v1") == reference, day
        nothing = {column: np.zeros(3000) for column in known.audits.columns}
        known.audits.append(**{**nothing, **later, "at_us": np.full(3000, day * DAY)})
    assert known.calibrated("v1") == reference


def test_an_arm_that_comes_later_has_a_reference_of_its_own() -> None:
    calm, tight = seen("inspectors"), seen("inspectors", "standard.tolerance", "50%")
    known = telemetry(calm, calm, (0.3, 0.3))
    first = known.calibrated("v1")
    labels = dict(zip(("score", "rejected", "defective"), tight, strict=True))
    rows = {column: np.zeros(40_000) for column in known.audits.columns}
    rows |= {"at_us": np.full(40_000, 50 * DAY), "arm": np.ones(40_000), "probability": np.full(40_000, 0.3), **labels}
    known.now_us = 50 * DAY
    known.audits.append(**rows)
    assert known.calibrated("v1") == first
    assert known.calibrated("humans").basis.startswith("calibrated on")
    assert known.calibrated("humans") != first


def test_an_audit_counts_when_its_label_is_known_and_not_before() -> None:
    """On a line: nothing is calibrated before audits' labels have come, and something is after."""
    said: list[tuple[float, str]] = []

    @sim.pattern("reads_estimates")
    def reads_estimates(rollout: Any) -> Any:
        """Read the estimate every two hours."""
        rollout.set_weight(100)
        while True:
            yield from rollout.wait("2h")
            reading = rollout.telemetry.read("estimated_recall", rollout.candidate.name, 0)
            said.append((rollout.now / HOUR, reading.basis))

    try:
        scenario = sim.build(
            horizon="20h", replications=1, factory={"defect_rate": "8%", "arrivals": {"kind": "takt", "every": "2s"}},
            inspectors={"count": 4}, audits={"of_passes": 0.2, "of_rejects": 0.2, "delay": "5h"},
            models={"v1": {"training": {"phones": 4000}}}, strategies=[{"pattern": "reads_estimates"}],
        )  # fmt: skip
        sim.run(scenario, workers=1)
    finally:
        PATTERNS.forget("reads_estimates")
    assert all("0 of 20 audited defects" in basis for at, basis in said if at < 5)
    assert all(basis.startswith("calibrated on") for at, basis in said if at > 8)
    assert any(at > 8 for at, _ in said)
