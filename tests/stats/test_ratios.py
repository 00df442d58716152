"""Pooled rates, and exact intervals of proportions and counts."""

from __future__ import annotations

import numpy as np
import pytest

from sim.stats.intervals import t_interval
from sim.stats.ratios import clopper_pearson, garwood, pooled_rate, pooled_share, pseudo_values, ratio_of_shares


def test_of_equal_denominators_the_ratio_of_sums_is_the_mean_of_rates() -> None:
    escaped, defective = np.array([2.0, 4.0, 3.0, 7.0]), np.full(4, 20.0)
    np.testing.assert_allclose(pseudo_values(escaped, defective), escaped / 20.0)
    pooled, plain = pooled_share(1000 * escaped, 1000 * defective), t_interval(escaped / 20.0)
    assert pooled.mean == pytest.approx(plain.mean)
    assert pooled.half_width == pytest.approx(plain.half_width, rel=0.05)


def test_pseudo_values_have_the_ratio_of_sums_as_mean_and_the_jackknifes_spread() -> None:
    rng = np.random.default_rng(3)
    under = rng.poisson(8.0, 12)
    over = rng.binomial(under, 0.3)
    values = pseudo_values(over, under)
    assert values.mean() == pytest.approx(over.sum() / under.sum())
    left_out = (over.sum() - over) / (under.sum() - under)
    jackknife = 11 / 12 * ((left_out - left_out.mean()) ** 2).sum()
    assert values.var(ddof=1) / 12 == pytest.approx(jackknife)


def test_a_replication_without_a_defective_phone_is_neither_lost_nor_spoils_the_rate() -> None:
    share = pooled_share([1, 0, 1, 0], [1, 0, 9, 10])
    assert (share.mean, share.events, share.among, share.dropped) == (0.1, 2, 20, 1)


def test_without_an_escape_there_is_a_bound_and_never_an_interval_of_nothing() -> None:
    none, every = pooled_share([0] * 10, [11] * 9 + [15]), pooled_share([11] * 9 + [15], [11] * 9 + [15])
    assert (none.low, none.high) == (0.0, pytest.approx(0.0259, abs=5e-5))
    assert (every.low, every.high) == (pytest.approx(1 - 0.0259, abs=5e-5), 1.0)


def test_phones_of_one_replication_do_not_count_as_independent() -> None:
    """One bad lot leaks ten of its ten defective phones, nine others nothing: that is no share known from 100 phones."""
    clustered, spread = pooled_share([10] + [0] * 9, [10] * 10), pooled_share([1] * 10, [10] * 10)
    assert (spread.low, spread.high) == pytest.approx(clopper_pearson(10, 100))
    assert clustered.high > 2 * spread.high


def test_equal_replications_have_no_spread_that_rounding_invents() -> None:
    assert len(set(pseudo_values([7.0] * 9, [3.0] * 9).tolist())) == 1


@pytest.mark.parametrize(
    ("defective", "leakage", "bad_lots", "least", "most"),
    [
        (6.0, 0.05, 0.02, 0.93, 1.0),
        (2.0, 0.2, 0.0, 0.93, 1.0),
        (24.0, 0.2, 0.02, 0.93, 0.97),
        (290.0, 0.1, 0.02, 0.93, 0.97),
    ],
)
def test_a_share_covers_as_often_as_it_says(
    defective: float, leakage: float, bad_lots: float, least: float, most: float
) -> None:
    """With few events at least so often. `bad_lots` is how much phones of one replication have in common."""
    rng = np.random.default_rng(5)
    n = rng.poisson(defective, (10, 4000))
    odds = (1.0 - bad_lots) / bad_lots if bad_lots else 1e12
    band = pooled_rate(rng.binomial(n, rng.beta(leakage * odds, (1.0 - leakage) * odds, n.shape)), n)
    assert least <= np.mean((band.low <= leakage) & (band.high >= leakage)) <= most


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


def test_a_ratio_of_shares_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(12)
    for phones, before, after in ((60, 0.2, 0.1), (60, 0.2, 0.3), (1000, 0.2, 0.25)):
        held = []
        for _ in range(600):
            counts = [rng.binomial(phones // 10, share, 10) for share in (after, before)]
            found = ratio_of_shares(counts[0], np.full(10, phones // 10), counts[1], np.full(10, phones // 10))
            held.append(found.low <= after / before <= found.high)
        assert np.mean(held) >= 0.93
