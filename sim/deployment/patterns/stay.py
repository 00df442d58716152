"""Stay: whoever decides today goes on deciding."""

from sim.deployment.declaration import Appearance, where_named
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern


@pattern(
    "stay",
    people=where_named,
    rolls_out=False,
    appearance=Appearance("orange", (1.5, 1.5), "P", always=True),
    place=8,
)
def stay(rollout: Rollout) -> Playbook:
    """The stable decider keeps every phone; nothing is rolled out. The baseline where humans are not the stable."""
    yield from rollout.rest()
