"""The phases that a new version goes through, and the queue of timers behind them."""

from __future__ import annotations

from sim.deployment.dry_run import _DryRun
from sim.deployment.monitoring.lifecycle import LifecycleController, Phase
from sim.deployment.rollout import Playbook
from sim.scenario import build
from sim.units import HOUR


def retrained_daily() -> tuple[_DryRun, LifecycleController]:
    """A stable model that gets a successor every day: two hours of training, eight until somebody signs."""
    given = {"pattern": "stay", "retraining": {"every": "1d", "training": "2h", "sign_off": "8h"}}
    scenario = build(horizon="3d", deployment={"stable": "v1"}, strategies=[given])
    strategy = scenario.resolved(scenario.strategies[0])
    rollout = _DryRun(strategy, scenario.horizon)

    def playbook() -> Playbook:
        yield from rollout.rest()

    life = LifecycleController(rollout, playbook, strategy.retraining, ())
    return rollout, life


def test_a_version_is_ordered_trained_signed_off_and_out() -> None:
    rollout, life = retrained_daily()
    phases = [(0, life.phase)]
    while life.next_us is not None and life.next_us < 2 * 24 * HOUR:
        rollout.now = life.next_us
        life.act()
        phases.append((rollout.now // HOUR, life.phase))
    assert phases == [
        (0, Phase.IDLE),
        (0, Phase.IDLE),  # the playbook begins
        (24, Phase.ORDERED),  # on schedule
        (24, Phase.TRAINING),  # a microsecond later it is known that there are labels enough
        (34, Phase.OUT),
    ]


def test_between_training_and_going_out_somebody_has_to_sign() -> None:
    rollout, life = retrained_daily()
    for moment in (0, 24 * HOUR, 24 * HOUR + 1):
        rollout.now = moment
        life.act()
    rollout.now = 26 * HOUR - 1
    assert life.phase is Phase.TRAINING
    rollout.now = 26 * HOUR
    assert life.phase is Phase.SIGN_OFF
    assert life.next_us == 34 * HOUR
