"""Assisted inspectors: how far they go by the model's opinion, and what becomes of it when the model is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from small_rollouts import block, compatible, history, play, scene, verdicts, versions

from sim.line.rules import DecidedBy, Verdict

HALF_A_DAY = {"horizon": "12h"}


def assisted(deference: str, obey_alarm: str) -> dict[str, str]:
    return {"pattern": "assisted", "deference": deference, "obey_alarm": obey_alarm}


def test_who_never_defers_decides_as_alone_and_who_always_does_as_the_model(engine: str) -> None:
    alone, model = ({"pattern": name} for name in ("manual", "full_automation"))
    scenario = scene(alone, model, assisted("0%", "0%"), assisted("100%", "100%") | {"name": "obeys"}, **HALF_A_DAY)
    people, machine, stubborn, obedient = (play(scenario, engine, number=number) for number in range(4))
    done = np.minimum.reduce([verdicts(run) for run in (people, machine, stubborn, obedient)]) != Verdict.NONE
    np.testing.assert_array_equal(verdicts(stubborn)[done], verdicts(people)[done])
    np.testing.assert_array_equal(verdicts(obedient)[done], verdicts(machine)[done])
    assert set(stubborn.log.phones.decided_by[done]) == {DecidedBy.ASSISTED}
    assert (verdicts(people)[done] != verdicts(machine)[done]).sum() > 100


@pytest.mark.parametrize(("deference", "obey_alarm"), [("50%", "50%"), ("20%", "90%")])
def test_contradictions_prevail_as_often_as_is_said(deference: str, obey_alarm: str) -> None:
    scenario = scene({"pattern": "manual"}, assisted(deference, obey_alarm))
    own, said = (verdicts(play(scenario, number=number)) for number in range(2))
    alarm = block(scenario).columns.score["good"] > versions()["good"].threshold
    done = (own >= 0) & (said >= 0)
    for contradicted, text in (
        (done & alarm & (own == Verdict.PASS), obey_alarm),
        (done & ~alarm & (own == Verdict.REJECT), deference),
    ):
        followed = int((said[contradicted] != own[contradicted]).sum())
        assert compatible(followed, int(contradicted.sum()), float(text[:-1]) / 100)
    np.testing.assert_array_equal(said[done & (alarm == own)], own[done & (alarm == own)])


def test_half_is_the_default_of_both() -> None:
    (given,) = scene({"pattern": "assisted"}).strategies
    assert given.settings() == {"deference": 0.5, "obey_alarm": 0.5, "weight": 100.0, "hold": 24 * 3_600_000_000}


def test_it_may_start_with_a_share(engine: str) -> None:
    run = play(scene({"pattern": "assisted", "weight": 20, "hold": "3h", "stable": "humans"}, **HALF_A_DAY), engine)
    assert history(run) == [(0, "humans", {"humans + good": 20.0}, {}), (3, "humans + good", {}, {})]


def test_the_team_sees_how_often_people_say_otherwise() -> None:
    from sim.deployment.strategy import PATTERNS, pattern

    readings = []

    @pattern("reads_overrides")
    def reads_overrides(rollout):  # type: ignore[no-untyped-def]
        """Assisted, and reads how often people override."""
        rollout.candidate = rollout.assisted(rollout.candidate.version, 0.5, 0.5)
        rollout.promote()
        yield from rollout.wait("10h")
        readings.append(rollout.telemetry.read("override_rate", rollout.stable.name, 0))

    try:
        scenario = scene({"pattern": "reads_overrides"}, **HALF_A_DAY)
        run = play(scenario)
    finally:
        PATTERNS.forget("reads_overrides")
    alarm = block(scenario).columns.score["good"] > versions()["good"].threshold
    early = (run.log.phones.verdict_us >= 0) & (run.log.phones.verdict_us <= 10 * 3_600_000_000)
    assert readings[0].samples == early.sum()
    assert readings[0].value == pytest.approx((verdicts(run)[early] != alarm[early]).mean())
