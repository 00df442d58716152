"""Canary: a small share of the phones first, more as long as the analysis holds."""

from sim.deployment.analysis import USUAL, Analysis
from sim.deployment.pattern import pattern
from sim.deployment.rollout import Playbook, Rollout
from sim.units import Percent, PositiveDuration

#: FACTS 8: start at 5 %, ramp 5-25-50-100 (5 % is the course's device; the ramp is an assumption).
RAMP = (5.0, 25.0, 50.0, 100.0)


@pattern("canary")
def canary(
    rollout: Rollout,
    *,
    steps: tuple[Percent, ...] = RAMP,
    hold: PositiveDuration = "4h",  # type: ignore[assignment]
    analysis: Analysis | None = USUAL,
) -> Playbook:
    """Raise the candidate's weight step by step: hold and analyse at each, abort on failure, promote at the end."""
    for weight in steps:
        rollout.set_weight(weight)
        if (found := (yield from rollout.watch(hold, analysis))).failed:
            return rollout.abort(f"analysis failed: {found.reason}")
    rollout.promote()
