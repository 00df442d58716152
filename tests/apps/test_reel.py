"""A reel is the engine's own log: what an animation shows is what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.apps.paint import PHRASES
from sim.apps.reel import Reel, reel_of
from sim.columns import Column
from sim.experiment.replication import replicate, run_all
from sim.experiment.run import trained
from sim.line.engines import ENGINES
from sim.line.rules import Verdict
from sim.scenario import Scenario

STRATEGIES: list[dict[str, Any]] = [
    {"pattern": "shadow"},
    {"pattern": "canary", "steps": [30, 100], "hold": "2h"},
    {"pattern": "partial_automation", "review": "20%"},
]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return sim.build(
        seed=3,
        replications=1,
        horizon="8h",
        factory={"defect_rate": "8%"},
        models={
            "v2": {
                "kind": "boosted_trees",
                "training": {"phones": 2000},
                "serving": {"outages": [{"at": "5h", "lasts": "20min"}]},
            }
        },
        deployment={"stable": "humans", "candidate": "v2", "start": "1h"},
        strategies=STRATEGIES,
    )


@pytest.fixture(scope="module")
def versions(scenario: Scenario) -> Any:
    return trained(scenario)


def _reel(scenario: Scenario, versions: Any, number: int, engine: str = "simpy") -> Reel:
    return reel_of(scenario, scenario.strategies[number], versions, 0, engine)


def _same(told: Column, us: Column) -> bool:
    """Whether moments in seconds are those of the log, to the millisecond, and none where there is none."""
    return bool(np.array_equal(np.nan_to_num(np.round(told * 1000), nan=-1), np.where(us < 0, -1, us // 1000)))


@pytest.mark.parametrize("number", range(len(STRATEGIES)))
def test_verdicts_and_moments_are_those_of_the_log(scenario: Scenario, versions: Any, number: int) -> None:
    (simulation,), records = run_all(scenario, [scenario.strategies[number]], versions, 0, "simpy")
    reel = _reel(scenario, versions, number)
    read = reel.packed.read
    outcomes = simulation.outcomes
    assert np.array_equal(np.nan_to_num(read("verdict"), nan=-1), outcomes.verdict)
    assert np.array_equal(read("by"), outcomes.decided_by)
    assert _same(read("due"), records["due_us"])
    assert _same(read("due") + read("takes"), outcomes.verdict_us)


@pytest.mark.parametrize("number", range(len(STRATEGIES)))
def test_a_phone_is_decided_when_its_last_look_ends(scenario: Scenario, versions: Any, number: int) -> None:
    read = _reel(scenario, versions, number).packed.read
    of_phone = np.repeat(np.arange(len(read("due"))), read("visits").astype(int))
    end = (read("due") + read("held"))[of_phone] + read("asked") + read("waits") + read("looks")
    decides = (read("kind") != 3) & np.isin(read("said"), (Verdict.PASS, Verdict.REJECT))
    assert decides.sum() > 900
    decided = (read("due") + read("takes"))[of_phone]
    assert np.allclose(end[decides], decided[decides], atol=1e-6)
    assert np.array_equal(read("said")[decides], read("verdict")[of_phone][decides])


def test_escapes_and_false_rejects_are_as_measured(scenario: Scenario, versions: Any) -> None:
    for number, run in enumerate(replicate(scenario, scenario.strategies, versions, 0, "simpy")):
        read = _reel(scenario, versions, number).packed.read
        verdict, defective = read("verdict"), read("defective") == 1
        assert ((verdict == Verdict.PASS) & defective).sum() == run.timeline.escaped.sum()
        assert ((verdict == Verdict.REJECT) & ~defective).sum() == run.timeline.overkilled.sum()
        escapes = (verdict == Verdict.PASS) & defective
        assert escapes.sum() / (defective & np.isfinite(verdict)).sum() == pytest.approx(run.metrics["escape_rate"])


def test_a_defect_is_a_phone_with_a_flaw_beyond_its_tolerance(scenario: Scenario, versions: Any) -> None:
    read = _reel(scenario, versions, 0).packed.read
    worst = np.zeros(len(read("due")))
    np.maximum.at(worst, read("flawed").astype(int), read("severity"))
    assert np.array_equal(worst > 1.005, read("defective") == 1)
    assert np.array_equal(worst, read("worst"))  # nothing drifts the standard here


def test_a_mirror_decides_nothing_and_has_a_score(scenario: Scenario, versions: Any) -> None:
    reel = _reel(scenario, versions, 0)
    read = reel.packed.read
    mirror = read("kind") == 3
    assert mirror.sum() > 500
    score = reel.header["evidence_from"] + read("evidence")[mirror & np.isfinite(read("evidence"))]
    assert 0 <= score.min() < 0.1
    assert 0.5 < score.max() <= 1


def test_an_outage_is_told_and_phones_fall_back(scenario: Scenario, versions: Any) -> None:
    reel = _reel(scenario, versions, 2)
    model = next(station for station in reel.header["stations"] if station["kind"] == "model")
    assert model["outages_s"] == [[5 * 3600, 5 * 3600 + 1200]]
    assert (reel.packed.read("by") == 6).sum() > 30


@pytest.mark.parametrize("number", range(len(STRATEGIES)))
def test_every_engine_makes_the_same_reel(scenario: Scenario, versions: Any, number: int) -> None:
    reels = [_reel(scenario, versions, number, engine) for engine in ENGINES]
    assert len({reel.packed.data for reel in reels}) == 1
    assert all(reel.message == reels[0].message for reel in reels)


def test_three_days_of_phones_are_well_under_a_megabyte() -> None:
    scenario = sim.build(
        horizon="80h", replications=1, models={"v1": {"training": {"phones": 2000}}}, strategies=[{"pattern": "shadow"}],
        factory={"arrivals": {"kind": "takt", "every": "20s"}},
    )  # fmt: skip
    reel = reel_of(scenario, scenario.strategies[0], trained(scenario), 0, "simpy")
    assert len(reel.packed.read("due")) > 14_300
    assert len(reel.packed.data) < 800_000
    print(len(reel.packed.data))


def test_a_run_of_many_weeks_has_longer_ticks() -> None:
    scenario = sim.build(
        horizon="60d",
        replications=1,
        factory={"arrivals": {"kind": "takt", "every": "10min"}},
        strategies=[{"pattern": "manual"}],
    )
    reel = reel_of(scenario, scenario.strategies[0], trained(scenario), 0, "simpy")
    due = reel.packed.read("due")
    assert due[-1] == pytest.approx(60 * 86_400, abs=1200)
    assert np.all(np.diff(due) > 0)


def test_there_is_a_word_for_every_verdict_of_a_look() -> None:
    assert len(PHRASES["said"]) == max(Verdict) + 1
