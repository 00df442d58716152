"""Events in a few words, for pictures. Whole sentences about them are in `sim.report.text.sentences`."""

from __future__ import annotations

from functools import singledispatch

from sim.deployment import events as happened
from sim.deployment.events import SAID, Event, Reason
from sim.measure.events import Drifted, PartitionBegan
from sim.report.text.sentences import about, because, sentence
from sim.units import format_duration

LONGEST = 40  #: letters of somebody's own words; who declares a brief wording keeps to it


@singledispatch
def short(event: Event) -> str:
    """Return what happened, in a few words. Events that are short anyway keep their sentence.

    Examples
    --------
    >>> from sim.line.route import HUMANS
    >>> short(happened.Aborted(time_us=0, arm=HUMANS, reason=Reason.said("too slow"), weight=50.0))
    'rolled back at 50 %'
    """
    return sentence(event)


@short.register
def _(event: Drifted) -> str:
    if event.name:
        return event.name
    span = "" if event.lasts_us is None else f" over {format_duration(event.lasts_us)}"
    return f"{event.quantity} to {event.value:.4g}{span}"


@short.register
def _(event: PartitionBegan) -> str:
    return f"no network to {event.version} for {about(event.lasts_us)}"


@short.register
def _(event: happened.MirrorChanged) -> str:
    return f"{event.arm.name} looks at {event.weight:g} % of the phones" if event.weight else sentence(event)


@short.register
def _(event: happened.MirrorsChanged) -> str:
    looking = [arm.name for arm, weight in event.weights if weight]
    return (
        f"{' and '.join(looking)} look on" if len(looking) > 1 else f"{looking[0]} looks on" if looking else "no mirror"
    )


@short.register
def _(event: happened.Promoted) -> str:
    return f"{event.arm.name} promoted"


@short.register
def _(event: happened.Aborted) -> str:
    return "rolled back" if event.weight is None else f"rolled back at {event.weight:g} %"


@short.register
def _(event: happened.Reverted) -> str:
    return f"rolled back to {event.arm.name}"


@short.register
def _(event: happened.GateWaiting) -> str:
    return "paused"


@short.register
def _(event: happened.Retried) -> str:
    return f"retry {event.attempt}"


@short.register
def _(event: happened.Reapplied) -> str:
    return f"{event.arm.name} is applied again"


@short.register
def _(event: happened.AnalysisEnded) -> str:
    return f"analysis {event.phase.lower()}"


@short.register
def _(event: happened.AlarmRaised) -> str:
    return f"alarm, {event.alarm}"


@short.register
def _(event: happened.AlarmAnswered) -> str:
    if event.lasts_us is not None:
        return f"paused for {format_duration(event.lasts_us)}"
    return "nothing to roll back" if event.answer == "nothing" else "somebody has come to look"


@short.register
def _(event: happened.CleaningOrdered) -> str:
    return "the lens is cleaned"


@short.register
def _(event: happened.TrainingOrdered) -> str:
    return "a new version is ordered"


@short.register
def _(event: happened.NotTrained) -> str:
    return "no new version"


@short.register
def _(event: happened.Trained) -> str:
    return f"{event.version} trained"


@short.register
def _(event: happened.PromiseChecked) -> str:
    return f"{event.version} on the line, recall {event.recall:.0%}".replace("%", " %")


@short.register(happened.AnalysisSaid)
@short.register(happened.Noted)
@short.register(happened.Awaited)
def _(event: happened.AnalysisSaid | happened.Noted | happened.Awaited) -> str:
    return in_brief(event.reason)


def in_brief(reason: Reason) -> str:
    """Return a reason in its brief wording. What somebody gave in words only is cut where it is too long, and shows it.

    Examples
    --------
    >>> in_brief(Reason("stage", "stage {stage}: {version} looks on", more={"stage": 2, "version": "v2"},
    ...     brief="stage {stage}"))
    'stage 2'
    >>> in_brief(Reason.said("brightness is 0.81, and it was 1.02 when the candidate went out"))
    'brightness is 0.81, and it was 1.02 …'
    """
    if reason.brief:
        return reason.filled(reason.brief, in_brief)
    words = because(reason)
    return _shortened(words) if reason.code == SAID else words


def _shortened(words: str) -> str:
    """Return as many whole words as there is room for, and "…" if that is not all."""
    if len(words) <= LONGEST:
        return words
    begin, space, _ = words[: LONGEST - 1].rpartition(" ")
    return f"{begin.rstrip(' ,;:(')} …" if space else f"{words[: LONGEST - 1]}…"
