"""A/B test: two arms for a sample that was planned before, and one judgement at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.declaration import Appearance, Surroundings, where_named
from sim.deployment.events import ANALYSIS, ROLLOUT, Reason
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import Strategy, pattern
from sim.document import Refusal
from sim.line.route import Arm
from sim.stats.planned import planned_phones, planned_power, two_proportion_z
from sim.units import MOST, Percent, PositiveDuration, Rhythm, Share, format_duration

Part = Annotated[Share, Field(gt=0.0, lt=1.0)]

METRIC = "audited_escape_share"
PLANNED = (
    "A/B test planned for {plan}: {samples:,} audited passes show {hoped:.2%} escapes instead of {baseline:.2%}"
    " with power {power:.0%} at alpha {alpha:.0%}"
)
COUNTED = "{own} escapes in {own_n:,} audited passes against {other} in {other_n:,}, z {value:.2f}"
POWER = " (power {power:.0%})"
LENGTH = "planned for {length}"
ONE_JUDGEMENT = "one judgement after {plan}; undecided keeps {stable}"


def one_end(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """A test ends after so many phones or after a duration."""
    settings = strategy.settings()
    if settings["phones"] is not None and settings["duration"] is not None:
        yield ("phones",), "an A/B test ends after so many phones or after a duration: say one of the two"


@pattern("ab_test", people=where_named, checks=one_end, appearance=Appearance("green", (5, 2), "h"), place=15)
def ab_test(
    rollout: Rollout,
    *,
    share: Annotated[Percent, Field(gt=0.0, lt=100.0)] = 50.0,
    phones: Annotated[int, Field(ge=2, le=MOST)] | None = None,
    duration: PositiveDuration | None = None,
    baseline: Part = "0.5%",  # type: ignore[assignment]
    effect: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5,
    power: Part = "80%",  # type: ignore[assignment]
    alpha: Part = "5%",  # type: ignore[assignment]
    interval: Rhythm = "1h",  # type: ignore[assignment]
) -> Playbook:
    """Split the phones, wait for the planned sample of audited passes, compare the shares of escapes once, and decide.

    The candidate gets `share` percent. The plan: `baseline` of stable's audited passes are expected to be escapes
    (assumption: 0.5 %), and a candidate that leaks `effect` times as much is to be seen with probability `power`,
    one that leaks as much with `alpha`. The sample is what that takes, or `phones` audited passes, or what
    `duration` brings. Until then somebody counts phones every `interval` and nobody reads labels: a fixed-horizon
    test may be read once. Undecided means that stable keeps the phones. False rejects are not judged.
    """
    hoped, split = baseline * effect, share / 100.0
    needed = planned_phones(baseline, hoped, split, alpha, power)
    sample = needed if phones is None else phones
    chance = planned_power(sample, baseline, hoped, split, alpha)
    length = f"{sample:,} audited passes" if duration is None else format_duration(duration)
    plan = f"{length}, power {chance:.0%}" if duration is None else length
    figures = {"plan": plan, "length": length, "hoped": hoped, "baseline": baseline, "power": power, "alpha": alpha}
    rollout.note(ROLLOUT, Reason("planned", PLANNED, METRIC, samples=needed, more=figures, brief=LENGTH))
    rollout.expect(Reason("one_judgement", ONE_JUDGEMENT, more={"plan": plan, "stable": rollout.stable.name}))
    began, candidate, stable = rollout.now, rollout.candidate, rollout.stable
    rollout.set_weight(share)
    if duration is not None:
        yield from rollout.wait(duration)
    while duration is None and _audited(rollout, candidate, began)[1] + _audited(rollout, stable, began)[1] < sample:
        yield from rollout.wait(interval)

    (own, own_n), (other, other_n) = _audited(rollout, candidate, began), _audited(rollout, stable, began)
    z, limit, counted = float(two_proportion_z(own, own_n, other, other_n)), two_sided_limit(alpha), own_n + other_n
    figures = {"own": own, "own_n": own_n, "other": other, "other_n": other_n}
    if counted:
        figures["power"] = planned_power(counted, baseline, hoped, split, alpha)
    wording = COUNTED + POWER if counted else COUNTED
    result = Reason("counted", wording, METRIC, z, limit, counted, figures, brief="z {value:.2f}")
    ends = Limit("fails at", limit), Limit("passes at", -limit)
    rollout.show("audited escapes, candidate against stable", Gauge(z, "z", ends, samples=counted), run=began)
    if z >= limit:
        return rollout.abort(judged("leaks_more", "the candidate leaks more", result))
    if z <= -limit:
        rollout.note(ANALYSIS, judged("leaks_less", "the candidate leaks less", result))
        return rollout.promote()
    rollout.note(ANALYSIS, judged("undecided", "undecided, {stable} stays", result, stable=stable.name))
    rollout.set_weight(0)
    return None


def judged(code: str, judgement: str, result: Reason, **named: str) -> Reason:
    """Return what the test has come to, with its figures; a label has room for z."""
    return Reason(code, judgement + ": {cause}", more=named, cause=result, brief=judgement + ", {cause}")


def _audited(rollout: Rollout, arm: Arm, began_us: int) -> tuple[int, int]:
    """Return (escapes, audited passes) of an arm, of the phones due since the test began whose labels are in."""
    cohort = rollout.telemetry.cohort(began_us, began_us)
    reading = rollout.telemetry.read(METRIC, arm.name, began_us, cohort=cohort)
    return round((reading.value or 0.0) * reading.samples), reading.samples


def two_sided_limit(alpha: float) -> float:
    """Return the |z| that equals exceed with probability alpha.

    >>> round(two_sided_limit(0.05), 2)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri(1.0 - alpha / 2.0))
