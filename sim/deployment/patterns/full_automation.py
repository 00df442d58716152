"""Full automation: the candidate decides every phone from one moment to the next (big bang)."""

from sim.deployment.declaration import Appearance, where_named
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import Strategy, pattern


def until_it_starts(strategy: Strategy) -> bool:
    """Inspectors decide before the candidate takes over, and again if an alarm takes it back."""
    comes_back = any(alarm.then == "rollback" for alarm in strategy.alarms)
    return where_named(strategy) and (strategy.start != 0 or comes_back)


@pattern(
    "full_automation",
    people=until_it_starts,
    usual=True,
    appearance=Appearance("vermillion", marker="X", always=True),
    place=7,
)
def full_automation(rollout: Rollout) -> Playbook:
    """Every phone to the candidate at once, nobody watching."""
    rollout.promote()
    yield from rollout.rest()
