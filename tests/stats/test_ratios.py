"""Pooled rates, and exact intervals of proportions and counts."""

from __future__ import annotations

import numpy as np
import pytest

from sim.stats.intervals import t_interval
from sim.stats.ratios import clopper_pearson, garwood, pooled_rate


def test_pooled_rate_of_equal_denominators_is_the_mean_of_rates() -> None:
    escaped = np.array([[2.0], [4.0], [3.0], [7.0]])
    band, plain = pooled_rate(escaped, np.full((4, 1), 20.0)), t_interval(escaped / 20.0)
    np.testing.assert_allclose([band.mean[0], band.low[0], band.high[0]], [plain.mean, plain.low, plain.high])


def test_pooled_rate_weighs_by_the_denominator_and_is_undefined_at_0() -> None:
    band = pooled_rate([[1, 0, 1], [0, 0, 0]], [[10, 0, 4], [90, 0, 0]])
    assert band.mean[0] == 0.01
    assert np.isnan(band.mean[1])
    assert band.mean[2] == 0.25
    assert np.isnan(band.low[2])
    assert band.n.tolist() == [2, 0, 1]


def test_pooled_rate_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    defective = rng.poisson(60.0, (12, 3000))
    band = pooled_rate(rng.binomial(defective, 0.2), defective)
    assert np.mean((band.low <= 0.2) & (band.high >= 0.2)) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129)]
)
def test_exact_intervals_are_those_of_the_printed_table(successes: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (5, 1.623, 11.668)])
def test_the_exact_interval_of_a_count_is_the_printed_tables(count: int, low: float, high: float) -> None:
    assert garwood(count) == pytest.approx((low, high), abs=1e-3)
