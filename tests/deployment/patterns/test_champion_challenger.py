"""Champion and challengers: who is proven better on the same phones takes over, and nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_rollouts import history, kinds, play, scene, texts

import sim
from sim.document import ScenarioError

WATCH = {"pattern": "champion_challenger"}


def test_the_better_one_is_crowned_and_the_old_champion_challenges_on(engine: str) -> None:
    run = play(scene(WATCH), engine)
    assert kinds(run, "promote") == ["promote"]
    assert history(run)[0] == (0, "plain", {}, {"good": 100.0})
    assert history(run)[-1][1:] == ("good", {}, {"plain": 100.0})
    assert texts(run, "analysis")[0].startswith("good beats plain: E ")


def test_of_several_the_best_comes_out_on_top() -> None:
    run = play(scene({**WATCH, "challengers": ["lazy", "good", "twin"]}))
    assert history(run)[0][3] == {"lazy": 100.0, "good": 100.0, "twin": 100.0}
    assert history(run)[-1][1] == "good"
    assert set(history(run)[-1][3]) == {"lazy", "twin", "plain"}


def test_inspectors_lose_their_crown_for_good() -> None:
    run = play(scene({**WATCH, "stable": "humans"}))
    assert history(run)[-1][1:] == ("good", {}, {})
    assert texts(run, "analysis")[-1] == "nobody challenges good"


def test_who_passes_everything_is_right_on_most_phones_and_never_champion() -> None:
    # At 2 % defects a model that rejects nothing is wrong on fewer phones than inspectors with their false alarms.
    factory = {"arrivals": {"kind": "takt", "every": "10s"}, "defect_rate": "1%"}
    everything = {"of_passes": "100%", "of_rejects": "100%", "delay": "1h"}
    run = play(scene({**WATCH, "stable": "humans", "candidate": "lazy"}, factory=factory, audits=everything))
    assert kinds(run, "promote") == []


@pytest.mark.slow
def test_a_twin_is_hardly_ever_crowned() -> None:
    # Both see the same picture and were trained alike: they never disagree, so nothing is ever evidence.
    ends = [kinds(play(scene({**WATCH, "candidate": "twin"}), replication=r), "promote") for r in range(5)]
    assert ends == [[]] * 5


@pytest.mark.parametrize("audits", [{"of_rejects": "0%"}, {"of_passes": "0%"}])
def test_without_audits_of_both_kinds_nothing_is_ever_proven(audits: dict[str, Any]) -> None:
    assert kinds(play(scene(WATCH, audits=audits))) == ["rollout"]


def test_a_reign_is_judged_on_its_own_phones() -> None:
    """Labels that come after the crowning speak of the old champion's phones: they are left out."""
    from sim.deployment.strategy import PATTERNS, pattern

    found: dict[str, Any] = {}

    @pattern("crowned_at_noon")
    def crowned_at_noon(rollout):  # type: ignore[no-untyped-def]
        """The candidate decides from noon on; plain looks."""
        rollout.set_mirrors({rollout.arm("plain"): 100.0})
        yield from rollout.wait("12h")
        rollout.promote()
        rollout.set_mirrors({rollout.arm("plain"): 100.0})
        began = rollout.now
        yield from rollout.wait("6h")
        found["all"] = rollout.telemetry.pairs("plain", rollout.telemetry.cohort(began, seen_by="plain"))
        found["own"] = rollout.telemetry.pairs("plain", rollout.telemetry.cohort(began, began, seen_by="plain"))

    try:
        play(scene({"pattern": "crowned_at_noon", "stable": "humans"}, horizon="1d"))
    finally:
        PATTERNS.forget("crowned_at_noon")
    every, own = len(found["all"][0]), len(found["own"][0])
    # Six hours of labels, two of them (the audits' delay) of phones from before noon.
    assert own / every == pytest.approx(4 / 6, abs=0.06)
    for part, whole in zip(found["own"], found["all"], strict=True):
        assert np.array_equal(part, whole[-own:])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"challengers": ["v2", "v3"]}, "unknown model 'v3'"),
        ({"challengers": ["v2", "v2"]}, "'v2' is there twice"),
        ({"challengers": ["v1"]}, "v1 is the champion"),
        ({"challengers": ["humans"]}, "unknown model 'humans'"),
        ({"candidate": "v1"}, "v1 cannot challenge itself"),
    ],
)
def test_challengers_that_cannot_be_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        sim.build(
            models={"v1": {}, "v2": {}}, deployment={"stable": "v1", "candidate": "v2"}, strategies=[{**WATCH, **given}]
        )
