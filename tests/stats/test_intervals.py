"""Intervals, paired differences, comparisons with the best and bands."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.stats import intervals as statistics
from sim.stats.intervals import (
    Interval,
    bin_band,
    compare_with_best,
    paired_difference,
    t_interval,
    t_quantile,
)

NAN = float("nan")
values = st.floats(-1e6, 1e6, allow_nan=False)


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(statistics).failed == 0


@pytest.mark.parametrize(
    ("confidence", "n", "quantile"),
    [(0.95, 2, 12.7062), (0.95, 5, 2.7764), (0.95, 10, 2.2622), (0.95, 31, 2.0423), (0.99, 10, 3.2498)],
)
def test_t_quantiles_are_those_of_the_printed_table(confidence: float, n: int, quantile: float) -> None:
    assert t_quantile(confidence, n) == pytest.approx(quantile, abs=5e-5)


def test_interval_of_known_numbers() -> None:
    # mean 5, s = sqrt(10), 2.776445 * sqrt(10) / sqrt(5) = 3.926486
    interval = t_interval([1.0, 3.0, 5.0, 7.0, 9.0])
    assert interval.mean == 5.0
    assert interval.half_width == pytest.approx(3.926486, abs=1e-6)


def test_undefined_samples_are_dropped_and_counted() -> None:
    assert t_interval([1.0, NAN, 3.0, math.inf]).n == 2
    assert t_interval([1.0, NAN, 3.0, math.inf]).dropped == 2


def test_one_replication_has_no_interval_and_none_has_no_mean() -> None:
    one, none = t_interval([4.0]), t_interval([NAN])
    assert (one.mean, one.n) == (4.0, 1)
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert math.isnan(none.mean)
    assert none.n == 0
    assert not one.excludes_zero


def test_equal_samples_have_an_interval_of_no_width() -> None:
    interval = t_interval([0.1] * 7)
    assert (interval.low, interval.mean, interval.high) == (0.1, 0.1, 0.1)


def test_a_confidence_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence"):
        t_interval([1.0, 2.0], confidence=95)


def test_t_intervals_cover_as_often_as_they_say() -> None:
    draws = np.random.default_rng(1).normal(10.0, 3.0, (4000, 6))
    covered = [i.low <= 10.0 <= i.high for i in map(t_interval, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


@given(arrays(np.float64, st.integers(2, 30), elements=values), values, st.floats(0.01, 100.0))
def test_interval_moves_and_stretches_with_its_samples(samples: np.ndarray, shift: float, scale: float) -> None:
    plain, moved = t_interval(samples), t_interval(samples * scale + shift)
    slack = 1e-9 * (1e6 * scale + abs(shift))
    assert plain.low <= plain.mean <= plain.high
    assert moved.mean == pytest.approx(plain.mean * scale + shift, abs=slack)
    assert moved.half_width == pytest.approx(plain.half_width * scale, rel=1e-6, abs=slack * 100)


def test_pairing_removes_what_both_share() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(0.0, 10.0, 12)
    a, b = shared + 1.0 + rng.normal(0.0, 0.1, 12), shared + rng.normal(0.0, 0.1, 12)
    gap = paired_difference(a, b)
    assert gap.excludes_zero
    assert gap.rho > 0.999
    # JUDGES 4: var(D) = s_a^2 + s_b^2 - 2 rho s_a s_b
    variance = np.var(a, ddof=1) + np.var(b, ddof=1) - 2 * gap.rho * np.std(a, ddof=1) * np.std(b, ddof=1)
    assert gap.half_width == pytest.approx(t_quantile(0.95, 12) * math.sqrt(variance / 12), rel=1e-6)


def test_a_pair_with_an_undefined_half_is_dropped() -> None:
    gap = paired_difference([1.0, NAN, 4.0], [0.0, 1.0, NAN])
    assert (gap.mean, gap.n, gap.dropped) == (1.0, 1, 2)
    assert math.isnan(gap.low)
    assert math.isnan(gap.rho)


def test_a_constant_column_has_no_correlation() -> None:
    assert math.isnan(paired_difference([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).rho)


def test_columns_of_two_lengths_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="one length"):
        paired_difference([1.0], [1.0, 2.0])


@given(arrays(np.float64, (2, 8), elements=values))
def test_differences_turn_round(pair: np.ndarray) -> None:
    forth, back = paired_difference(pair[0], pair[1]), paired_difference(pair[1], pair[0])
    assert forth.mean == pytest.approx(-back.mean, abs=1e-6)
    assert forth.low == pytest.approx(-back.high, abs=1e-6)


def test_comparison_with_the_best_of_known_numbers() -> None:
    # Two columns, either of which may turn out worse: the one-sided t of 3 degrees of freedom at 97.5 % is 3.182446; who
    # is left then is judged at 95 %: 2.353363.
    a, b = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 5.0, 5.0]
    better, worse = compare_with_best([a, b], "low")
    # b - a = 1, 2, 2, 1: mean 1.5, s / sqrt(4) = 0.288675
    assert better.difference == -1.5
    assert (better.high, better.low) == (0.0, pytest.approx(-1.5 - 2.353363 * 0.288675, abs=1e-6))
    assert worse.bound == pytest.approx(1.5 - 3.182446 * 0.288675, abs=1e-6)
    assert (worse.low, worse.high) == (0.0, pytest.approx(1.5 + 3.182446 * 0.288675, abs=1e-6))
    assert (better.may_be_best, worse.may_be_best) == (True, False)


def test_bonferroni_over_the_others() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal(0.0, 1.0, (5, 9))
    verdicts = compare_with_best(columns, "high")
    assert all(verdict.may_be_best for verdict in verdicts)
    # Nobody is worse at the first step: 1 - 0.05 / (5 x 4) at 8 degrees of freedom is 3.832519.
    gaps = [columns[0] - columns[j] for j in range(1, 5)]
    upper = min(gap.mean() + 3.832519 * np.std(gap, ddof=1) / 3 for gap in gaps)
    assert verdicts[0].high == pytest.approx(max(0.0, upper), abs=1e-6)


def test_identical_columns_may_both_be_best() -> None:
    column = [0.1, 0.2, 0.4]
    first, second, third = compare_with_best([column, column, [1.1, 1.2, 1.4]], "low")
    assert first.may_be_best
    assert second.may_be_best
    assert not third.may_be_best
    assert (first.low, first.high) == (0.0, 0.0)


def test_one_replication_or_one_strategy_gives_no_judgement() -> None:
    assert [v.may_be_best for v in compare_with_best([[1.0], [2.0]])] == [None, None]
    assert [v.may_be_best for v in compare_with_best([[1.0, 2.0, 3.0]])] == [None]
    assert compare_with_best([]) == ()


def test_undefined_columns_take_no_part_and_undefined_replications_are_left_out() -> None:
    none, low, high = compare_with_best([[NAN] * 4, [1.0, 1.1, 1.2, NAN], [3.0, 3.2, 3.3, 9.0]], "low")
    assert none.may_be_best is None
    assert (low.may_be_best, high.may_be_best) == (True, False)


@pytest.mark.parametrize("means", [(0.0, 0.0, 0.0, 0.0), (0.0, 0.3, 0.6, 2.0)])
def test_intervals_of_the_comparison_hold_together_as_often_as_they_say(means: tuple[float, ...]) -> None:
    rng = np.random.default_rng(4)
    truth = np.array([mean - max(np.delete(means, i)) for i, mean in enumerate(means)])
    held = []
    for _ in range(1500):
        shared = rng.normal(0.0, 3.0, 10)
        columns = np.array(means)[:, None] + shared + rng.normal(0.0, 1.0, (4, 10))
        verdicts = compare_with_best(columns, "high")
        held.append(all(v.low <= t <= v.high for v, t in zip(verdicts, truth, strict=True)))
    # Bonferroni is on the safe side: at least the stated confidence, less the simulation's own noise.
    assert np.mean(held) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 1500)


@pytest.mark.parametrize("strategies", [2, 3, 6])
def test_nobody_as_good_as_the_best_is_called_worse_more_often_than_promised(strategies: int) -> None:
    """One-sided bounds over the others called one of two equal strategies worse in a tenth of all comparisons."""
    rng = np.random.default_rng(6)
    blamed = [
        any(not verdict.may_be_best for verdict in compare_with_best(rng.normal(0.0, 1.0, (strategies, 10))))
        for _ in range(2000)
    ]
    assert np.mean(blamed) <= 0.05 + 3 * math.sqrt(0.95 * 0.05 / 2000)


def test_a_strategy_far_behind_does_not_make_the_others_harder_to_tell_apart() -> None:
    rng = np.random.default_rng(7)
    one = rng.normal(0.0, 1.0, 10)
    other = one + 1.0 + rng.normal(0.0, 1.15, 10)
    apart = compare_with_best([one, other, one + 50.0, one + 60.0], "low")
    together = compare_with_best([one, other, one, one], "low")
    assert apart[1].bound > together[1].bound


def test_no_phone_judged_differently_is_no_proof_that_there_is_none() -> None:
    """Three runs of a hundred phones, none of which is judged differently: up to some in a hundred still may be."""
    assert paired_difference([0.1] * 3, [0.1] * 3).half_width == 0.0
    gap = paired_difference([0.1] * 3, [0.1] * 3, one_phone=1 / 300)
    assert gap.half_width == pytest.approx(t_quantile(0.95, 3) * math.sqrt(2.0) / 300)
    few, many = (compare_with_best([[0.0] * 3, [one] * 3], one_phone=1 / 300) for one in (1 / 300, 0.1))
    assert few[1].may_be_best
    assert not many[1].may_be_best


@pytest.mark.parametrize("phones", [0.3, 1.0, 3.0, 10.0, 40.0])
@pytest.mark.parametrize("replications", [5, 10, 20])
def test_differences_of_few_phones_cover_as_often_as_they_say(phones: float, replications: int) -> None:
    """All of them on one side, where the spread alone covered a quarter of 0.3 of them and three quarters of 1."""
    rng = np.random.default_rng(8)
    samples = rng.poisson(phones / replications, (1000, replications)) * float(replications)
    gaps = [paired_difference(sample, np.zeros(replications), one_phone=1.0) for sample in samples]
    covered = np.mean([gap.low <= phones <= gap.high for gap in gaps])
    assert covered >= 0.93


def test_a_difference_of_shares_reaches_as_far_as_they_do_to_either_side() -> None:
    """One version of ten leaks much: the mean of all may well be more, which ten values do not show."""
    leaks, people = np.array([1.0] * 9 + [9.0]), np.array([2.0, 1.0] * 5)
    own = Interval(leaks.mean(), 1.1, 5.8, 10), Interval(people.mean(), 1.2, 1.9, 10)
    plain, gap = (paired_difference(leaks, people, own=ends) for ends in (None, own))
    assert (gap.mean, gap.rho) == (plain.mean, plain.rho)
    assert gap.high > plain.high
    assert gap.low > plain.low
    back = paired_difference(people, leaks, own=own[::-1])
    assert (back.low, back.high) == pytest.approx((-gap.high, -gap.low))


def test_who_is_best_is_judged_by_the_ends_that_are_printed() -> None:
    """People leak more than these versions, and not more than they may: no version is better for sure, nor worse."""
    rng = np.random.default_rng(2)
    people, versions = rng.normal(2.0, 0.05, 10), rng.normal(1.0, 0.05, 10)
    wide = Interval(versions.mean(), versions.mean() - 0.1, versions.mean() + 5.0, 10)
    own = [t_interval(people), wide]
    for better, worse in (("low", 0), ("high", 1)):
        plain, told = (compare_with_best([people, versions], better, one_phone=1e-9, own=ends) for ends in (None, own))
        assert [verdict.may_be_best for verdict in plain] == [worse != 0, worse != 1]
        # If low is good, people are worse unless versions are; if high is, versions are worse unless they are as bad.
        assert all(verdict.may_be_best for verdict in told)
    alike = compare_with_best([people, people], "low", one_phone=0.0, own=[own[0], own[0]])
    assert [(verdict.gap, verdict.bound) for verdict in alike] == [(0.0, 0.0)] * 2


def test_ends_that_are_t_intervals_change_no_verdict() -> None:
    columns = np.random.default_rng(5).normal([[1.0], [1.3], [1.1], [2.0]], 0.3, (4, 10))
    own = [t_interval(column) for column in columns]
    for better in ("low", "high"):
        plain, told = (compare_with_best(columns, better, one_phone=1e-9, own=ends) for ends in (None, own))
        for one, other in zip(plain, told, strict=True):
            assert (one.low, one.high, one.bound) == pytest.approx((other.low, other.high, other.bound))


@settings(deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 8)), elements=values))
def test_the_best_looking_strategy_may_always_be_best(columns: np.ndarray) -> None:
    verdicts = compare_with_best(columns, "low")
    assert any(v.may_be_best for v in verdicts)
    assert all(v.low <= 0.0 <= v.high for v in verdicts)
    turned = compare_with_best(-columns, "high")
    assert [v.may_be_best for v in verdicts] == [v.may_be_best for v in turned]


def test_band_is_the_interval_of_each_bin() -> None:
    samples = np.random.default_rng(5).normal(0.0, 1.0, (7, 4))
    samples[2, 1] = NAN
    samples[1:, 3] = NAN
    band = bin_band(samples, 0.9)
    for column in range(4):
        interval = t_interval(samples[:, column], 0.9)
        expected = [interval.mean, interval.low, interval.high]
        np.testing.assert_allclose([band.mean[column], band.low[column], band.high[column]], expected)
        assert band.n[column] == interval.n
