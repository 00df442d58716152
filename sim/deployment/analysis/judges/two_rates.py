"""What the judges share that compare two shares of phones by a normal approximation, at looks planned before or not."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field

from sim.deployment.analysis.judge import Alpha, Assessment, Judge, JudgeAtWork, JudgeContext, Worse
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.dashboard import Gauge, Limit
from sim.stats.two_rates import normal_quantile, on_the_bad_side, proven_within


class TwoRates(Judge):
    """Settings and ends of a comparison of two shares, on phones that both arms have settled."""

    alpha: Alpha = Field("5%", validate_default=True)
    worse: Worse = Field("higher", description="which side of stable's value is the bad one")
    non_inferiority: Annotated[float, Field(gt=1.0)] | None = Field(
        1.5, description="successful when proven within so many times stable's value; null: only guards"
    )

    shares_only: ClassVar[bool] = True
    by_cohort: ClassVar[bool] = True
    spends_alpha: ClassVar[bool] = True
    waits_for_proof: ClassVar[bool] = True

    @property
    def ends(self) -> str:
        """When it is successful, in words."""
        return "never successful" if self.non_inferiority is None else f"successful within {self.non_inferiority:g} x"

    def limits(self, context: JudgeContext) -> tuple[float, ...]:
        """Return the limit on z at each planned look, one for all where there is no plan; inf: nobody looks."""
        raise NotImplementedError(f"{type(self).__name__} has to say its limits")

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        return _AtWork(self, context, self.limits(context))


class _AtWork:
    def __init__(self, judge: TwoRates, context: JudgeContext, limits: tuple[float, ...]) -> None:
        self._judge, self._context, self._limits = judge, context, limits
        self._proof = normal_quantile(judge.alpha)

    def take(self, sample: Sample, look: int) -> Assessment:
        if (waiting := self._context.too_few(sample)) is not None:
            return waiting
        worse, margin, against_stable = self._judge.worse, self._judge.non_inferiority, self._context.against_stable
        own, stable = sample.rates
        z, limit = own.z_against(stable), self._limits[min(look, len(self._limits)) - 1]
        shown = (Gauge(on_the_bad_side(z, worse), "z", _limits_shown(limit), samples=sample.samples),)
        if on_the_bad_side(z, worse) >= limit:
            beyond = ", z {z:.2f}, the limit is {bound:.2f}"
            return Assessment(
                Phase.FAILED, against_stable("worse", sample, beyond, limit, z=z), final=True, gauges=shown
            )
        if margin is not None and look >= len(self._limits) and proven_within(own, stable, margin, worse, self._proof):
            within = ", z {z:.2f}, proven within {bound:g} x"
            reason = against_stable("no_worse_proven", sample, within, margin, z=z)
            return Assessment(Phase.SUCCESSFUL, reason, final=True, gauges=shown)
        undecided = against_stable("undecided", sample, ", z {z:.2f}, undecided", z=z)
        return Assessment(Phase.RUNNING, undecided, gauges=shown)


def _limits_shown(limit: float) -> tuple[Limit, ...]:
    """Return the limit of a look, none where nobody looks yet."""
    return (Limit("fails at", limit),) if math.isfinite(limit) else ()
