"""What people's own looks were worth: counted block by block as from the whole log, and as theory has it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.experiment.replication import StrategyRun, replicate
from sim.experiment.training import trained
from sim.inspectors.human.calendar import roster
from sim.line.rules import Verdict
from sim.measure.people import (
    HIT,
    MISS,
    REST_BINS,
    REST_STEP_US,
    PeopleCounts,
    false_alarms,
    hits,
    kappa_of_all,
    kappa_of_one,
)
from sim.scenario import Scenario
from sim.units import HOUR

ALIKE: dict[str, Any] = {"speed_spread": 0, "d_prime_spread": 0, "criterion_spread": 0}
TABLES = ("by_person", "by_rest", "by_hour", "by_prevalence")


def small(**settings: Any) -> Scenario:
    """Return six hours of people on shifts, with review and with an outage's fallback."""
    given: dict[str, Any] = {
        "horizon": "6h",
        "block": 300,
        "replications": 1,
        "factory": {"arrivals": {"kind": "takt", "every": "8s"}, "defect_rate": "15%"},
        "inspectors": {
            "count": 3,
            "shifts": [
                {"start": "22:00", "lasts": "4h", "breaks": [{"after": "2h 30min", "lasts": "10min"}]},
                {"start": "02:00", "lasts": "8h", "stagger": "20min", "breaks": [{"after": "1h", "lasts": "15min"}]},
            ],
            "people": {},
        },
        "models": {"v1": {"training": {"phones": 2000}, "serving": {"outages": [{"at": "3h", "lasts": "20min"}]}}},
        "deployment": {"stable": "humans", "candidate": "v1", "start": "1h"},
        "strategies": [{"pattern": "partial_automation", "review": "30%"}],
    }
    return sim.build(**{**given, **settings})


def run(scenario: Scenario, engine: str = "compiled") -> StrategyRun:
    (found,) = replicate(scenario, scenario.strategies, trained(scenario), 0, engine)
    return found


def by_hand(scenario: Scenario) -> dict[str, Counter[tuple[int, int]]]:
    """Count the whole log's looks one by one."""
    versions = trained(scenario)
    world = whole_world(scenario, versions, 0)
    looks = run_strategy(scenario, scenario.strategies[0], versions, world, "compiled").log.looks
    duty = roster(scenario.inspectors.shifts, (), scenario.inspectors.count, scenario.horizon)
    found: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in TABLES}
    for row in np.flatnonzero((looks.station == looks.station.max()) & np.isin(looks.verdict, (0, 1))):
        if looks.end_us[row] < scenario.warm_up:
            continue
        cell = 2 * int(world.phones.defective[looks.phone[row]]) + int(looks.verdict[row] == Verdict.REJECT)
        start, who = int(looks.start_us[row]), int(looks.server[row])
        (own,) = (each for each in duty if each.person == who and each.from_us <= start < each.until_us)
        found["by_person"][who, cell] += 1
        found["by_rest"][min((start - own.rested_us) // REST_STEP_US, REST_BINS - 1), cell] += 1
        found["by_hour"][(start - own.shift_us) // HOUR, cell] += 1
    return found


@pytest.mark.parametrize("warm_up", ["0s", "2h"])
def test_blocks_count_as_the_whole_log_does_on_both_engines(warm_up: str) -> None:
    scenario = small(warm_up=warm_up)
    told = {engine: run(scenario, engine).people for engine in ("compiled", "simpy")}
    for name in TABLES:
        np.testing.assert_array_equal(getattr(told["compiled"], name), getattr(told["simpy"], name))
    expected = by_hand(scenario)
    for name in TABLES[:3]:
        table = getattr(told["compiled"], name)[0]
        assert {(i, j): int(table[i, j]) for i, j in np.argwhere(table)} == expected[name], name
    assert told["compiled"].by_prevalence.sum() == told["compiled"].by_person.sum() > 500


def test_where_nobody_looks_nothing_is_told_and_without_a_calendar_nobody_has_a_break() -> None:
    settings: dict[str, Any] = {
        "horizon": "1h", "replications": 1, "strategies": [{"pattern": "stay"}, {"pattern": "manual", "stable": "humans"}],
        "deployment": {"stable": "nobody", "candidate": "humans"},
    }  # fmt: skip
    unseen, seen = sim.run(sim.build(**settings), workers=1).strategies
    assert unseen.people is None
    assert seen.people is not None
    assert not seen.people.by_time


@cache
def constant() -> PeopleCounts:
    """Return what three constant inspectors did in 16 replications, with hardly any borderline phone."""
    scenario = sim.build(
        seed=4,
        horizon="2min",
        replications=16,
        factory={
            "arrivals": {"kind": "poisson", "every": "20ms"},
            "defect_rate": "10%",
            "lots": {"size": 20},
            "kinds": [{"name": "scratch", "share": "60%"}, {"name": "dent", "share": "40%"}],
        },
        inspectors={"count": 3, "service": {"law": "fixed", "mean": "1ms"}, "borderline_width": 1e-6},
        deployment={"stable": "humans", "candidate": "nobody"},
        strategies=[{"pattern": "manual"}],
    )
    found = sim.run(scenario, workers=1)["manual"].people
    assert found is not None
    return found


def test_a_constant_inspectors_rates_and_kappa_are_those_of_theory() -> None:
    escape, overkill = 1.0 - NormalDist().cdf(3.0 / 2 - 0.56), NormalDist().cdf(-3.0 / 2 - 0.56)
    people = constant()
    looks = people.by_person.sum(axis=1)[:, None]
    found, false, kappa = hits(looks), false_alarms(looks), kappa_of_all(looks[:, 0])
    shares = np.array([[0.9 * (1 - overkill), 0.9 * overkill], [0.1 * escape, 0.1 * (1 - escape)]])
    by_chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    theory = (float(np.trace(shares)) - by_chance) / (1 - by_chance)
    for low, high, value in (
        (found.low[0], found.high[0], 1 - escape),
        (false.low[0], false.high[0], overkill),
        (kappa.low, kappa.high, theory),
    ):
        middle, half = (low + high) / 2, (high - low) / 2
        assert half < 0.05 * value
        assert abs(middle - value) < 2.9 / 2.1 * half, "99 % where the interval has 95 %: three are judged"


def test_everybody_is_as_good_as_the_others_where_nobody_differs() -> None:
    kappas = [kappa_of_one(each) for each in constant().by_person.sum(axis=0)]
    assert max(kappa.low for kappa in kappas) < min(kappa.high for kappa in kappas)


@cache
def changing() -> PeopleCounts:
    """Return a twelve-hour shift, a break in its middle, of people alike whose vigilance wanes far."""
    scenario = sim.build(
        horizon="19h",
        replications=1,
        seed=5,
        factory={"arrivals": {"kind": "takt", "every": "2s"}, "defect_rate": "20%"},
        inspectors={
            "count": 20,
            "buffer": 100,
            "when_full": "ship",
            "shifts": [{"start": "07:00", "lasts": "12h", "breaks": [{"after": "6h", "lasts": "20min"}]}],
            "people": {**ALIKE, "vigilance": 0.95, "fatigue": 0.03, "prevalence_slope": 0, "c50": 0.3},
        },
        deployment={"stable": "humans", "candidate": "nobody"},
        strategies=[{"pattern": "manual"}],
    )
    return run(scenario).people


def rate(counts: np.ndarray) -> float:
    return float(counts[..., HIT].sum() / counts[..., [MISS, HIT]].sum())


def test_hits_wane_from_the_break_on_and_come_back_after_it() -> None:
    rest, hour = changing().by_rest[0], changing().by_hour[0]
    fresh, waned = rate(rest[0]), rate(rest[6:12])
    assert fresh > waned + 0.04
    assert false_alarms(changing().by_rest).mean[0] > false_alarms(changing().by_rest).mean[6], "it is the criterion"
    assert rate(hour[6:7]) > rate(hour[4:6]) + 0.03, "after the break"
    assert rate(hour[1:3]) > rate(hour[10:12]) + 0.05, "fatigue"


def test_hits_rise_where_defects_are_frequent() -> None:
    """Lots differ much, and what is felt moves the criterion."""
    scenario = small(
        horizon="5d",
        factory={
            "arrivals": {"kind": "takt", "every": "4s"}, "defect_rate": "4%",
            "lots": {"size": 4000, "cv": 0, "bad_share": "30%", "bad_factor": 8},
        },
        inspectors={
            "count": 8, "people": {**ALIKE, "prevalence_slope": 0.3},
            "shifts": [{"start": "00:00", "lasts": "12h"}, {"start": "12:00", "lasts": "12h"}],
        },
        strategies=[{"pattern": "manual"}], models={}, deployment={"stable": "humans", "candidate": "nobody"}, block=100_000,
    )  # fmt: skip
    seen = run(scenario).people.by_prevalence[0]
    rare, frequent = seen[:4], seen[5:]
    assert rate(frequent) > rate(rare) + 0.05
