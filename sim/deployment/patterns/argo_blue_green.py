"""Argo Rollouts' blue/green: preview, pre-promotion analysis, switch, post-promotion analysis, fast rollback."""

from __future__ import annotations

from collections.abc import Generator

from sim.deployment.analysis_run import AnalysisTemplate, Phase
from sim.deployment.pattern import pattern
from sim.deployment.plan import Approver, Freeze, gate, hold, start, thaw
from sim.deployment.rollout import Playbook, Rollout
from sim.units import Duration, Percent, PositiveDuration, format_duration


@pattern("argo_blue_green")
def argo_blue_green(
    rollout: Rollout,
    *,
    preview: Percent = 100.0,
    pre_promotion_analysis: AnalysisTemplate | None = None,
    auto_promotion_enabled: bool = True,
    auto_promotion_seconds: Duration = 0,
    post_promotion_analysis: AnalysisTemplate | None = None,
    scale_down_delay: Duration = "30s",  # type: ignore[assignment]
    approver: Approver | None = Approver(),  # noqa: B008  # frozen
    freeze: Freeze | None = None,
    revert_after: PositiveDuration | None = None,
) -> Playbook:
    """Green is previewed beside the line, switched in as a whole, and blue stays up until green is proven.

    `auto_promotion_seconds` count after the pre-promotion analysis, and only where `auto_promotion_enabled`. The old
    stack outlives the post-promotion analysis by `scale_down_delay`, however long that takes. `revert_after`: so long
    after the promotion somebody applies the old version again; while that is still up, this is a fast rollback.
    """
    blue = rollout.stable
    rollout.set_mirror(preview)
    if (reason := (yield from _successful(rollout, pre_promotion_analysis, approver))) is not None:
        return rollout.abort(f"before the switch: {reason}")
    if not auto_promotion_enabled:
        rollout.note("rollout", "paused: waits for somebody to promote")
        yield from gate(rollout, approver)
    elif auto_promotion_seconds:
        rollout.expect(f"pauses {format_duration(auto_promotion_seconds)} before the switch")
        yield auto_promotion_seconds
    yield from thaw(rollout, freeze)
    rollout.set_mirror(0)
    rollout.keep_warm(blue.version)
    rollout.set_weight(100)
    if (reason := (yield from _successful(rollout, post_promotion_analysis, approver))) is not None:
        return rollout.abort(f"after the switch: {reason}")
    promoted = rollout.now
    rollout.promote()
    reverts = None if revert_after is None else promoted + revert_after
    if reverts is not None and reverts <= promoted + scale_down_delay:
        yield max(reverts - rollout.now, 1)
        rollout.revert(blue, "fast rollback: the old version is applied again while it is still up")
        return None
    if scale_down_delay:
        rollout.expect(f"keeps {blue.name} ready for {format_duration(scale_down_delay)}")
        yield scale_down_delay
    rollout.retire(blue.version)
    return None


def _successful(
    rollout: Rollout, template: AnalysisTemplate | None, approver: Approver | None
) -> Generator[int, None, str | None]:
    """Run an analysis until it is successful. Returns why it never will be."""
    while template is not None:
        (run,) = start(rollout, template)
        yield from hold(rollout, None, [run])
        if run.phase is Phase.SUCCESSFUL:
            rollout.note("analysis", f"successful: {run.told}")
            return None
        if run.phase is not Phase.INCONCLUSIVE:
            return f"analysis {run.phase.value}: {run.told}"
        rollout.note("analysis", f"inconclusive: {run.told}; paused, a human decides")
        yield from gate(rollout, approver)
        if approver is None or approver.inconclusive == "abort":
            return f"analysis inconclusive: {run.told}"
    return None
