"""What carries a plan out, with the meaning of Argo's controllers: steps, gates, analyses beside the steps, freezes.

One generator carries out all plans: patterns such as canary and blue/green only write them.
"""

from __future__ import annotations

from collections.abc import Generator

from sim.deployment.analysis.measurement import Phase
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate
from sim.deployment.events import AnalysisEnded, Frozen, GateWaiting, Reapplied, Reason, Resumed, Retried
from sim.deployment.plans.steps import Pause, Plan, Step
from sim.deployment.rollout import Playbook, Rollout

FAST_ROLLBACK_STILL_UP = Reason("fast_rollback", "fast rollback: the old version is applied again while it is still up")
FAST_ROLLBACK_IN_WINDOW = Reason(
    "fast_rollback", "fast rollback: the old version is applied again, and lies in the rollback window"
)

Waiting = Generator[int, None, Reason | None]
"""Something that takes time. It ends with why the rollout has to be aborted; None: the plan goes on."""


def execute(rollout: Rollout, plan: Plan) -> Playbook:
    """Carry out a plan: all its steps, the promotion, and what follows it."""
    rollout.heeds_pauses = True
    old = rollout.stable
    if not (yield from _promoted(rollout, plan)):
        return
    promoted_us, revert_after = rollout.now, plan.revert_after
    reverts_while_up = revert_after is not None and revert_after <= plan.scale_down_delay
    if not reverts_while_up:
        if plan.scale_down_delay:
            ready = {"old": old.name, "span": plan.scale_down_delay}
            rollout.expect(Reason("keeps_ready", "keeps {old} ready for {span:duration}", more=ready))
            yield plan.scale_down_delay
        rollout.retire(old.version)
    if revert_after is None:
        return
    yield max(promoted_us + revert_after - rollout.now, 1)
    if reverts_while_up:
        rollout.revert(old, FAST_ROLLBACK_STILL_UP)
    elif plan.rollback_window:
        rollout.revert(old, FAST_ROLLBACK_IN_WINDOW)
    else:
        rollout.record(Reapplied(time_us=rollout.now, arm=old))
        rollout.candidate = old
        yield from _promoted(rollout, plan)


def _promoted(rollout: Rollout, plan: Plan) -> Generator[int, None, bool]:
    """Take the plan's steps, again after an abort if the plan says so. Returns whether the candidate was promoted."""
    for attempt in range(plan.retries + 1):
        reason = yield from _Attempt(rollout, plan).all_steps()
        if reason is None:
            rollout.promote()
            return True
        rollout.abort(reason)
        if attempt < plan.retries and plan.retry_after is not None:
            yield from rollout.wait(max(plan.retry_after, 1))
            rollout.record(Retried(time_us=rollout.now, attempt=attempt + 1))
    return False


class _Attempt:
    """One go at a plan's steps, and the analysis that runs beside them."""

    def __init__(self, rollout: Rollout, plan: Plan) -> None:
        self._rollout = rollout
        self._plan = plan
        self._background: list[AnalysisRun] = []

    def all_steps(self) -> Waiting:
        """Take all steps, one after the other, until nothing stands in the way of the promotion."""
        beside = self._plan.analysis
        for number, step in enumerate(self._plan.steps):
            if beside is not None and number == beside.starting_step:
                self._background = [self._begin(beside)]
            if (reason := (yield from self._take(step))) is not None:
                return self._at_this_weight(reason)
        if (reason := (yield from self._until_free())) is not None:
            return self._at_this_weight(reason)
        for run in self._background:
            run.stop()  # at the promotion its window ends
        return None

    def _take(self, step: Step) -> Waiting:
        """Do the one thing that a step says."""
        if step.set_weight is not None:
            return (yield from self._set_weight(step.set_weight))
        if step.pause is not None:
            return (yield from self._pause(step.pause))
        if step.analysis is not None:
            return (yield from self._analyse(step.analysis))
        if step.set_mirror_route is not None and self._rollout.candidate.version:
            self._rollout.set_mirror(step.set_mirror_route.percentage)  # people cannot look on without deciding
        return None

    def _set_weight(self, percent: float) -> Waiting:
        """Set the candidate's weight; a rise waits until the line is free for changes."""
        rollout = self._rollout
        if percent > rollout.weight and (reason := (yield from self._until_free())) is not None:
            return reason
        if percent == 100 and self._plan.scale_down_delay:
            rollout.keep_warm(rollout.stable.version)
        rollout.set_weight(percent)
        return None

    def _pause(self, pause: Pause) -> Waiting:
        """Wait for the pause's end or, at a gate, for a human."""
        duration = pause.duration
        if duration is None:
            duration = None if self._plan.approver is None else self._plan.approver.delay
            self._rollout.record(GateWaiting(time_us=self._rollout.now))
        how_long = "for ever" if duration is None else "{span:duration}"
        self._rollout.expect(Reason("pauses", "pauses " + how_long, more={"span": duration}))
        return (yield from self._watched_until(None if duration is None else self._rollout.now + duration))

    def _analyse(self, template: AnalysisTemplate) -> Waiting:
        """Run an analysis to its end: only Successful lets the next step begin."""
        own = [self._begin(template)]
        while True:
            ended = yield from self._rollout.until(None, [*own, *self._background])
            assert ended is not None
            reason = yield from self._answer(ended, own if ended in own else self._background)
            if reason is not None:
                return reason
            if own[0].phase is Phase.SUCCESSFUL:
                return None

    def _until_free(self) -> Waiting:
        """Wait for the end of a freeze, or of a pause that an alarm asked for; what watches goes on watching."""
        rollout, freeze = self._rollout, self._plan.freeze
        while True:
            free_us = rollout.now if freeze is None else freeze.over(rollout.now)
            free_us = max(free_us, rollout.paused_until_us)
            if free_us <= rollout.now:
                return None
            rollout.record(Frozen(time_us=rollout.now, lasts_us=free_us - rollout.now))
            if (reason := (yield from self._watched_until(free_us))) is not None:
                return reason

    def _watched_until(self, end_us: int | None) -> Waiting:
        """Wait until a moment (None: for ever) while the background analysis goes on."""
        while (ended := (yield from self._rollout.until(end_us, self._background))) is not None:
            if (reason := (yield from self._answer(ended, self._background))) is not None:
                return reason
        return None

    def _answer(self, ended: AnalysisRun, runs: list[AnalysisRun]) -> Waiting:
        """Do what the end of one of the runs asks for; one that a human resumes begins afresh."""
        rollout, approver = self._rollout, self._plan.approver
        if ended.phase not in (Phase.SUCCESSFUL, Phase.INCONCLUSIVE):
            return _because_of(ended, ended.phase.value)
        rollout.record(AnalysisEnded(time_us=rollout.now, phase=ended.phase.value, reason=ended.reason))
        if ended.phase is Phase.SUCCESSFUL:
            return None
        yield from self._until_somebody_comes()
        if approver is None or approver.inconclusive == "abort":
            return _because_of(ended, "inconclusive")
        runs[runs.index(ended)] = AnalysisRun(ended.template, rollout.now)
        rollout.record(Resumed(time_us=rollout.now))
        return None

    def _until_somebody_comes(self) -> Playbook:
        """Wait for a human; where nobody stands at the gates, for ever."""
        rollout, approver = self._rollout, self._plan.approver
        if approver is None:
            rollout.expect("waits for a human for ever")
            while True:
                yield from rollout.rest()
        rollout.expect(Reason("waits", "waits for a human ({span:duration})", more={"span": approver.delay}))
        if approver.delay:
            yield approver.delay

    def _begin(self, template: AnalysisTemplate) -> AnalysisRun:
        self._rollout.expect(str(template))
        return AnalysisRun(template, self._rollout.now)

    def _at_this_weight(self, reason: Reason) -> Reason:
        weight = {"weight": self._rollout.weight}
        return Reason("at_weight", "at {weight:g} % of the phones: {cause}", more=weight, cause=reason)


def _because_of(ended: AnalysisRun, how: str) -> Reason:
    return Reason(f"analysis_{how.lower()}", "analysis {how}: {cause}", more={"how": how}, cause=ended.reason)
