"""How busy servers were: at most all the time for which they ran, however a rollout leaves them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_scenarios import drawn_settings, scenario_of, versions_of
from whole_runs import run_strategy, whole_world

import sim
from sim.experiment.replication import StrategyRun, deployed, replicate
from sim.line.engines import default
from sim.measure.outcomes import time_outside
from sim.scenario import Scenario
from sim.units import MINUTE


def of(scenario: Scenario) -> StrategyRun:
    (run,) = replicate(scenario, scenario.strategies, versions_of(scenario), 0, default())
    return run


def ramped_and_abandoned(**settings: Any) -> Scenario:
    """Return a line whose canary sends more phones than its server can take, and is rolled back after ten minutes."""
    return sim.build(
        horizon="2h",
        factory={"arrivals": {"kind": "takt", "every": "10s"}},
        inspectors={"count": 6},
        models={"v1": {}, "v2": {"serving": {"service": {"law": "fixed", "mean": "1min"}}}},
        strategies=[
            {
                "pattern": "argo_canary", "candidate": "v2",
                "steps": [{"set_weight": 100}, {"pause": {"duration": "1h"}}],
                "analysis": {"metrics": [{"metric": "latency_p95_s", "initial_delay": "10min", "failure_condition": "result > 0"}]},
            }
        ],
        **settings,
    )  # fmt: skip


def test_servers_that_work_off_a_queue_after_a_rollback_are_still_running() -> None:
    # Phones are due at 10 s, 20 s ... 10 min; 60 looks of a minute each, one after the other, from 10 s on.
    run = of(ramped_and_abandoned())
    assert [change.time_us for change in run.history.routes] == [0, 10 * MINUTE]
    assert run.metrics["server_utilisation"] == 60 / (60 + 1 / 6)


def test_only_what_falls_after_the_warm_up_counts() -> None:
    # From 30 min on the server is at work and no route asks for it.
    assert of(ramped_and_abandoned(warm_up="30min")).metrics["server_utilisation"] == 1.0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_settings())
def test_a_replica_runs_while_a_route_asks_for_it_or_it_is_at_work(drawn: dict[str, Any]) -> None:
    """The same, replica by replica from the whole log, for any plant, outage, warm-up and strategy."""
    scenario = scenario_of(drawn)
    (strategy,), versions = scenario.strategies, versions_of(scenario)
    run = run_strategy(scenario, strategy, versions, whole_world(scenario, versions, 0), default())
    from_us, until_us = scenario.warm_up, scenario.horizon
    looks, work = run.log.looks, defaultdict(list)
    for station, server, start, end in zip(looks.station, looks.server, looks.start_us, looks.end_us, strict=True):
        if start >= 0:
            end = until_us if end < 0 else end
            work[run.log.stations[station], int(server)].append((max(int(start), from_us), max(int(end), from_us)))
    asked = deployed(run.routes, until_us)
    busy = running = 0
    for name in run.log.stations[:-1]:
        base = name if name in scenario.models else "v2"
        for replica in range(scenario.models[base].serving.replicas):
            spans = work[name, replica]
            busy += sum(end - begin for begin, end in spans)
            running += length(
                [*spans, *((max(begin, from_us), max(end, from_us)) for begin, end in asked.get(name, ()))]
            )
    expected = busy / running if running else None
    assert of(scenario).metrics["server_utilisation"] == pytest.approx(expected, abs=1e-15) if running else busy == 0


def length(spans: list[tuple[int, int]]) -> int:
    """Return how long anything of several spans lasts."""
    total, upto = 0, -1
    for begin, end in sorted(spans):
        total += max(0, end - max(begin, upto))
        upto = max(upto, end)
    return total


def test_time_outside_of_periods() -> None:
    draw = np.random.default_rng(1)
    for _ in range(200):
        edges = np.unique(draw.integers(0, 30, 2 * int(draw.integers(0, 4))))
        periods = [(int(a), int(b)) for a, b in edges[: len(edges) // 2 * 2].reshape(-1, 2)]
        began = draw.integers(0, 30, 5)
        ended = began + draw.integers(0, 9, 5)
        moments = [moment for a, b in zip(began, ended, strict=True) for moment in range(a, b)]
        expected = sum(not any(begin <= moment < end for begin, end in periods) for moment in moments)
        assert time_outside(began, ended, periods) == expected
