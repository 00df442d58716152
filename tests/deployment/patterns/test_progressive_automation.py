"""The ladder: each gate is earned, undecided stays, and evidence against takes it down one stage."""

from __future__ import annotations

from typing import Any

import pytest
from small_rollouts import history, kinds, play, scene, texts

LADDER = {"pattern": "progressive_automation", "hold": "4h", "stable": "humans"}
FAST: dict[str, Any] = {
    "horizon": "6d",
    "factory": {"arrivals": {"kind": "takt", "every": "10s"}, "defect_rate": "10%", "lots": {"cv": 0, "bad_share": 0}},
    "audits": {"of_passes": "100%", "of_rejects": "100%", "delay": "1h"},
}


def test_a_good_model_climbs_gate_by_gate(engine: str) -> None:
    run = play(scene(LADDER, **FAST), engine)
    assert [text.split(":")[0] for text in texts(run, "analysis")] == ["gate open"] * 4
    assert [text.split(" promoted")[0] for text in texts(run, "promote")] == ["humans + good", "good + review", "good"]
    steps = [(stable, weights, mirrors) for _, stable, weights, mirrors in history(run)]
    assert steps == [
        ("humans", {}, {}),
        ("humans", {}, {"good": 100.0}),
        ("humans", {"humans + good": 50.0}, {}),
        ("humans + good", {"good + review": 50.0}, {}),
        ("good + review", {"good": 50.0}, {}),
        ("good", {"humans": 10.0}, {}),
    ]


def test_a_bad_one_is_found_out_in_shadow_and_decides_nothing() -> None:
    run = play(scene({**LADDER, "candidate": "lazy"}, **FAST))
    assert kinds(run, "promote", "abort") == ["abort"]
    assert history(run)[-1][1:] == ("humans", {}, {})
    assert all(not weights for _, _, weights, _ in history(run))
    assert texts(run, "analysis")[0].startswith("evidence against lazy: E ")


@pytest.mark.parametrize("audits", [{"of_rejects": "0%"}, {"of_passes": "0%"}])
def test_undecided_stays_in_shadow(audits: dict[str, Any]) -> None:
    run = play(scene(LADDER, audits=audits))
    assert history(run)[-1] == (4, "humans", {}, {"good": 100.0})
    assert kinds(run, "analysis", "promote", "abort") == []


def test_what_stands_is_watched_and_falls_stage_by_stage() -> None:
    """In the dark the model sees nothing: full automation falls to partial, partial to assisted, and that to shadow."""
    dark = [{"what": "camera.brightness", "profile": "sudden", "at": "5d", "to": "20%"}]
    run = play(scene(LADDER, **{**FAST, "horizon": "12d"}, drift=dark))
    climbed = [text.split(" promoted")[0] for text in texts(run, "promote")]
    assert climbed == ["humans + good", "good + review", "good"]
    fallen = [text.split(";")[0] for text in texts(run, "abort")]
    assert fallen[0] == "falls back one stage, from full automation"
    assert (
        fallen
        == [f"falls back one stage, from {stage}" for stage in ("full automation", "partial automation", "assisted")][
            : len(fallen)
        ]
    )
    assert all(note.time_us > 5 * 24 * 3_600_000_000 for note in run.events if note.kind == "abort")


def test_escapes_of_phones_from_before_a_stage_are_left_out() -> None:
    """After a change of arms, late labels carry probabilities of another route: only phones due since then count."""
    from sim.deployment.strategy import PATTERNS, pattern

    found: dict[str, Any] = {}

    @pattern("two_stages")
    def two_stages(rollout):  # type: ignore[no-untyped-def]
        """The candidate beside people, then a review band beside the candidate."""
        first = rollout.candidate
        rollout.set_weight(30)
        yield from rollout.wait("12h")
        rollout.promote(first)
        rollout.candidate = rollout.arm(first.version, 0.3)
        rollout.set_weight(60)
        began = rollout.now
        yield from rollout.wait("8h")
        candidate = rollout.candidate.name
        found["all"] = rollout.telemetry.escapes(candidate, rollout.telemetry.cohort(began))
        found["own"] = rollout.telemetry.escapes(candidate, rollout.telemetry.cohort(began, began))

    try:
        play(scene({"pattern": "two_stages", "stable": "humans"}, **{**FAST, "horizon": "1d"}))
    finally:
        PATTERNS.forget("two_stages")
    by_candidate, pi = found["own"]
    assert len(pi) > 10
    assert set(pi.round(9)) == {0.6}, "the only probability of the new route"
    assert set(found["all"][1].round(9)) > {0.6}
    assert by_candidate.any()
