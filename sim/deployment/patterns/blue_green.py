"""Blue/green: check the new version beside the line, then switch the router at once; switch back as fast."""

from sim.deployment.analysis.checks import USUAL, USUAL_IN_SHADOW, Analysis
from sim.deployment.declaration import Appearance, where_named
from sim.deployment.patterns.argo_blue_green import switch
from sim.deployment.plans.execution import execute
from sim.deployment.plans.steps import Plan, held
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import Duration, PositiveDuration


@pattern(
    "blue_green",
    people=where_named,
    usual=True,
    appearance=Appearance("green", (7, 2, 1.5, 2), "^", always=True),
    place=5,
)
def blue_green(
    rollout: Rollout,
    *,
    pre_check: PositiveDuration = "4h",  # type: ignore[assignment]
    pre_analysis: Analysis | None = USUAL_IN_SHADOW,
    post_analysis: Analysis | None = USUAL,
    bake: PositiveDuration = "12h",  # type: ignore[assignment]
    keep_warm: Duration = "1d",  # type: ignore[assignment]
) -> Playbook:
    """Mirror green for a pre-check, switch every phone from blue to green, bake, roll back at once on failure.

    Green looks on for `pre_check` and must pass `pre_analysis`; then it decides every phone, bakes for `bake` and
    must pass `post_analysis`. Blue stays warm meanwhile and for `keep_warm` after that; then it is shut down.
    """
    steps = switch(100.0, [held(pre_check, pre_analysis)], [held(bake, post_analysis)])
    yield from execute(rollout, Plan(steps, scale_down_delay=keep_warm))
