"""The attribute agreement study: closed forms of constant people, models that repeat themselves, and who cannot be studied."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import sim
from sim.comparisons.gauge import Gauge, appraise, study

#: Hardly any phone is borderline.
CLEAR: dict[str, Any] = {"borderline_width": 1e-6}
PHI = NormalDist().cdf


def people(phones: int = 20_000, trials: int = 2, inspectors: int = 2, **settings: Any) -> Gauge:
    scenario = sim.build(
        seed=8,
        factory={"defect_rate": "20%"},
        inspectors={**CLEAR, **settings},
        deployment={"stable": "humans", "candidate": "nobody"},
        strategies=[{"pattern": "manual"}],
    )
    return study(scenario, phones, trials, inspectors)


@cache
def constant() -> Gauge:
    return people()


def test_constant_people_are_as_good_as_closed_forms_say() -> None:
    """Of half and half defective, kappa against the standard is hits less false alarms."""
    hit, false = PHI(1.5 - 0.56), PHI(-1.5 - 0.56)
    always = ((hit**2 + (1 - hit) ** 2) + (false**2 + (1 - false) ** 2)) / 2
    rejects = (hit + false) / 2
    by_chance = rejects**2 + (1 - rejects) ** 2
    again = (always - by_chance) / (1 - by_chance)
    found = constant()
    assert (found.defective, found.good) == (10_000, 10_000)
    for each in found.appraised:
        for interval, value in (
            (each.misses, 1 - hit),
            (each.false_alarms, false),
            (each.effectiveness, (hit**2 + (1 - false) ** 2) / 2),
            (each.standard, hit - false),
            (each.within, again),
        ):
            assert interval.half_width < 0.1 * value
            assert abs(interval.mean - value) < 1.5 * interval.half_width, "ten are judged: 99.7 % each"
    ((_, _, between),) = found.between
    assert abs(between.mean - again) < 1.5 * between.half_width


def test_people_who_change_are_those_of_the_middle_of_a_shift() -> None:
    alike: dict[str, Any] = {"speed_spread": 0, "d_prime_spread": 0, "criterion_spread": 0, "search_tau": "100ms"}
    found = people(shifts=[{"start": "00:00", "lasts": "8h"}], people=alike)
    d_prime, criterion = sim.build(
        inspectors={"shifts": [{"start": "00:00", "lasts": "8h"}], "people": alike}
    ).inspectors.typical(0.2)
    for each in found.appraised:
        for interval, value in (
            (each.misses, 1 - PHI(d_prime / 2 - criterion)),
            (each.false_alarms, PHI(-d_prime / 2 - criterion)),
        ):
            assert abs(interval.mean - value) < 1.5 * interval.half_width


def test_people_differ_where_they_do() -> None:
    found = people(5000, inspectors=6, shifts=[{"start": "00:00", "lasts": "8h"}], people={})
    misses = [each.misses for each in found.appraised]
    assert max(each.low for each in misses) > min(each.high for each in misses)
    assert len(found.between) == 15


def test_a_model_repeats_itself() -> None:
    models = {"v1": {"training": {"phones": 2000}}}
    found = study(sim.build(models=models, strategies=[{"pattern": "canary"}]), 60, 3, 1)
    person, model = found.appraised
    assert (model.name, model.within.mean) == ("v1", 1.0)
    assert model.within.low < 1.0, "of 60 phones"
    assert person.within.mean < 1.0
    assert model.effectiveness.among == 60


def test_a_study_is_what_it_is_of_its_seed_and_one_trial_tells_nothing_of_repeating() -> None:
    one, same = people(50, 1, 1), people(50, 1, 1)
    assert repr(one) == repr(same)
    assert math.isnan(one.appraised[0].within.mean)
    assert one.between == ()


def test_the_grade_is_the_worst_of_three() -> None:
    defective = np.array([True] * 50 + [False] * 50)
    right = np.tile(defective, (2, 1))
    assert appraise("a", right, defective).grade == "acceptable"
    one_miss = right.copy()
    one_miss[0, :3] = False  # 3 of 100 looks at defective phones, and 97 of 100 phones always right
    assert appraise("b", one_miss, defective).grade == "marginal"
    alarms = right.copy()
    alarms[:, 50:60] = True
    assert appraise("c", alarms, defective).grade == "unacceptable"


def test_without_defects_there_is_nothing_to_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.comparisons.gauge.MOST_PHONES", 5000)
    with pytest.raises(sim.ScenarioError, match=r"factory.defect_rate.*needs 25 defective ones"):
        study(sim.build(factory={"defect_rate": 0}, strategies=[{"pattern": "manual"}]))


def test_the_command_prints_it_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from sim.cli.main import main

    with pytest.raises(SystemExit, match="0"):
        main(["gauge", "quickstart", "--set", "strategies=[{pattern: manual}]", "--inspectors", "2"])
    out = capsys.readouterr().out
    assert "Attribute agreement: 50 phones, 25 of them defective, each seen 2 times" in out
    assert "inspector 1 and inspector 2: kappa 0." in out
    assert max(map(len, out.splitlines())) <= 80
    assert "unacceptable" in out
