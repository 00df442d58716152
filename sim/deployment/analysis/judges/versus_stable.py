"""`judge: versus_stable`: a factor of the stable arm's value, what most teams write down."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from pydantic import Field

from sim.deployment.analysis.comparison import compared_with_latest
from sim.deployment.analysis.judge import BASES, JUDGES, Assessment, Judge, JudgeAtWork, JudgeContext, bases
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.dashboard import Gauge, Limit, Means
from sim.deployment.events import Reason
from sim.deployment.telemetry.store import Telemetry


@JUDGES.register("versus_stable", place=7)
class VersusStable(Judge):
    """A factor of the stable arm's value, over the same window: what most teams write down.

    Shares must also differ by `sigmas` standard errors, so that a few phones do not decide. It promises nothing at
    repeated looks, nor where one arm's verdicts or labels come later than the other's (its phones that are known so
    far are the quick ones), and "within the limits" is no proof; but drift that hits both arms fails nobody. If the
    stable arm has too few phones in the window, its latest before are the baseline: then drift since is blamed on the
    candidate. Estimates from scores are compared where both arms' scores are calibrated on audits, or neither's.

    Examples
    --------
    >>> judge = VersusStable(at_most=2).begin(JudgeContext("reject_rate"))
    >>> few, many = (Sample(0.12, 0.05, samples=n, baseline_samples=n) for n in (50, 500))
    >>> judge.take(few, look=1).phase.value, judge.take(many, look=2).phase.value  # of 50 phones it may be chance
    ('Successful', 'Failed')
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
        return super().refuses(metric, count, interval)

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        return compared_with_latest(telemetry, query)

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context)


class _AtWork:
    def __init__(self, judge: VersusStable, context: JudgeContext) -> None:
        self._judge, self._context = judge, context

    def take(self, sample: Sample, look: int) -> Assessment:
        return replace(self._said(sample), gauges=(self._shown(sample),))

    def _shown(self, sample: Sample) -> Gauge:
        factors: tuple[tuple[Means, float | None], ...] = (
            ("at most", self._judge.at_most),
            ("at least", self._judge.at_least),
        )
        stable = sample.baseline
        limits = () if stable is None else [Limit(means, by * stable) for means, by in factors if by is not None]
        return Gauge(sample.result, self._context.unit, tuple(limits), stable=stable, samples=sample.samples)

    def _said(self, sample: Sample) -> Assessment:
        if (waiting := self._context.too_few(sample)) is not None:
            return waiting
        assert sample.result is not None
        assert sample.baseline is not None
        most, least = self._judge.at_most, self._judge.at_least
        if not self._context.share or _standard_errors_apart(sample) >= self._judge.sigmas:
            if most is not None and sample.result > most * sample.baseline:
                return self._beyond(sample, ">", most)
            if least is not None and sample.result < least * sample.baseline:
                return self._beyond(sample, "<", least)
        return Assessment(Phase.SUCCESSFUL, self._context.against_stable("within_limits", sample))

    def _beyond(self, sample: Sample, sign: str, factor: float) -> Assessment:
        assert sample.baseline is not None
        form, basis = self._context.form, bases(sample)
        reason = Reason(
            "beyond_limit",
            f"{{metric}} {{value:{form}}} {{sign}} {{factor:g}} x stable's {{stable:{form}}} on {{samples}} phones"
            + (BASES if basis else ""),
            self._context.title,
            sample.result,
            factor * sample.baseline,
            sample.samples,
            {"sign": sign, "factor": factor, "stable": sample.baseline, **basis},
        )
        return Assessment(Phase.FAILED, reason)


def _standard_errors_apart(sample: Sample) -> float:
    """Return how many standard errors lie between two shares; without any scatter, infinitely many or none."""
    if sample.result == sample.baseline:
        return 0.0
    own, stable = sample.rates
    z = abs(own.z_against(stable))
    return z if z > 0.0 else math.inf
