"""What a plan may say, in the words of Argo Rollouts: steps, what watches beside them, and who is asked.

A plan is data. `sim.deployment.plans.execution` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis.checks import Analysis
from sim.deployment.analysis.spec import AnalysisTemplate
from sim.units import DAY, MOST, Duration, Percent, PositiveDuration, format_duration


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pause(_Spec):
    """Wait for `duration`; without one it is a gate, and a human has to promote."""

    duration: PositiveDuration | None = None


class MirrorRoute(_Spec):
    """Show `percentage` of the phones to the candidate too; 0 takes the mirror away."""

    percentage: Percent = Field(100.0, description="percent of the phones")


class Step(_Spec):
    """One step: exactly one of these keys."""

    set_weight: Percent | None = None
    pause: Pause | None = None
    analysis: AnalysisTemplate | None = None
    set_mirror_route: MirrorRoute | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        # A resolved scenario says null of what a step does not do.
        if sum(getattr(self, name) is not None for name in type(self).model_fields) != 1:
            raise ValueError("a step does one thing: set_weight, pause, analysis or set_mirror_route")
        return self


def held(hold_us: int, analysis: Analysis | None) -> Step:
    """Return a step that takes so long; with an analysis, until all of it measures well."""
    if analysis is None:
        return Step(pause=Pause(duration=format_duration(hold_us)))
    return Step(analysis=analysis.template(hold_us))


class Background(AnalysisTemplate):
    """An analysis beside the steps: it starts with step `starting_step` and never holds them up."""

    starting_step: int = Field(0, ge=0, le=MOST, description="from 0, as Argo counts")

    @model_validator(mode="after")
    def _no_gate(self) -> Background:
        if self.hold is not None:
            raise ValueError("a background analysis holds nothing up: hold is for an analysis in a step")
        return self


class Approver(_Spec):
    """Who stands at a gate: comes so long after being asked, and what he says to an inconclusive analysis."""

    delay: Duration = Field("30min", validate_default=True, description="until somebody has looked (assumption)")
    inconclusive: Literal["resume", "abort"] = "abort"


class Freeze(_Spec):
    """Hours of the day in which no weight rises and nothing is promoted. Rolling back is always possible."""

    begins: Duration = Field("22h", validate_default=True, description="time of the day")
    ends: Duration = Field("6h", validate_default=True, description="time of the day")

    def over(self, now_us: int) -> int:
        """Return when the line is free for changes: now, or the end of this night.

        Examples
        --------
        >>> from sim.units import HOUR
        >>> night = Freeze()
        >>> night.over(23 * HOUR) // HOUR, night.over(29 * HOUR) // HOUR, night.over(12 * HOUR) // HOUR
        (30, 30, 12)
        """
        time = now_us % DAY
        inside = self.begins <= time or time < self.ends if self.begins > self.ends else self.begins <= time < self.ends
        return now_us + (self.ends - time) % DAY if inside else now_us


@dataclass(frozen=True, slots=True)
class Plan:
    """A rollout: what is done in which order, who is asked, and what happens after the promotion.

    Parameters
    ----------
    steps : tuple of Step
        In order; after the last one the candidate is promoted.
    analysis : Background, optional
        Beside the steps.
    approver : Approver, optional
        Who stands at a gate; None: nobody ever comes, and what waits for a human holds.
    freeze : Freeze, optional
        When nothing rises and nothing is promoted.
    retry_after, retries : int
        How long after an abort somebody tries again, and how often.
    scale_down_delay : int
        How long the old version stays warm after the promotion: until then going back to it is instant.
    revert_after : int, optional
        So long after the promotion somebody applies the old version again.
    rollback_window : int
        Argo's `rollbackWindow.revisions`: going back to one of so many latest revisions skips all steps and analyses.
        A run knows one revision to go back to, so 1 is as good as more; with 0 going back is a rollout like any other.
    """

    steps: tuple[Step, ...]
    analysis: Background | None = None
    approver: Approver | None = None
    freeze: Freeze | None = None
    retry_after: int | None = None
    retries: int = 0
    scale_down_delay: int = 0
    revert_after: int | None = None
    rollback_window: int = 0
