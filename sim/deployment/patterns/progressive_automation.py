"""Progressive automation: up the ladder from people to the model, and every gate is earned with evidence."""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, Literal

from pydantic import Field

from sim.deployment.declaration import Appearance
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.line.route import HUMANS, Arm
from sim.stats.escapes import promotion_evidence, rollback_evidence
from sim.stats.pairs import PairedEvidence
from sim.units import Percent, PositiveDuration, Share, format_duration, format_moment

Inside = Annotated[Percent, Field(gt=0.0, lt=100.0)]
Verdict = Literal["better", "worse"]


@pattern("progressive_automation", people=True, appearance=Appearance("blue", marker=">"), place=14)
def progressive_automation(
    rollout: Rollout,
    *,
    hold: PositiveDuration = "12h",  # type: ignore[assignment]
    look: PositiveDuration = "1h",  # type: ignore[assignment]
    share: Inside = 50.0,
    control: Inside = 10.0,
    deference: Share = "50%",  # type: ignore[assignment]
    obey_alarm: Share = "50%",  # type: ignore[assignment]
    review: Share = "8%",  # type: ignore[assignment]
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05,
    non_inferiority: Annotated[float, Field(gt=0.1)] = 1.5,
) -> Playbook:
    """Human only, shadow, assisted, partial automation, full automation: one stage at a time, each on evidence.

    People decide for `hold`. In shadow the model must be right on more of the audited phones on which exactly one of
    the two is right. Then each stage gets `share` percent of the phones beside the stage below, and goes on when the
    audited escapes prove that it does not leak `non_inferiority` times as much. Evidence against it ends the climb one
    stage lower. Beside the stage that stands, people keep `control` percent, so evidence can still speak against it and
    take it down another. Undecided means: stays. It needs audits of passes and of rejects.
    """
    rollout.stable = HUMANS
    version = rollout.candidate.version
    ladder = (
        HUMANS,
        rollout.assisted(version, deference, obey_alarm),
        rollout.arm(version, review),
        rollout.arm(version),
    )
    rollout.note("rollout", f"stage 1, human only, for {format_duration(hold)}")
    yield from rollout.watch(hold, None)

    rollout.note("rollout", f"stage 2, shadow: {version} looks at every phone and decides none")
    rollout.set_mirror(100)
    rollout.expect(f"looks every {format_duration(look)} at who is right on audited phones where only one is")
    rollout.expect(
        f"then assisted, partial and full automation: each on {share:g} % of the phones until audited escapes prove"
        f" that it leaks no {non_inferiority:g} times as much as the stage below"
    )
    if (yield from _beside(rollout, version, look, alpha)) == "worse":
        return rollout.abort("stays human only")
    rollout.set_mirror(0)

    reached = 0
    for stage, arm in enumerate(ladder[1:], start=1):
        rollout.note("rollout", f"stage {stage + 2}, {_called(arm)}: earns it on {share:g} % of the phones")
        rollout.expect(f"looks every {format_duration(look)} at whose audited escapes they are; stays until proven")
        rollout.candidate = arm
        rollout.set_weight(share)
        if (yield from _against(rollout, arm, ladder[stage - 1], look, alpha, non_inferiority)) == "worse":
            rollout.abort(f"falls back one stage, from {_called(arm)}")
            break
        rollout.promote(arm)
        reached = stage
    yield from _standing(rollout, ladder, reached, look, alpha, control)


def _called(arm: Arm) -> str:
    if arm.advice is not None:
        return "assisted"
    return "human only" if arm == HUMANS else "partial automation" if arm.asks_humans else "full automation"


def _beside(rollout: Rollout, version: str, look: int, alpha: float) -> Generator[int, None, Verdict]:
    """Wait in shadow until the audits prove who is right more often."""
    began = seen = rollout.now
    evidence = PairedEvidence(alpha)
    while True:
        yield from rollout.wait(look)
        evidence.update(*rollout.telemetry.pairs(version, seen, due_after_us=began))
        seen = rollout.now
        if evidence.verdict == "better":
            rollout.note("analysis", f"gate open: {version} is better than people: E {evidence.better:.3g}, {evidence}")
            return "better"
        if evidence.verdict == "worse":
            rollout.note("analysis", f"evidence against {version}: E {evidence.worse:.3g}, {evidence}")
            return "worse"


def _against(
    rollout: Rollout, arm: Arm, other: Arm, look: int, alpha: float, non_inferiority: float | None
) -> Generator[int, None, Verdict]:
    """Wait until the audited escapes prove an arm worse than the other or, if that is asked for, no worse."""
    began = seen = rollout.now
    worse = rollback_evidence(alpha)
    no_worse = None if non_inferiority is None else promotion_evidence(non_inferiority, alpha)
    while True:
        yield from rollout.wait(look)
        escapes = rollout.telemetry.escapes(arm.name, seen, due_after_us=began)
        seen = rollout.now
        worse.update(*escapes)
        told = f"on {worse.events} audited escapes since {format_moment(began)}"
        if worse.verdict == "rollback":
            told = f"it leaks more than {_called(other)}: E {worse.maximum:.3g} {told}"
            rollout.note("analysis", f"evidence against {_called(arm)}: {told}")
            return "worse"
        if no_worse is not None:
            no_worse.update(*escapes)
            if no_worse.verdict == "promote":
                rollout.note(
                    "analysis",
                    f"gate open: {_called(arm)} leaks no {non_inferiority:g} times as much as {_called(other)}:"
                    f" E {no_worse.maximum:.3g} {told}",
                )
                return "better"


def _standing(
    rollout: Rollout, ladder: tuple[Arm, ...], reached: int, look: int, alpha: float, control: float
) -> Playbook:
    """Guard the stage that stands, and step down for as long as evidence speaks against it.

    The comparison is with people: the stage below has the same model, and would be blind where this one is.
    """
    while reached:
        arm = ladder[reached]
        rollout.note("rollout", f"stands at {_called(arm)}; people keep {control:g} % to compare with")
        rollout.set_weights({HUMANS: control})
        yield from _against(rollout, arm, HUMANS, look, alpha, None)
        reached -= 1
        rollout.revert(ladder[reached], f"falls back one stage, from {_called(arm)}")
    rollout.set_mirror(100)
    rollout.note("rollout", "back in shadow: people decide every phone")
