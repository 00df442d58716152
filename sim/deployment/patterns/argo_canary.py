"""Argo Rollouts' canary: steps, gates, inline and background analysis, with the controller's semantics."""

from __future__ import annotations

from collections.abc import Generator

from sim.deployment.analysis_run import AnalysisRun, Phase
from sim.deployment.pattern import pattern
from sim.deployment.plan import Approver, Background, Freeze, Step, gate, hold, start, thaw
from sim.deployment.rollout import Playbook, Rollout
from sim.units import Duration, format_duration


@pattern("argo_canary")
def argo_canary(
    rollout: Rollout,
    *,
    steps: tuple[Step, ...],
    analysis: Background | None = None,
    approver: Approver | None = Approver(),  # noqa: B008  # frozen
    freeze: Freeze | None = None,
    retry_after: Duration | None = None,
    retries: int = 0,
) -> Playbook:
    """Steps in order; Failed or Error aborts at once, Inconclusive waits for a human; after the last step, 100 %.

    Before the first `set_weight` the candidate has no phone, and only pauses, gates and analyses take time. A
    background analysis that has counted to its end watches no more: the rest of the ramp is unmonitored.
    """
    for attempt in range(retries + 1):
        reason = yield from _ramp(rollout, steps, analysis, approver, freeze)
        if reason is None:
            return rollout.promote()
        rollout.abort(reason)
        if attempt < retries and retry_after is not None:
            yield from rollout.wait(max(retry_after, 1))
            rollout.note("rollout", f"retry {attempt + 1}: from the first step")


def _ramp(
    rollout: Rollout, steps: tuple[Step, ...], analysis: Background | None, approver: Approver | None,
    freeze: Freeze | None,
) -> Generator[int, None, str | None]:  # fmt: skip
    """Take all steps. Returns why the rollout has to be aborted, None if nothing speaks against promotion."""
    background: list[AnalysisRun] = []
    for index, step in enumerate(steps):
        if analysis is not None and index == analysis.starting_step:
            background = start(rollout, analysis)
        if step.set_weight is not None:
            if step.set_weight > rollout.weight:
                yield from thaw(rollout, freeze)
            rollout.set_weight(step.set_weight)
        elif step.set_mirror_route is not None:
            rollout.set_mirror(step.set_mirror_route.percentage)
        elif step.pause is not None:
            reason = yield from _pause(rollout, step, background, approver)
            if reason is not None:
                return reason
        elif step.analysis is not None:
            reason = yield from _inline(rollout, step, background, approver)
            if reason is not None:
                return reason
    yield from thaw(rollout, freeze)
    for run in background:
        run.stop()  # at the promotion its window ends
    return None


def _pause(
    rollout: Rollout, step: Step, background: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, str | None]:
    """Wait for the pause's end or, at a gate, for a human. The background analysis goes on meanwhile."""
    assert step.pause is not None
    duration = step.pause.duration
    if duration is None:
        duration = None if approver is None else approver.delay
        rollout.note("rollout", "paused: waits for somebody to promote")
    rollout.expect("pauses for ever" if duration is None else f"pauses {format_duration(duration)}")
    end = None if duration is None else rollout.now + duration
    while (ended := (yield from hold(rollout, end, background))) is not None:
        reason = yield from _judged(rollout, ended, background, approver)
        if reason is not None:
            return reason
    return None


def _inline(
    rollout: Rollout, step: Step, background: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, str | None]:
    """Run an analysis to its end: only Successful lets the next step begin."""
    own = start(rollout, step.analysis)
    while True:
        ended = yield from hold(rollout, None, [*own, *background])
        assert ended is not None
        among = own if ended in own else background
        reason = yield from _judged(rollout, ended, among, approver)
        if reason is not None:
            return reason
        if own[0].phase is Phase.SUCCESSFUL:
            return None


def _judged(
    rollout: Rollout, ended: AnalysisRun, among: list[AnalysisRun], approver: Approver | None
) -> Generator[int, None, str | None]:
    """Say what a run's end means. Returns why to abort; resuming after an inconclusive run starts a fresh one."""
    if ended.phase is Phase.SUCCESSFUL:
        rollout.note("analysis", f"successful: {ended.told}")
        return None
    if ended.phase is not Phase.INCONCLUSIVE:
        return f"analysis {ended.phase.value}: {ended.told}"
    rollout.note("analysis", f"inconclusive: {ended.told}; paused, a human decides")
    yield from gate(rollout, approver)
    if approver is None or approver.inconclusive == "abort":
        return f"analysis inconclusive: {ended.told}"
    among[among.index(ended)] = AnalysisRun(ended.template, rollout.now)
    rollout.note("rollout", "resumed")
    return None
