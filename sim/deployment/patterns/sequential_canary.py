"""Sequential canary: one share of the phones, judged by whose escapes the audits find, as often as one likes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.deployment.judges.events import promotion_evidence, rollback_evidence
from sim.deployment.pattern import pattern
from sim.deployment.rollout import Playbook, Rollout
from sim.units import HOUR, Percent, PositiveDuration, format_duration


@pattern("sequential_canary")
def sequential_canary(
    rollout: Rollout,
    *,
    share: Percent = 25.0,
    look: PositiveDuration = "1h",  # type: ignore[assignment]
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05,
    non_inferiority: Annotated[float, Field(gt=0.1)] = 1.5,
) -> Playbook:
    """Roll back when the candidate's share of the audited escapes proves it worse, promote when it proves it no worse.

    The evidence is anytime-valid: whatever the number of looks, a candidate as good as the stable decider is rolled
    back with probability `alpha` at most, and one that leaks `non_inferiority` times as much is promoted with
    probability `alpha` at most. Undecided means hold: no alarm is no proof. It needs audits of passed phones.
    """
    rollout.set_weight(share)
    rollout.expect(f"looks every {format_duration(look)} at whose audited escapes they are; holds until that is proven")
    began = seen = rollout.now
    worse, no_worse = rollback_evidence(alpha), promotion_evidence(non_inferiority, alpha)
    warned = False
    while True:
        yield from rollout.wait(look)
        by_candidate, pi = rollout.telemetry.escapes(rollout.candidate.name, seen)
        seen = rollout.now
        # Phones from before the rollout could not have been the candidate's: no evidence, and the judge says so.
        worse.update(by_candidate, pi)
        no_worse.update(by_candidate, pi)
        told = f"{worse.events} audited escapes since hour {began // HOUR}"
        if worse.verdict == "rollback":
            return rollout.abort(f"evidence of a worse candidate: E {worse.maximum:.3g} on {told}")
        if no_worse.verdict == "promote":
            rollout.note("analysis", f"evidence of a candidate no worse: E {no_worse.maximum:.3g} on {told}")
            return rollout.promote()
        if worse.verdict == "warn" and not warned:
            warned = True
            rollout.note("analysis", f"warning: E {worse.maximum:.3g} on {told}")
