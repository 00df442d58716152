import sim
from sim.units import Percent, PositiveDuration


@sim.pattern("acme_desk", people=True)
def desk(rollout, *, share: Percent = 20, hours: PositiveDuration = "1h"):
    """Inspectors get `share` percent of the phones for the first `hours`; then the candidate decides all."""
    rollout.set_weights({rollout.arm("humans"): share})
    yield from rollout.wait(hours)
    rollout.promote()
