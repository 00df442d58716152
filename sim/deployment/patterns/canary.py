"""Canary: a small share of the phones first, more as long as the analysis holds."""

from sim.deployment.analysis.checks import USUAL, Analysis
from sim.deployment.declaration import Appearance, where_named
from sim.deployment.plans.execution import execute
from sim.deployment.plans.steps import Plan, Step, held
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import Percent, PositiveDuration

#: FACTS 8: start at 5 %, ramp 5-25-50-100 (5 % is the course's device; the ramp is an assumption).
RAMP = (5.0, 25.0, 50.0, 100.0)


@pattern("canary", people=where_named, usual=True, appearance=Appearance("blue", marker="D", always=True), place=3)
def canary(
    rollout: Rollout,
    *,
    steps: tuple[Percent, ...] = RAMP,
    hold: PositiveDuration = "4h",  # type: ignore[assignment]
    analysis: Analysis | None = USUAL,
) -> Playbook:
    """Raise the candidate's weight step by step: hold and analyse at each, abort on failure, promote at the end.

    A plan: each weight of `steps` (in percent) is followed by an `analysis` with a `hold`; without one (null) it
    only holds. It judges what became known since that weight, and without evidence it goes on holding: nobody is
    promoted on no evidence, and nobody is asked.
    """
    ramp = [step for weight in steps for step in (Step(set_weight=weight), held(hold, analysis))]
    yield from execute(rollout, Plan(tuple(ramp)))
