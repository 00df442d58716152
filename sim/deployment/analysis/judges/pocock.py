"""`judge: pocock`: planned looks with one limit for all of them."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.deployment.analysis.judge import JUDGES
from sim.deployment.analysis.judges.planned_looks import LooksPlanned
from sim.stats.planned import Shape


@JUDGES.register("pocock", place=5)
class Pocock(LooksPlanned):
    """Looks planned before the first phone, with one limit for all of them (Pocock 1977): early stops are easier.

    It promises what `obrien_fleming` does, and pays for its early stops at the last look.

    Examples
    --------
    >>> from sim.deployment.analysis.judge import JudgeContext
    >>> [round(limit, 2) for limit in Pocock(worse="either").limits(JudgeContext("reject_rate", looks=5))]
    [2.41, 2.41, 2.41, 2.41, 2.41]
    """

    kind: Literal["pocock"] = "pocock"
    shape: ClassVar[Shape] = "pocock"

    def __str__(self) -> str:
        return f"planned looks (Pocock), {self.ends} at the last, alpha {self.alpha:.0%}"
