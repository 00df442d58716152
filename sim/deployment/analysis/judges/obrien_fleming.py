"""`judge: obrien_fleming`: planned looks that stop early only on overwhelming evidence."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.deployment.analysis.judge import JUDGES
from sim.deployment.analysis.judges.planned_looks import LooksPlanned
from sim.stats.planned import Shape


@JUDGES.register("obrien_fleming", place=4)
class ObrienFleming(LooksPlanned):
    """Looks planned before the first phone: all together fail an equal candidate with probability `alpha`.

    `count` looks at about equal numbers of phones, so at a constant weight. Early ones stop only on overwhelming
    evidence, and so the last is nearly a full z-test (O'Brien and Fleming 1979). Successful at the last look only.
    A normal approximation: with a handful of events take `escapes`.

    Examples
    --------
    >>> from sim.deployment.analysis.judge import JudgeContext
    >>> [round(limit, 2) for limit in ObrienFleming(worse="either").limits(JudgeContext("reject_rate", looks=5))]
    [4.56, 3.23, 2.63, 2.28, 2.04]
    """

    kind: Literal["obrien_fleming"] = "obrien_fleming"
    shape: ClassVar[Shape] = "obrien_fleming"

    def __str__(self) -> str:
        return f"planned looks (O'Brien-Fleming), {self.ends} at the last, alpha {self.alpha:.0%}"
