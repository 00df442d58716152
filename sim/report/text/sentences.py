"""Sentences about events, as the log book writes them."""

from __future__ import annotations

from functools import singledispatch

from sim.deployment import events as happened
from sim.deployment.events import Event, Reason
from sim.measure.events import Drifted, FaultBegan, OutageBegan, PartitionBegan
from sim.units import MINUTE, SECOND, format_duration


@singledispatch
def sentence(event: Event) -> str:
    """Return what happened, in words.

    Examples
    --------
    >>> from sim.line.route import HUMANS
    >>> sentence(happened.Promoted(time_us=0, arm=HUMANS))
    'humans promoted: stable from now on'
    """
    raise TypeError(f"nobody has said how to tell of {type(event).__name__}")


def because(reason: Reason) -> str:
    """Return a reason in words: its wording, filled with its numbers.

    Examples
    --------
    >>> because(Reason("frozen", "{metric} {value:.3g} for {span:duration}", "kappa", 0.25, more={"span": 60_000_000}))
    'kappa 0.25 for 1min'
    """
    return reason.filled(reason.wording, because)


def about(time_us: int) -> str:
    """Return a duration in words, of more than a minute to the second: nobody drew the rest by hand.

    >>> about(2_058_800_816), about(1_500_000)
    ('34min 19s', '1.5s')
    """
    return format_duration(time_us if time_us < MINUTE else (time_us + SECOND // 2) // SECOND * SECOND)


# -- the world ------------------------------------------------------------------------------------------------


@sentence.register
def _(event: Drifted) -> str:
    moves = f"{event.quantity} to {event.value:.4g}"
    name = f"{event.name}: {moves}" if event.name else moves
    span = "" if event.lasts_us is None else f" over {format_duration(event.lasts_us)}"
    return f"{name}{span} ({event.cause} drift, {event.profile})"


@sentence.register
def _(event: OutageBegan) -> str:
    return f"{event.version}'s server goes down for {about(event.lasts_us)}"


@sentence.register
def _(event: PartitionBegan) -> str:
    return f"the network to {event.version}'s server goes away for {about(event.lasts_us)}"


@sentence.register
def _(event: FaultBegan) -> str:
    return f"{event.said} for {about(event.lasts_us)}"


# -- who decides which phones ---------------------------------------------------------------------------------


@sentence.register
def _(event: happened.WeightChanged) -> str:
    return f"{event.weight:g} % of the phones to {event.arm.name}"


@sentence.register
def _(event: happened.WeightsChanged) -> str:
    shares = ", ".join(f"{weight:.3g} % to {arm.name}" for arm, weight in event.weights)
    return shares or f"every phone to {event.stable.name}"


@sentence.register
def _(event: happened.MirrorChanged) -> str:
    if not event.weight:
        return f"{event.arm.name} no longer mirrored"
    return f"{event.arm.name} looks at {event.weight:g} % of the phones without deciding"


@sentence.register
def _(event: happened.MirrorsChanged) -> str:
    shares = ", ".join(f"{weight:g} %: {arm.name}" for arm, weight in event.weights if weight)
    return f"look without deciding at {shares}" if shares else "nobody looks without deciding"


@sentence.register
def _(event: happened.ShutDown) -> str:
    return f"{event.version} shut down"


@sentence.register
def _(event: happened.Promoted) -> str:
    return f"{event.arm.name} promoted: stable from now on"


@sentence.register
def _(event: happened.RolledBack) -> str:
    back = f"{because(event.reason)}; rolled back to {event.arm.name}"
    if event.exposed is None:
        return back
    return f"{back}; {event.exposed:,} phones decided by the candidate, {event.escaped:,} of them escaped"


# -- the steps of a plan --------------------------------------------------------------------------------------


@sentence.register
def _(event: happened.GateWaiting) -> str:
    return "paused: waits for somebody to promote"


@sentence.register
def _(event: happened.Resumed) -> str:
    return "resumed"


@sentence.register
def _(event: happened.Frozen) -> str:
    return f"frozen for {format_duration(event.lasts_us)}"


@sentence.register
def _(event: happened.Retried) -> str:
    return f"retry {event.attempt}: from the first step"


@sentence.register
def _(event: happened.Reapplied) -> str:
    return f"{event.arm.name} is applied again: a rollout like any other"


@sentence.register
def _(event: happened.AnalysisSaid) -> str:
    return because(event.reason)


@sentence.register
def _(event: happened.AnalysisEnded) -> str:
    if event.phase == "Inconclusive":
        return f"inconclusive: {because(event.reason)}; paused, a human decides"
    return f"{event.phase.lower()}: {because(event.reason)}"


# -- what watches beside the playbook -------------------------------------------------------------------------


@sentence.register
def _(event: happened.AlarmRaised) -> str:
    return f"{event.alarm}: alarm" + ("" if event.value is None else f", statistic {event.value:.3g}")


@sentence.register
def _(event: happened.AlarmAnswered) -> str:
    if event.answer == "pause":
        assert event.lasts_us is not None
        return f"{event.alarm}: paused for {format_duration(event.lasts_us)}"
    return f"{event.alarm}: " + ("nothing to roll back" if event.answer == "nothing" else "somebody has come to look")


@sentence.register
def _(event: happened.CleaningOrdered) -> str:
    return f"{event.alarm}: the lens is cleaned in {format_duration(event.lasts_us)}"


@sentence.register
def _(event: happened.TrainingOrdered) -> str:
    return f"{because(event.reason)}: a new version is to be trained from {event.labels}"


@sentence.register
def _(event: happened.NotTrained) -> str:
    return because(event.reason)


@sentence.register
def _(event: happened.Trained) -> str:
    return (
        f"{event.version} trained on {event.labels:,} labels, {event.defects:,} of them defects; offline, on phones it"
        f" had not seen: recall {event.recall:.1%}, {event.overkill:.1%} false rejects"
    )


@sentence.register
def _(event: happened.WentOut) -> str:
    return f"{event.version} goes out"


@sentence.register
def _(event: happened.PromiseChecked) -> str:
    return (
        f"{event.version} on the line: recall {event.recall:.1%} ({event.low:.0%} to {event.high:.0%},"
        f" {event.samples} audited defects); offline it had {event.promised:.1%}: a gap of"
        f" {100 * (event.promised - event.recall):+.1f} points"
    )


# -- what a playbook says in its own words --------------------------------------------------------------------


@sentence.register
def _(event: happened.Noted) -> str:
    return because(event.reason)


@sentence.register
def _(event: happened.Awaited) -> str:
    return because(event.reason)
