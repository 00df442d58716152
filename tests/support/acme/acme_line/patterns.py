import sim
from sim.units import Percent, PositiveDuration


@sim.pattern("acme_ramp")
def ramp(rollout, *, by: Percent = 50, hold: PositiveDuration = "30min"):
    """Raise the weight by `by` percent after each `hold`, and forward."""
    weight = by
    while weight < 100:
        rollout.set_weight(weight)
        yield from rollout.wait(hold)
        weight += by
    rollout.promote()


def leap(rollout, *, after: PositiveDuration = "1h"):
    """All at once, `after` a while."""
    yield from rollout.wait(after)
    rollout.promote()


def no_generator(rollout):
    return None


def odd_settings(rollout, *, how: "NoSuchType" = 1):  # noqa: F821
    yield 1
