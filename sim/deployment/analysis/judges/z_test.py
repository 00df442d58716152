"""`judge: z_test`: a two-proportion z-test, read once at the planned end, or peeked at: a trap."""

from __future__ import annotations

import math
from typing import Literal

from sim.deployment.analysis.judge import JUDGES, JudgeContext
from sim.deployment.analysis.judges.two_rates import TwoRates
from sim.stats.two_rates import normal_quantile


@JUDGES.register("z_test", place=3)
class ZTest(TwoRates):
    """A two-proportion z-test with a fixed horizon.

    `looks: planned` reads it once, at the end of `count`, and promises `alpha`. `looks: every` reads it at every
    measurement and believes the first significant one. That is the trap, and it is here on purpose: at ten looks it
    blames 19 % of all equals (Armitage, McPherson and Rowe 1969), in the long run all of them; in the same way it
    promotes too easily. A normal approximation: with a handful of events take `escapes`.

    Examples
    --------
    >>> from sim.deployment.analysis.measurement import Sample
    >>> judge = ZTest().begin(JudgeContext("reject_rate", looks=2))
    >>> worse = Sample(0.12, baseline=0.05, samples=500, baseline_samples=500)
    >>> [judge.take(worse, look).phase.value for look in (1, 2)]
    ['Running', 'Failed']
    """

    kind: Literal["z_test"] = "z_test"
    looks: Literal["every", "planned"] = "planned"

    def __str__(self) -> str:
        when = (
            "read once, at the planned end" if self.looks == "planned" else "peeked at every time (a trap: no promise)"
        )
        return f"a z-test, {when}, {self.ends}, alpha {self.alpha:.0%}"

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        if self.looks == "planned" and interval is not None and count is None:
            return "a planned z-test needs a count: the last measurement is the one that is read"
        return super().refuses(metric, count, interval)

    def limits(self, context: JudgeContext) -> tuple[float, ...]:
        limit = normal_quantile(self.alpha / context.comparisons, two_sided=self.worse == "either")
        before = 0 if self.looks == "every" else int(context.looks) - 1
        return (*[math.inf] * before, limit)
