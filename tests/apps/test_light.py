"""The light that a picture of a phone is drawn in: dust gathers, and is gone once somebody has cleaned the lens."""

from __future__ import annotations

from typing import Any

import sim
from sim.apps.light import light
from sim.apps.reel import reel_of
from sim.experiment.run import trained
from sim.units import HOUR

DUST = {
    "name": "dust",
    "what": "camera.brightness",
    "profile": "incremental",
    "at": "1h",
    "over": "8h",
    "to": "40%",
    "cleaning": True,
}


def dusty(**more: Any) -> sim.Scenario:
    return sim.build(
        horizon="10h", seed=3, replications=1, factory={"arrivals": {"kind": "takt", "every": "20s"}},
        models={"v1": {"kind": "logistic", "training": {"phones": 2000}}}, deployment={"stable": "v1", "candidate": "v1"},
        drift=[DUST], strategies=[{"pattern": "full_automation"} | more],
    )  # fmt: skip


def at(told: dict[str, Any], hour: float) -> float:
    number = max(n for n, edge in enumerate(told["edges_s"][:-1]) if edge <= 3600 * hour)
    return float(told["brightness"][number])


def test_dust_that_was_cleaned_away_begins_to_gather_anew() -> None:
    told = light(dusty(), [6 * HOUR])
    assert at(told, 5.95) < 0.65
    assert at(told, 6.0) > 0.98
    assert at(told, 9.9) < at(told, 6.0)
    assert at(light(dusty()), 6.1) < 0.65
    assert len(told["brightness"]) == len(told["edges_s"]) - 1


def test_a_reel_has_the_light_of_its_own_strategy_which_has_cleaned_the_lens() -> None:
    watch = {
        "watch": "brightness",
        "detector": {"kind": "cusum", "mean": 1.0, "sd": 0.02, "polarity": "fall"},
        "then": "clean",
        "quiet": "1h",
    }
    scenario = dusty(alarms=[watch])
    told = reel_of(scenario, scenario.strategies[0], trained(scenario), 0, "simpy").header["light"]
    world = light(scenario)
    assert at(world, 9.9) < 0.45
    assert min(told["brightness"]) > 0.7, "each time it darkens, somebody wipes it"
