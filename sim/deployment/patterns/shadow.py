"""Shadow: the candidate sees every phone and decides none."""

from sim.deployment.pattern import pattern
from sim.deployment.rollout import Playbook, Rollout
from sim.units import Percent, PositiveDuration


@pattern("shadow")
def shadow(rollout: Rollout, *, share: Percent = 100.0, report: PositiveDuration = "1d") -> Playbook:  # type: ignore[assignment]
    """The candidate mirrors the stable decider; its verdicts are logged, compared and used for nothing."""
    rollout.set_mirror(share)
    while True:
        began = rollout.now
        yield from rollout.wait(report)
        found = rollout.telemetry.read("disagreement", rollout.candidate.version, began)
        said = "no phones seen by both" if found.value is None else f"{found.value:.1%} of {found.samples:,} phones"
        rollout.note("analysis", f"{rollout.candidate.name} disagrees on {said}")
