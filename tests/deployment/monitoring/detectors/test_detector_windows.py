"""Window tests: exact levels, the corrections that are needed, and the traps without them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.deployment.monitoring.detectors import Phase, Polarity
from sim.deployment.monitoring.detectors.watch import Windows
from sim.deployment.monitoring.detectors.windows import Ks, Psi, _distance, _shares
from sim.stats.ratios import clopper_pearson
from sim.stats.two_samples import ks_limit, ks_tail, psi, psi_limit

Floats = NDArray[np.float64]


@settings(deadline=None)
@given(st.integers(30, 60), st.integers(30, 60), st.integers(0, 10_000), st.sampled_from(list(Polarity)))
def test_distance_and_tail_are_scipys(m: int, n: int, seed: int, polarity: Polarity) -> None:
    random = np.random.default_rng(seed)
    reference, window = random.normal(size=m), random.normal(0.3, 1.2, size=n)
    side = {Polarity.EITHER: "two-sided", Polarity.RISE: "greater", Polarity.FALL: "less"}[polarity]
    expected = stats.ks_2samp(reference, window, alternative=side, method="exact")
    distance = _distance(np.sort(reference), np.sort(window), polarity)
    assert distance / (m * n) == pytest.approx(expected.statistic, abs=1e-12)
    tail = ks_tail(m, n, distance, two_sided=polarity is Polarity.EITHER)
    assert min(1.0, tail) == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize(("m", "n", "level"), [(30, 30, 0.05), (97, 50, 0.01), (300, 100, 0.001), (500, 200, 1e-6)])
def test_the_limit_is_the_smallest_distance_with_that_level(m: int, n: int, level: float, two_sided: bool) -> None:
    limit = ks_limit(m, n, level, two_sided)
    step = int(np.gcd(m, n))
    assert limit % step == 0
    assert ks_tail(m, n, limit, two_sided) <= level < ks_tail(m, n, limit - step, two_sided)


def share_of_alarms(spec: Ks | Psi, runs: int, seed: int) -> tuple[float, float]:
    """The 99.9 % interval for a single window, each against a reference of its own."""
    random = np.random.default_rng(seed)
    size = spec.reference + spec.window
    fired = sum(spec.start().update(random.normal(size=(size, spec.inputs))) is not None for _ in range(runs))
    return clopper_pearson(fired, runs, 0.999)


def test_eight_inputs_at_5_percent_alarm_in_34_percent_of_windows_and_with_the_correction_in_5() -> None:
    # Sizes without a common divisor have fine steps: the exact test's level is nearly the one asked for.
    settings = {"arl0": 20, "window": 101, "reference": 400, "inputs": 8}
    single = ks_tail(400, 101, ks_limit(400, 101, 0.05))
    assert 0.048 < single <= 0.05
    trap = 1.0 - (1.0 - single) ** 8
    assert trap == pytest.approx(0.34, abs=0.01)
    low, high = share_of_alarms(Ks(**settings, correction="none"), 2000, 21)
    assert low < trap < high
    low, high = share_of_alarms(Ks(**settings), 2000, 22)
    assert low < 1.0 - (1.0 - ks_tail(400, 101, ks_limit(400, 101, 0.05 / 8))) ** 8 < high
    assert high < 0.075


def test_the_popular_rule_for_psi_fires_about_half_the_time_at_100_with_nothing_wrong() -> None:
    # (1/100 + 1/500) chi2(9) > 0.1 has probability 1/2; the half value in each bin takes a little off.
    assert stats.chi2.sf(0.1 / (1 / 100 + 1 / 500), 9) == pytest.approx(0.5, abs=0.002)
    low, high = share_of_alarms(Psi(window=100, reference=500, rule="popular"), 3000, 23)
    assert low > 0.38
    assert high < 0.52
    low, _ = share_of_alarms(Psi(window=100, reference=100, rule="popular"), 1000, 24)
    assert low > 0.7
    _, high = share_of_alarms(Psi(window=500, reference=2000, rule="popular"), 1000, 25)
    assert high < 0.01


@pytest.mark.parametrize(("window", "reference"), [(100, 500), (500, 2000)])
def test_the_chi_square_limit_for_psi_fires_as_often_as_asked(window: int, reference: int) -> None:
    low, high = share_of_alarms(Psi(window=window, reference=reference, arl0=20), 4000, 26)
    assert low < 0.055
    assert high > 0.045


@pytest.mark.parametrize(
    "spec", [Ks(window=40, reference=130, arl0=30), Psi(window=60, reference=300, arl0=30, bins=5)]
)
def test_false_alarms_come_at_most_as_often_as_asked_and_half_of_them_late(spec: Ks | Psi) -> None:
    random, lengths = np.random.default_rng(27), []
    for _ in range(400):
        at = spec.start().update(random.normal(size=spec.reference + 2000 * spec.window))
        lengths.append(2000.0 if at is None else (at + 1 - spec.reference) / spec.window)
    assert np.mean(lengths) + 3.3 * np.std(lengths) / 20.0 > 30.0
    # Longer than a geometric law of the same level: references differ.
    assert np.quantile(lengths, 0.9) > 30.0 * np.log(10.0)


def test_a_window_test_speaks_at_the_end_of_a_window_only() -> None:
    random = np.random.default_rng(28)
    watch = Ks(window=50, reference=200).start()
    assert watch.update(random.normal(size=249)) is None
    assert watch.statistic is None
    assert watch.update(random.normal(size=1)) is None
    assert watch.statistic is not None
    assert watch.update(random.normal(5.0, 1.0, size=120)) == 49
    assert watch.phase is Phase.ALARM


def test_one_input_of_several_is_enough() -> None:
    random = np.random.default_rng(29)
    for spec in (Ks(inputs=3, window=100, reference=500), Psi(inputs=3, window=100, reference=500)):
        for moved in range(3):
            values = random.normal(size=(900, 3))
            values[500:, moved] += 2.0
            assert spec.start().update(values) == 599
        with pytest.raises(ValueError, match=r"\(values, 3\)"):
            spec.start().update(random.normal(size=900))


def test_ks_sees_a_spread_that_a_mean_does_not() -> None:
    random = np.random.default_rng(30)
    values = np.concatenate([random.normal(size=2000), random.normal(0.0, 2.0, 500)])
    assert Ks().start().update(values) == 2499
    assert Psi().start().update(values) == 2499


def test_ties_make_ks_more_cautious_not_less() -> None:
    random, fired = np.random.default_rng(31), 0
    for _ in range(1000):
        values = np.round(random.normal(size=300))
        fired += Ks(window=100, reference=200, arl0=20).start().update(values) is not None
    assert clopper_pearson(fired, 1000, 0.999)[1] < 0.05


def test_psi_of_rare_events_is_a_number_and_finds_a_rise() -> None:
    random = np.random.default_rng(32)
    values = np.concatenate([random.random(2000) < 0.01, random.random(500) < 0.10]).astype(float)
    assert Psi().start().update(values) == 2499


def test_psi_by_hand() -> None:
    expected = _shares(np.arange(10.0), np.array([4.5]))
    found = _shares(np.array([0.0, 9.0, 9.0, 9.0]), np.array([4.5]))
    assert expected.tolist() == [0.5, 0.5]
    assert found.tolist() == [0.3, 0.7]
    assert psi(expected, found) == pytest.approx(0.2 * np.log(7 / 5) + 0.2 * np.log(5 / 3))
    assert psi_limit(100, 100, 10, 0.05) == pytest.approx(0.02 * stats.chi2.isf(0.05, 9))


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 7))
def test_windows_are_cut_alike_wherever_batches_end(sizes: list[int], size: int) -> None:
    values = np.arange(float(sum(sizes)))
    windows, start, found = Windows(size), 0, []
    for batch in sizes:
        for at, window in windows.cut(values[start : start + batch]):
            assert values[start + at] == window[-1]
            found.append(window.tolist())
        start += batch
    assert found == [values[end - size : end].tolist() for end in range(size, len(values) + 1, size)]
