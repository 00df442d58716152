"""Servers that break down by chance: at other times in each replication, at the same ones under every strategy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import sim
from sim.experiment.replication import build_plant, run_all
from sim.experiment.run import trained
from sim.line.rules import DecidedBy, Verdict
from sim.report.data.export import as_json
from sim.scenario import Scenario
from sim.units import HOUR, MINUTE, SECOND

BROKEN = {"mtbf": "2h", "mttr": "20min"}


def scenario(**more: Any) -> Scenario:
    training = {"training": {"phones": 800, "labels": "experts"}}
    settings: dict[str, Any] = {
        "horizon": "12h",
        "replications": 3,
        "models": {"v1": {**training, "serving": {"breakdowns": BROKEN}}, "v2": training},
        "strategies": [
            {"pattern": "full_automation", "candidate": "v1", "name": "over"},
            {"pattern": "full_automation", "candidate": "v1", "name": "open", "fallback": "nobody"},
        ],
    }
    return sim.build(**{**settings, **more})


@pytest.fixture(scope="module")
def result() -> sim.Result:
    return sim.run(scenario(), workers=1)


def test_every_replication_has_its_own_and_a_run_tells_of_those_that_it_shows(result: sim.Result) -> None:
    assert result.world_events == ()
    assert len(result.by_chance) == 3
    assert len(set(result.by_chance)) == 3
    assert result.befell == result.by_chance[result.shown]
    for events in result.by_chance:
        assert events
        assert all(earlier.time_us + earlier.lasts_us < later.time_us for earlier, later in pairwise(events))


def test_while_the_server_is_down_the_fallback_decides_and_else_nobody_does(engine: str) -> None:
    whole = scenario()
    versions = trained(whole)
    for replication in range(2):
        simulations, records = run_all(whole, whole.strategies, versions, replication, engine)
        down = [(e.time_us, e.time_us + e.lasts_us) for e in sim.run(whole, workers=1).by_chance[replication]]
        due = records["due_us"]
        away = np.any([(begin <= due) & (due < end) for begin, end in down], axis=0)
        for simulation, how in zip(simulations, (DecidedBy.FALLBACK, DecidedBy.FAIL_OPEN), strict=True):
            outcomes = simulation.outcomes
            settled = outcomes.verdict != Verdict.NONE
            lost = simulation.result().metrics["lost_in_crash"]
            fallen_back = (outcomes.decided_by == how) & settled
            assert (fallen_back | ~away | ~settled).all()
            assert 0 <= (fallen_back & ~away).sum() == lost


def test_engines_agree(result: sim.Result) -> None:
    specified = sim.run(scenario(), workers=1, engine="simpy")
    for one, other in zip(result.strategies, specified.strategies, strict=True):
        for metric, values in one.samples.items():
            np.testing.assert_array_equal(values, other.samples[metric], metric)


def test_another_version_or_strategy_changes_no_breakdown(result: sim.Result) -> None:
    alone = sim.run(scenario(strategies=[{"pattern": "shadow", "candidate": "v1"}]), workers=1)
    assert alone.by_chance == result.by_chance
    broken = {"training": {"phones": 800, "labels": "experts"}, "serving": {"breakdowns": BROKEN}}
    in_turn = [{"pattern": "canary", "stable": "v1", "candidate": "v2"}]
    both = sim.run(scenario(models={"v1": broken, "v2": broken}, strategies=in_turn), workers=1)
    own = [tuple(event for event in events if event.version == "v1") for events in both.by_chance]
    assert tuple(own) == result.by_chance
    assert all(len(events) > len(mine) for events, mine in zip(both.by_chance, own, strict=True))


def test_times_that_the_file_says_are_joined_with_them(result: sim.Result) -> None:
    training = {"training": {"phones": 800, "labels": "experts"}}
    outages = [{"at": "1h", "lasts": "1h"}]
    whole = scenario(models={"v1": {**training, "serving": {"breakdowns": BROKEN, "outages": outages}}, "v2": training})
    versions = trained(whole)
    simulations, _ = run_all(whole, whole.strategies[:1], versions, 0, "compiled")
    (down,) = (station.outages for station in simulations[0].plant.models)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(down))
    inside = {minute for begin, end in down for minute in range(begin // MINUTE, end // MINUTE)}
    assert set(range(60, 120)) <= inside
    for event in result.by_chance[0]:
        assert set(range(event.time_us // MINUTE, (event.time_us + event.lasts_us) // MINUTE)) <= inside
    assert sim.run(whole, workers=1).world_events[0].time_us == HOUR


def test_a_saved_run_tells_which_replication_each_was_in(result: sim.Result, tmp_path: Any) -> None:
    folder = result.save(tmp_path / "run")
    rows = (folder / "events.csv").read_text(encoding="utf-8").splitlines()
    assert {row.rsplit(",", 1)[1] for row in rows if "outage_began" in row} == {"0", "1", "2"}
    told = as_json(result)
    assert told["world_events"] == []
    for number, (events, rows) in enumerate(zip(result.by_chance, told["by_chance"], strict=True)):
        assert [(row["time_s"], row["replication"]) for row in rows] == [(e.time_us / SECOND, number) for e in events]


def test_versions_to_come_break_down_with_the_one_whose_server_they_take() -> None:
    whole = scenario()
    versions = trained(whole)
    plant = build_plant(whole, versions, 1, served_as={"v1.1": "v1"}, replication=1)
    own, later = (station.outages for station in plant.models)
    assert own
    assert own == later
