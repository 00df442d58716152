"""People who change, held against FACTS 1: averages over a shift, what breaks do, and what rare defects move."""

from __future__ import annotations

import doctest
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.columns import Column, Flags, Times
from sim.inspectors.human import people
from sim.inspectors.human.people import LEAST_FELT, MOST_FELT, People, Tables, felt_after, lasting, read_off
from sim.units import HOUR, MINUTE, SECOND

ALIKE: dict[str, Any] = {"speed_spread": 0, "d_prime_spread": 0, "criterion_spread": 0}
START, TEA = 7 * HOUR, {"after": "2h", "lasts": "10min"}
PEGATRON = [
    TEA,
    {"after": "4h 10min", "lasts": "50min"},
    {"after": "7h", "lasts": "10min"},
    {"after": "9h 10min", "lasts": "10min"},
]
PEOPLE = 20
Looks = tuple[Times, Column, Flags, Flags]


def looks(replications: int, defects: str = "2%", **settings: Any) -> Looks:
    """Return (when each look began, who looked, whether it rejects, whether it should) over a day's twelve-hour shift."""
    scenario = sim.build(
        horizon="19h",
        replications=1,
        seed=5,
        factory={"arrivals": {"kind": "takt", "every": "2s"}, "defect_rate": defects},
        inspectors={
            "count": PEOPLE,
            "buffer": 100,
            "when_full": "ship",
            "borderline_width": settings.pop("borderline_width", 0.2),
            "shifts": [{"start": "07:00", "lasts": "12h", "breaks": PEGATRON}],
            "people": settings,
        },
        deployment={"stable": "humans", "candidate": "nobody"},
        strategies=[{"pattern": "manual"}],
    )
    parts = []
    for replication in range(replications):
        world = whole_world(scenario, {}, replication)
        table = run_strategy(scenario, scenario.strategies[0], {}, world, "compiled").log.looks
        seen = table.verdict >= 0
        defective = world.phones.defective[table.phone[seen]]
        who = table.server[seen] + PEOPLE * replication
        parts.append((table.start_us[seen], who, table.verdict[seen] == 1, defective))
    when, who, rejects, defective = (np.concatenate(column) for column in zip(*parts, strict=True))
    return when, who, rejects, defective


@cache
def a_shift_of_average_people() -> Looks:
    return looks(8, **ALIKE)


def share(which: Flags, among: Flags) -> float:
    return float(which[among].mean())


def test_the_examples_run() -> None:
    assert doctest.testmod(people).failed == 0


def test_average_people_over_a_twelve_hour_shift_are_those_of_facts() -> None:
    _, _, rejects, defective = a_shift_of_average_people()
    assert 0.75 < share(rejects, defective) < 0.79
    assert 0.012 < share(rejects, ~defective) < 0.028


def test_so_is_the_mean_of_five_hundred_people_who_differ() -> None:
    _, who, rejects, defective = looks(26)
    hits = [share(rejects, defective & (who == each)) for each in np.unique(who[defective])]
    assert len(hits) >= 500
    assert 0.73 < np.mean(hits) < 0.79
    assert np.std(hits) > 0.1, "they differ"


def test_hits_fall_within_the_shift_and_come_back_after_a_break() -> None:
    when, _, rejects, defective = looks(6, defects="10%", **ALIKE)
    since_start = when - START

    def hits(from_us: int, until_us: int) -> float:
        return share(rejects, defective & (since_start >= from_us) & (since_start < until_us))

    first, last = hits(0, 2 * HOUR), hits(10 * HOUR, 12 * HOUR)
    before, after = hits(HOUR, 2 * HOUR), hits(130 * MINUTE, 140 * MINUTE)
    assert first > last + 0.02
    assert after > before + 0.02


def test_rare_defects_move_the_criterion_alone() -> None:
    """With clear defects that are always found, rates give d' and c back (Wolfe 2007: the criterion shifts)."""
    clear: dict[str, Any] = {
        **ALIKE,
        "borderline_width": 0.001,
        "search_tau": "100ms",
        "fatigue": 0,
        "vigilance": 0,
        "night": 0,
    }
    z = NormalDist().inv_cdf
    found = []
    for defects in ("1%", "10%"):
        _, _, rejects, defective = looks(4, defects=defects, **clear)
        hit, false = share(rejects, defective), share(rejects, ~defective)
        error = float(
            np.sqrt(
                sum(
                    p * (1 - p) / n / NormalDist().pdf(z(p)) ** 2
                    for p, n in ((hit, defective.sum()), (false, (~defective).sum()))
                )
            )
        )
        found.append((z(hit) - z(false), -(z(hit) + z(false)) / 2, error))
    (d_rare, c_rare, error_rare), (d_often, c_often, error_often) = found
    assert abs(d_rare - d_often) < 4 * np.hypot(error_rare, error_often)
    assert c_rare > c_often + 0.2


def test_what_is_felt_stays_in_bounds_and_comes_from_own_verdicts() -> None:
    assert felt_after(0.1, rejects=True, memory=10.0) == pytest.approx(0.19)
    assert felt_after(LEAST_FELT, rejects=False, memory=1.0) == LEAST_FELT
    assert felt_after(0.4, rejects=True, memory=1.0) == MOST_FELT


def test_tables_are_close_to_what_they_are_made_of() -> None:
    tables = Tables.of(People())
    for q in (0.002, 0.0137, 0.3):
        assert read_off(tables.odds, q * people.FELT_STEPS) == pytest.approx(0.21 * np.log((1 - q) / q), abs=1e-4)
    for minutes in (0.0, 7.3, 45.0):
        told = read_off(tables.vigilance, minutes * MINUTE / people.TIME_STEP_US)
        assert told == pytest.approx(0.4 * (1 - np.exp(-minutes / 20)), abs=1e-4)
    assert read_off(tables.search, 3.5 * SECOND / people.LOOK_STEP_US) == 0.0
    assert read_off(tables.search, 21 * SECOND / people.LOOK_STEP_US) == 1.0


def test_a_look_takes_a_slow_person_longer_and_nobody_no_time() -> None:
    assert [lasting(100, 1.0), lasting(100, 1.5), lasting(1, 0.1)] == [100, 150, 1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"inspectors": {"people": {}}}, "add inspectors.shifts"),
        (
            {
                "inspectors": {"people": {}, "shifts": [{"start": "06:00", "lasts": "8h"}]},
                "strategies": [{"pattern": "manual", "inspectors": {"criterion": 0.1}}],
            },
            "leave it out, or the people",
        ),
    ],
)
def test_what_could_mean_nothing_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(sim.ScenarioError, match=said):
        sim.build(**settings)
