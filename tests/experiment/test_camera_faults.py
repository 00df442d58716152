"""What a line does whose camera is out of order: its models suffer, its people do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.experiment.run import trained
from sim.experiment.world_block import world_blocks, world_is_made_of
from sim.measure.events import FaultBegan
from sim.scenario import Scenario
from sim.units import HOUR

STUCK = {"kind": "camera.stuck", "at": "4h", "lasts": "4h"}
NULLS = {"kind": "camera.nulls", "at": "4h", "lasts": "4h"}


def scenario(*faults: dict[str, Any], missing: str = "zero", **more: Any) -> Scenario:
    settings: dict[str, Any] = {
        "horizon": "12h",
        "replications": 2,
        "factory": {"defect_rate": "10%"},
        "models": {"v1": {"training": {"phones": 2000, "labels": "experts"}, "missing": missing}},
        "deployment": {"stable": "v1", "candidate": "v1"},
        "faults": list(faults),
        "strategies": [{"pattern": "stay"}, {"pattern": "stay", "stable": "humans", "name": "people"}],
    }
    return sim.build(**{**settings, **more})


@pytest.fixture(scope="module")
def plain() -> sim.Result:
    return sim.run(scenario(), workers=1)


def leakage(result: sim.Result, name: str, hours: slice) -> float:
    timeline = result[name].timeline
    bins = slice(*np.searchsorted(timeline.edges_us, [hours.start * HOUR, hours.stop * HOUR]))
    return float(timeline.escaped[:, bins].sum() / timeline.defective[:, bins].sum())


def test_a_model_says_of_every_phone_what_it_says_of_the_frame(plain: sim.Result) -> None:
    stuck = sim.run(scenario(STUCK), workers=1)
    for replication in range(2):
        timeline = stuck["stay"].timeline
        bins = slice(*np.searchsorted(timeline.edges_us, [4 * HOUR, 8 * HOUR]))
        escaped, defective = (each[replication, bins].sum() for each in (timeline.escaped, timeline.defective))
        assert escaped in (0, defective), "all of them pass, or none does"
    assert leakage(stuck, "stay", slice(8, 12)) == leakage(plain, "stay", slice(8, 12))
    for metric, values in plain["people"].samples.items():
        np.testing.assert_array_equal(values, stuck["people"].samples[metric], metric)


def test_a_model_that_scores_zeros_lets_defects_through_and_one_that_refuses_leaves_them_to_people(
    plain: sim.Result,
) -> None:
    zeros, refuses = (sim.run(scenario(NULLS, missing=missing), workers=1) for missing in ("zero", "refuse"))
    during = slice(4, 8)
    assert leakage(zeros, "stay", during) > leakage(plain, "stay", during) + 0.3
    assert leakage(refuses, "stay", during) < 0.5
    shares = refuses["stay"].samples["fallback_share"]
    assert shares == pytest.approx(1 / 3, abs=0.01)
    assert (zeros["stay"].samples["fallback_share"] == 0.0).all()
    for each in (zeros, refuses):
        for metric, values in plain["people"].samples.items():
            np.testing.assert_array_equal(values, each["people"].samples[metric], metric)


def test_engines_agree_on_what_is_refused() -> None:
    faults = (NULLS | {"share": "3%"}, STUCK)
    for missing in ("zero", "refuse"):
        one, other = (
            sim.run(scenario(*faults, missing=missing), workers=1, engine=engine) for engine in ("compiled", "simpy")
        )
        for metric, values in one["stay"].samples.items():
            np.testing.assert_array_equal(values, other["stay"].samples[metric], metric)


def test_it_is_told_of_in_the_replications_that_it_befell() -> None:
    by_chance = {"kind": "camera.nulls", "breakdowns": {"mtbf": "4h", "mttr": "10min"}}
    result = sim.run(scenario(STUCK, by_chance), workers=1)
    (fixed,) = result.world_events
    assert isinstance(fixed, FaultBegan)
    assert (fixed.fault, fixed.time_us, fixed.lasts_us) == ("camera.stuck", 4 * HOUR, 4 * HOUR)
    assert {event.fault for events in result.by_chance for event in events if isinstance(event, FaultBegan)} == {
        "camera.nulls"
    }
    page = " ".join(result.table(100).split())
    assert "day 1 04:00 the camera is stuck on a frame for 4h" in page
    whole = scenario(STUCK, by_chance)
    for number, events in enumerate(result.by_chance):
        (block,) = world_blocks(whole, trained(whole), number, 100_000)
        due_us = block.phones.due_us
        away = [(due_us >= e.time_us) & (due_us < e.time_us + e.lasts_us) for e in events]
        np.testing.assert_array_equal(np.isnan(block.phones.features[:, 0]), np.any(away, axis=0))


def test_a_world_with_a_fault_is_another_world() -> None:
    plain, faulty, refusing = scenario(), scenario(NULLS), scenario(NULLS, missing="refuse")
    assert len({str(world_is_made_of(each, 0)) for each in (plain, faulty, refusing)}) == 3
    assert "faults" not in world_is_made_of(plain, 0)


def test_retraining_and_cleaning_go_on_where_pictures_are_missing() -> None:
    dust = {"what": "camera.haze", "profile": "incremental", "at": "0s", "over": "6h", "to": 0.4, "cleaning": True}
    strategy = {
        "pattern": "stay",
        "retraining": {"every": "3h", "at_least": 50, "at_least_defects": 10, "labels": "both", "training": "1min", "sign_off": "1min"},
        "alarms": [{"name": "light", "watch": "brightness", "detector": {"kind": "always"}, "every": "2h", "then": "clean"}],
    }  # fmt: skip
    whole = scenario(
        NULLS | {"share": "30%"}, STUCK | {"at": "1h", "lasts": "1h"}, missing="refuse", drift=[dust],
        audits={"of_passes": "20%", "of_rejects": "50%", "delay": "10min"}, strategies=[strategy],
    )  # fmt: skip
    one, other = (sim.run(whole, workers=1, engine=engine) for engine in ("compiled", "simpy"))
    assert {"Trained", "CleaningOrdered"} <= {type(event).__name__ for event in one["stay"].events}
    for metric, values in one["stay"].samples.items():
        np.testing.assert_array_equal(values, other["stay"].samples[metric], metric)
