"""Evidence at which one acts."""

from __future__ import annotations

import math

import pytest

from sim.stats.evidence import e_value, threshold


def test_thresholds_are_the_inverse_of_alpha_times_the_comparisons() -> None:
    assert threshold() == 20.0
    assert threshold(comparisons=4) == 80.0
    assert threshold(alpha=0.01) == 100.0


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_an_alpha_that_is_no_probability_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
        threshold(alpha)


def test_no_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one comparison"):
        threshold(comparisons=0)


def test_evidence_beyond_what_a_float_holds_is_infinite() -> None:
    assert e_value(-1e9) == 0.0
    assert math.isfinite(e_value(708.9))
    assert e_value(709.1) == math.inf
