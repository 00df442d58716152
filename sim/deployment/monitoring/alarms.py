"""Alarms: a drift detector on something that a team sees, and what follows when it fires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.monitoring.detectors import Detector
from sim.deployment.telemetry.labels import Audits
from sim.deployment.telemetry.stream import STREAMS, StreamName
from sim.document import Refusal
from sim.document.characters import Line
from sim.plugins import on_behalf_of
from sim.units import Duration, PositiveDuration, Rhythm, format_duration

if TYPE_CHECKING:
    from sim.deployment.rollout import Rollout


class Alarm(BaseModel):
    """A detector that is fed with a stream every so often, and what people do `delay` after it has fired."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = Field("", max_length=60, description="its name in the log book")
    watch: StreamName = Field(description="the stream: one value per phone, as it becomes known")
    of: Literal["all", "candidate", "stable"] = Field("all", description="whose phones")
    detector: Detector
    every: Rhythm = Field("1h", validate_default=True, description="how often the detector is fed")
    then: Literal["page", "pause", "rollback", "retrain", "clean"] = Field(
        "page",
        description="somebody looks; the playbook waits; back to the decider before; a new version; clean the lens",
    )
    delay: Duration = Field("30min", validate_default=True, description="from the alarm to the act (assumption)")
    pause: PositiveDuration = Field("1d", validate_default=True, description="how long a pause lasts (assumption)")
    takes: PositiveDuration = Field("30min", validate_default=True, description="how long cleaning takes (assumption)")
    quiet: Duration = Field("1d", validate_default=True, description="after an alarm it says nothing for so long")

    @property
    def title(self) -> str:
        return self.name or f"{self.detector.kind} on {self.watch}"

    def __str__(self) -> str:
        return f"{self.title}: fed every {format_duration(self.every)}; an alarm means {self.then}"

    @model_validator(mode="after")
    def _can_be_fed(self) -> Self:
        holds = STREAMS[self.watch].holds
        if self.detector.takes == "events" and holds != "events":
            events = ", ".join(name for name, stream in STREAMS.items() if stream.holds == "events")
            raise ValueError(f"{self.detector.kind} counts events, and {self.watch} is a number: watch {events}")
        if self.detector.takes == "shares" and holds == "numbers":
            raise ValueError(f"{self.detector.kind} takes values from 0 to 1, and {self.watch} may be larger")
        return self


@dataclass(frozen=True, slots=True)
class Fired:
    """A detector has fired: its statistic, and the limit that it was held against; None: it has no such number."""

    statistic: float | None
    limit: float | None


def refusals(alarms: Sequence[Alarm], retrains: bool, dust: bool, audits: Audits) -> Iterator[Refusal]:
    """Yield what cannot be of a strategy's alarms, whether or not it retrains, and whether or not there is dust.

    Examples
    --------
    >>> alarm = Alarm(watch="brightness", detector={"kind": "cusum"}, then="clean")
    >>> [place for place, _ in refusals([alarm], retrains=False, dust=False, audits=Audits())]
    [('alarms', 0, 'then')]
    """
    titles = [alarm.title for alarm in alarms]
    for number, alarm in enumerate(alarms):
        at = ("alarms", number)
        if alarm.title in titles[:number]:
            yield at, f"two alarms are called '{alarm.title}': give one a name of its own"
        if alarm.then == "retrain" and not retrains:
            yield (*at, "then"), "nothing says how to retrain: give the strategy a retraining, e.g. {}"
        if alarm.then == "clean" and not dust:
            yield (*at, "then"), "there is no dust to clean: no drift event of this scenario says cleaning: true"
        if "passes" in STREAMS[alarm.watch].audits and audits.of_passes == 0.0:
            yield (*at, "watch"), "no passed phone is audited: nobody would ever hear of an escape"


class AlarmMonitor:
    """An alarm on duty: its detector's state, and up to when it has been fed.

    Parameters
    ----------
    alarm : Alarm
        What is watched.
    began_us : int
        From when on.
    """

    def __init__(self, alarm: Alarm, began_us: int) -> None:
        self.alarm = alarm
        self._detector = alarm.detector.start()
        self._fed_us = began_us
        self._fed_with: str | None = None
        self.next_us = began_us + alarm.every

    def begin(self, now_us: int) -> None:
        """Forget everything: the world, or the version, is another one from now on."""
        self._detector.reset()
        self._fed_us = now_us
        self.next_us = now_us + self.alarm.every

    def look(self, rollout: Rollout) -> Fired | None:
        """Feed the detector with what has become known. Returns None if it does not fire."""
        alarm, now = self.alarm, rollout.now
        self.next_us = now + alarm.every
        arm = {"all": None, "candidate": rollout.candidate, "stable": rollout.stable}[alarm.of]
        name = None if arm is None else arm.version if STREAMS[alarm.watch].mirrored else arm.name
        if self._fed_with is not None and name != self._fed_with:
            self._fed_with = name
            self.begin(now)  # it is another arm: what was normal for the last one is not for this
            return None
        self._fed_with = name
        with on_behalf_of(alarm):
            values = rollout.telemetry.stream(alarm.watch, name, self._fed_us)
        self._fed_us = now
        alarmed = self._detector.update(values) is not None
        if len(values):  # before its first value a detector has no limit, and some compute it for seconds
            self._show(rollout, alarmed)
        if not alarmed:
            return None
        fired = Fired(self._detector.statistic, self._detector.limit)
        self.begin(now + alarm.quiet)
        return fired

    def _show(self, rollout: Rollout, alarmed: bool) -> None:
        statistic, limit = self._detector.statistic, self._detector.limit
        if statistic is not None:
            limits = () if limit is None else (Limit("fails at", limit),)
            rollout.show(self.alarm.title, Gauge(statistic, "", limits), verdict="Failed" if alarmed else "")
