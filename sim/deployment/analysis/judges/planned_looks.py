"""What the judges share whose looks are planned before the first phone."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from sim.deployment.analysis.judge import JudgeContext
from sim.deployment.analysis.judges.two_rates import TwoRates
from sim.stats.planned import PlannedLooks, Shape

#: More planned looks than this are as good as continuous ones: take an anytime-valid judge.
MOST_LOOKS = 100


class LooksPlanned(TwoRates):
    """A comparison of two shares at `count` planned looks, with limits of one shape."""

    shape: ClassVar[Shape]

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if count is None or count > MOST_LOOKS:
            return f"planned looks need a count, {MOST_LOOKS} at most: they are spread over it"
        return super().refuses(metric, count, interval)

    def limits(self, context: JudgeContext) -> tuple[float, ...]:
        return _limits(int(context.looks), self.alpha / context.comparisons, self.shape, self.worse == "either")


@lru_cache(maxsize=64)
def _limits(looks: int, alpha: float, shape: Shape, two_sided: bool) -> tuple[float, ...]:
    """Return the limits, kept: every run of an analysis asks for the same."""
    return PlannedLooks(looks, alpha, shape, two_sided).limits
