"""The judges that are compared: each says at which look it would have rolled a candidate back.

They are told all looks of all repetitions at once, as arrays, and compute what the judges of scenario files say one
look after the other; beside those stand the tests and rules of thumb that people use elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from sim.columns import Counts, Floats
from sim.stats import anytime, escapes, kayenta, pairs, planned, thresholds
from sim.stats.evidence import threshold

Guarantee = Literal["any time", "planned looks", "approximate", "none"]

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
class Contender:
    """A judge of the table: `decide` returns the look of the rollback, from 0, -1 for never; shape (repetitions,)."""

    name: str
    guarantee: Guarantee
    decide: Callable[[Observed], Counts]
    repetitions: int | None = None
    in_shadow: bool = False


def _share_of_escapes(observed: Observed) -> Counts:
    grid = escapes.rollback_grid()
    own, other = escapes.log_likelihood_ratios([True, False], [observed.share, observed.share], grid)
    # With one pi for all phones the martingales depend on the two counts only.
    logs = observed.candidate_escapes[..., None] * own + observed.stable_escapes[..., None] * other
    return thresholds.first(escapes.log_mean_exp(logs) >= math.log(threshold(ALPHA)))


def _discordant_pairs(observed: Observed) -> Counts:
    """Return what `judge: pairs` does: these are pairs of escapes, so all of them are defective."""
    favour = observed.discordant - observed.favour_stable
    evidence = pairs.log_evidence_worse(favour, observed.discordant, favour, observed.discordant)
    return thresholds.first(evidence >= math.log(pairs.PairedEvidence(ALPHA).worse_at))


def _discordant_pairs_one_guard(observed: Observed) -> Counts:
    """Return what one guard alone would do, at half the threshold: all phones, good and defective ones alike."""
    evidence = pairs.log_evidence_better(observed.favour_stable, observed.discordant)
    return thresholds.first(evidence >= math.log(threshold(ALPHA)))


def _mixture_bound(observed: Observed) -> Counts:
    # Given the escapes so far, the candidate's number of them less its expectation is a sum of variables between 0
    # and 1: sub-Gaussian with 1/4 each (Hoeffding), which is much more than their variance pi (1 - pi).
    both = observed.candidate_escapes + observed.stable_escapes
    r = anytime.mixture_variance(0.25 * observed.expected_escapes, ALPHA)
    bound = anytime.normal_mixture_bound(0.25 * both, r, ALPHA)
    return thresholds.first(observed.candidate_escapes - observed.share * both >= bound)


def _rate_against_target(observed: Observed) -> Counts:
    evidence = anytime.log_evidence_against_rate(observed.candidate_escapes, observed.candidate_n, observed.base_rate)
    above = observed.candidate_escapes > observed.base_rate * observed.candidate_n
    return thresholds.first((evidence >= math.log(1.0 / ALPHA)) & above)


def _wald(observed: Observed) -> Counts:
    test = anytime.Sprt(observed.base_rate, 2.0 * observed.base_rate, ALPHA, 0.10)
    ratio = test.llr(observed.candidate_escapes, observed.candidate_n)
    rejected, accepted = thresholds.first(ratio >= test.upper), thresholds.first(ratio <= test.lower)
    return np.where((accepted >= 0) & (accepted < rejected), -1, rejected)


def _mixture_sprt(observed: Observed) -> Counts:
    candidate, stable = (observed.candidate_escapes, observed.candidate_n), (observed.stable_escapes, observed.stable_n)
    ratio = anytime.msprt(*candidate, *stable, tau=observed.base_rate)
    worse = observed.candidate_escapes * observed.stable_n > observed.stable_escapes * observed.candidate_n
    return thresholds.first((ratio >= 1.0 / ALPHA) & worse)


def _z(observed: Observed) -> Floats:
    return planned.two_proportion_z(
        observed.candidate_escapes, observed.candidate_n, observed.stable_escapes, observed.stable_n
    )


def _z_at_every_look(observed: Observed) -> Counts:
    return thresholds.first(_z(observed) >= ONE_SIDED_Z)


def _z_at_the_horizon(observed: Observed) -> Counts:
    return np.where(_z(observed)[:, -1] >= ONE_SIDED_Z, observed.looks - 1, -1)


def _planned(shape: planned.Shape) -> Callable[[Observed], Counts]:
    def decide(observed: Observed) -> Counts:
        plan = planned.PlannedLooks(5, ALPHA, shape, two_sided=False)
        limits = np.full(observed.looks, np.inf)
        limits[[round(observed.looks * k / 5) - 1 for k in range(1, 6)]] = plan.limits
        return thresholds.first(_z(observed) >= limits)

    return decide


def _argo(observed: Observed) -> Counts:
    limit = thresholds.RateThreshold(at_most=2.0 * observed.base_rate, min_samples=500)
    return thresholds.argo_aborts(limit.failed(observed.candidate_escapes, observed.candidate_n))


def _flagger(observed: Observed) -> Counts:
    limit = thresholds.RateThreshold(at_most=2.0 * observed.base_rate, min_samples=1)
    failed = limit.failed(_ticks(observed.candidate_escapes), _ticks(observed.candidate_n))
    return thresholds.flagger_rolls_back(failed, threshold=5)


def _kayenta_against_all(observed: Observed) -> Counts:
    return _kayenta(observed, observed.stable_escapes, observed.stable_n)


def _kayenta_against_as_many(observed: Observed) -> Counts:
    return _kayenta(observed, observed.baseline_escapes, observed.candidate_n)


def _kayenta(observed: Observed, baseline_escapes: Counts, baseline_n: Counts) -> Counts:
    # In percent, as dashboards have it: Kayenta finds its interval to 1e-4 of the unit. No phones: no value.
    with np.errstate(invalid="ignore", divide="ignore"):
        candidate = 100.0 * _ticks(observed.candidate_escapes) / _ticks(observed.candidate_n)
        baseline = 100.0 * _ticks(baseline_escapes) / _ticks(baseline_n)
    rules = kayenta.MetricRules("escapes", direction="increase")
    looks = np.full(len(candidate), -1)
    for run, (new, old) in enumerate(zip(candidate, baseline, strict=True)):
        for look in range(KAYENTA_POINTS - 1, observed.looks, observed.kayenta_every):
            judged = kayenta.classify(old[: look + 1], new[: look + 1], rules)
            if kayenta.score([judged]).value < KAYENTA_MARGINAL:
                looks[run] = look
                break
    return looks


def _ticks(cumulative: Counts) -> Counts:
    return np.diff(cumulative, axis=1, prepend=0)


CONTENDERS: tuple[Contender, ...] = (
    Contender("share of escapes, E >= 20", "any time", _share_of_escapes),
    Contender("shadow pairs, two guards", "any time", _discordant_pairs, in_shadow=True),
    Contender("shadow pairs, one guard", "any time", _discordant_pairs_one_guard, in_shadow=True),
    Contender("normal-mixture bound", "any time", _mixture_bound),
    Contender("rate against a known target", "any time", _rate_against_target),
    Contender("Wald's SPRT, known target", "any time", _wald),
    Contender("O'Brien-Fleming, 5 looks", "planned looks", _planned("obrien_fleming")),
    Contender("Pocock, 5 looks", "planned looks", _planned("pocock")),
    Contender("z-test once, at the end", "planned looks", _z_at_the_horizon),
    Contender("mixture SPRT", "approximate", _mixture_sprt),
    Contender("z-test at every look", "none", _z_at_every_look),
    Contender("Argo: rate > 2 x known, 500 phones", "none", _argo),
    Contender("Flagger: 5 ticks > 2 x known", "none", _flagger),
    Contender("Kayenta, against all others", "none", _kayenta_against_all, repetitions=KAYENTA_REPETITIONS),
    Contender("Kayenta, against as many", "none", _kayenta_against_as_many, repetitions=KAYENTA_REPETITIONS),
)
