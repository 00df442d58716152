"""The MSER rule: what a run has to leave out to forget how it began."""

from __future__ import annotations

import numpy as np
import pytest

from sim.stats.warm_up import mser


def by_definition(values: list[float]) -> int:
    """The rule as it is written: argmin over d <= n / 2 of sum (Z_i - mean)^2 / (n - d)^2."""
    n = len(values)
    scores = {}
    for d in range(n // 2 + 1):
        rest = values[d:]
        mean = sum(rest) / len(rest)
        scores[d] = sum((value - mean) ** 2 for value in rest) / (n - d) ** 2
    return min(scores, key=lambda d: (scores[d], d))


def test_it_is_the_rule_as_written() -> None:
    draw = np.random.default_rng(3)
    for _ in range(200):
        values = (
            draw.normal(size=int(draw.integers(2, 30))) + 5 * 0.5 ** np.arange(30)[: draw.integers(1, 2)]
        ).tolist()
        expected = by_definition(values)
        assert mser(values) == (None if expected == len(values) // 2 else expected)


def test_a_start_that_fades_is_left_out_and_little_more() -> None:
    draw = np.random.default_rng(4)
    series = 10 + draw.normal(size=72) - 9 * np.exp(-np.arange(72) / 3)
    left_out = mser(series)
    assert left_out is not None
    assert 5 <= left_out <= 20


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0, 4.0], np.arange(40.0)])
def test_a_run_that_does_not_settle_is_too_short(values: list[float]) -> None:
    assert mser(values) is None


def test_a_run_that_never_changes_needs_none() -> None:
    assert mser([2.0] * 20) == 0
