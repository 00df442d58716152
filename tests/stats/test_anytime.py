"""Wald's test, its mixture, and confidence sequences: reference numbers and exact error rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats.anytime import (
    Sprt,
    always_valid_interval,
    always_valid_p,
    log_evidence_against_rate,
    mixture_variance,
    msprt,
    normal_mixture_bound,
)
from sim.stats.ratios import clopper_pearson

WALD = Sprt(p0=0.01, p1=0.10, alpha=0.05, beta=0.10)


def test_walds_reference_numbers() -> None:
    assert [WALD.k, WALD.h1, WALD.h2] == pytest.approx([2.3979, 0.9389, 1.2054], abs=5e-5)
    assert WALD.s == pytest.approx(0.03975, abs=5e-6)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 400))
def test_the_lines_and_the_likelihood_ratio_agree(events: int, more: int) -> None:
    n = events + more
    above, below = events - WALD.s * n - WALD.h2, events - WALD.s * n + WALD.h1
    if min(abs(above), abs(below)) > 1e-9:
        expected = "reject" if above > 0 else "accept" if below < 0 else "continue"
        assert WALD.decide(events, n) == expected
    assert float(WALD.llr(events, n)) == pytest.approx(WALD.k * (events - WALD.s * n), abs=1e-9)


def ends(p: float, horizon: int = 3000) -> tuple[float, float]:
    """P(reject), P(accept) within the horizon, exact."""
    alive, rejected, accepted = np.array([1.0]), 0.0, 0.0
    for n in range(1, horizon + 1):
        step = np.append(alive * (1.0 - p), 0.0)
        step[1:] += p * alive
        ratio = WALD.llr(np.arange(len(step)), n)
        rejected += float(step[ratio >= WALD.upper].sum())
        accepted += float(step[ratio <= WALD.lower].sum())
        alive = np.where((ratio < WALD.upper) & (ratio > WALD.lower), step, 0.0)
    return rejected, accepted


def test_walds_errors_are_within_walds_bounds_and_not_far_below() -> None:
    wrong, right = ends(0.01)
    assert 0.02 < wrong <= 0.05 / 0.90
    assert wrong + right == pytest.approx(1.0, abs=1e-9)
    right, wrong = ends(0.10)
    assert 0.04 < wrong <= 0.10 / 0.95
    assert wrong + right == pytest.approx(1.0, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))))
def test_msprt_of_equal_arms_is_the_formula_per_arm(drawn: tuple[int, int, int]) -> None:
    n, x, y = drawn
    tau, d = 0.05, (x - y) / n
    v = x / n * (1 - x / n) + y / n * (1 - y / n)
    expected = 1.0
    if v > 0.0:
        grown = v + n * tau**2
        # Overwhelming evidence is cut at e^700 so that it stays a number.
        expected = math.sqrt(v / grown) * math.exp(min(700.0, n**2 * tau**2 * d**2 / (2 * v * grown)))
    assert float(msprt(x, n, y, n, tau)) == pytest.approx(expected, rel=1e-9)


def test_always_valid_p_only_falls() -> None:
    assert always_valid_p([[0.5, 4.0, 2.0, 20.0]]).tolist() == [[1.0, 0.25, 0.25, 0.05]]


def test_the_normal_mixtures_reference_numbers() -> None:
    r = mixture_variance(100.0, 0.05)
    assert r == pytest.approx(12.60056, abs=5e-6)
    assert float(normal_mixture_bound(100.0, r, 0.05)) == pytest.approx(30.35209, abs=5e-6)


def test_a_normal_walk_crosses_its_bound_in_at_most_5_percent() -> None:
    random = np.random.default_rng(9)
    walk = np.cumsum(random.standard_normal((5000, 2000)), axis=1)
    bound = normal_mixture_bound(np.arange(1, 2001), mixture_variance(100.0))
    low, high = clopper_pearson(int((np.abs(walk) >= bound).any(axis=1).sum()), 5000, 0.999)
    assert high <= 0.05
    assert low > 0.015


def test_none_of_300_is_below_02117() -> None:
    low, high = always_valid_interval(0, 300)
    assert low == 0.0
    assert high == pytest.approx(0.02117, abs=5e-6)


@settings(deadline=None)
@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_intervals_ends_carry_evidence_of_exactly_20(drawn: tuple[int, int]) -> None:
    events, n = drawn
    low, high = always_valid_interval(events, n)
    if n == 0:
        assert (low, high) == (0.0, 1.0)
        return
    assert low <= events / n <= high
    for end, open_end in ((low, events == 0), (high, events == n)):
        if not open_end:
            assert float(log_evidence_against_rate(events, n, end)) == pytest.approx(math.log(20.0), abs=1e-6)
    assert always_valid_interval(n - events, n) == pytest.approx((1.0 - high, 1.0 - low), abs=1e-9)


@pytest.mark.parametrize("p", [0.01, 0.2])
def test_the_true_rate_is_ever_ruled_out_in_at_most_5_percent(p: float) -> None:
    alive, lost = np.array([1.0]), 0.0
    for n in range(1, 2001):
        step = np.append(alive * (1.0 - p), 0.0)
        step[1:] += p * alive
        out = log_evidence_against_rate(np.arange(n + 1), n, p) >= math.log(20.0)
        lost += float(step[out].sum())
        alive = np.where(out, 0.0, step)
    assert 0.01 < lost <= 0.05


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((0.1, 0.05, 0.05, 0.1), "p0 < p1"), ((0.01, 0.1, 0.0, 0.1), "above 0"), ((0.01, 0.1, 0.6, 0.5), "below 1")],
)
def test_impossible_tests_are_refused(numbers: tuple[float, float, float, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sprt(*numbers)
