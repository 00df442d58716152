"""Argo Rollouts' blue/green: preview, pre-promotion analysis, switch, post-promotion analysis, fast rollback."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.deployment.analysis.spec import AnalysisTemplate
from sim.deployment.declaration import where_named
from sim.deployment.plans.execution import execute
from sim.deployment.plans.steps import Approver, Freeze, MirrorRoute, Pause, Plan, Step, held
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import MOST, Duration, Percent, PositiveDuration


@pattern("argo_blue_green", people=where_named, place=4)
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
    rollback_window: Annotated[int, Field(ge=0, le=MOST)] = 0,
) -> Playbook:
    """Green is previewed beside the line, switched in as a whole, and blue stays up until green is proven.

    Green looks at `preview` percent of the phones until `pre_promotion_analysis` is successful.
    `auto_promotion_seconds` count after that, and only where `auto_promotion_enabled`; else the `approver`
    promotes. Nothing is switched in a `freeze`. The old stack outlives `post_promotion_analysis` by
    `scale_down_delay`, however long that takes. `revert_after`: so long after the promotion somebody applies the
    old version again; while that is still up or in the `rollback_window` (revisions, as Argo's), this is a fast
    rollback, and afterwards the full procedure again.
    """
    before = [Step(analysis=pre_promotion_analysis)] if pre_promotion_analysis is not None else []
    if not auto_promotion_enabled:
        before.append(Step(pause=Pause()))
    elif auto_promotion_seconds:
        before.append(held(auto_promotion_seconds, None))
    after = [Step(analysis=post_promotion_analysis)] if post_promotion_analysis is not None else []
    yield from execute(
        rollout,
        Plan(
            switch(preview, before, after), approver=approver, freeze=freeze, scale_down_delay=scale_down_delay,
            revert_after=revert_after, rollback_window=rollback_window,
        ),
    )  # fmt: skip


def switch(preview: float, before: list[Step], after: list[Step]) -> tuple[Step, ...]:
    """Return blue/green as steps: green mirrors, and then every phone goes to it at once."""
    return (
        Step(set_mirror_route=MirrorRoute(percentage=preview)),
        *before,
        Step(set_weight=100.0),
        Step(set_mirror_route=MirrorRoute(percentage=0.0)),
        *after,
    )
