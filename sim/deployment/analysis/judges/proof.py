"""What judges say who wait for a proof, and look as often as they like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.deployment.analysis.judge import Assessment, JudgeContext
from sim.deployment.analysis.measurement import Phase
from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.events import Reason
from sim.stats.evidence import WARNING_SHARE


@dataclass(frozen=True, slots=True)
class Weighed:
    """Evidence for one side: the largest E-value so far, where it is proof, and whether it has been."""

    value: float
    bound: float
    proven: bool


class Proof:
    """Failed at once when proven worse, successful when proven good on enough of it; until then undecided.

    It warns once, when the evidence for worse has come to a quarter of a proof.

    Parameters
    ----------
    context : JudgeContext
        What the judge begins with.
    basis : str
        The wording of what the evidence rests on, over ``samples`` and what `assess` is told.
    good : str
        What a candidate is called that is proven good: "no worse", "better".
    """

    def __init__(self, context: JudgeContext, basis: str, good: str) -> None:
        self._context, self._basis, self._good = context, basis, good
        self._warned = False

    def assess(self, worse: Weighed, good: Weighed | None, samples: int, **more: Any) -> Assessment:
        """Return what to say of the evidence so far; `good` is None if nothing makes it successful."""
        sides = [Gauge(worse.value, "E", (Limit("fails at", worse.bound),), "worse candidate", samples=samples)]
        if good is not None:
            passes = (Limit("passes at", good.bound),)
            sides.append(Gauge(good.value, "E", passes, self._good, samples=samples))
        return replace(self._said(worse, good, samples, more), gauges=tuple(sides))

    def _said(self, worse: Weighed, good: Weighed | None, samples: int, more: Mapping[str, Any]) -> Assessment:
        def reason(code: str, wording: str, side: Weighed) -> Reason:
            return self._reason(code, wording, side, samples, more)

        if worse.proven:
            return Assessment(
                Phase.FAILED, reason("worse_proven", "evidence of a worse candidate: ", worse), final=True
            )
        if samples < self._context.needed:
            return self._context.waiting(samples, self._context.needed)
        if good is not None and good.proven:
            wording = f"evidence of a {self._good}: "
            return Assessment(Phase.SUCCESSFUL, reason("good_proven", wording, good), final=True)
        warning = None
        if worse.value >= WARNING_SHARE * worse.bound and not self._warned:
            self._warned = True
            warning = replace(reason("warning", "warning: ", worse), brief="warning, E {value:.3g} of {bound:g}")
        undecided = reason("undecided", "undecided, for worse ", worse)
        return Assessment(Phase.RUNNING, undecided, announcement=warning)

    def _reason(self, code: str, wording: str, side: Weighed, samples: int, more: Mapping[str, Any]) -> Reason:
        weighed = "E {value:.3g} of {bound:g}" + self._basis
        return Reason(code, wording + weighed, self._context.title, side.value, side.bound, samples, more)
