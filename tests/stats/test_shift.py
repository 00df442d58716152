"""How far two large samples are apart: tests that keep their level, bounds that hold."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from drift_evidence import shifts_at_margin
from scipy.stats import binomtest, chi2_contingency, ks_2samp

from sim.stats.shift import EXPECTED, ks_shifts, rate_shift, stratified_shift


class TestTheDistanceOfTwoSamples:
    def test_is_that_of_scipy_and_never_more_significant(self):
        draw = np.random.default_rng(1)
        for n, m, apart in ((50, 70, 0.0), (400, 300, 0.2), (2000, 2000, 0.0)):
            a, b = draw.standard_normal(n).round(1), draw.standard_normal(m).round(1) + apart
            (shift,) = ks_shifts(a, b)
            theirs = ks_2samp(a, b, method="asymp")
            assert shift.size == pytest.approx(theirs.statistic)
            assert shift.p >= 0.99 * ks_2samp(a, b, method="exact").pvalue

    def test_of_a_part_is_that_of_the_part_alone(self):
        draw = np.random.default_rng(2)
        a, b = draw.random(500).astype(np.float32), draw.random(400).astype(np.float32)
        in_a, in_b = a < 0.3, b < 0.5
        whole, part = ks_shifts(a, b, (None, (in_a, in_b)))
        assert [whole] == list(ks_shifts(a, b))
        assert [part] == list(ks_shifts(a[in_a], b[in_b]))

    def test_of_a_part_that_one_side_does_not_have_is_none(self):
        a = np.arange(10.0)
        assert list(ks_shifts(a, a, ((a < 5, a < 0),))) == [None]


class TestTheChangeOfARate:
    def test_of_few_events_is_exact(self):
        assert rate_shift(2, 1000, 12, 1000).p == pytest.approx(binomtest(12, 14, 0.5).pvalue)
        assert rate_shift(0, 500, 0, 500).p == 1.0

    def test_of_many_is_the_z_test(self):
        shift = rate_shift(400, 20_000, 480, 20_000)
        table = [[400, 19_600], [480, 19_520]]
        assert shift.p == pytest.approx(chi2_contingency(table, correction=False).pvalue)
        assert shift.size == pytest.approx(0.004)

    def test_of_what_always_happens_is_none(self):
        assert (rate_shift(50, 50, 60, 60).size, rate_shift(50, 50, 60, 60).p) == (0.0, 1.0)


class TestTheChangeOfARateWithinStrata:
    def test_of_one_stratum_is_the_usual_chi_square(self):
        one = np.zeros(10_000, dtype=np.int64)
        events0, events1 = np.arange(10_000) < 200, np.arange(10_000) < 260
        shift = stratified_shift(one, events0, one, events1, 1)
        table = [[200, 9800], [260, 9740]]
        assert shift.p == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=0.01)
        assert shift.size == pytest.approx(0.006)

    def test_of_too_few_events_is_none(self):
        one = np.zeros(10_000, dtype=np.int64)
        few = np.arange(10_000) < EXPECTED - 1
        assert stratified_shift(one, few, one, few, 1) is None
        assert stratified_shift(one, few, one + 1, few, 2) is None  # nobody is alike

    def test_of_what_always_happens_is_none(self):
        one = np.zeros(100, dtype=np.int64)
        shift = stratified_shift(one, one == 0, one, one == 0, 1)
        assert (shift.size, shift.p) == (0.0, 1.0)

    def test_other_shares_of_the_strata_are_no_change(self):
        draw = np.random.default_rng(3)
        rates = np.array([0.002, 0.004, 0.008, 0.3])
        shares = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
        said = 0
        for _ in range(400):
            s0, s1 = (draw.choice(4, size=2000, p=share) for share in shares)
            shift = stratified_shift(s0, draw.random(2000) < rates[s0], s1, draw.random(2000) < rates[s1], 4)
            said += shift.p <= 0.05
        assert 5 <= said <= 38, said  # 20 are expected: all but 3 in 10,000 times within this


def test_bounds_are_below_the_truth_in_5_of_100_at_most():
    below: Counter[str] = Counter()
    for seed in range(600):
        below.update(test for test, shift, truth in shifts_at_margin(seed, 300) if shift.bound < truth)
    assert set(below) <= {"distance", "rate", "rate within strata"}
    assert max(below.values()) <= 600 * 0.05 + 3.5 * math.sqrt(600 * 0.05 * 0.95), below
