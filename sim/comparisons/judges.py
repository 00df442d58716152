"""How often each judge rolls back an equal candidate, and how soon a worse one: the judges alone, on Bernoulli arms.

No line, no labels that come late, no drift: 20,000 phones, each given to the candidate with probability 10 %, each an
escape with 0.5 % under the stable decider; the candidate's rate is the same, twice or three times that. Everybody looks
100 times, at equal distances, at everything so far. What a judge cannot do here it can do nowhere. The same judges on a
line, with labels that come late and for some phones only: `sim.comparisons.judges_on_the_line`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.columns import Counts
from sim.factory.streams import Streams
from sim.stats import anytime, kayenta, pairs, planned, thresholds
from sim.stats import escapes as events
from sim.stats.evidence import threshold
from sim.stats.ratios import clopper_pearson

Guarantee = Literal["any time", "planned looks", "approximate", "none"]

PHONES = 20_000
LOOKS = 100
CANDIDATE_SHARE = 0.10
BASE_RATE = 0.005  #: escapes per phone of the stable decider
RATIOS = (1.0, 2.0, 3.0)
ALPHA = 0.05
KAYENTA_REPETITIONS = 200  #: it ranks two series at every look, which no vector does for it
KAYENTA_POINTS = 50  #: Spinnaker's best practices: "at least 50 pieces of time series data per metric"
KAYENTA_MARGINAL = 75.0  #: any interval below it fails at once; with one metric the score is 100 or 0
ONE_SIDED_Z = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Observed:
    """What the judges see; arrays of shape (repetitions, looks), all of them cumulative counts of labelled phones.

    `baseline_escapes` are those among as many of the stable arm's phones as the candidate got: Kayenta asks for a
    baseline of the canary's size. In shadow both look at every phone: `discordant` are the phones that exactly one of
    them let escape, `favour_stable` those of them that the candidate did. `phones` are those decided by each look,
    `exposed` and `escaped` those that the candidate decided, and let escape, labelled or not.
    """

    share: float  #: of the phones that go to the candidate
    base_rate: float  #: escapes per labelled phone that the stable decider is known for
    phones: Counts  #: shape (looks,)
    exposed: Counts
    escaped: Counts
    candidate_n: Counts
    candidate_escapes: Counts
    stable_n: Counts
    stable_escapes: Counts
    baseline_escapes: Counts
    favour_stable: Counts
    discordant: Counts
    kayenta_every: int = 1  #: Kayenta judges at every so manieth look

    def part(self, repetitions: int) -> Observed:
        """Return the first so many repetitions."""
        counts = {
            each.name: getattr(self, each.name)[:repetitions]
            for each in fields(self)
            if each.name not in ("share", "base_rate", "phones", "kayenta_every")
        }
        return replace(self, **counts)

    @property
    def looks(self) -> int:
        return len(self.phones)

    @property
    def expected_escapes(self) -> float:
        """Labelled escapes that were expected when the looks were planned."""
        return float(np.mean(self.candidate_n[:, -1] + self.stable_n[:, -1])) * self.base_rate


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one judge did with candidates of one risk ratio.

    Parameters
    ----------
    ratio : float
        Candidate's escapes per phone over the stable decider's.
    repetitions, rollbacks : int
        How many runs, and how many of them were rolled back.
    low, high : float
        The exact 95 % interval of the chance of a rollback.
    phones_to_rollback : float
        Median over the runs that were rolled back, in phones of both arms; NaN if none was.
    exposure : float
        Median over all runs, in phones that the candidate decided before the rollback or the horizon.
    escapes : float
        Median over all runs, in defective phones that the candidate shipped before that.
    """

    ratio: float
    repetitions: int
    rollbacks: int
    low: float
    high: float
    phones_to_rollback: float
    exposure: float
    escapes: float

    @property
    def rate(self) -> float:
        """The share of runs that were rolled back."""
        return self.rollbacks / self.repetitions


@dataclass(frozen=True, slots=True)
class Row:
    """One judge: what it promises against equal candidates, and what it did with each risk ratio."""

    judge: str
    guarantee: Guarantee
    behaviour: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge of the table: `decide` returns the look of the rollback, from 0, -1 for never; shape (repetitions,)."""

    name: str
    guarantee: Guarantee
    decide: Callable[[Observed], Counts]
    repetitions: int | None = None
    in_shadow: bool = False


def table(repetitions: int = 2000, seed: int = 1) -> list[Row]:
    """Return what every judge did in so many repetitions; all judges see the same phones.

    Parameters
    ----------
    repetitions : int
        At least 1; Kayenta gets the first 200 of them.
    seed : int
        The first repetitions are the same however many follow.

    Returns
    -------
    list of Row

    Examples
    --------
    >>> rows = {row.judge: row for row in table(repetitions=20)}
    >>> [each.rollbacks for each in rows["share of escapes, E >= 20"].behaviour]
    [0, 8, 19]
    """
    if repetitions < 1:
        raise ValueError(f"there must be at least one repetition, not {repetitions}")
    seen = {ratio: observe(ratio, repetitions, seed) for ratio in RATIOS}
    return [
        Row(judge.name, judge.guarantee, tuple(behaviour(judge, ratio, seen[ratio]) for ratio in RATIOS))
        for judge in JUDGES
    ]


def observe(ratio: float, repetitions: int, seed: int) -> Observed:
    """Draw what the judges see when the candidate lets `ratio` times as many phones escape.

    The assignment and the stable arm's escapes are the same for every ratio.
    """
    shape, each = (repetitions, LOOKS), PHONES // LOOKS
    streams = Streams(seed, 0, "judging/")
    rate = ratio * BASE_RATE
    candidate_n: Counts = streams.open("assignment").binomial(each, CANDIDATE_SHARE, shape)
    candidate = streams.open(f"candidate's escapes x {ratio}").binomial(candidate_n, rate)
    stable = streams.open("stable's escapes").binomial(each - candidate_n, BASE_RATE)
    stable_n = each - candidate_n
    baseline = streams.open("baseline").hypergeometric(stable, stable_n - stable, np.minimum(candidate_n, stable_n))
    # In shadow: each lets phones escape independently of the other, which is the least that pairs can gain.
    shadow = streams.open(f"pairs x {ratio}")
    only_candidate, only_stable = rate * (1.0 - BASE_RATE), BASE_RATE * (1.0 - rate)
    lost = shadow.multinomial(each, [only_candidate, only_stable, 1.0 - only_candidate - only_stable], shape)
    return Observed(
        CANDIDATE_SHARE,
        BASE_RATE,
        each * np.arange(1, LOOKS + 1),
        np.cumsum(candidate_n, axis=1),
        np.cumsum(candidate, axis=1),
        np.cumsum(candidate_n, axis=1),
        np.cumsum(candidate, axis=1),
        np.cumsum(each - candidate_n, axis=1),
        np.cumsum(stable, axis=1),
        np.cumsum(baseline, axis=1),
        np.cumsum(lost[..., 0], axis=1),
        np.cumsum(lost[..., 0] + lost[..., 1], axis=1),
    )


def behaviour(judge: Judge, ratio: float, everything: Observed) -> Behaviour:
    """Return what a judge did with candidates of one risk ratio."""
    seen = everything if judge.repetitions is None else everything.part(judge.repetitions)
    look = judge.decide(seen)
    rolled_back = look >= 0
    count, n = int(rolled_back.sum()), len(look)
    low, high = clopper_pearson(count, n)
    phones = float(np.median(seen.phones[look[rolled_back]])) if count else math.nan
    # Look -1 is the last one: the horizon.
    exposure, escapes = (float(np.median(each[np.arange(n), look])) for each in (seen.exposed, seen.escaped))
    if judge.in_shadow:
        exposure = escapes = 0.0
    return Behaviour(ratio, n, count, low, high, phones, exposure, escapes)


def _share_of_escapes(seen: Observed) -> Counts:
    grid = events.rollback_grid()
    own, other = events.log_likelihood_ratios([True, False], [seen.share, seen.share], grid)
    # With one pi for all phones the martingales depend on the two counts only.
    logs = seen.candidate_escapes[..., None] * own + seen.stable_escapes[..., None] * other
    return thresholds.first(events.log_mean_exp(logs) >= math.log(threshold(ALPHA)))


def _discordant_pairs(seen: Observed) -> Counts:
    """Return what `judge: pairs` does: these are pairs of escapes, so all of them are defective."""
    favour = seen.discordant - seen.favour_stable
    evidence = pairs.log_evidence_worse(favour, seen.discordant, favour, seen.discordant)
    return thresholds.first(evidence >= math.log(pairs.PairedEvidence(ALPHA).worse_at))


def _discordant_pairs_one_guard(seen: Observed) -> Counts:
    """Return what one guard alone would do, at half the threshold: all phones, good and defective ones alike."""
    evidence = pairs.log_evidence_better(seen.favour_stable, seen.discordant)
    return thresholds.first(evidence >= math.log(threshold(ALPHA)))


def _mixture_bound(seen: Observed) -> Counts:
    # Given the escapes so far, the candidate's number of them less its expectation is a sum of variables between 0
    # and 1: sub-Gaussian with 1/4 each (Hoeffding), which is much more than their variance pi (1 - pi).
    escapes = seen.candidate_escapes + seen.stable_escapes
    r = anytime.mixture_variance(0.25 * seen.expected_escapes, ALPHA)
    bound = anytime.normal_mixture_bound(0.25 * escapes, r, ALPHA)
    return thresholds.first(seen.candidate_escapes - seen.share * escapes >= bound)


def _rate_against_target(seen: Observed) -> Counts:
    evidence = anytime.log_evidence_against_rate(seen.candidate_escapes, seen.candidate_n, seen.base_rate)
    above = seen.candidate_escapes > seen.base_rate * seen.candidate_n
    return thresholds.first((evidence >= math.log(1.0 / ALPHA)) & above)


def _wald(seen: Observed) -> Counts:
    test = anytime.Sprt(seen.base_rate, 2.0 * seen.base_rate, ALPHA, 0.10)
    ratio = test.llr(seen.candidate_escapes, seen.candidate_n)
    rejected, accepted = thresholds.first(ratio >= test.upper), thresholds.first(ratio <= test.lower)
    return np.where((accepted >= 0) & (accepted < rejected), -1, rejected)


def _mixture_sprt(seen: Observed) -> Counts:
    candidate, stable = (seen.candidate_escapes, seen.candidate_n), (seen.stable_escapes, seen.stable_n)
    ratio = anytime.msprt(*candidate, *stable, tau=seen.base_rate)
    worse = seen.candidate_escapes * seen.stable_n > seen.stable_escapes * seen.candidate_n
    return thresholds.first((ratio >= 1.0 / ALPHA) & worse)


def _z(seen: Observed) -> NDArray[np.float64]:
    return planned.two_proportion_z(seen.candidate_escapes, seen.candidate_n, seen.stable_escapes, seen.stable_n)


def _z_at_every_look(seen: Observed) -> Counts:
    return thresholds.first(_z(seen) >= ONE_SIDED_Z)


def _z_at_the_horizon(seen: Observed) -> Counts:
    return np.where(_z(seen)[:, -1] >= ONE_SIDED_Z, seen.looks - 1, -1)


def _planned(shape: planned.Shape) -> Callable[[Observed], Counts]:
    def decide(seen: Observed) -> Counts:
        plan = planned.PlannedLooks(5, ALPHA, shape, two_sided=False)
        limits = np.full(seen.looks, np.inf)
        limits[[round(seen.looks * k / 5) - 1 for k in range(1, 6)]] = plan.limits
        return thresholds.first(_z(seen) >= limits)

    return decide


def _argo(seen: Observed) -> Counts:
    limit = thresholds.RateThreshold(at_most=2.0 * seen.base_rate, min_samples=500)
    return thresholds.argo_aborts(limit.failed(seen.candidate_escapes, seen.candidate_n))


def _flagger(seen: Observed) -> Counts:
    limit = thresholds.RateThreshold(at_most=2.0 * seen.base_rate, min_samples=1)
    failed = limit.failed(_ticks(seen.candidate_escapes), _ticks(seen.candidate_n))
    return thresholds.flagger_rolls_back(failed, threshold=5)


def _kayenta_against_all(seen: Observed) -> Counts:
    return _kayenta(seen, seen.stable_escapes, seen.stable_n)


def _kayenta_against_as_many(seen: Observed) -> Counts:
    return _kayenta(seen, seen.baseline_escapes, seen.candidate_n)


def _kayenta(seen: Observed, baseline_escapes: Counts, baseline_n: Counts) -> Counts:
    # In percent, as dashboards have it: Kayenta finds its interval to 1e-4 of the unit. No phones: no value.
    with np.errstate(invalid="ignore", divide="ignore"):
        candidate = 100.0 * _ticks(seen.candidate_escapes) / _ticks(seen.candidate_n)
        baseline = 100.0 * _ticks(baseline_escapes) / _ticks(baseline_n)
    rules = kayenta.MetricRules("escapes", direction="increase")
    looks = np.full(len(candidate), -1)
    for run, (new, old) in enumerate(zip(candidate, baseline, strict=True)):
        for look in range(KAYENTA_POINTS - 1, seen.looks, seen.kayenta_every):
            judged = kayenta.classify(old[: look + 1], new[: look + 1], rules)
            if kayenta.score([judged]).value < KAYENTA_MARGINAL:
                looks[run] = look
                break
    return looks


def _ticks(cumulative: Counts) -> Counts:
    return np.diff(cumulative, axis=1, prepend=0)


JUDGES: tuple[Judge, ...] = (
    Judge("share of escapes, E >= 20", "any time", _share_of_escapes),
    Judge("shadow pairs, two guards", "any time", _discordant_pairs, in_shadow=True),
    Judge("shadow pairs, one guard", "any time", _discordant_pairs_one_guard, in_shadow=True),
    Judge("normal-mixture bound", "any time", _mixture_bound),
    Judge("rate against a known target", "any time", _rate_against_target),
    Judge("Wald's SPRT, known target", "any time", _wald),
    Judge("O'Brien-Fleming, 5 looks", "planned looks", _planned("obrien_fleming")),
    Judge("Pocock, 5 looks", "planned looks", _planned("pocock")),
    Judge("z-test once, at the end", "planned looks", _z_at_the_horizon),
    Judge("mixture SPRT", "approximate", _mixture_sprt),
    Judge("z-test at every look", "none", _z_at_every_look),
    Judge("Argo: rate > 2 x known, 500 phones", "none", _argo),
    Judge("Flagger: 5 ticks > 2 x known", "none", _flagger),
    Judge("Kayenta, against all others", "none", _kayenta_against_all, repetitions=KAYENTA_REPETITIONS),
    Judge("Kayenta, against as many", "none", _kayenta_against_as_many, repetitions=KAYENTA_REPETITIONS),
)
