"""What one may say aloud, against numerical integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats import bayes
from sim.stats.bayes import expected_loss, probability_cheapest, probability_worse

arms = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_reference() -> None:
    assert probability_worse(20, 1000, 10, 1000) == pytest.approx(0.9657, abs=5e-5)


@pytest.mark.parametrize(("x", "n", "y", "m"), [(20, 1000, 10, 1000), (0, 30, 3, 500), (5, 5, 0, 7), (40, 90, 41, 80)])
def test_both_are_the_integrals_they_say(x: int, n: int, y: int, m: int) -> None:
    from scipy.integrate import quad
    from scipy.stats import beta

    new, old = beta(x + 1, n - x + 1), beta(y + 1, m - y + 1)
    worse = quad(lambda p: new.pdf(p) * old.cdf(p), 0, 1, points=[x / n, y / m], limit=400)[0]
    assert probability_worse(x, n, y, m) == pytest.approx(worse, abs=1e-8)
    # E[max(p - r, 0)] = integral of P(p > t) P(r < t) over t
    loss = quad(lambda t: new.sf(t) * old.cdf(t), 0, 1, points=[x / n, y / m], limit=400)[0]
    assert expected_loss(x, n, y, m) == pytest.approx(loss, abs=1e-9)


@settings(deadline=None)
@given(arms, arms)
def test_one_of_the_two_is_worse(new: tuple[int, int], old: tuple[int, int]) -> None:
    assert probability_worse(*new, *old) + probability_worse(*old, *new) == pytest.approx(1.0, abs=1e-9)
    gap = (new[0] + 1) / (new[1] + 2) - (old[0] + 1) / (old[1] + 2)
    assert expected_loss(*new, *old) - expected_loss(*old, *new) == pytest.approx(gap, abs=1e-9)
    assert expected_loss(*new, *old) >= -1e-12


def test_more_events_than_phones_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 3"):
        probability_worse(4, 3, 0, 3)


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (3.0, 8.0), (0.7, 2.5), (40.0, 55.0)])
def test_of_two_gammas_of_one_scale_the_chance_is_an_incomplete_beta(a: float, b: float) -> None:
    from scipy.special import betainc

    # X/(X + Y) ~ Beta(a, b), and X is the smaller one where that is below 1/2.
    found = probability_cheapest([a, b], [a, b])
    assert found == pytest.approx([betainc(a, b, 0.5), betainc(b, a, 0.5)], abs=1e-4)


def test_of_many_arms_as_drawing_would_say() -> None:
    mean, variance = np.array([1.5, 1.2, 3.0, 1.25]), np.array([0.3, 0.02, 4.0, 0.001])
    draws = np.random.default_rng(4).gamma(mean**2 / variance, variance / mean, size=(200_000, 4))
    drawn = np.bincount(draws.argmin(axis=1), minlength=4) / 200_000
    assert probability_cheapest(mean, variance) == pytest.approx(drawn, abs=0.005)


@given(
    st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)), min_size=2, max_size=6),
    st.floats(0.01, 100.0),
)
def test_the_unit_of_money_does_not_matter_and_all_is_one(arms: list[tuple[float, float]], unit: float) -> None:
    mean, error = (np.array(each) for each in zip(*arms, strict=True))
    found = probability_cheapest(mean, error**2)
    assert found.sum() == pytest.approx(1.0)
    assert probability_cheapest(mean * unit, (error * unit) ** 2) == pytest.approx(found, abs=1e-6)


def test_costs_without_spread_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        probability_cheapest([1.0, 2.0], [0.1, 0.0])


@pytest.mark.parametrize("candidate", [(300, 1000), (5000, 100_000), (0, 40)])
@pytest.mark.parametrize("stable", [(280, 1040), (60_000, 1_250_000), (3, 3)])
def test_the_integral_of_many_phones_is_the_sum_of_few(candidate: tuple[int, int], stable: tuple[int, int]) -> None:
    first, second = ((events + 1, n - events + 1) for events, n in (candidate, stable))
    assert bayes._exceeds_by_quadrature(first, second) == pytest.approx(bayes._exceeds(first, second), abs=1e-6)


def test_two_thousand_million_phones_are_no_trouble() -> None:
    n = 2**31
    assert probability_worse(n // 2, n, n // 2, n) == pytest.approx(0.5, abs=1e-4)
    assert probability_worse(n, n, 0, n) == pytest.approx(1.0)
    assert probability_worse(0, n, n, n) == pytest.approx(0.0)
    assert 0.0 <= expected_loss(n // 2, n, n // 2, n) < 1e-4


@pytest.mark.parametrize("shapes", [(0.05, 0.5), (0.5, 1.5), (1.0, 5.0), (5.0, 1000.0)])
def test_the_cheapest_is_as_sure_with_few_nodes_as_with_many(
    shapes: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes are no exact quantiles: of a posterior that is nearly all at 0 the quick formula would be off by 0.02."""
    draws = np.random.default_rng(1)
    for _ in range(40):
        arms = int(draws.integers(2, 7))
        shape = np.exp(draws.uniform(*np.log(shapes), arms))
        mean = np.exp(draws.normal(0.0, draws.choice([0.02, 0.3, 1.5]), arms))
        few = probability_cheapest(mean, mean**2 / shape)
        with monkeypatch.context() as finer:
            finer.setattr("sim.stats.bayes._CUTS", 8000)
            assert few == pytest.approx(probability_cheapest(mean, mean**2 / shape), abs=5e-6)
