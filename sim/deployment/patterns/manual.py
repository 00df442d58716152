"""Manual: inspectors decide every phone."""

from sim.deployment.declaration import Appearance
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.line.route import HUMANS


@pattern(
    "manual",
    people=True,
    rolls_out=False,
    usual=True,
    appearance=Appearance("black", marker="o", always=True),
    place=1,
)
def manual(rollout: Rollout) -> Playbook:
    """Human inspectors decide every phone; nothing is rolled out."""
    rollout.stable = HUMANS
    yield from rollout.rest()
