"""Partial automation: the model decides what it is sure of, a human the rest."""

from sim.deployment.declaration import Appearance
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import Share


@pattern(
    "partial_automation",
    people=True,
    usual=True,
    appearance=Appearance("purple", (4, 1.5), "v", always=True),
    place=6,
)
def partial_automation(rollout: Rollout, *, review: Share = "8%") -> Playbook:  # type: ignore[assignment]
    """The candidate decides alone outside its review band; inside, `review` of its training phones, a human does."""
    rollout.candidate = rollout.arm(rollout.candidate.name, review)
    rollout.promote()
    yield from rollout.rest()
