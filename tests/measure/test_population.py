"""Who is measured, and over which time: every phone is accounted for, below and above capacity, on both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_scenarios import drawn_settings, scenario_of, versions_of

import sim
from sim.experiment.replication import StrategySimulation, run_all
from sim.experiment.run import trained
from sim.line.rules import Verdict
from sim.measure.setting import Setting
from sim.measure.tally import Tally
from sim.scenario import Scenario
from sim.units import HOUR


def manual(every: str = "20s", **settings: Any) -> Scenario:
    """Return a line with one inspector."""
    changes = {"horizon": "5h", "replications": 1, "strategies": [{"pattern": "manual"}]}
    return sim.build(**{**changes, "factory": {"arrivals": {"kind": "poisson", "every": every}}, **settings})


def at_load(load: float, law: str = "exponential", **settings: Any) -> Scenario:
    return manual(inspectors={"count": 1, "service": {"law": law, "mean": f"{20 * load}s"}}, **settings)


def simulated(scenario: Scenario, engine: str, versions: Any = None) -> StrategySimulation:
    (simulation,), _ = run_all(scenario, scenario.strategies, versions or trained(scenario), 0, engine)
    return simulation


def tally_of(scenario: Scenario, simulation: StrategySimulation) -> Tally:
    setting = Setting(1, {}, {}, scenario.costs, scenario.audits, simulation.controller.arms, scenario.warm_up)
    return Tally.of(simulation.outcomes, setting)


def check_account(scenario: Scenario, simulation: StrategySimulation) -> Tally:
    """Little's law without averages: what was in the system, added up over time, is what its phones spent in it."""
    outcomes, from_us, until_us = simulation.outcomes, scenario.warm_up, scenario.horizon
    tally = tally_of(scenario, simulation)
    due_us, decided = outcomes.records["due_us"], outcomes.verdict != Verdict.NONE
    moments = np.concatenate([due_us, outcomes.verdict_us[decided], [from_us, until_us]])
    steps = np.concatenate([np.ones(len(due_us)), -np.ones(int(decided.sum())), [0, 0]]).astype(np.int64)
    order = np.argsort(moments, kind="stable")
    moments, number = moments[order], np.cumsum(steps[order])
    inside = (moments[:-1] >= from_us) & (moments[:-1] < until_us)
    area = int((number[:-1] * np.diff(moments))[inside].sum())
    there_before = (due_us < from_us) & (~decided | (outcomes.verdict_us >= from_us))
    spent_before = int((from_us - due_us[there_before]).sum())
    assert area == tally.latency_sum_us + int(tally.waited_us.sum()) - spent_before
    came = int(np.count_nonzero(due_us >= from_us))
    assert np.count_nonzero(there_before) + came == tally.decided + tally.on_line + tally.not_started
    assert len(tally.waited_us) == tally.on_line + tally.not_started
    assert (tally.waited_us >= 0).all()
    return tally


@pytest.mark.parametrize("warm_up", ["0s", "2h"])
@pytest.mark.parametrize("load", [0.5, 0.95, 1.5, 3.0])
def test_littles_law_is_exact_accounting_at_any_load(engine: str, load: float, warm_up: str) -> None:
    scenario = at_load(load, warm_up=warm_up)
    simulation = simulated(scenario, engine)
    tally = check_account(scenario, simulation)
    if load > 1:
        assert tally.on_line > 100
    in_system = simulation.result().timeline.in_system
    assert in_system[0, -1] == tally.on_line + tally.not_started


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=drawn_settings())
def test_it_is_exact_on_any_line(drawn: dict[str, Any]) -> None:
    scenario = scenario_of(drawn)
    simulation = simulated(scenario, "simpy", versions_of(scenario))
    tally = check_account(scenario, simulation)
    worked = Tally.of(simulation.outcomes, simulation.setting())
    assert worked.inspectors_busy_us <= worked.inspectors_rostered_us, "nobody works unpaid"
    metrics = simulation.result().metrics
    assert metrics["phones"] == tally.decided
    assert metrics["on_line"] + metrics["not_started"] == len(tally.waited_us)
    assert metrics["throughput_per_hour"] == pytest.approx(
        tally.decided / ((scenario.horizon - scenario.warm_up) / HOUR)
    )


def test_what_an_overloaded_line_does_after_a_warm_up_is_divided_by_those_for_whom_it_did_it() -> None:
    """An inspector who needs half a minute decides 120 phones an hour, each with half a minute of work."""
    takt = {"arrivals": {"kind": "takt", "every": "20s"}}
    metrics = simulated(at_load(1.5, "fixed", factory=takt, warm_up="2h"), "simpy").result().metrics
    assert metrics["throughput_per_hour"] == pytest.approx(120, abs=0.5)
    assert metrics["busy_minutes_per_1000"] == pytest.approx(500, abs=2)
    assert metrics["rostered_minutes_per_1000"] == pytest.approx(500, abs=2)
    assert metrics["inspector_utilisation"] == 1.0


def test_a_warm_up_that_leaves_no_queue_behind_changes_no_rate() -> None:
    calm = {"arrivals": {"kind": "takt", "every": "20s"}}
    whole, later = (
        simulated(at_load(0.5, "fixed", factory=calm, warm_up=warm_up), "simpy").result().metrics
        for warm_up in ("0s", "1h")
    )
    for name in ("throughput_per_hour", "busy_minutes_per_1000", "latency_p95_s", "inspector_utilisation"):
        assert later[name] == pytest.approx(whole[name], rel=0.005)


class TestPhonesWithoutAVerdict:
    def test_those_that_a_full_line_never_took_are_told_apart_from_those_on_it(self, engine: str) -> None:
        scenario = manual(
            factory={"arrivals": {"kind": "takt", "every": "20s"}},
            inspectors={"count": 1, "buffer": 3, "when_full": "block", "service": {"law": "fixed", "mean": "60s"}},
        )
        metrics = simulated(scenario, engine).result().metrics
        # One in hand, three in the buffer, one at the conveyor's head.
        assert metrics["on_line"] == 5
        assert metrics["not_started"] > 500

    def test_those_that_a_full_buffer_shipped_are_counted(self, engine: str) -> None:
        scenario = manual(
            factory={"arrivals": {"kind": "takt", "every": "20s"}},
            inspectors={"count": 1, "buffer": 3, "when_full": "ship", "service": {"law": "fixed", "mean": "60s"}},
        )
        metrics = simulated(scenario, engine).result().metrics
        assert metrics["overflowed"] == pytest.approx(2 / 3 * metrics["phones"], rel=0.02)

    def test_those_that_a_crash_took_are_counted(self, engine: str) -> None:
        server = {"service": {"law": "fixed", "mean": "60s"}, "outages": [{"at": "1h", "lasts": "10min"}]}
        scenario = manual(
            models={"v1": {"training": {"phones": 2000}, "serving": server}},
            factory={"arrivals": {"kind": "takt", "every": "30s"}},
            strategies=[{"pattern": "full_automation", "candidate": "v1"}],
        )
        # Half of the phones of the first hour wait for the server, or are in its hand.
        assert simulated(scenario, engine).result().metrics["lost_in_crash"] == pytest.approx(60, abs=1)


class TestQuantilesAmongThem:
    def test_one_that_falls_among_them_is_more_than_what_they_have_waited(self) -> None:
        simulation = simulated(at_load(3.0), "simpy")
        run = simulation.result()
        assert {"latency_p50_s", "latency_p95_s", "latency_p99_s", "latency_mean_s"} <= run.more_than
        outcomes, horizon = simulation.outcomes, simulation.outcomes.horizon_us
        due_us, decided = outcomes.records["due_us"], outcomes.verdict != Verdict.NONE
        at_least = np.where(decided, outcomes.verdict_us, horizon) - due_us
        assert run.metrics["latency_p95_s"] == np.quantile(at_least, 0.95) / 1e6

    def test_a_few_phones_in_hand_change_none(self) -> None:
        run = simulated(at_load(0.5), "simpy").result()
        assert 0 < run.metrics["on_line"] < 9
        assert not run.more_than
