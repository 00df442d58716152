"""Peeking, one z-test at a fixed horizon, and planned looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.stats.planned import (
    PlannedLooks,
    crossing_probability,
    planned_phones,
    planned_power,
    pooled_z,
    two_proportion_z,
)
from sim.stats.ratios import clopper_pearson

Z_975 = 1.959963984540054


@pytest.mark.parametrize(("looks", "chance"), [(1, 0.0500), (2, 0.0831), (5, 0.1417), (10, 0.1934)])
def test_the_peeking_table(looks: int, chance: float) -> None:
    assert crossing_probability([Z_975] * looks) == pytest.approx(chance, abs=5e-5)


def test_the_peeking_table_is_what_a_simulation_finds() -> None:
    random = np.random.default_rng(3)
    z = np.cumsum(random.standard_normal((40_000, 10)), axis=1) / np.sqrt(np.arange(1, 11))
    crossed = np.abs(z) >= Z_975
    for looks in (1, 2, 5, 10):
        low, high = clopper_pearson(int(crossed[:, :looks].any(axis=1).sum()), 40_000, 0.999)
        assert low < crossing_probability([Z_975] * looks) < high
        assert high - low < 0.014


@pytest.mark.parametrize(
    ("shape", "looks", "constant"),
    [
        # Jennison and Turnbull 2000, tables 2.1 and 2.3, two-sided 5 %
        ("obrien_fleming", 2, 1.977),
        ("obrien_fleming", 3, 2.004),
        ("obrien_fleming", 4, 2.024),
        ("obrien_fleming", 5, 2.040),
        ("obrien_fleming", 10, 2.087),
        ("pocock", 2, 2.178),
        ("pocock", 3, 2.289),
        ("pocock", 4, 2.361),
        ("pocock", 5, 2.413),
        ("pocock", 10, 2.555),
    ],
)
def test_constants_are_those_of_the_printed_tables(shape: str, looks: int, constant: float) -> None:
    assert PlannedLooks(looks, shape=shape).constant == pytest.approx(constant, abs=5.1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
@pytest.mark.parametrize("shape", ["obrien_fleming", "pocock"])
def test_limits_spend_exactly_alpha(shape: str, alpha: float, two_sided: bool) -> None:
    plan = PlannedLooks(7, alpha, shape, two_sided)  # type: ignore[arg-type]
    assert crossing_probability(plan.limits, two_sided) == pytest.approx(alpha, abs=1e-8)


@pytest.mark.parametrize("limits", [(0.5, 0.5), (0.2, 1.0), (1.5, 0.1)])
def test_two_looks_are_the_bivariate_normal(limits: tuple[float, float]) -> None:
    from scipy.stats import multivariate_normal

    pair = multivariate_normal([0.0, 0.0], [[1.0, math.sqrt(0.5)], [math.sqrt(0.5), 1.0]])
    assert crossing_probability(limits, two_sided=False) == pytest.approx(1.0 - float(pair.cdf(limits)), abs=1e-6)
    (a, b), corners = limits, 0.0
    for s, t in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        corners += s * t * float(pair.cdf((s * a, t * b)))
    assert crossing_probability(limits) == pytest.approx(1.0 - corners, abs=1e-6)


def test_one_look_is_the_plain_test_and_a_side_is_half_of_two() -> None:
    assert PlannedLooks(1).constant == pytest.approx(Z_975, abs=1e-8)
    assert PlannedLooks(1, two_sided=False).constant == pytest.approx(1.6448536, abs=1e-6)
    assert PlannedLooks(5, 0.025, two_sided=False).constant == pytest.approx(2.040, abs=5e-4)


def test_one_sided_limits_keep_alpha_in_a_simulation() -> None:
    random = np.random.default_rng(4)
    z = np.cumsum(random.standard_normal((40_000, 5)), axis=1) / np.sqrt(np.arange(1, 6))
    for shape in ("obrien_fleming", "pocock"):
        limits = PlannedLooks(5, 0.05, shape, two_sided=False).limits  # type: ignore[arg-type]
        low, high = clopper_pearson(int((z >= limits).any(axis=1).sum()), 40_000, 0.999)
        assert low < 0.05 < high


def test_looks_that_were_not_planned_are_refused() -> None:
    plan = PlannedLooks(5, two_sided=False)
    assert not plan.rejects(1, 3.0)
    assert plan.rejects(5, 3.0)
    assert not plan.rejects(5, -3.0)
    assert PlannedLooks(5).rejects(5, -3.0)
    with pytest.raises(ValueError, match="not planned"):
        plan.rejects(6, 9.0)


def test_a_hundred_looks_are_no_trouble() -> None:
    # Armitage, McPherson and Rowe 1969: 0.374 at 100 looks
    assert crossing_probability([1.96] * 100) == pytest.approx(0.374, abs=5e-4)


def test_z_by_hand() -> None:
    # pooled 0.015, standard error sqrt(0.015 * 0.985 * 2 / 1000), difference 0.01
    assert float(two_proportion_z(20, 1000, 10, 1000)) == pytest.approx(0.01 / math.sqrt(0.015 * 0.985 / 500))
    assert float(two_proportion_z(10, 1000, 20, 1000)) == -float(two_proportion_z(20, 1000, 10, 1000))
    assert two_proportion_z([0, 0, 5, 5], [0, 10, 5, 0], [0, 0, 5, 5], [10, 10, 5, 9]).tolist() == [0.0] * 4


@given(*(st.integers(0, n) for n in (300, 3000, 300, 3000)))
def test_of_plain_numbers_it_is_the_same_to_the_last_bit(x_b: int, n_b: int, x_a: int, n_a: int) -> None:
    counts = min(x_b, n_b), n_b, min(x_a, n_a), n_a
    assert pooled_z(*counts) == float(two_proportion_z(*counts))


@pytest.mark.parametrize(("stable", "candidate", "share"), [(0.02, 0.01, 0.5), (0.05, 0.08, 0.3), (0.01, 0.004, 0.6)])
def test_the_planned_sample_has_the_power_it_was_planned_for(stable: float, candidate: float, share: float) -> None:
    phones = planned_phones(stable, candidate, share, power=0.8)
    assert planned_power(phones, stable, candidate, share) == pytest.approx(0.8, abs=1e-3)
    own = round(share * phones)
    rng = np.random.default_rng(8)
    z = two_proportion_z(
        rng.binomial(own, candidate, 40_000), own, rng.binomial(phones - own, stable, 40_000), phones - own
    )
    power = float(np.mean(np.sign(candidate - stable) * z >= Z_975))
    assert power == pytest.approx(0.8, abs=0.03)  # the plan is a normal approximation; chance alone moves it by 0.004


def test_more_phones_more_power_and_no_phone_the_chance_of_a_false_alarm() -> None:
    powers = [planned_power(phones, 0.02, 0.01) for phones in (0, 100, 1000, 10_000)]
    assert powers == sorted(powers)
    assert powers[0] < 0.05
    assert powers[-1] > 0.98


@pytest.mark.parametrize(
    "rates", [(0.02, 0.02, 0.5), (0.0, 0.1, 0.5), (0.1, 1.0, 0.5), (0.1, 0.2, 0.0), (0.1, 0.2, 1.0)]
)
def test_a_plan_without_a_difference_is_refused(rates: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|tells equal rates apart"):
        planned_phones(*rates)
