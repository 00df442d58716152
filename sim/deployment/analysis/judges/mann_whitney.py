"""`judge: mann_whitney`: Kayenta's judge, for contrast."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from sim.deployment.analysis.judge import JUDGES, Assessment, Judge, JudgeAtWork, JudgeContext, Worse
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.events import Reason
from sim.stats.kayenta import MetricRules, classify, conclude, score

_DIRECTIONS: dict[Worse, Literal["increase", "decrease", "either"]] = {
    "higher": "increase",
    "lower": "decrease",
    "either": "either",
}
_PHASES = {"Pass": Phase.SUCCESSFUL, "Marginal": Phase.INCONCLUSIVE, "Fail": Phase.FAILED}


@JUDGES.register("mann_whitney", place=6)
class MannWhitney(Judge):
    """Kayenta's judge: the metric's values per `interval`, candidate's against baseline's, ranked by Mann and Whitney.

    Each measurement is a score: `passing` or more is Successful, `marginal` or more Inconclusive, less Failed, as Argo
    maps it. With one metric the score is 100 or 0. It promises little: it is looked at again and again, ranks
    intervals and not phones, counts a label when it comes, however late, and is nearly blind to rare events, whose
    series are mostly zeros.

    Examples
    --------
    >>> judge = MannWhitney(points=3).begin(JudgeContext("reject_rate"))
    >>> values = [(0.15, 0.05), (0.16, 0.06), (0.14, 0.04)]  # of three intervals
    >>> samples = [Sample(own, stable, samples=400, baseline_samples=400) for own, stable in values]
    >>> [judge.take(sample, look).phase for look, sample in enumerate(samples, start=1)]
    [None, None, <Phase.FAILED: 'Failed'>]
    """

    kind: Literal["mann_whitney"] = "mann_whitney"
    worse: Worse = "higher"
    passing: float = Field(95.0, ge=0.0, le=100.0)
    marginal: float = Field(75.0, ge=0.0, le=100.0)
    points: int = Field(
        5, ge=1, le=100_000, description="intervals of either arm before it judges; Spinnaker advises 50"
    )

    cumulative: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"Kayenta's judge on {self.points} intervals or more, passing at {self.passing:g}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if interval is None:
            return "mann_whitney ranks the values of intervals: it needs an interval"
        return super().refuses(metric, count, interval)

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context)


class _AtWork:
    def __init__(self, judge: MannWhitney, context: JudgeContext) -> None:
        self._judge, self._context = judge, context
        self._rules = MetricRules(context.title, direction=_DIRECTIONS[judge.worse])
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
            return self._context.waiting(points, self._judge.points, "{metric}: {samples} of {bound} intervals")
        judgement = classify(self._baseline, self._candidate, self._rules)
        value = score([judgement]).value
        conclusion = conclude(value, self._judge.passing, self._judge.marginal)
        phase = _PHASES[conclusion]
        reason = Reason(
            f"score_{conclusion.lower()}",
            "{metric} {label} on {samples} intervals, {ratio:.3g} x stable's, score {value:g}: {phase}",
            self._context.title,
            value,
            self._judge.passing,
            points,
            {"label": judgement.label, "ratio": judgement.ratio, "phase": phase.value},
        )
        limits = (Limit("at least", self._judge.marginal),)
        return Assessment(phase, reason, gauges=(Gauge(value, "score", limits, samples=points),))
