"""Cleaning the lens: pictures are what they were without the dust, the phones stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.deployment.monitoring.retraining import CleaningOrder
from sim.deployment.strategy import PATTERNS
from sim.experiment.replication import replicate
from sim.experiment.run import trained
from sim.factory.drift import cleaned
from sim.factory.drift.profiles.incremental import Incremental
from sim.factory.drift.profiles.sudden import Sudden
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.line.engines import ENGINES
from sim.report.text.sentences import sentence
from sim.units import HOUR

DUST = {"what": "camera.haze", "profile": "incremental", "at": "0s", "over": "1d", "to": 0.3, "cleaning": True}


@pytest.fixture
def cleaner() -> Any:
    @sim.pattern("cleaner")
    def playbook(rollout: Any, *, every: int = 12, brightness: float = 0.0) -> Any:
        rollout.promote()
        while True:
            yield from rollout.wait(f"{every}h")
            rollout.order(CleaningOrder(rollout.now + HOUR))
            rollout.note("brightness", str(rollout.telemetry.read("brightness", "v1", rollout.now - HOUR)))

    yield
    PATTERNS.forget("cleaner")


def line(*strategies: dict[str, Any], drift: Any = (DUST,)) -> Any:
    return sim.build(
        horizon="2d", seed=3, replications=1,
        factory={"arrivals": {"kind": "takt", "every": "20s"}, "defect_rate": "10%"},
        models={"v1": {"training": {"phones": 3000}}}, deployment={"stable": "humans", "candidate": "v1"},
        audits={"of_passes": "50%", "of_rejects": "50%"}, drift=list(drift), strategies=list(strategies),
    )  # fmt: skip


def test_dust_begins_anew_and_a_smear_is_gone():
    dust = Incremental(what="camera.haze", profile="incremental", at="5h", over="10h", to=0.3, cleaning=True)
    smear = Sudden(what="camera.blur", at="7h", to=0.5, cleaning=True)
    lamp = Sudden(what="camera.brightness", at="7h", to=0.5)
    assert [(event.what, event.at) for event in cleaned((dust, smear, lamp), 20 * HOUR)] == [
        ("camera.haze", 20 * HOUR), ("camera.brightness", 7 * HOUR)
    ]  # fmt: skip
    assert cleaned((dust, smear, lamp), 4 * HOUR) == (dust, smear, lamp)  # what is still to come will come


def test_pictures_after_a_cleaning_are_those_of_a_line_without_dust():
    dust = Sudden(what="camera.haze", at="0s", to=0.3, cleaning=True)
    lamp = Sudden(what="camera.brightness", at="1d", to=0.8)
    dusty, clear = (World(Factory(), drift, Streams(1, 0)) for drift in ((dust, lamp), (lamp,)))
    phones, never_dusty = dusty.take(10_000), clear.take(10_000)
    found = dusty.cleaned(phones, [HOUR])
    after = phones.due_us >= HOUR
    assert np.array_equal(found[~after], phones.features[~after])
    np.testing.assert_allclose(found[after], never_dusty.features[after], atol=2e-6)
    assert np.abs(phones.features[after] - never_dusty.features[after]).max() > 0.1


def test_the_latest_cleaning_counts():
    dust = Incremental(what="camera.haze", profile="incremental", at="0s", over="1d", to=0.24, cleaning=True)
    world = World(Factory(), (dust,), Streams(1, 0))
    phones = world.take(8000)
    hours = phones.due_us / HOUR
    haze = (world.cleaned(phones, [6 * HOUR, 18 * HOUR]) - phones.features)[:, 0]
    expected = np.where(hours < 6, 0.0, np.where(hours < 18, -0.06, -0.18))
    gathering = hours < 24  # after a day the uncleaned lens can't get dustier
    np.testing.assert_allclose(haze[gathering], expected[gathering], atol=2e-4)


def test_cleaning_helps_and_costs_no_phone_its_fate(cleaner, engine):
    scenario = line({"pattern": "cleaner"}, {"pattern": "full_automation"})
    clean, dusty = replicate(scenario, scenario.strategies, trained(scenario), 0, engine)
    assert clean.metrics["overkill_rate"] < 0.6 * dusty.metrics["overkill_rate"]
    assert clean.metrics["phones"] == dusty.metrics["phones"]


def test_the_team_sees_its_own_pictures(cleaner):
    scenario = line({"pattern": "cleaner", "every": 9})
    versions = trained(scenario)
    found = run_strategy(scenario, scenario.strategies[0], versions, whole_world(scenario, versions, 0), "simpy")
    brightness = [float(sentence(note).split()[0]) for note in found.events if note.kind == "brightness"]
    # Haze makes pictures brighter. Cleaned at 10 h, 19 h ...: at every look there are eight hours of dust.
    assert brightness[0] == pytest.approx(1 + 0.5 * 0.3 * 8.5 / 24, abs=0.01)
    assert brightness[1:4] == pytest.approx([1 + 0.5 * 0.3 * 7.5 / 24] * 3, abs=0.01)


def test_engines_and_blocks_agree(cleaner):
    retraining = {"every": "12h", "at_least_defects": 10}
    scenario = line({"pattern": "cleaner"}, {"pattern": "cleaner", "name": "both", "retraining": retraining})
    versions = trained(scenario)
    one, *others = [
        replicate(scenario.model_copy(update={"block": block}), scenario.strategies, versions, 0, engine)
        for engine in ENGINES
        for block in (100_000, 701)
    ]
    for other in others:
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_equal(mine.metrics, theirs.metrics)
            assert mine.history.events == theirs.history.events


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({**DUST, "what": "standard.tolerance", "to": 0.5}, "the lens is the camera's"),
        ({**DUST, "profile": "gradual"}, "dust comes sudden"),
    ],
)
def test_what_no_cloth_can_wipe_away_is_refused(wrong, said):
    with pytest.raises(sim.ScenarioError, match=said):
        line({"pattern": "manual"}, drift=[wrong])
