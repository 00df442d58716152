"""The sign test against SciPy's binomial test."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from sim.stats.signs import sign_test


def test_it_is_the_exact_binomial_test_of_a_fair_coin() -> None:
    for pairs in range(1, 31):
        for ahead in range(pairs + 1):
            assert sign_test(ahead, pairs - ahead) == pytest.approx(binomtest(ahead, pairs).pvalue, rel=1e-12)


def test_no_pair_says_nothing() -> None:
    assert sign_test(0, 0) == 1.0
