"""Plans: rollouts as lists of steps, in Argo's words, and what runs them: pauses, gates, analyses in the background.

A plan is data, and one generator carries out all of them, with the meaning of Argo's controllers. The patterns
`canary`, `blue_green`, `sequential_canary`, `argo_canary` and `argo_blue_green` only write plans.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis.checks import Analysis
from sim.deployment.analysis.measurement import Phase
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate
from sim.deployment.events import AnalysisEnded, Frozen, GateWaiting, Reapplied, Reason, Resumed, Retried
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
        # A resolved scenario says null of what a step does not do.
        if sum(getattr(self, name) is not None for name in type(self).model_fields) != 1:
            raise ValueError("a step does one thing: set_weight, pause, analysis or set_mirror_route")
        return self


FAST_ROLLBACK_STILL_UP = Reason("fast_rollback", "fast rollback: the old version is applied again while it is still up")
FAST_ROLLBACK_IN_WINDOW = Reason(
    "fast_rollback", "fast rollback: the old version is applied again, and lies in the rollback window"
)


def held(hold_us: int, analysis: Analysis | None) -> Step:
    """Return a step that takes so long; with an analysis, until all of it measures well."""
    if analysis is None:
        return Step(pause=Pause(duration=format_duration(hold_us)))
    return Step(analysis=analysis.template(hold_us))


class Background(AnalysisTemplate):
    """An analysis beside the steps: it starts with step `starting_step` and never holds them up."""

    starting_step: int = Field(0, ge=0, description="from 0, as Argo counts")

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


def execute(rollout: Rollout, plan: Plan) -> Playbook:
    """Carry out a plan: all its steps, the promotion, and what follows it."""
    rollout.heeds_pauses = True
    old = rollout.stable
    if not (yield from _promoted(rollout, plan)):
        return
    promoted, reverts = rollout.now, plan.revert_after
    still_up = reverts is not None and reverts <= plan.scale_down_delay
    if not still_up:
        if plan.scale_down_delay:
            rollout.expect(f"keeps {old.name} ready for {format_duration(plan.scale_down_delay)}")
            yield plan.scale_down_delay
        rollout.retire(old.version)
    if reverts is None:
        return
    yield max(promoted + reverts - rollout.now, 1)
    if still_up:
        rollout.revert(old, FAST_ROLLBACK_STILL_UP)
    elif plan.rollback_window:
        rollout.revert(old, FAST_ROLLBACK_IN_WINDOW)
    else:
        rollout.record(Reapplied(time_us=rollout.now, arm=old))
        rollout.candidate = old
        yield from _promoted(rollout, plan)


def _promoted(rollout: Rollout, plan: Plan) -> Generator[int, None, bool]:
    """Try it, and again if it is aborted. Returns whether the candidate was promoted."""
    for attempt in range(plan.retries + 1):
        reason = yield from _ramp(rollout, plan)
        if reason is None:
            rollout.promote()
            return True
        rollout.abort(reason)
        if attempt < plan.retries and plan.retry_after is not None:
            yield from rollout.wait(max(plan.retry_after, 1))
            rollout.record(Retried(time_us=rollout.now, attempt=attempt + 1))
    return False


def _ramp(rollout: Rollout, plan: Plan) -> Generator[int, None, Reason | None]:
    """Take all steps. Returns why the rollout has to be aborted, None if nothing speaks against promotion."""
    background: list[AnalysisRun] = []
    for index, step in enumerate(plan.steps):
        if plan.analysis is not None and index == plan.analysis.starting_step:
            background = [_start(rollout, plan.analysis)]
        reason = None
        if step.set_weight is not None:
            if step.set_weight > rollout.weight:
                reason = yield from _thawed(rollout, plan, background)
            if reason is None:
                if step.set_weight == 100 and plan.scale_down_delay:
                    rollout.keep_warm(rollout.stable.version)
                rollout.set_weight(step.set_weight)
        elif step.set_mirror_route is not None:
            if rollout.candidate.version:  # people cannot look on without deciding
                rollout.set_mirror(step.set_mirror_route.percentage)
        elif step.pause is not None:
            reason = yield from _pause(rollout, step.pause, background, plan.approver)
        elif step.analysis is not None:
            reason = yield from _inline(rollout, step.analysis, background, plan.approver)
        if reason is not None:
            return _at_this_weight(rollout, reason)
    if (reason := (yield from _thawed(rollout, plan, background))) is not None:
        return _at_this_weight(rollout, reason)
    for run in background:
        run.stop()  # at the promotion its window ends
    return None


def _at_this_weight(rollout: Rollout, reason: Reason) -> Reason:
    weight = {"weight": rollout.weight}
    return Reason("at_weight", "at {weight:g} % of the phones: {cause}", more=weight, cause=reason)


def _start(rollout: Rollout, template: AnalysisTemplate) -> AnalysisRun:
    rollout.expect(str(template))
    return AnalysisRun(template, rollout.now)


def _pause(
    rollout: Rollout, pause: Pause, background: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, Reason | None]:
    """Wait for the pause's end or, at a gate, for a human. The background analysis goes on meanwhile."""
    duration = pause.duration
    if duration is None:
        duration = None if approver is None else approver.delay
        rollout.record(GateWaiting(time_us=rollout.now))
    rollout.expect("pauses for ever" if duration is None else f"pauses {format_duration(duration)}")
    return (yield from _passed(rollout, None if duration is None else rollout.now + duration, background, approver))


def _passed(
    rollout: Rollout, end_us: int | None, background: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, Reason | None]:
    """Wait until a moment (None: for ever) while the background analysis goes on. Returns why to abort before."""
    while (ended := (yield from rollout.until(end_us, background))) is not None:
        reason = yield from _judged(rollout, ended, background, approver)
        if reason is not None:
            return reason
    return None


def _inline(
    rollout: Rollout, template: AnalysisTemplate, background: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, Reason | None]:
    """Run an analysis to its end: only Successful lets the next step begin."""
    own = [_start(rollout, template)]
    while True:
        ended = yield from rollout.until(None, [*own, *background])
        assert ended is not None
        among = own if ended in own else background
        reason = yield from _judged(rollout, ended, among, approver)
        if reason is not None:
            return reason
        if own[0].phase is Phase.SUCCESSFUL:
            return None


def _judged(
    rollout: Rollout, ended: AnalysisRun, among: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, Reason | None]:
    """Say what a run's end means. Returns why to abort; resuming after an inconclusive run starts a fresh one."""
    if ended.phase not in (Phase.SUCCESSFUL, Phase.INCONCLUSIVE):
        return _because_of(ended, ended.phase.value)
    rollout.record(AnalysisEnded(time_us=rollout.now, phase=ended.phase.value, reason=ended.reason))
    if ended.phase is Phase.SUCCESSFUL:
        return None
    yield from _gate(rollout, approver)
    if approver is None or approver.inconclusive == "abort":
        return _because_of(ended, "inconclusive")
    among[among.index(ended)] = AnalysisRun(ended.template, rollout.now)
    rollout.record(Resumed(time_us=rollout.now))
    return None


def _because_of(ended: AnalysisRun, how: str) -> Reason:
    return Reason(f"analysis_{how.lower()}", "analysis {how}: {cause}", more={"how": how}, cause=ended.reason)


def _gate(rollout: Rollout, approver: Approver | None) -> Playbook:
    """Wait for a human; nobody there means for ever."""
    rollout.expect("waits for a human " + ("for ever" if approver is None else f"({format_duration(approver.delay)})"))
    if approver is None:
        while True:
            yield from rollout.rest()
    if approver.delay:
        yield approver.delay


def _thawed(rollout: Rollout, plan: Plan, background: list[AnalysisRun]) -> Generator[int, None, Reason | None]:
    """Wait for the end of a freeze, or of a pause that an alarm asked for; what watches goes on watching."""
    while True:
        free = rollout.now if plan.freeze is None else plan.freeze.over(rollout.now)
        free = max(free, rollout.paused_until_us)
        if free <= rollout.now:
            return None
        rollout.record(Frozen(time_us=rollout.now, lasts_us=free - rollout.now))
        if (reason := (yield from _passed(rollout, free, background, plan.approver))) is not None:
            return reason
