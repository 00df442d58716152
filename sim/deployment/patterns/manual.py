"""Manual: inspectors decide every phone."""

from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.line.route import HUMANS


@pattern("manual")
def manual(rollout: Rollout) -> Playbook:
    """Human inspectors decide every phone; nothing is rolled out."""
    rollout.stable = HUMANS
    yield from rollout.rest()
