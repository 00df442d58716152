"""Cohen's kappa: what it is of known tables, and intervals that cover it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.stats.agreement import kappa, kappa_interval, kappa_of_groups


def test_kappa_is_agreement_beyond_chance() -> None:
    assert kappa([[45, 15], [25, 15]]) == pytest.approx(0.1304, abs=1e-4)  # a textbook's table
    assert kappa([[0, 10], [10, 0]]) == -1.0
    assert kappa([[9, 3], [3, 1]]) == pytest.approx(0.0), "independent"
    assert np.isnan(kappa(np.zeros((3, 2, 2)))).all()


def test_who_says_the_same_whatever_comes_agrees_by_chance_alone() -> None:
    assert kappa([[30, 0], [20, 0]]) == 0.0
    interval = kappa_interval([[30, 0], [0, 0]])
    assert math.isnan(interval.mean)
    assert math.isnan(interval.low)


def test_the_two_intervals_are_of_one_kind() -> None:
    """Independent phones are groups of one: the jackknife then has the large-sample standard error."""
    table = np.array([[120, 18], [30, 60]])
    phones = np.concatenate([np.tile(np.eye(4)[i].reshape(2, 2), (n, 1, 1)) for i, n in enumerate(table.ravel())])
    one, other = kappa_interval(table), kappa_of_groups(phones)
    assert one.mean == pytest.approx(other.mean)
    assert one.half_width == pytest.approx(other.half_width, rel=0.02)


def test_they_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    shares = np.array([0.5, 0.08, 0.12, 0.3])
    truth = float(kappa((1000 * shares).reshape(2, 2)))
    found = [kappa_interval(table.reshape(2, 2)) for table in rng.multinomial(200, shares, 400)]
    held = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.92 < held < 0.98


def test_where_all_agree_the_interval_still_has_a_width() -> None:
    for found in (
        kappa_interval([[30, 0], [0, 30]]),
        kappa_of_groups([[[1, 0], [0, 0]]] * 30 + [[[0, 0], [0, 1]]] * 30),
    ):
        assert (found.mean, found.high) == (1.0, 1.0)
        assert found.low == pytest.approx(1 - 2 * (1 - 0.05 ** (1 / 60)))


def test_one_group_tells_of_no_spread() -> None:
    assert math.isnan(kappa_of_groups([[[10, 2], [1, 9]]]).low)
