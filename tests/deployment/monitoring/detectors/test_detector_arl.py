"""Mean run lengths of our own charts: reference numbers, a second way to compute them, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.deployment.monitoring.detectors import DetectorSpec, Phase, Polarity, alarms
from sim.deployment.monitoring.detectors.bernoulli import BernoulliCusum
from sim.deployment.monitoring.detectors.charts import Cusum, Ewma
from sim.stats.event_walk import Walk
from sim.stats.run_lengths import cusum_arl, cusum_limit, ewma_arl, ewma_limit


def solved(walk: Walk, p: float, limit: int) -> float:
    """The ARL from the whole transition matrix of the chain."""
    rises = p if walk.up_on_event else 1.0 - p
    steps = np.zeros((limit, limit))
    for s in range(limit):
        steps[s, max(0, s - walk.down)] += 1.0 - rises
        if s + walk.up < limit:
            steps[s, s + walk.up] += rises
    return float(np.linalg.solve(np.eye(limit) - steps, np.ones(limit))[0])


def test_reynolds_and_stoumbos_reference_numbers() -> None:
    walk = Walk.of(0.01, 0.03)
    assert (walk.up + 1, walk.down) == (55, 1)
    assert round(walk.arl(0.01, 210)) == 10518
    assert round(walk.arl(0.03, 210), 1) == 279.2
    assert solved(walk, 0.01, 210) == pytest.approx(walk.arl(0.01, 210), rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 150), st.floats(0.05, 0.95))
def test_the_recursion_solves_the_chain(p0: float, p1: float, limit: int, p: float) -> None:
    if abs(p0 - p1) < 0.01:
        return
    walk = Walk.of(p0, p1)
    expected = solved(walk, p, limit)
    if 0 < expected < 1e6:  # beyond, the matrix is too near to a singular one
        assert walk.arl(p, limit) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("p0", "p1"), [(0.01, 0.03), (0.03, 0.01), (0.9, 0.95), (0.9, 0.8), (0.3, 0.5), (0.0005, 0.001)]
)
def test_the_limit_is_the_smallest_that_keeps_the_promise(p0: float, p1: float) -> None:
    walk = Walk.of(p0, p1)
    limit = walk.limit(p0, 5000.0)
    assert walk.arl(p0, limit - 1) < 5000.0 <= walk.arl(p0, limit)
    assert walk.arl(p1, limit) < 0.5 * walk.arl(p0, limit)


def test_the_statistic_is_the_log_likelihood_ratio_in_units_of_a_good_phone() -> None:
    p0, p1 = 0.01, 0.03
    r1 = -math.log((1 - p1) / (1 - p0))
    watch = BernoulliCusum(p0=p0, p1=p1, arl0=1e9).start()
    watch.update([1, 0, 0, 1, 0])
    assert watch.statistic is not None
    llr = 2 * math.log(p1 / p0) - 3 * r1
    assert watch.statistic * r1 == pytest.approx(llr, rel=0.005)  # m is rounded


def test_page_cusum_reference_numbers() -> None:
    assert round(cusum_arl(4.0)) == 168
    assert round(cusum_arl(4.0, shift=1.0), 2) == 8.38
    # Montgomery, Introduction to Statistical Quality Control, table of k = 1/2, h = 5.
    assert cusum_arl(5.0) == pytest.approx(465, abs=0.5)
    assert cusum_arl(5.0, shift=1.0) == pytest.approx(10.4, abs=0.05)
    assert cusum_arl(4.0, two_sided=False) == pytest.approx(2 * cusum_arl(4.0))


def test_ewma_reference_numbers() -> None:
    # Lucas and Saccucci 1990: pairs with an ARL0 of 500, and of 370.
    assert ewma_arl(2.814, 0.10) == pytest.approx(500, abs=1.0)
    assert ewma_arl(2.962, 0.20) == pytest.approx(500, abs=1.0)
    assert ewma_arl(2.998, 0.25) == pytest.approx(500, abs=1.0)
    assert ewma_arl(3.0, 1.0) == pytest.approx(370.4, abs=0.05)  # Shewhart's chart
    assert ewma_arl(2.814, 0.10, shift=1.0) == pytest.approx(10.3, abs=0.05)


@settings(deadline=None, max_examples=20)
@given(st.floats(20.0, 1e6), st.floats(0.2, 1.0), st.booleans())
def test_limits_give_back_what_was_asked(arl0: float, k: float, two_sided: bool) -> None:
    assert cusum_arl(cusum_limit(arl0, k, two_sided), k, two_sided=two_sided) == pytest.approx(arl0, rel=1e-5)
    assert ewma_arl(ewma_limit(arl0, k, two_sided), k, two_sided=two_sided) == pytest.approx(arl0, rel=1e-5)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.floats(-3.0, 3.0), st.floats(-50.0, 50.0)), max_size=60),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.sampled_from([50.0, 500.0, 50_000.0]),
    st.sampled_from(list(Polarity)),
)
def test_charts_are_the_textbooks_recursions(z: list[float], k: float, arl0: float, polarity: Polarity) -> None:
    up, down, two_sided = polarity is not Polarity.FALL, polarity is not Polarity.RISE, polarity is Polarity.EITHER
    h, high, low, cusum = cusum_limit(arl0, k, two_sided), 0.0, 0.0, None
    wide, average, ewma = ewma_limit(arl0, k, two_sided) * math.sqrt(k / (2.0 - k)), 0.0, None
    for at, value in enumerate(z):
        high, low = max(0.0, high + value - k), max(0.0, low - value - k)
        if cusum is None and max(high * up, low * down) >= h:
            cusum = at
        average = (1.0 - k) * average + k * value
        if ewma is None and ((up and average >= wide) or (down and average <= -wide)):
            ewma = at
    assert Cusum(mean=0.0, sd=1.0, k=k, arl0=arl0, polarity=polarity).start().update(z) == cusum
    if two_sided:  # a one-sided average also forgets what was far on the other side
        assert Ewma(mean=0.0, sd=1.0, weight=k, arl0=arl0).start().update(z) == ewma


@pytest.mark.parametrize(
    "spec", [Cusum(mean=0.0, sd=1.0), Ewma(mean=0.0, sd=1.0), Ewma(mean=0.0, sd=1.0, polarity=Polarity.FALL)]
)
def test_one_value_far_away_alarms_at_once(spec: Cusum | Ewma) -> None:
    limit = spec.start().limit
    assert limit is not None
    assert spec.start().update([-1e9]) == 0
    just = limit + 0.5 if isinstance(spec, Cusum) else limit / math.sqrt(0.1 * 1.9)
    assert spec.start().update([-just - 0.01]) == 0
    assert spec.start().update([-just + 0.01]) is None


def run_lengths(spec: DetectorSpec, values: np.ndarray) -> np.ndarray:
    return np.diff(np.append(-1, alarms(spec, values)))


def standard_errors_off(lengths: np.ndarray, expected: float) -> float:
    return float(abs(lengths.mean() - expected) / (lengths.std(ddof=1) / math.sqrt(len(lengths))))


@pytest.mark.parametrize(
    ("p0", "ratio", "polarity"), [(0.05, 3.0, Polarity.RISE), (0.2, 2.0, Polarity.FALL), (0.85, 1.1, Polarity.RISE)]
)
def test_false_alarms_on_events_come_as_often_as_the_chain_says(p0: float, ratio: float, polarity: Polarity) -> None:
    spec = BernoulliCusum(p0=p0, ratio=ratio, arl0=200, polarity=polarity)
    walk = Walk.of(p0, spec.to_find(p0))
    expected = walk.arl(p0, walk.limit(p0, 200.0))
    assert 200.0 <= expected < 260.0
    lengths = run_lengths(spec, np.random.default_rng(11).random(400_000) < p0)
    assert len(lengths) > 1000
    assert standard_errors_off(lengths, expected) < 3.3


@pytest.mark.parametrize("polarity", list(Polarity))
@pytest.mark.parametrize("kind", [Cusum, Ewma])
def test_false_alarms_of_charts_come_as_often_as_asked(kind: type[Cusum] | type[Ewma], polarity: Polarity) -> None:
    spec = kind(mean=3.0, sd=2.0, arl0=150, polarity=polarity)
    lengths = run_lengths(spec, np.random.default_rng(12).normal(3.0, 2.0, 250_000))
    assert len(lengths) > 1000
    assert standard_errors_off(lengths, 150.0) < 3.3


@pytest.mark.parametrize(("spec", "expected"), [
    (Cusum(mean=0.0, sd=1.0, arl0=168), cusum_arl(cusum_limit(168.0, 0.5, True), shift=1.0)),
    (Ewma(mean=0.0, sd=1.0, arl0=500), ewma_arl(ewma_limit(500.0, 0.1, True), shift=1.0)),
    (BernoulliCusum(p0=0.01, p1=0.03, arl0=10_000), Walk.of(0.01, 0.03).arl(0.03, 208)),
])  # fmt: skip
def test_shifts_are_found_as_soon_as_theory_says(spec: DetectorSpec, expected: float) -> None:
    random = np.random.default_rng(13)
    values = random.random(400_000) < 0.03 if spec.takes == "events" else random.normal(1.0, 1.0, 20_000)
    lengths = run_lengths(spec, values)
    assert len(lengths) > 1000
    assert standard_errors_off(lengths, expected) < 3.3


def test_a_warning_stands_where_a_tenth_of_the_arl0_would_alarm() -> None:
    values = np.random.default_rng(14).normal(0.0, 1.0, 30_000)
    for spec in (Cusum(mean=0.0, sd=1.0, arl0=1e6), Ewma(mean=0.0, sd=1.0, arl0=1e6)):
        tenth = spec.model_copy(update={"arl0": 1e5}).start().limit
        watch, warned = spec.start(), 0
        for value in np.concatenate([values[:3000], values[:3000] + 0.5]):
            if watch.update([value]) is not None:
                break
            assert (watch.phase is Phase.WARNING) is (watch.statistic >= tenth)
            warned += watch.phase is Phase.WARNING
        assert warned > 0


def test_a_rate_learned_on_few_events_breaks_the_promise() -> None:
    """With 10 events to learn from, far more watches false-alarm early than the chain with the true rate says."""
    random = np.random.default_rng(15)
    early = {"known": 0, "learned": 0}
    for _ in range(400):
        first, then = random.random(500) < 0.01, random.random(500) < 0.01
        early["known"] += BernoulliCusum(p0=0.01, ratio=3.0).start().update(then) is not None
        early["learned"] += (
            BernoulliCusum(learn=500, ratio=3.0).start().update(np.concatenate([first, then])) is not None
        )
    assert early["learned"] > 1.5 * early["known"]
