"""Full automation: the candidate decides every phone from one moment to the next (big bang)."""

from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern


@pattern("full_automation")
def full_automation(rollout: Rollout) -> Playbook:
    """Every phone to the candidate at once, nobody watching."""
    rollout.promote()
    yield from rollout.rest()
