"""Plans: rollouts as lists of steps, in Argo's words, and what runs them: pauses, gates, analyses in the background.

A plan is data. The patterns `argo_canary` and `argo_blue_green` give it the meaning of Argo's controllers.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis_run import AnalysisRun, AnalysisTemplate, Phase
from sim.deployment.rollout import Playbook, Rollout
from sim.units import DAY, Duration, Percent, PositiveDuration, format_duration


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
        if len(self.model_fields_set) != 1:
            raise ValueError("a step does one thing: set_weight, pause, analysis or set_mirror_route")
        return self


class Background(AnalysisTemplate):
    """An analysis beside the steps: it starts with step `starting_step` and never holds them up."""

    starting_step: int = Field(0, ge=0, description="from 0, as Argo counts")


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


def start(rollout: Rollout, template: AnalysisTemplate | None) -> list[AnalysisRun]:
    """Start a run of an analysis, if there is one."""
    if template is not None:
        rollout.expect(f"analysis: {template}")
    return [] if template is None else [AnalysisRun(template, rollout.now)]


def hold(rollout: Rollout, end_us: int | None, runs: Sequence[AnalysisRun]) -> Generator[int, None, AnalysisRun | None]:
    """Wait until `end_us`, measuring what falls due. Returns the run that ended, None when the time is over.

    Without an end it waits for a run, or for ever.
    """
    while True:
        live = [run for run in runs if run.phase is Phase.RUNNING]
        moments = [run.next_us for run in live] + ([] if end_us is None else [end_us])
        if not moments:
            yield from rollout.rest()
            continue
        if min(moments) > rollout.now:
            yield min(moments) - rollout.now
        for run in live:
            if run.next_us <= rollout.now:
                run.measure(rollout.now, lambda metric, began=run.began_us: rollout.sample(metric, began))  # type: ignore[misc]
                if run.phase is not Phase.RUNNING:
                    return run
        if end_us is not None and rollout.now >= end_us:
            return None


def gate(rollout: Rollout, approver: Approver | None) -> Playbook:
    """Wait for a human; nobody there means for ever."""
    rollout.expect("waits for a human " + ("for ever" if approver is None else f"({format_duration(approver.delay)})"))
    if approver is None:
        while True:
            yield from rollout.rest()
    if approver.delay:
        yield approver.delay


def thaw(rollout: Rollout, freeze: Freeze | None) -> Playbook:
    """Wait for the end of a freeze."""
    if freeze is not None and (free := freeze.over(rollout.now)) > rollout.now:
        rollout.note("rollout", f"frozen for {format_duration(free - rollout.now)}")
        yield free - rollout.now
