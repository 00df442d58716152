"""Whole random runs, measured: however many phones chance sends, in whatever blocks, on every engine the same."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_scenarios import (
    BY_TIMES,
    POISSON,
    differences,
    drawn_settings,
    hurried,
    scenario_of,
    settings_of,
    versions_of,
)

import sim
from sim import units
from sim.deployment import controller
from sim.deployment.monitoring import lifecycle
from sim.experiment.replication import StrategyRun, replicate
from sim.experiment.world_block import expected_phones
from sim.line.engines import ENGINES

#: In every run of the tests; DRIFTLINE_FUZZ=2000 in the environment asks for more.
RUNS = int(os.environ.get("DRIFTLINE_FUZZ", "25"))
#: Blocks of a run on the fast clock: ten thousand phones, one by one, would be looked through ten thousand times.
MOST_BLOCKS = 100


#: Each looks on for a while, and then no longer.
LOOKING_ON: dict[str, dict[str, Any]] = {
    "blue_green": {"pre_check": "5min", "pre_analysis": None},
    "argo_canary": {"steps": [{"set_mirror_route": {}}, {"pause": {"duration": "5min"}}, {"set_mirror_route": {"percentage": 0}}]},
}  # fmt: skip


@pytest.mark.parametrize("pattern", LOOKING_ON)
def test_more_phones_than_expected_crash_nothing(engine: str, pattern: str) -> None:
    scenario = sim.build(
        horizon="30min",
        block=100,
        factory={"arrivals": {"kind": "poisson", "every": "2s"}},
        models={"v1": {"training": {"phones": 800, "labels": "experts"}}},
        strategies=[{"pattern": pattern, **LOOKING_ON[pattern]}],
        replications=6,
    )
    history = sim.run(scenario, engine=engine, workers=1)[pattern].timeline
    due = (history.defective + history.good + history.undecided).sum(axis=1)
    assert due.max() > 30 * 30 > due.min()
    assert history.mirrored["v1"].sum(axis=1).min() > 0


@pytest.mark.slow
@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_settings(POISSON, fewest=2, most=6), block=st.integers(1, 60))
def test_random_runs_measure_alike_on_every_engine_and_in_any_blocks(drawn: dict[str, Any], block: int) -> None:
    whole, cut = scenario_of(drawn), scenario_of(drawn, block=block)
    versions = versions_of(whole)
    expected = replicate(whole, whole.strategies, versions, 0, "simpy")
    for engine in ENGINES:
        found = replicate(cut, cut.strategies, versions, 0, engine)
        for strategy, one, other in zip(cut.strategies, expected, found, strict=True):
            assert differences(one, other) == [], f"{strategy.title}, {engine}, in blocks of {block}"
    for run in expected:
        nobody_works_more_than_all_the_time(run)
    everybody_settles_the_same_phones(expected)


@pytest.mark.slow
@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_settings(BY_TIMES, most=2), block=st.integers(1, 1000), data=st.data())
def test_delays_of_nothing_and_of_a_microsecond_run_alike_on_every_engine(
    drawn: dict[str, Any], block: int, data: st.DataObject
) -> None:
    short = st.sampled_from([False, False, True])
    with pytest.MonkeyPatch.context() as patch:
        for home in (units, controller):
            patch.setattr(home, "SHORTEST_RHYTHM", 1)  # a second of this clock
        scenario = sim.build(**hurried(settings_of(drawn), lambda: data.draw(short)))
        block = max(block, expected_phones(scenario) // MOST_BLOCKS)
        scenario = scenario.model_copy(update={"block": block})
        versions = versions_of(scenario)
        patch.setattr(lifecycle, "COUNTS_EVERY_US", 60)  # a minute of it
        patch.setattr(lifecycle, "PROMISE_AFTER_US", 120)
        expected, *others = (replicate(scenario, scenario.strategies, versions, 0, engine) for engine in ENGINES)
    for found in others:
        for strategy, one, other in zip(scenario.strategies, expected, found, strict=True):
            assert differences(one, other) == [], strategy.title
    for run in expected:
        nobody_works_more_than_all_the_time(run)


def everybody_settles_the_same_phones(runs: list[StrategyRun]) -> None:
    """No phone is lost or decided twice, whatever fails: those decided and those without a verdict are the world's."""
    for run in runs:
        decided = sum(counts.sum(axis=0) for counts in run.timeline.decided_by.values())
        phones = decided + run.timeline.undecided.sum(axis=0)
        first = runs[0].timeline
        expected = sum(counts.sum(axis=0) for counts in first.decided_by.values()) + first.undecided.sum(axis=0)
        assert phones.tolist() == expected.tolist()


def nobody_works_more_than_all_the_time(run: StrategyRun) -> None:
    for metric in ("inspector_utilisation", "server_utilisation", "line_stopped_share"):
        assert not run.metrics[metric] < 0.0, metric
        assert not run.metrics[metric] > 1.0, metric
