"""`judge: bayes`: P(worse) and the expected loss, for display only."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.deployment.analysis.judge import JUDGES, Assessment, Judge, JudgeAtWork, JudgeContext
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.dashboard import Gauge
from sim.stats.bayes import expected_loss, probability_worse


@JUDGES.register("bayes", place=8)
class Bayes(Judge):
    """P(candidate is worse) and the expected loss, in the log book at every measurement. It never decides.

    Uniform priors on both rates. The numbers read well; looked at again and again, "95 % probably worse" is reached by
    equals far more often than 5 % of the time. So nothing waits for it, and no run consists of it alone.

    Examples
    --------
    >>> said = Bayes().begin(JudgeContext("reject_rate")).take(Sample(0.02, 0.01, 1000, baseline_samples=1000), look=1)
    >>> said.phase.value, round(said.reason.more["chance"], 4)
    ('Running', 0.9657)
    """

    kind: Literal["bayes"] = "bayes"
    worse: Literal["higher", "lower"] = "higher"

    shares_only: ClassVar[bool] = True
    by_cohort: ClassVar[bool] = True
    displays: ClassVar[bool] = True

    def __str__(self) -> str:
        return "P(worse) and expected loss, for display only"

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context)


class _AtWork:
    def __init__(self, judge: Bayes, context: JudgeContext) -> None:
        self._judge, self._context = judge, context

    def take(self, sample: Sample, look: int) -> Assessment:
        if (waiting := self._context.too_few(sample)) is not None:
            return waiting
        candidate, stable = (rate.counts for rate in sample.rates)
        first, second = (candidate, stable) if self._judge.worse == "higher" else (stable, candidate)
        chance = probability_worse(*first, *second)
        reason = self._context.against_stable(
            "for_display",
            sample,
            ": P(worse) {chance:.3g}, expected loss {loss:.3g} in 10,000 phones",
            chance=chance,
            loss=1e4 * expected_loss(*first, *second),
            brief="P(worse) {chance:.3g}",
        )
        shown = Gauge(chance, "share", of="P(worse)", samples=sample.samples)
        return Assessment(Phase.RUNNING, reason, announcement=reason, gauges=(shown,))
