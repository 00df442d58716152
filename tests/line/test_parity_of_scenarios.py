"""Whole random scenarios, drawn by Hypothesis, give equal logs on every engine: world, models, strategies and all."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from random_scenarios import drawn_settings, scenario_of, versions_of
from whole_runs import run_strategy, whole_world

from sim.experiment.world_block import world_blocks
from sim.line.engines import ENGINES
from sim.line.log import InspectionLog

PEERS = [name for name in ENGINES if name != "simpy"]
#: In every run of the tests; DRIFTLINE_FUZZ=2000 in the environment asks for more.
SCENARIOS = int(os.environ.get("DRIFTLINE_FUZZ", "100"))


@pytest.mark.parametrize("peer", PEERS)
@settings(max_examples=SCENARIOS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_settings())
def test_random_scenarios_give_equal_logs(peer: str, drawn: dict[str, Any]) -> None:
    scenario = scenario_of(drawn)
    versions = versions_of(scenario)
    block = whole_world(scenario, versions, replication=0)
    (strategy,) = scenario.strategies
    expected, found = (run_strategy(scenario, strategy, versions, block, name) for name in ("simpy", peer))
    differences = expected.log.differences(found.log)
    note(f"{len(block.phones)} phones, {sum(1 for _ in world_blocks(scenario, versions, 0, 50))} blocks of 50")
    assert differences == [], "\n".join(differences)
    assert (expected.events, expected.routes) == (found.events, found.routes)
    nobody_starts_off_duty(found.log)


def nobody_starts_off_duty(log: InspectionLog) -> None:
    """Every look of a person begins while that person is on duty: in the last microsecond of it, too."""
    if not len(log.duty):
        return
    mine = (log.looks.station == len(log.stations) - 1) & (log.looks.start_us >= 0)
    for person, start_us in zip(log.looks.server[mine], log.looks.start_us[mine], strict=True):
        stretches = log.duty[log.duty[:, 0] == person]
        assert ((stretches[:, 1] <= start_us) & (start_us < stretches[:, 2])).any() or start_us == log.horizon_us
