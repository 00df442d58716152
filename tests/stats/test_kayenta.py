"""Kayenta's judge: its interval against brute force and scipy, every rule of labels and scores, and its surprises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.stats.kayenta import (
    CONFIDENCE,
    Label,
    MetricJudgement,
    MetricRules,
    _RankSum,
    classify,
    conclude,
    score,
    shift,
    stage,
)
from sim.stats.ratios import clopper_pearson

NAN = float("nan")
PLAIN = MetricRules("escapes")
RANDOM = np.random.default_rng(21)
LOW, HIGH = RANDOM.normal(10.0, 2.0, 30), RANDOM.normal(20.0, 2.0, 30)
ROOT = 1.01e-4  # Brent's tolerance, in the metric's unit
series = st.lists(st.integers(0, 8).map(float), min_size=6, max_size=30)


def label(baseline: object, candidate: object, **rules: object) -> Label:
    return classify(baseline, candidate, MetricRules("escapes", **rules)).label  # type: ignore[arg-type]


def judged(*labels: Label, **rules: object) -> list[MetricJudgement]:
    return [MetricJudgement(MetricRules(f"m{i}", **rules), each) for i, each in enumerate(labels)]  # type: ignore[arg-type]


# the interval and the estimate


@settings(deadline=None)
@given(series, series)
def test_z_is_scipys_tie_corrected_z(old: list[float], new: list[float]) -> None:
    from scipy.stats import mannwhitneyu, norm

    if len(set(old + new)) == 1:
        return
    z = _RankSum(np.array(old), np.array(new)).z(0.0)
    found = mannwhitneyu(new, old, alternative="two-sided", method="asymptotic", use_continuity=True)
    # scipy's correction may push a tie of rank sums beyond 0, and then reports 1.
    assert 2.0 * norm.sf(abs(z)) == pytest.approx(min(1.0, found.pvalue), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("confidence", [0.95, CONFIDENCE])
def test_the_ends_are_the_differences_at_which_z_crosses_the_quantile(seed: int, confidence: float) -> None:
    from scipy.special import ndtri

    random = np.random.default_rng(seed)
    old, new = random.normal(0.0, 1.0, 12), random.normal(0.7, 1.5, 17)
    differences = np.sort((new[:, None] - old[None, :]).ravel())
    z, quantile = _RankSum(old, new), float(ndtri(0.5 + 0.5 * confidence))
    between = 0.5 * (differences[1:] + differences[:-1])
    falls = np.array([z.z(float(mu)) for mu in between])
    assert bool(np.all(np.diff(falls) <= 0.0))
    found = shift(old, new, confidence)
    # The step at which z falls below the quantile is a pairwise difference.
    assert found.low == pytest.approx(differences[1 + np.flatnonzero(falls >= quantile)[-1]], abs=ROOT)
    assert found.high == pytest.approx(differences[np.flatnonzero(falls <= -quantile)[0]], abs=ROOT)
    middle = np.flatnonzero(np.abs(falls) < 0.03)
    assert differences[middle[0]] - ROOT <= found.estimate <= differences[middle[-1] + 1] + ROOT


def test_the_published_case() -> None:
    found = shift([1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0], confidence=0.95)
    assert (found.low, found.high, found.estimate) == pytest.approx((6.0, 39.0, 22.5), abs=1e-9)


def test_roots_are_found_in_the_metrics_own_unit_so_the_unit_matters() -> None:
    random = np.random.default_rng(2)
    old, new = random.poisson(3.0, 60) / 1000.0, random.poisson(6.0, 60) / 1000.0
    share, ppm = shift(old, new), shift(1e6 * old, 1e6 * new)
    assert share.low != pytest.approx(1e-6 * ppm.low, rel=1e-3)
    assert share.low == pytest.approx(1e-6 * ppm.low, abs=2 * ROOT)


# labels


def test_higher_lower_and_the_same() -> None:
    assert (label(LOW, HIGH), label(HIGH, LOW), label(LOW, LOW + 0.01)) == ("High", "Low", "Pass")


@pytest.mark.parametrize(("direction", "up", "down"), [("increase", "High", "Pass"), ("decrease", "Pass", "Low")])
def test_a_direction_is_blind_to_the_other(direction: str, up: Label, down: Label) -> None:
    assert (label(LOW, HIGH, direction=direction), label(HIGH, LOW, direction=direction)) == (up, down)


def test_the_interval_must_stay_clear_of_a_quarter_of_the_estimate() -> None:
    # Five far higher values against five: z reaches the quantile, and yet a wide interval passes.
    found = shift([1.0, 2.0, 3.0, 4.0, 5.0], [10.0, 20.0, 30.0, 40.0, 50.0])
    assert 0.0 < found.low < 0.25 * found.estimate
    assert label([1.0, 2.0, 3.0, 4.0, 5.0], [10.0, 20.0, 30.0, 40.0, 50.0]) == "Pass"
    assert label([1.0, 2.0, 3.0, 4.0, 5.0], [31.0, 32.0, 33.0, 34.0, 35.0]) == "High"


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_identical_data_pass(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert label(values, shuffled, critical=True) == "Pass"


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(1, 20), st.integers(1, 20))
def test_one_constant_passes(value: float, m: int, n: int) -> None:
    assert label([value] * m, [value] * n, critical=True) == "Pass"


def test_two_constants_are_compared_with_a_little_noise() -> None:
    assert (label([10.0] * 20, [20.0] * 20), label([20.0] * 20, [10.0] * 20)) == ("High", "Low")
    assert label([0.0] * 20, [5.0] * 20) == "High"


@pytest.mark.parametrize("empty", [[], [NAN, NAN]])
def test_no_data_when_gaps_are_removed(empty: list[float]) -> None:
    for old, new in ((empty, LOW), (LOW, empty), (empty, empty)):
        plain = classify(old, new, PLAIN)
        assert (plain.label, plain.critical) == ("Nodata", False)
        critical = classify(old, new, MetricRules("m", critical=True, must_have_data=True))
        assert (critical.label, critical.critical) == ("Nodata", True)
        assert label(old, new, must_have_data=True) == "NodataFailMetric"


def test_no_data_when_gaps_are_zeros() -> None:
    assert label([], LOW, nan_strategy="replace", critical=True, must_have_data=True) == "Pass"
    # A series of gaps is no empty series then: it is a series of zeros.
    assert label(LOW, [NAN] * 30, nan_strategy="replace") == "Low"
    assert label([NAN] * 3, [0.0] * 5, nan_strategy="replace") == "Pass"


def test_single_gaps_are_removed_or_zero() -> None:
    gaps = np.where(np.arange(30) % 2 == 0, NAN, LOW)
    assert label(LOW, gaps) == "Pass"
    assert label(LOW, np.where(np.arange(30) < 26, NAN, LOW), nan_strategy="replace") == "Low"


def test_an_effect_must_be_large_enough() -> None:
    ratio = HIGH.mean() / LOW.mean()
    assert classify(LOW, HIGH, PLAIN).ratio == pytest.approx(ratio)
    assert label(LOW, HIGH, allowed_increase=ratio * 0.999) == "High"
    assert label(LOW, HIGH, allowed_increase=ratio * 1.001) == "Pass"
    assert label(HIGH, LOW, allowed_decrease=1.001 / ratio) == "Low"
    assert label(HIGH, LOW, allowed_decrease=0.999 / ratio) == "Pass"


def test_cles_counts_pairs_and_ties_half() -> None:
    old, new = [1.0] * 10 + [2.0] * 10, [2.0] * 10 + [9.0] * 10
    # 0.5 x 0.5 ties, the rest higher: 0.875
    assert label(old, new, effect_size="cles", allowed_increase=0.875) == label(old, new)
    assert label(LOW, HIGH, effect_size="cles", allowed_increase=1.0) == "High"
    assert label(LOW, HIGH, effect_size="cles", allowed_increase=1.001) == "Pass"
    assert MetricRules("m", effect_size="cles").limit(None) == 0.5


def test_an_effect_that_cannot_be_computed_counts() -> None:
    assert label([0.0] * 30, HIGH, allowed_increase=100.0) == "High"
    assert math.isnan(classify([0.0] * 30, HIGH, PLAIN).ratio)
    assert classify([0.0] * 30, HIGH, MetricRules("m", critical=True, critical_increase=100.0)).critical


def test_a_critical_metric_fails_beyond_its_own_effect_only() -> None:
    ratio = HIGH.mean() / LOW.mean()
    flags = [
        classify(LOW, HIGH, MetricRules("m", critical=True, critical_increase=limit)).critical
        for limit in (None, 0.999 * ratio, 1.001 * ratio)
    ]
    assert flags == [True, True, False]
    assert classify(HIGH, LOW, MetricRules("m", critical=True)).critical
    assert not classify(HIGH, LOW, MetricRules("m", critical=True, critical_decrease=0.99 / ratio)).critical
    assert not classify(LOW, LOW + 0.01, MetricRules("m", critical=True)).critical


def test_one_value_against_one_is_judged_when_rounding_unties_it_and_an_error_else() -> None:
    found = {classify([1.0], [2.0], PLAIN, seed).label for seed in range(30)}
    assert found == {"Error", "High"}


def labels_of_rare_events(baseline_phones: int, ratio: float) -> list[Label]:
    """100 intervals in each of 200 runs; the candidate has 20 phones in each, and 0.5 % x ratio escape."""
    random = np.random.default_rng(8)
    found = []
    for _ in range(200):
        old = 100.0 * random.binomial(baseline_phones, 0.005, 100) / baseline_phones
        found.append(label(old, 100.0 * random.binomial(20, 0.005 * ratio, 100) / 20))
    return found


def test_a_three_times_worse_candidate_is_mostly_not_seen_where_events_are_rare() -> None:
    low, high = clopper_pearson(labels_of_rare_events(20, 3.0).count("High"), 200)
    assert 0.25 < low < high < 0.5
    assert labels_of_rare_events(180, 3.0).count("High") == 0


def test_an_equal_candidate_looks_low_beside_a_larger_arm() -> None:
    larger, same = labels_of_rare_events(180, 1.0), labels_of_rare_events(20, 1.0)
    low, high = clopper_pearson(larger.count("Low"), 200)
    assert 0.1 < low < high < 0.25
    assert same.count("Pass") == 200


# scores


def test_a_group_scores_the_share_that_passes() -> None:
    assert score(judged("Pass", "Pass", "High", "Low")).value == 50.0
    assert score(judged("Pass", "Pass", "High")).value == 66.67
    assert score(judged("Pass", "Pass", "NodataFailMetric", "NodataFailMetric")).value == 50.0
    assert score(judged("Pass", "Pass", "Nodata")).value == 100.0


def test_a_critical_metric_makes_it_zero() -> None:
    results = [*judged("Pass", "Pass"), MetricJudgement(MetricRules("leak", critical=True), "High", critical=True)]
    assert score(results).value == 0.0
    assert "leak" in score(results).reason
    passed = [*judged("Pass", "Pass"), MetricJudgement(MetricRules("leak", critical=True), "Pass", critical=True)]
    assert score(passed).value == 100.0
    spared = [*judged("Pass"), MetricJudgement(MetricRules("leak", critical=True), "High", critical=False)]
    assert score(spared).value == 50.0


def test_half_without_data_makes_it_zero_and_less_does_not() -> None:
    assert score(judged("Pass", "Nodata")).value == 0.0
    assert score(judged("Nodata")).value == 0.0
    assert score(judged("Pass", "Pass", "Nodata")).value == 100.0
    # Required data that is missing is no "no data": it only fails its metric.
    assert score(judged("Pass", "NodataFailMetric")).value == 50.0


def test_errors_alone_score_100() -> None:
    assert score(judged("Error", "Error")).value == 100.0
    assert score(judged("Error", "High")).value == 0.0


def test_muted_metrics_are_not_heard() -> None:
    assert score([*judged("Pass"), *judged("High", "Nodata", muted=True)]).value == 100.0


def test_weights_of_groups() -> None:
    results = [*judged("Pass", "High"), *judged("High", groups=("flow",)), *judged("Pass", groups=("cost", "work"))]
    assert score(results).groups == {"quality": 50.0, "flow": 0.0, "cost": 100.0, "work": 100.0}
    assert score(results).value == 62.5  # 25 each
    assert score(results, {"quality": 70.0}).value == 55.0  # 35 + 0 + 10 + 10
    assert score(results, {"quality": 40.0, "flow": 60.0, "cost": 0.0, "work": 0.0}).value == 20.0


def test_a_group_without_data_counts_as_100() -> None:
    results = [*judged("High", "High"), *judged("Nodata", groups=("flow",))]
    assert score(results).value == 50.0
    assert score(results).groups["flow"] == 0.0  # as its report shows it


def test_both_limits_are_inclusive() -> None:
    assert [conclude(value, 95.0, 75.0) for value in (100.0, 95.0, 94.99, 75.0, 74.99)] == [
        "Pass", "Pass", "Marginal", "Marginal", "Fail",
    ]  # fmt: skip


def test_the_stage_fails_at_once_below_marginal_and_the_last_must_pass() -> None:
    assert stage([75.0, 80.0, 95.0], 95.0, 75.0) == (True, 3)
    assert stage([100.0, 100.0, 94.0], 95.0, 75.0) == (False, 3)
    assert stage([100.0, 74.0, 100.0], 95.0, 75.0) == (False, 2)
    assert stage([], 95.0, 75.0) == (False, 0)
