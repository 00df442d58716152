"""Stay: whoever decides today goes on deciding."""

from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern


@pattern("stay")
def stay(rollout: Rollout) -> Playbook:
    """The stable decider keeps every phone; nothing is rolled out. The baseline where humans are not the stable."""
    yield from rollout.rest()
