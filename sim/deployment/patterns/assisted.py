"""Assisted: inspectors decide every phone, and know the model's opinion of it."""

from sim.deployment.declaration import Appearance
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.units import Duration, Percent, Share


@pattern("assisted", people=True, appearance=Appearance("sky", marker="p"), place=12)
def assisted(
    rollout: Rollout,
    *,
    deference: Share = "50%",  # type: ignore[assignment]
    obey_alarm: Share = "50%",  # type: ignore[assignment]
    weight: Percent = 100.0,
    hold: Duration = "1d",  # type: ignore[assignment]
) -> Playbook:
    """Where the model contradicts an inspector's own impression, its pass or its alarm prevails with a probability.

    `deference`: a pass prevails half of the time (FACTS 1.5: Boskemper 2022, an aid that is right in 93 %).
    `obey_alarm`: so does an alarm, of a model whose alarms are mostly false; set 90 % for a precise one (FACTS 1.5 and
    7: 0.5 at a precision of 0.3, Huegli 2020; 0.9 at 0.8 is an assumption). Nobody scripts automation bias: it is what
    deference does when the model is wrong. `weight` under 100 starts with a share of the phones for `hold`.
    """
    rollout.candidate = rollout.assisted(rollout.candidate.version, deference, obey_alarm)
    if weight < 100.0:
        rollout.set_weight(weight)
        yield from rollout.watch(hold, None)
    rollout.promote()
    yield from rollout.rest()
