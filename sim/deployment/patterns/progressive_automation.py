"""Progressive automation: up the ladder from people to the model, and every gate is earned with evidence."""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.declaration import Appearance
from sim.deployment.events import ANALYSIS, ROLLOUT, Reason
from sim.deployment.patterns.champion_challenger import right_on
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.line.route import HUMANS, Arm
from sim.stats.escapes import promotion_evidence, rollback_evidence
from sim.stats.pairs import PairedEvidence
from sim.units import Percent, PositiveDuration, Rhythm, Share

STAGE = "stage {stage}, {called}"
HOLDS = ", for {hold:duration}"
LOOKS_ON = ": {version} looks at every phone and decides none"
EARNS = ": earns it on {share:g} % of the phones"
BETTER = "gate open: {version} is better than people: E {value:.3g}, {cause}"
WORSE = "evidence against {version}: E {value:.3g}, {cause}"
LEAKS_NO_MORE = "gate open: {called} leaks no {ratio:g} times as much as {other}: {cause}"
LEAKS_MORE = "evidence against {called}: it leaks more than {other}: {cause}"
FALLS_BACK = "falls back one stage, from {called}"
STANDS = "stands at {called}; people keep {control:g} % to compare with"
BACK_IN_SHADOW = "back in shadow: people decide every phone"
ON_ESCAPES = "E {value:.3g} on {samples} audited escapes since {since:moment}"
LOOKS_AT_PAIRS = "looks every {interval:duration} at who is right on audited phones where only one is"
LOOKS_AT_ESCAPES = "looks every {interval:duration} at whose audited escapes they are; stays until proven"
THEN = (
    "then assisted, partial and full automation: each on {share:g} % of the phones until audited escapes prove that it"
    " leaks no {ratio:g} times as much as the stage below"
)

Inside = Annotated[Percent, Field(gt=0.0, lt=100.0)]
Verdict = Literal["better", "worse"]


@pattern("progressive_automation", people=True, appearance=Appearance("blue", marker=">"), place=14)
def progressive_automation(
    rollout: Rollout,
    *,
    hold: PositiveDuration = "12h",  # type: ignore[assignment]
    interval: Rhythm = "1h",  # type: ignore[assignment]
    share: Inside = 50.0,
    control: Inside = 10.0,
    deference: Share = "50%",  # type: ignore[assignment]
    obey_alarm: Share = "50%",  # type: ignore[assignment]
    review: Share = "8%",  # type: ignore[assignment]
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05,
    non_inferiority: Annotated[float, Field(gt=0.1)] = 1.5,
) -> Playbook:
    """Human only, shadow, assisted, partial automation, full automation: one stage at a time, each on evidence.

    People decide for `hold`. Every `interval` somebody looks at the evidence, which is wrong with probability
    `alpha` at most. In shadow the model must be right on more of the audited phones on which exactly one of the two
    is right. When it assists, people follow it with `deference` and `obey_alarm`; of partial automation they get
    the share `review`. Then each stage gets `share` percent of the phones beside the stage below, and goes on when
    the audited escapes prove that it does not leak `non_inferiority` times as much. Evidence against it ends the
    climb one stage lower. Beside the stage that stands, people keep `control` percent, so evidence can still speak
    against it and take it down another. Undecided means: stays. It needs audits of passes and of rejects.
    """
    rollout.stable = HUMANS
    version = rollout.candidate.version
    ladder = (
        HUMANS,
        rollout.assisted(version, deference, obey_alarm),
        rollout.arm(version, review),
        rollout.arm(version),
    )
    rollout.note(ROLLOUT, stage(1, "human only", HOLDS, hold=hold))
    yield from rollout.watch(hold, None)

    rollout.note(ROLLOUT, stage(2, "shadow", LOOKS_ON, version=version))
    rollout.set_mirror(100)
    rollout.expect(Reason("looks", LOOKS_AT_PAIRS, more={"interval": interval}))
    rollout.expect(Reason("then", THEN, more={"share": share, "ratio": non_inferiority}))
    if (yield from _beside(rollout, version, interval, alpha)) == "worse":
        return rollout.abort(Reason("stays_human_only", "stays human only"))
    rollout.set_mirror(0)

    reached = 0
    for higher, arm in enumerate(ladder[1:], start=1):
        rollout.note(ROLLOUT, stage(higher + 2, called(arm), EARNS, share=share))
        rollout.expect(Reason("looks", LOOKS_AT_ESCAPES, more={"interval": interval}))
        rollout.candidate = arm
        rollout.set_weight(share)
        if (yield from _against(rollout, arm, ladder[reached], interval, alpha, non_inferiority)) == "worse":
            rollout.abort(falls_back(arm))
            break
        rollout.promote(arm)
        reached = higher
    yield from _standing(rollout, ladder, reached, interval, alpha, control)


def called(arm: Arm) -> str:
    """Return what a stage of the ladder is called."""
    if arm.advice is not None:
        return "assisted"
    return "human only" if arm == HUMANS else "partial automation" if arm.asks_humans else "full automation"


def stage(number: int, name: str, goes_on: str, **more: Any) -> Reason:
    """Return which stage of the ladder is reached; the sentence `goes_on` about what happens there."""
    return Reason("stage", STAGE + goes_on, more={"stage": number, "called": name, **more}, brief=STAGE)


def falls_back(arm: Arm) -> Reason:
    return Reason("falls_back", FALLS_BACK, more={"called": called(arm)})


def _beside(rollout: Rollout, version: str, interval: int, alpha: float) -> Generator[int, None, Verdict]:
    """Wait in shadow until the audits prove who is right more often."""
    began_us = read_us = rollout.now
    evidence = PairedEvidence(alpha)
    while True:
        yield from rollout.wait(interval)
        cohort = rollout.telemetry.cohort(read_us, began_us, seen_by=version)
        evidence.update(*rollout.telemetry.pairs(version, cohort))
        read_us = rollout.now
        counts, named = right_on(evidence), {"version": version}
        _show(
            rollout, "discordant pairs", began_us, evidence.discordant,
            worse=(evidence.worse, evidence.worse_at), good=(evidence.better, evidence.better_at),
        )  # fmt: skip
        if evidence.verdict == "better":
            better = Reason(
                "better_proven", BETTER, "", evidence.better, evidence.better_at, more=named, cause=counts,
                brief="gate open, {version} is better",
            )  # fmt: skip
            rollout.note(ANALYSIS, better)
            return "better"
        if evidence.verdict == "worse":
            worse = Reason(
                "worse_proven", WORSE, "", evidence.worse, evidence.worse_at, more=named, cause=counts,
                brief="evidence against {version}",
            )  # fmt: skip
            rollout.note(ANALYSIS, worse)
            return "worse"


def _against(
    rollout: Rollout, arm: Arm, other: Arm, interval: int, alpha: float, non_inferiority: float | None
) -> Generator[int, None, Verdict]:
    """Wait until the audited escapes prove an arm worse than the other or, if that is asked for, no worse."""
    began_us = read_us = rollout.now
    worse = rollback_evidence(alpha)
    no_worse = None if non_inferiority is None else promotion_evidence(non_inferiority, alpha)
    named = {"called": called(arm), "other": called(other), "ratio": non_inferiority}

    def on_escapes(e_value: float) -> Reason:
        return Reason("escapes", ON_ESCAPES, "", e_value, None, worse.events, {"since": began_us})

    while True:
        yield from rollout.wait(interval)
        escapes = rollout.telemetry.escapes(arm.name, rollout.telemetry.cohort(read_us, began_us))
        read_us = rollout.now
        worse.update(*escapes)
        if no_worse is not None:
            no_worse.update(*escapes)
        good = None if no_worse is None else (no_worse.maximum, no_worse.threshold)
        title = f"audited escapes, {called(arm)}"
        _show(rollout, title, began_us, worse.events, worse=(worse.maximum, worse.threshold), good=good)
        if worse.verdict == "rollback":
            leaks_more = Reason(
                "worse_proven", LEAKS_MORE, more=named, cause=on_escapes(worse.maximum),
                brief="evidence against {called}",
            )  # fmt: skip
            rollout.note(ANALYSIS, leaks_more)
            return "worse"
        if no_worse is not None and no_worse.verdict == "promote":
            no_more = Reason(
                "no_worse_proven", LEAKS_NO_MORE, more=named, cause=on_escapes(no_worse.maximum),
                brief="gate open, {called} no worse",
            )  # fmt: skip
            rollout.note(ANALYSIS, no_more)
            return "better"


def _show(
    rollout: Rollout, title: str, began_us: int, samples: int,
    worse: tuple[float, float], good: tuple[float, float] | None,
) -> None:  # fmt: skip
    """Show the evidence for a worse arm and for one that may go on, each with what would be proof."""
    value, bound = worse
    gauges = [Gauge(value, "E", (Limit("fails at", bound),), "worse", samples=samples)]
    if good is not None:
        value, bound = good
        gauges.append(Gauge(value, "E", (Limit("passes at", bound),), "good enough", samples=samples))
    rollout.show(title, *gauges, run=began_us)


def _standing(
    rollout: Rollout, ladder: tuple[Arm, ...], reached: int, interval: int, alpha: float, control: float
) -> Playbook:
    """Guard the stage that stands, and step down for as long as evidence speaks against it.

    The comparison is with people: the stage below has the same model, and would be blind where this one is.
    """
    while reached:
        arm = ladder[reached]
        stands = {"called": called(arm), "control": control}
        rollout.note(ROLLOUT, Reason("stands", STANDS, more=stands, brief="stands at {called}"))
        rollout.set_weights({HUMANS: control})
        yield from _against(rollout, arm, HUMANS, interval, alpha, None)
        reached -= 1
        rollout.revert(ladder[reached], falls_back(arm))
    rollout.set_mirror(100)
    rollout.note(ROLLOUT, Reason("in_shadow", BACK_IN_SHADOW, brief="back in shadow"))
