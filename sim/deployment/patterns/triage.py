"""Triage: inspectors decide every phone, and a model puts the most suspicious ones first."""

from sim.deployment.declaration import Appearance
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern


@pattern("triage", people=True, appearance=Appearance("green", marker="<"), place=13)
def triage(rollout: Rollout) -> Playbook:
    """The candidate scores every phone and sorts the inspectors' queue; it decides none and tells nobody its opinion.

    Where the queue is full (`inspectors.buffer`, `when_full: ship`) the least suspicious phone leaves it unseen, not
    the last to come. While the inspectors keep up, nothing changes but a phone's wait.
    """
    rollout.candidate = rollout.triaged(rollout.candidate.version)
    rollout.promote()
    yield from rollout.rest()
