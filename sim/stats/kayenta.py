"""Kayenta's judge: time series of a metric, compared by Mann-Whitney and added up to a score. Here as a contrast.

Written after the source of spinnaker/kayenta at a69573be (April 2025), read for this file: kayenta-judge's
NetflixACAJudge, MannWhitneyClassifier, EffectSizes, WeightedSumScorer and ThresholdScoreClassifier, and
kayenta-mannwhitney's MannWhitney and BrentSolver. Compared once with the cases that Kayenta's own tests publish: all
intervals and estimates agree to 1e-11 or to the digits they state, and all 31 classifications. Not verified: anything
by running Kayenta itself; the rule for several intervals (`stage`) is from Spinnaker's best practices. Not here: the
removal of outliers, which is off by default.

What the source shows and its descriptions leave out:

* The interval is always the normal approximation with continuity correction (R: ``exact=FALSE``). R, as
  remembered, drops the correction for the estimate; Kayenta keeps it.
* Roots are found to 1e-4 in the metric's own unit. A rate in shares (0.005) is thus judged less precisely than the same
  rate in percent or ppm, and may be judged otherwise: hand over rates in percent. Among many ties the interval's
  ends may even cross.
* Below five values against five, z never reaches the quantile: the interval then runs from the lowest to the highest
  possible shift, and "High" means little more than that all values lie higher. One value against one is judged too.
  Spinnaker's best practices ask for 50 points; nothing enforces them.
* Two series that are constant, but not the same constant, are compared, with noise of 1e-5 of the value added.
* The effect size counts as large enough where it cannot be computed, that is when either mean is 0.
* A metric whose comparison fails (all values tied at some shift) is an "Error", which enters neither the score nor the
  share of missing data: a group of nothing but errors scores 100.

A series of rates of a rare event is mostly zeros: the interval then shrinks to 0, and what is left is compared with a
quarter of an estimate that is 0 but for the root's tolerance. And ranks follow the number of zeros: the smaller arm has
more of them, so that a canary of 10 % looks "Low" beside all the others though its rate is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sim.columns import Floats

Label = Literal["Pass", "High", "Low", "Nodata", "NodataFailMetric", "Error"]
Conclusion = Literal["Pass", "Marginal", "Fail"]

CONFIDENCE = 0.98  #: of the interval, hard-coded in NetflixACAJudge
TOLERANCE = 0.25  #: the part of the estimate that the interval must stay clear of, hard-coded too
NODATA_PERCENT = 50.0  #: from this share of metrics without data on, the score is 0
_ROOT_TOLERANCE = 1e-4
_NOISE = 1e-5


@dataclass(frozen=True, slots=True)
class MetricRules:
    """How one metric is judged: the `canary` part of its analysis configuration, with Kayenta's defaults.

    An effect size is the candidate's mean over the baseline's ("mean_ratio"), or the probability that a candidate's
    value is the higher one ("cles", ties half). `None` thresholds are 1, or 0.5 for cles.
    """

    name: str
    groups: tuple[str, ...] = ("quality",)
    direction: Literal["increase", "decrease", "either"] = "either"
    nan_strategy: Literal["remove", "replace"] = "remove"
    critical: bool = False
    must_have_data: bool = False
    muted: bool = False
    effect_size: Literal["mean_ratio", "cles"] = "mean_ratio"
    allowed_increase: float | None = None
    allowed_decrease: float | None = None
    critical_increase: float | None = None
    critical_decrease: float | None = None

    def limit(self, asked: float | None) -> float:
        """Return an effect size threshold, or the default of this measure."""
        if asked is not None:
            return asked
        return 0.5 if self.effect_size == "cles" else 1.0


@dataclass(frozen=True, slots=True)
class MetricJudgement:
    """What one metric was classified as; `critical` says that it alone may fail the canary."""

    rules: MetricRules
    label: Label
    ratio: float = 1.0
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """The candidate's shift against the baseline: interval and Hodges-Lehmann estimate, in the metric's unit."""

    low: float
    high: float
    estimate: float


@dataclass(frozen=True, slots=True)
class Score:
    """The score from 0 to 100, each group's own, and why it is 0 where a rule forced it."""

    value: float
    groups: Mapping[str, float]
    reason: str = ""


def classify(baseline: ArrayLike, candidate: ArrayLike, rules: MetricRules, seed: int = 0) -> MetricJudgement:
    """Classify one metric.

    Parameters
    ----------
    baseline, candidate : array_like of float, shape (points,)
        One value per interval of time; NaN where there was none. Lengths may differ.
    rules : MetricRules
        The metric's own.
    seed : int
        For the noise that two different constants get; Kayenta's is not seeded.

    Examples
    --------
    >>> higher = classify([1.0, 2.0, 3.0, 4.0, 5.0], [31.0, 32.0, 33.0, 34.0, 35.0], MetricRules("escapes"))
    >>> higher.label, higher.ratio
    ('High', 11.0)
    """
    old, new = _clean(baseline, rules), _clean(candidate, rules)
    if len(old) == 0 or len(new) == 0:
        if rules.nan_strategy == "replace":
            return MetricJudgement(rules, "Pass")
        if rules.must_have_data and not rules.critical:
            return MetricJudgement(rules, "NodataFailMetric")
        return MetricJudgement(rules, "Nodata", critical=rules.critical)
    if np.array_equal(np.sort(old), np.sort(new)) or len(np.unique(np.concatenate([old, new]))) == 1:
        return MetricJudgement(rules, "Pass")
    if len(np.unique(old)) == 1 and len(np.unique(new)) == 1:
        noise = np.random.default_rng(seed)
        new = new + noise.normal(0.0, _NOISE * abs(new[0]), len(new))
        old = old + noise.normal(0.0, _NOISE * abs(old[0]), len(old))
    try:
        label, effect = _compare(old, new, rules)
    except AllTied:
        return MetricJudgement(rules, "Error")
    critical = rules.critical and (
        (label == "High" and not effect < rules.limit(rules.critical_increase))
        or (label == "Low" and not effect > rules.limit(rules.critical_decrease))
    )
    return MetricJudgement(rules, label, _mean_ratio(old, new), critical)


def score(results: Sequence[MetricJudgement], weights: Mapping[str, float] | None = None) -> Score:
    """Add the metrics up, muted ones left out.

    A group's score is the share of its metrics that pass, of those that could be judged or had to have data; a group
    with no such metric counts as 100. A critical metric that does not pass, or half of the metrics without data,
    makes the score 0.

    Parameters
    ----------
    results : sequence of MetricJudgement
        One per metric; a metric in several groups counts in each.
    weights : mapping of str to float, optional
        Percent by group; groups without one share what is left of 100.

    Examples
    --------
    >>> passed = MetricJudgement(MetricRules("escapes"), "Pass")
    >>> high = MetricJudgement(MetricRules("latency", groups=("flow",)), "High", ratio=2.0)
    >>> score([passed, high], {"quality": 70}).value
    70.0
    """
    heard = [result for result in results if not result.rules.muted]
    given = dict(weights or {})
    groups = {group: _group_score(group, heard) for result in heard for group in result.rules.groups}
    shown = {group: 0.0 if value is None else value for group, value in groups.items()}
    for result in heard:
        if result.critical and result.label != "Pass":
            return Score(0.0, shown, f"critical metric {result.rules.name}: {result.label}")
    missing = sum(result.label == "Nodata" for result in heard)
    if heard and 100.0 * missing / len(heard) >= NODATA_PERCENT:
        return Score(0.0, shown, f"{missing} of {len(heard)} metrics without data")
    unweighted = [group for group in groups if group not in given]
    rest = (100.0 - sum(given.values())) / len(unweighted) if unweighted else 0.0
    total = sum((100.0 if value is None else value) * given.get(group, rest) / 100.0 for group, value in groups.items())
    return Score(float(Decimal(repr(float(total))).quantize(Decimal("0.01"), ROUND_HALF_UP)), shown)


def conclude(value: float, passing: float, marginal: float) -> Conclusion:
    """Return what a score means: both limits are inclusive.

    >>> conclude(95.0, 95.0, 75.0), conclude(75.0, 95.0, 75.0), conclude(74.99, 95.0, 75.0)
    ('Pass', 'Marginal', 'Fail')
    """
    return "Pass" if value >= passing else "Marginal" if value >= marginal else "Fail"


def stage(values: Sequence[float], passing: float, marginal: float) -> tuple[bool, int]:
    """Return whether Spinnaker's canary stage succeeds, and after how many intervals it is over.

    Any interval below `marginal` fails at once; the last one must reach `passing`.

    >>> stage([80.0, 100.0], 95.0, 75.0), stage([100.0, 80.0], 95.0, 75.0), stage([50.0, 100.0], 95.0, 75.0)
    ((True, 2), (False, 2), (False, 1))
    """
    for count, value in enumerate(values, start=1):
        if value < marginal:
            return False, count
    return len(values) > 0 and values[-1] >= passing, len(values)


def shift(baseline: ArrayLike, candidate: ArrayLike, confidence: float = CONFIDENCE) -> Shift:
    """Return by how much the candidate's values lie above the baseline's: interval and estimate.

    The interval's ends are the shifts at which the standardised rank sum, corrected for ties and continuity, crosses
    the normal quantile. AllTied where all values are tied.

    Examples
    --------
    >>> found = shift([1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0], confidence=0.95)
    >>> round(found.low, 4), round(found.high, 4), round(found.estimate, 4)
    (6.0, 39.0, 22.5)
    """
    z = _RankSum(np.asarray(baseline, dtype=np.float64), np.asarray(candidate, dtype=np.float64))
    quantile = _normal_quantile(0.5 + 0.5 * confidence)
    return Shift(z.end(quantile), z.end(-quantile), z.estimate())


class AllTied(ValueError):
    """No interval: at some shift all values are one."""


class _RankSum:
    """The standardised rank sum of the candidate's values less a shift: it falls, in steps, as the shift grows."""

    def __init__(self, baseline: Floats, candidate: Floats) -> None:
        self._baseline, self._candidate = np.sort(baseline), np.sort(candidate)
        self._lowest = float(self._candidate[0] - self._baseline[-1])
        self._highest = float(self._candidate[-1] - self._baseline[0])

    def z(self, mu: float) -> float:
        """Return z when the candidate's values are shifted down by `mu`."""
        moved = self._candidate - mu
        m, n = len(moved), len(self._baseline)
        below = np.searchsorted(self._baseline, moved, side="left")
        upto = np.searchsorted(self._baseline, moved, side="right")
        excess = 0.5 * float((below + upto).sum()) - 0.5 * m * n
        values = np.sort(np.concatenate([moved, self._baseline]))
        runs = np.diff(np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1], [True]]))).astype(np.float64)
        ties = float((runs**3 - runs).sum()) / ((m + n) * (m + n - 1.0))
        variance = m * n / 12.0 * (m + n + 1.0 - ties)
        if variance <= 0.0:
            raise AllTied("all observations are tied")
        return float(excess - 0.5 * np.sign(excess)) / math.sqrt(variance)

    def end(self, quantile: float) -> float:
        """Return the shift at which z falls below `quantile`, or the last possible one."""
        at_lowest, at_highest = self.z(self._lowest) - quantile, self.z(self._highest) - quantile
        if at_lowest <= 0.0:
            return self._lowest
        if at_highest >= 0.0:
            return self._highest
        return _root(lambda mu: self.z(mu) - quantile, self._lowest, self._highest, at_lowest, at_highest)

    def estimate(self) -> float:
        """Return the Hodges-Lehmann estimate as Kayenta finds it: where z crosses 0."""
        return _root(self.z, self._lowest, self._highest, self.z(self._lowest), self.z(self._highest))


def _compare(baseline: Floats, candidate: Floats, rules: MetricRules) -> tuple[Label, float]:
    """Return High, Low or Pass, and the effect size (NaN where it cannot be computed)."""
    z, quantile = _RankSum(baseline, candidate), _normal_quantile(0.5 + 0.5 * CONFIDENCE)
    effect = _mean_ratio(baseline, candidate)
    if rules.effect_size == "cles":
        effect = _higher_share(baseline, candidate)
    # The estimate is looked for only where the interval lies on one side of 0: elsewhere it cannot matter.
    if rules.direction != "decrease":
        low = z.end(quantile)
        large = not effect < rules.limit(rules.allowed_increase)
        if low > 0.0 and large and low > TOLERANCE * abs(z.estimate()):
            return "High", effect
    if rules.direction != "increase":
        high = z.end(-quantile)
        small = not effect > rules.limit(rules.allowed_decrease)
        if high < 0.0 and small and high < -TOLERANCE * abs(z.estimate()):
            return "Low", effect
    return "Pass", effect


def _group_score(group: str, results: Sequence[MetricJudgement]) -> float | None:
    """Return the percentage that passes, None for a group in which nothing was judged."""
    labels = [result.label for result in results if group in result.rules.groups]
    judged = [label for label in labels if label not in ("Nodata", "Error")]
    return 100.0 * judged.count("Pass") / len(judged) if judged else None


def _clean(values: ArrayLike, rules: MetricRules) -> Floats:
    series = np.asarray(values, dtype=np.float64).ravel()
    gaps = np.isnan(series)
    return series[~gaps] if rules.nan_strategy == "remove" else np.where(gaps, 0.0, series)


def _mean_ratio(baseline: Floats, candidate: Floats) -> float:
    old, new = float(baseline.mean()), float(candidate.mean())
    return math.nan if old == 0.0 or new == 0.0 else new / old


def _higher_share(baseline: Floats, candidate: Floats) -> float:
    """Return the common-language effect size (Vargha and Delaney 2000): P(candidate's value is higher), ties half."""
    ordered = np.sort(baseline)
    below, upto = np.searchsorted(ordered, candidate, "left"), np.searchsorted(ordered, candidate, "right")
    return 0.5 * float((below + upto).sum()) / (len(baseline) * len(candidate))


def _normal_quantile(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


def _root(function: Callable[[float], float], a: float, b: float, at_a: float, at_b: float) -> float:
    """Return a root by Brent's method (Brent 1973, chapter 4), step for step as R's uniroot and Kayenta take it.

    On a function of steps the answer depends on the steps taken, so a library's variant would not do: `best` is the
    latest point, `other` the one before it, and the root lies between `best` and `across`.
    """
    if at_a == 0.0:
        return a
    if at_b == 0.0:
        return b
    other, best, across = a, b, a
    f_other, f_best, f_across = at_a, at_b, at_a
    for _ in range(1001):
        before = best - other
        if abs(f_across) < abs(f_best):
            other, best, across = best, across, best
            f_other, f_best, f_across = f_best, f_across, f_best
        tolerance = 2.0 * np.finfo(np.float64).eps * abs(best) + 0.5 * _ROOT_TOLERANCE
        half = 0.5 * (across - best)
        if abs(half) <= tolerance or f_best == 0.0:
            break
        step = half
        if abs(before) >= tolerance and abs(f_other) > abs(f_best):
            ratio = f_best / f_other
            if other == across:  # two points: secant
                p, q = 2.0 * half * ratio, 1.0 - ratio
            else:  # three points: inverse quadratic interpolation
                u, v = f_other / f_across, f_best / f_across
                p = ratio * (2.0 * half * u * (u - v) - (best - other) * (v - 1.0))
                q = (u - 1.0) * (v - 1.0) * (ratio - 1.0)
            p, q = (p, -q) if p > 0.0 else (-p, q)
            if p < 1.5 * half * q - 0.5 * abs(tolerance * q) and p < abs(0.5 * before * q):
                step = p / q
        if abs(step) < tolerance:
            step = math.copysign(tolerance, step)
        other, f_other = best, f_best
        best += step
        f_best = function(best)
        if (f_best > 0.0) == (f_across > 0.0) and f_best != 0.0:
            across, f_across = other, f_other
    return best
