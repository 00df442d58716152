"""Judges as choices inside an analysis: what each is shown of the telemetry, and what it says at a measurement.

The statistics are in `sim.stats`. Here they are bound to what a team can see, with settings that a scenario
file names: ``judge: {kind: escapes, alpha: 5%}``. All but `bayes` may end a metric; what each promises, its docstring
says. None reads the truth.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.store import Telemetry
from sim.line.route import Arm
from sim.stats.bayes import expected_loss, probability_worse
from sim.stats.escapes import promotion_evidence, rollback_evidence
from sim.stats.evidence import WARNING_SHARE
from sim.stats.kayenta import MetricRules, classify, conclude, score
from sim.stats.pairs import PairedEvidence
from sim.stats.planned import PlannedLooks, Shape, two_proportion_z
from sim.units import Share

Alpha = Annotated[Share, Field(gt=0.0, lt=0.5)]
Worse = Literal["higher", "lower", "either"]
#: More planned looks than this are as good as continuous ones: take an anytime-valid judge.
MOST_LOOKS = 100


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What telemetry is asked: a metric, of whom, since when, and of which phones."""

    metric: str
    candidate: Arm
    stable: Arm
    since_us: int
    maturity_us: int | None = None
    finish: str | None = None
    needed: int = 0  #: phones of each arm
    due_after_us: int | None = None  #: when this candidate went out: phones due before were another one's


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """What a judge begins with: what it is called, the phones it waits for, its share of alpha, the planned looks."""

    title: str
    needed: int = 0
    comparisons: int = 1  #: how many judgements may fail the run: guard metrics times segments
    looks: float = math.inf
    share: bool = True  #: whether the metric is a share of phones


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a judge says at a measurement. Phase None: that was none, for want of phones; Running: it is undecided.

    A final finding ends the metric whatever its budgets say.
    """

    phase: Phase | None
    message: str
    final: bool = False
    announcement: str = ""  #: a line for the log book, if it has to be said now


class Judging(Protocol):
    """A judge at work on one metric (of one finish)."""

    def take(self, sample: Sample, look: int) -> Assessment: ...


class _Judge(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    #: whether it looks at evidence of its own, so that no metric is named
    names_itself: ClassVar[str] = ""
    #: whether it is shown only what is new since its last look, and keeps the rest in mind
    cumulative: ClassVar[bool] = False
    #: whether it has a chance alpha of failing a candidate as good as stable, and shares it with the other metrics
    spends_alpha: ClassVar[bool] = False
    #: whether somebody only wants to see it
    displays: ClassVar[bool] = False
    #: whether it says nothing until there is proof
    waits_for_proof: ClassVar[bool] = False

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        """Return why it can't judge this metric so, None if it can."""
        return _no_comparison(metric)

    def read(self, seen: Telemetry, query: MetricQuery) -> Sample:
        """Return what it wants to see."""
        return compared(seen, query)

    def begin(self, context: JudgeContext) -> Judging:
        """Return it at work."""
        raise NotImplementedError


def compared(seen: Telemetry, query: MetricQuery) -> Sample:
    """Return a metric of the candidate, and beside it the stable arm's over the same window.

    Where the candidate only mirrors, its looks are compared with the stable arm's verdicts.
    """
    who = query.candidate.version if METRICS[query.metric].mirrored else query.candidate.name
    found = seen.read(query.metric, who, query.since_us, maturity_us=query.maturity_us, finish=query.finish)
    return Sample.of(found, _stable(seen, query))


def _stable(seen: Telemetry, query: MetricQuery) -> Reading:
    metric = METRICS[query.metric].compared_with or query.metric
    return seen.read(metric, query.stable.name, query.since_us, maturity_us=query.maturity_us, finish=query.finish)


def _no_comparison(metric: str) -> str | None:
    if METRICS[metric].compared_with is None:
        return f"{metric} has no value of the stable arm to be compared with"
    return None


def _no_share(metric: str) -> str | None:
    if METRICS[metric].kind != "share":
        return f"{metric} is no share of phones: versus_stable or mann_whitney can judge it"
    return _no_comparison(metric)


def cohort(seen: Telemetry, query: MetricQuery) -> Telemetry:
    """Return the same telemetry with the audits of one finish, each known only when its phone is old enough.

    So labels come in as cohorts: one that was quick waits for those of the same age.
    """
    if query.maturity_us is None and query.finish is None:
        return seen
    maturity_us = query.maturity_us or 0
    rows = seen.audits.since(seen.remembered(query.since_us - maturity_us))
    counted_us = np.maximum(rows["at_us"], rows["decided_us"] + maturity_us)
    mine = (counted_us > query.since_us) & (counted_us <= seen.now_us)
    if query.finish is not None:
        mine &= rows["finish"] == seen.finishes.index(query.finish)
    order = np.flatnonzero(mine)[np.argsort(counted_us[mine], kind="stable")]
    ripe = copy.copy(seen)
    ripe.audits = type(seen.audits)(**{name: column.dtype.type for name, column in rows.items() if name != "at_us"})
    ripe.audits.append(**{name: column[order] for name, column in rows.items()} | {"at_us": counted_us[order]})
    return ripe


def _short(context: JudgeContext, sample: Sample) -> Assessment | None:
    """Say which arm has too few phones for a measurement, if one has."""
    needed = max(context.needed, 1)
    if sample.result is None or sample.samples < needed:
        return Assessment(None, f"{context.title}: {sample.samples} of {needed} phones")
    if sample.baseline is None or sample.baseline_samples < needed:
        return Assessment(None, f"{context.title}: {sample.baseline_samples} of {needed} phones of the stable arm")
    return None


def _against(context: JudgeContext, sample: Sample) -> str:
    return (
        f"{context.title} {sample.result:.3g} against stable's {sample.baseline:.3g}"
        f" on {sample.samples} and {sample.baseline_samples} phones"
    )


# -- anytime-valid: look as often as you like -----------------------------------------------------------------


class Escapes(_Judge):
    """Whose escapes do the audits find? The default for a canary: exact, whatever drifts and however often one looks.

    It promises: a candidate that leaks no more than stable is ever failed with probability `alpha` at most (all guard
    metrics of the run together), and one that leaks `non_inferiority` times as much is ever successful with
    probability `alpha` at most. Each analysis run spends `alpha`: a ramp with several judged gates spends it at each,
    one gate or one background analysis once. It needs phones sent at random with the stored probability, and audits of
    passes whose chance does not depend on the arm. Phones that nobody could have sent otherwise (weight 0 or 100), and
    those that were due before this candidate went out, are no evidence.
    """

    kind: Literal["escapes"] = "escapes"
    alpha: Alpha = Field("5%", validate_default=True)
    non_inferiority: Annotated[float, Field(gt=0.1)] | None = Field(
        1.5, description="successful when proven to leak less than so many times as much; null: only guards"
    )

    names_itself: ClassVar[str] = "audited escapes"
    cumulative: ClassVar[bool] = True
    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    def __str__(self) -> str:
        ends = "never successful" if self.non_inferiority is None else f"successful under {self.non_inferiority:g} x"
        return f"whose they are, failed when proven worse, {ends}, alpha {self.alpha:.0%}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        return None

    def read(self, seen: Telemetry, query: MetricQuery) -> Sample:
        arms = query.candidate.name, query.stable.name
        evidence = cohort(seen, query).escapes(arms[0], query.since_us, query.due_after_us, against=arms[1])
        return Sample(None, samples=len(evidence[0]), evidence=evidence)

    def begin(self, context: JudgeContext) -> Judging:
        return _EscapesJudging(self, context)


class _EscapesJudging:
    def __init__(self, judge: Escapes, context: JudgeContext) -> None:
        self._context = context
        self._worse = rollback_evidence(judge.alpha, context.comparisons)
        margin = judge.non_inferiority
        self._no_worse = None if margin is None else promotion_evidence(margin, judge.alpha)
        self._events, self._warned = 0, False

    def take(self, sample: Sample, look: int) -> Assessment:
        if sample.evidence is not None:
            by_candidate, pi = sample.evidence
            self._worse.update(by_candidate, pi)
            if self._no_worse is not None:
                self._no_worse.update(by_candidate, pi)
            # Phones of before the rollout could not have been the candidate's: no evidence, and not counted.
            self._events += int(np.count_nonzero((pi > 0.0) & (pi < 1.0)))
        message = f"on {self._events} audited escapes"
        worse = f"E {self._worse.maximum:.3g} of {self._worse.threshold:g} {message}"
        if self._worse.verdict == "rollback":
            return Assessment(Phase.FAILED, f"evidence of a worse candidate: {worse}", final=True)
        if self._events < self._context.needed:
            return Assessment(None, f"{self._context.title}: {self._events} of {self._context.needed}")
        if self._no_worse is not None and self._no_worse.verdict == "promote":
            proof = f"evidence of a candidate no worse: E {self._no_worse.maximum:.3g} of {self._no_worse.threshold:g}"
            return Assessment(Phase.SUCCESSFUL, f"{proof} {message}", final=True)
        announcement = ""
        if self._worse.verdict == "warn" and not self._warned:
            self._warned, announcement = True, f"warning: {worse}"
        return Assessment(Phase.RUNNING, f"undecided, for worse {worse}", announcement=announcement)


class Pairs(_Judge):
    """Who was right on the audited phones that both saw? The default for a candidate that only mirrors.

    It promises: a candidate that is right on as many of the phones where exactly one is right, defective ones and all
    together, is ever failed with probability `alpha` at most (all guard metrics together), however often one looks; one
    that is no better is ever successful with probability `alpha` at most. Where defects are rare, being right on good
    phones drowns the defects: so it is failed for those alone, and never successful while it is behind on them. It
    needs a mirror, and audits of passes and of rejects.
    """

    kind: Literal["pairs"] = "pairs"
    alpha: Alpha = Field("5%", validate_default=True)
    promotes: bool = Field(True, description="successful when proven better; false: only guards")

    names_itself: ClassVar[str] = "discordant pairs"
    cumulative: ClassVar[bool] = True
    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    def __str__(self) -> str:
        ends = "successful when proven better" if self.promotes else "never successful"
        return f"who was right, failed when proven worse, {ends}, alpha {self.alpha:.0%}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        return None

    def read(self, seen: Telemetry, query: MetricQuery) -> Sample:
        evidence = cohort(seen, query).pairs(query.candidate.version, query.since_us, query.due_after_us)
        return Sample(None, samples=len(evidence[0]), evidence=evidence)

    def begin(self, context: JudgeContext) -> Judging:
        return _PairsJudging(self, context)


class _PairsJudging:
    def __init__(self, judge: Pairs, context: JudgeContext) -> None:
        self._context = context
        self._evidence = PairedEvidence(judge.alpha, comparisons=context.comparisons)
        self._promotes, self._warned = judge.promotes, False

    def take(self, sample: Sample, look: int) -> Assessment:
        evidence = self._evidence
        if sample.evidence is not None:
            evidence.update(*sample.evidence)
        worse = f"E {evidence.highest_worse:.3g} of {evidence.worse_at:g}, it was {evidence}"
        if evidence.once_worse:
            return Assessment(Phase.FAILED, f"evidence of a worse candidate: {worse}", final=True)
        if evidence.discordant < self._context.needed:
            return Assessment(None, f"{self._context.title}: {evidence.discordant} of {self._context.needed}")
        if self._promotes and evidence.once_better:
            proof = f"E {evidence.highest_better:.3g} of {evidence.better_at:g}, it was {evidence}"
            return Assessment(Phase.SUCCESSFUL, f"evidence of a better candidate: {proof}", final=True)
        announcement = ""
        if evidence.highest_worse >= WARNING_SHARE * evidence.worse_at and not self._warned:
            self._warned, announcement = True, f"warning: {worse}"
        return Assessment(Phase.RUNNING, f"undecided, for worse {worse}", announcement=announcement)


# -- planned before the first phone ---------------------------------------------------------------------------


class _TwoRates(_Judge):
    alpha: Alpha = Field("5%", validate_default=True)
    worse: Worse = Field("higher", description="which side of stable's value is the bad one")
    non_inferiority: Annotated[float, Field(gt=1.0)] | None = Field(
        1.5, description="successful when proven within so many times stable's value; null: only guards"
    )

    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        return _no_share(metric)

    def _ends(self) -> str:
        return "never successful" if self.non_inferiority is None else f"successful within {self.non_inferiority:g} x"

    def _limits(self, context: JudgeContext) -> list[float]:
        """Return the limit on z at each planned look, one for all where there is no plan; inf: nobody looks."""
        raise NotImplementedError

    def begin(self, context: JudgeContext) -> Judging:
        return _TwoRatesJudging(self, context, self._limits(context))


class ZTest(_TwoRates):
    """A two-proportion z-test with a fixed horizon.

    `looks: planned` reads it once, at the end of `count`, and promises `alpha`. `looks: every` reads it at every
    measurement and believes the first significant one. That is the trap, and it is here on purpose: at ten looks it
    blames 19 % of all equals (Armitage, McPherson and Rowe 1969), in the long run all of them; in the same way it
    promotes too easily. A normal approximation: with a handful of events take `escapes`.
    """

    kind: Literal["z_test"] = "z_test"
    looks: Literal["every", "planned"] = "planned"

    def __str__(self) -> str:
        when = (
            "read once, at the planned end" if self.looks == "planned" else "peeked at every time (a trap: no promise)"
        )
        return f"a z-test, {when}, {self._ends()}, alpha {self.alpha:.0%}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if self.looks == "planned" and interval is not None and count is None:
            return "a planned z-test needs a count: the last measurement is the one that is read"
        return super().refuses(metric, count, interval)

    def _limits(self, context: JudgeContext) -> list[float]:
        limit = _quantile(self.alpha / context.comparisons, self.worse)
        return [limit] if self.looks == "every" else [*[math.inf] * (int(context.looks) - 1), limit]


class _PlannedLooks(_TwoRates):
    shape: ClassVar[Shape]

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if count is None or count > MOST_LOOKS:
            return f"planned looks need a count, {MOST_LOOKS} at most: they are spread over it"
        return super().refuses(metric, count, interval)

    def _limits(self, context: JudgeContext) -> list[float]:
        return list(
            _planned_limits(int(context.looks), self.alpha / context.comparisons, self.shape, self.worse == "either")
        )


class ObrienFleming(_PlannedLooks):
    """Looks planned before the first phone: all together fail an equal candidate with probability `alpha`.

    `count` looks at about equal numbers of phones, so at a constant weight. Early ones stop only on overwhelming
    evidence, and so the last is nearly a full z-test (O'Brien and Fleming 1979). Successful at the last look only.
    A normal approximation: with a handful of events take `escapes`.
    """

    kind: Literal["obrien_fleming"] = "obrien_fleming"
    shape: ClassVar[Shape] = "obrien_fleming"

    def __str__(self) -> str:
        return f"planned looks (O'Brien-Fleming), {self._ends()} at the last, alpha {self.alpha:.0%}"


class Pocock(_PlannedLooks):
    """Looks planned before the first phone, with one limit for all of them (Pocock 1977): early stops are easier.

    It promises what `obrien_fleming` does, and pays for its early stops at the last look.
    """

    kind: Literal["pocock"] = "pocock"
    shape: ClassVar[Shape] = "pocock"

    def __str__(self) -> str:
        return f"planned looks (Pocock), {self._ends()} at the last, alpha {self.alpha:.0%}"


@lru_cache(maxsize=64)
def _planned_limits(looks: int, alpha: float, shape: Shape, two_sided: bool) -> tuple[float, ...]:
    """Return the limits, kept: every run of an analysis asks for the same."""
    return PlannedLooks(looks, alpha, shape, two_sided).limits


def _quantile(alpha: float, worse: Worse) -> float:
    return NormalDist().inv_cdf(1.0 - (alpha / 2.0 if worse == "either" else alpha))


class _TwoRatesJudging:
    def __init__(self, judge: _TwoRates, context: JudgeContext, limits: list[float]) -> None:
        self._judge, self._context, self._limits = judge, context, limits
        self._proof = _quantile(judge.alpha, "higher")

    def take(self, sample: Sample, look: int) -> Assessment:
        if (short := _short(self._context, sample)) is not None:
            return short
        z, limit = _z(sample), self._limits[min(look, len(self._limits)) - 1]
        bad = {"higher": z, "lower": -z, "either": abs(z)}[self._judge.worse]
        message = f"{_against(self._context, sample)}, z {z:.2f}"
        if bad >= limit:
            return Assessment(Phase.FAILED, f"{message}, the limit is {limit:.2f}", final=True)
        margin = self._judge.non_inferiority
        if margin is not None and look >= len(self._limits) and _within(sample, margin, self._judge.worse, self._proof):
            return Assessment(Phase.SUCCESSFUL, f"{message}, proven within {margin:g} x", final=True)
        return Assessment(Phase.RUNNING, f"{message}, undecided")


def _z(sample: Sample) -> float:
    """Return the z statistic of the candidate's share against the stable arm's, pooled where they are plain shares."""
    assert sample.result is not None
    assert sample.baseline is not None
    if sample.error is None and sample.baseline_error is None:
        n, m = sample.samples, sample.baseline_samples
        return float(two_proportion_z(round(sample.result * n), n, round(sample.baseline * m), m))
    spread = math.sqrt(sum(_variances(sample)))
    return (sample.result - sample.baseline) / spread if spread > 0.0 else 0.0


def _variances(sample: Sample) -> tuple[float, float]:
    """Return the variance of either arm's share."""
    (p, n, error), (q, m, other) = (
        (sample.result or 0.0, sample.samples, sample.error),
        (sample.baseline or 0.0, sample.baseline_samples, sample.baseline_error),
    )
    return (
        p * (1.0 - p) / n if error is None else error**2,
        q * (1.0 - q) / m if other is None else other**2,
    )


def _within(sample: Sample, margin: float, worse: Worse, proof: float) -> bool:
    """Whether the candidate is proven to lie within `margin` times the stable arm's share, on the bad side or both."""
    p, q = sample.result or 0.0, sample.baseline or 0.0
    own, other = _variances(sample)

    def proven(gap: float, factor: float) -> bool:
        spread = math.sqrt(own + factor**2 * other)
        return spread > 0.0 and gap / spread >= proof

    below = proven(margin * q - p, margin)
    above = proven(p - q / margin, 1.0 / margin)
    return {"higher": below, "lower": above, "either": below and above}[worse]


# -- judges of the tools in use -------------------------------------------------------------------------------


class MannWhitney(_Judge):
    """Kayenta's judge: the metric's values per `interval`, candidate's against baseline's, ranked by Mann and Whitney.

    Each measurement is a score: `passing` or more is Successful, `marginal` or more Inconclusive, less Failed, as Argo
    maps it. With one metric the score is 100 or 0. It promises little: it is looked at again and again, ranks
    intervals and not phones, and is nearly blind to rare events, whose series are mostly zeros.
    """

    kind: Literal["mann_whitney"] = "mann_whitney"
    worse: Worse = "higher"
    passing: float = Field(95.0, ge=0.0, le=100.0)
    marginal: float = Field(75.0, ge=0.0, le=100.0)
    points: int = Field(5, ge=1, description="intervals of either arm before it judges; Spinnaker advises 50")

    cumulative: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"Kayenta's judge on {self.points} intervals or more, passing at {self.passing:g}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if interval is None:
            return "mann_whitney ranks the values of intervals: it needs an interval"
        return _no_comparison(metric)

    def begin(self, context: JudgeContext) -> Judging:
        return _MannWhitneyJudging(self, context)


class _MannWhitneyJudging:
    def __init__(self, judge: MannWhitney, context: JudgeContext) -> None:
        self._judge, self._context = judge, context
        direction: dict[Worse, Literal["increase", "decrease", "either"]]
        direction = {"higher": "increase", "lower": "decrease", "either": "either"}
        self._rules = MetricRules(context.title, direction=direction[judge.worse])
        self._candidate: list[float] = []
        self._baseline: list[float] = []

    def take(self, sample: Sample, look: int) -> Assessment:
        # In percent, for Kayenta looks for its roots to 1e-4 of the unit.
        scale, needed = 100.0 if self._context.share else 1.0, max(self._context.needed, 1)
        for values, value, phones in (
            (self._candidate, sample.result, sample.samples),
            (self._baseline, sample.baseline, sample.baseline_samples),
        ):
            if value is not None and not math.isnan(value) and phones >= needed:
                values.append(scale * value)
        points = min(len(self._candidate), len(self._baseline))
        if points < self._judge.points:
            return Assessment(None, f"{self._context.title}: {points} of {self._judge.points} intervals")
        found = classify(self._baseline, self._candidate, self._rules)
        value = score([found]).value
        meaning = {"Pass": Phase.SUCCESSFUL, "Marginal": Phase.INCONCLUSIVE, "Fail": Phase.FAILED}
        phase = meaning[conclude(value, self._judge.passing, self._judge.marginal)]
        message = (
            f"{self._context.title} {found.label} on {points} intervals, {found.ratio:.3g} x stable's, score {value:g}"
        )
        return Assessment(phase, f"{message}: {phase.value}")


class VersusStable(_Judge):
    """A factor of the stable arm's value, over the same window: what most teams write down.

    Shares must also differ by `sigmas` standard errors, so that a few phones do not decide. It promises nothing at
    repeated looks, and "within the limits" is no proof; but drift that hits both arms fails nobody. If the stable arm
    has too few phones in the window, its latest before are the baseline: then drift since is blamed on the candidate.
    """

    kind: Literal["versus_stable"] = "versus_stable"
    at_most: float | None = Field(None, gt=0.0, description="times stable's value")
    at_least: float | None = Field(None, gt=0.0, description="times stable's value")
    sigmas: float = Field(3.0, ge=0.0)

    def __str__(self) -> str:
        limits = [f"at most {self.at_most:g}"] if self.at_most is not None else []
        limits += [f"at least {self.at_least:g}"] if self.at_least is not None else []
        return f"{' and '.join(limits)} x stable's"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if self.at_most is None and self.at_least is None:
            return "versus_stable needs at_most or at_least: factors of the stable arm's value"
        return _no_comparison(metric)

    def read(self, seen: Telemetry, query: MetricQuery) -> Sample:
        sample = compared(seen, query)
        if sample.baseline_samples >= query.needed or query.finish is not None:
            return sample
        metric = METRICS[query.metric].compared_with or query.metric
        latest = seen.latest(metric, query.stable.name, query.since_us, 10 * query.needed)
        return Sample.of(Reading(sample.result, sample.samples, sample.error), latest)

    def begin(self, context: JudgeContext) -> Judging:
        return _VersusStableJudging(self, context)


class _VersusStableJudging:
    def __init__(self, judge: VersusStable, context: JudgeContext) -> None:
        self._judge, self._context = judge, context

    def take(self, sample: Sample, look: int) -> Assessment:
        if (short := _short(self._context, sample)) is not None:
            return short
        assert sample.result is not None
        assert sample.baseline is not None
        most, least = self._judge.at_most, self._judge.at_least
        certain = not self._context.share or _standard_errors_apart(sample) >= self._judge.sigmas
        for limit, beyond, sign in (
            (most, most is not None and sample.result > most * sample.baseline, ">"),
            (least, least is not None and sample.result < least * sample.baseline, "<"),
        ):
            if beyond and certain:
                message = (
                    f"{self._context.title} {sample.result:.3g} {sign} {limit:g} x stable's {sample.baseline:.3g}"
                    f" on {sample.samples} phones"
                )
                return Assessment(Phase.FAILED, message)
        return Assessment(Phase.SUCCESSFUL, _against(self._context, sample))


def _standard_errors_apart(sample: Sample) -> float:
    """Return how many standard errors lie between two shares; without any scatter, infinitely many or none."""
    if sample.result == sample.baseline:
        return 0.0
    z = abs(_z(sample))
    return z if z > 0.0 else math.inf


class Bayes(_Judge):
    """P(candidate is worse) and the expected loss, in the log book at every measurement. It never decides.

    Uniform priors on both rates. The numbers read well; looked at again and again, "95 % probably worse" is reached by
    equals far more often than 5 % of the time. So nothing waits for it, and no run consists of it alone.
    """

    kind: Literal["bayes"] = "bayes"
    worse: Literal["higher", "lower"] = "higher"

    displays: ClassVar[bool] = True

    def __str__(self) -> str:
        return "P(worse) and expected loss, for display only"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        return _no_share(metric)

    def begin(self, context: JudgeContext) -> Judging:
        return _BayesJudging(self, context)


class _BayesJudging:
    def __init__(self, judge: Bayes, context: JudgeContext) -> None:
        self._judge, self._context = judge, context

    def take(self, sample: Sample, look: int) -> Assessment:
        if (short := _short(self._context, sample)) is not None:
            return short
        assert sample.result is not None
        assert sample.baseline is not None
        candidate = (round(sample.result * sample.samples), sample.samples)
        stable = (round(sample.baseline * sample.baseline_samples), sample.baseline_samples)
        first, second = (candidate, stable) if self._judge.worse == "higher" else (stable, candidate)
        chance, loss = probability_worse(*first, *second), expected_loss(*first, *second)
        message = (
            f"{_against(self._context, sample)}: P(worse) {chance:.3g}, expected loss {1e4 * loss:.3g} in 10,000 phones"
        )
        return Assessment(Phase.RUNNING, message, announcement=message)


Judge = Annotated[
    Escapes | Pairs | ZTest | ObrienFleming | Pocock | MannWhitney | VersusStable | Bayes, Field(discriminator="kind")
]
"""Every judge that a metric can name."""
