"""Rollout: all that a strategy may see and do. It holds no line, no world and no truth.

A strategy is a generator: it yields how long to wait, and is woken with fresh telemetry. What it wants goes into
`Rollout.route`; the controller (`sim.deployment.controller`) carries it to the line.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from inspect import GEN_CREATED, getgeneratorstate
from operator import is_
from typing import Any, Literal, Protocol

from sim.deployment.analysis.checks import Analysis
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.dashboard import Dashboard, Gauge
from sim.deployment.events import (
    Aborted,
    AnalysisSaid,
    Event,
    MirrorChanged,
    MirrorsChanged,
    Noted,
    Promoted,
    Reason,
    Reverted,
    ShutDown,
    Topic,
    WeightChanged,
    WeightsChanged,
    WentOut,
    reason_of,
    topic_of,
)
from sim.deployment.monitoring.retraining import Delivery, Order
from sim.deployment.telemetry.store import Telemetry
from sim.document import UnknownName, unknown_name
from sim.inspectors.model import ModelVersion
from sim.line.route import ABOVE_ALL, BELOW_ALL, HUMANS, NOBODY, Advice, Arm, Fallback, Route, a_percentage, an_arm
from sim.units import parse_duration

Playbook = Generator[int, None, Any]
"""What a strategy is: it yields microseconds to wait."""

Outcome = Literal["passed", "failed", "undecided"]


class Measured(Protocol):
    """What a sample is asked for: a metric, and how far back (None: since the analysis began)."""

    @property
    def metric(self) -> str: ...
    @property
    def window(self) -> int | None: ...
    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        """Return what it wants to know of the candidate and the stable arm."""
        ...


class Rollout:
    """A deployment under way: the stable decider, the candidate, and who gets which phones.

    Parameters
    ----------
    stable, candidate : str
        "humans", "nobody" or a model version's name.
    versions : mapping of str to ModelVersion
        The trained versions, for their thresholds and review bands.
    fallback : {"humans", "nobody", "reject"}
        Who decides when a model is down: see `Route`.
    horizon_us : int
        When the run ends.

    Attributes
    ----------
    telemetry : Telemetry
        What the team has seen so far.
    dashboard : Dashboard
        What has been measured of it, look by look.
    now : int
        The moment of this wake-up in microseconds.
    shared_us : int
        When this candidate began to share the phones, deciding or only looking: those due before could not have been
        its. -1: at once, or not yet.
    previous : Arm or None
        Who was stable before the last promotion.
    paused_until_us : int
        Until when no weight rises and nothing is promoted; what watches goes on watching.
    heeds_pauses : bool
        Whether the playbook waits for that by itself, as plans do.
    route : Route
        Who decides from now on.
    """

    def __init__(
        self,
        stable: str,
        candidate: str,
        versions: Mapping[str, ModelVersion],
        fallback: Fallback,
        horizon_us: int,
    ) -> None:
        self._versions = dict(versions)
        self._fallback = fallback
        self._horizon_us = horizon_us
        self.stable = self.arm(stable)
        self.candidate = self.arm(candidate)
        self._weights: dict[Arm, float] = {}
        self._mirrors: dict[Arm, float] = {}
        self.warm: tuple[str, ...] = ()
        self._route = self._routed()
        self._asked: tuple[object, ...] = (self.stable, self._weights, self._mirrors, self.warm)
        self.telemetry = Telemetry()
        self.now = 0
        self.events: list[Event] = []
        self.dashboard = Dashboard()
        self.shared_us = -1
        self.previous: Arm | None = None
        self.paused_until_us = 0
        self.heeds_pauses = False
        self._waits: list[Playbook] = []
        self._orders: list[Order] = []
        self._deliveries: list[Delivery] = []

    # -- what a strategy can say ------------------------------------------------------------------------------

    @property
    def weight(self) -> float:
        """The candidate's share of the phones, in percent."""
        return self._weights.get(self.candidate, 0.0)

    @property
    def mirror_share(self) -> float:
        """Percent of the phones that the candidate sees without deciding."""
        return self._mirrors.get(self._looking(self.candidate), 0.0)

    @property
    def versions(self) -> tuple[str, ...]:
        """The names of all model versions that there are."""
        return tuple(self._versions)

    def arm(self, name: str, review: float | None = None) -> Arm:
        """Return the arm of that name; for a model, with `review` of the phones in its review band."""
        if name == "humans":
            return HUMANS
        if name == "nobody":
            return NOBODY
        low, high = self._version(name).cut_offs(review)
        return Arm(name if review is None else f"{name} + review", "model", name, low, high)

    def assisted(self, version: str, deference: float, obey_alarm: float) -> Arm:
        """Return inspectors who know the version's opinion of every phone before they decide.

        Where it contradicts their own impression, they follow its pass with probability `deference` and its reject with
        probability `obey_alarm`.
        """
        threshold, _ = self._version(version).cut_offs(None)
        advice = Advice(threshold, deference, obey_alarm)
        return Arm(f"humans + {version}", "model", version, BELOW_ALL, ABOVE_ALL, advice)

    def triaged(self, version: str) -> Arm:
        """Return inspectors who see every phone, the most suspicious by the version's score first."""
        self._version(version)
        return Arm(f"humans by {version}", "model", version, BELOW_ALL, ABOVE_ALL, triage=True)

    def _version(self, name: str) -> ModelVersion:
        if name not in self._versions:
            raise UnknownName(unknown_name("decider", name, (HUMANS.name, NOBODY.name, *self._versions)))
        return self._versions[name]

    def set_weight(self, percent: float) -> None:
        """Send `percent` (0 to 100) of the phones to the candidate from the next arrival on."""
        if a_percentage(percent):
            self._share_from_now()
        self._weights = {**self._weights, self.candidate: percent}
        self.record(WeightChanged(time_us=self.now, arm=self.candidate, weight=percent))

    def set_weights(self, percents: Mapping[Arm, float]) -> None:
        """Send shares of the phones (in percent, 100 at most together) to several arms; stable takes the rest."""
        if any(_shares(percents).values()):
            self._share_from_now()
        self._weights = dict(percents)
        self.record(WeightsChanged(time_us=self.now, weights=tuple(percents.items()), stable=self.stable))

    def set_mirror(self, percent: float) -> None:
        """Show `percent` (0 to 100) of the phones to the candidate as well, without asking it to decide."""
        if a_percentage(percent):
            self._share_from_now()
        self._mirrors = {**self._mirrors, self._looking(self.candidate): percent}
        self.record(MirrorChanged(time_us=self.now, arm=self.candidate, weight=percent))

    def set_mirrors(self, percents: Mapping[Arm, float]) -> None:
        """Show shares of the phones (in percent) to several versions without asking them to decide."""
        if any(_shares(percents).values()):
            self._share_from_now()
        self._mirrors = {self._looking(arm): percent for arm, percent in percents.items()}
        self.record(MirrorsChanged(time_us=self.now, weights=tuple(self._mirrors.items())))

    def _share_from_now(self) -> None:
        """Keep in mind that stable begins to share the phones, unless it already does."""
        if self.now and not any(self._weights.values()) and not any(self._mirrors.values()):
            self.shared_us = self.now

    def _looking(self, arm: Arm) -> Arm:
        """Return a version as it looks without deciding: nobody asks a human about that."""
        return self.arm(arm.version) if arm.version else arm

    def keep_warm(self, name: str) -> None:
        """Keep a version running without traffic, ready for an instant rollback; people need no warming."""
        if name and self.arm(name).version and name not in self.warm:
            self.warm = (*self.warm, name)

    def retire(self, name: str) -> None:
        """Stop keeping a version warm."""
        if name in self.warm:
            self.warm = tuple(version for version in self.warm if version != name)
            self.record(ShutDown(time_us=self.now, version=name))

    def promote(self, arm: Arm | None = None) -> None:
        """The candidate (or another arm) becomes the stable decider and takes every phone."""
        winner = self.candidate if arm is None else an_arm(arm)
        self.record(Promoted(time_us=self.now, arm=winner))
        self.previous = self.stable
        self.stable, self._weights, self._mirrors = winner, {}, {}

    def abort(self, reason: str | Reason) -> None:
        """Back to the stable decider at once."""
        given = sum(self._weights.values())
        self.record(Aborted(time_us=self.now, arm=self.stable, reason=reason_of(reason), weight=given))
        self._weights, self._mirrors = {}, {}
        self.retire(self.candidate.version)

    def revert(self, arm: Arm, reason: str | Reason) -> None:
        """Make an earlier decider stable again and give it every phone at once."""
        given = sum(self._weights.values())
        self.record(Reverted(time_us=self.now, arm=an_arm(arm), reason=reason_of(reason), weight=given))
        self.previous = None
        self.stable, self._weights, self._mirrors = arm, {}, {}

    @property
    def horizon_us(self) -> int:
        """When the run ends."""
        return self._horizon_us

    def begin(self, version: ModelVersion) -> None:
        """A new version is the candidate from now on; stable goes on deciding until the playbook acts."""
        self._versions[version.name] = version
        self.candidate = self.arm(version.name)
        self._weights, self._mirrors, self.warm = {}, {}, ()
        self.shared_us = self.now
        self.record(WentOut(time_us=self.now, version=version.name))

    def offline_recall(self, version: str) -> float:
        """Return what a version promised on labelled phones that it had not been trained on."""
        return self._versions[version].offline.recall

    def order(self, order: Order) -> None:
        """Order a training, or that the lens be cleaned; it is carried out as soon as the playbook waits."""
        if not isinstance(order, Order):
            raise TypeError(f"a TrainingOrder or a CleaningOrder is wanted, not {order!r}")
        self._orders.append(order)

    def take_orders(self) -> list[Order]:
        """Take the orders away: the plant carries them out."""
        orders, self._orders = self._orders, []
        return orders

    def deliver(self, delivery: Delivery) -> None:
        """Say what came of a training."""
        self._deliveries.append(delivery)

    def take_deliveries(self) -> list[Delivery]:
        """Take what has been delivered since the last time."""
        deliveries, self._deliveries = self._deliveries, []
        return deliveries

    def sample(self, metric: Measured, since_us: int) -> Sample:
        """Read a metric of the candidate, and beside it the stable arm's: since a moment, or in the metric's window."""
        since_us = since_us if metric.window is None else max(0, self.now - metric.window)
        query = MetricQuery(metric.metric, self.candidate, self.stable, since_us, due_after_us=self.shared_us)
        return metric.read(self.telemetry, query)

    def expect(self, awaited: str | Reason) -> None:
        """Say what is waited for, in words or as a reason. Only a dry run writes it down: `sim.deployment.dry_run`."""

    def record(self, event: Event) -> None:
        """Enter something that happened into the log book."""
        if not isinstance(event, Event):
            raise TypeError(f"an event is wanted, not {event!r}: a line of your own is rollout.note(topic, text)")
        self.events.append(event)

    def note(self, topic: str | Topic, reason: str | Reason) -> None:
        """Write a line of one's own into the log book: in words, or as a reason with its numbers."""
        self.record(Noted(time_us=self.now, topic=topic_of(topic), reason=reason_of(reason)))

    def show(self, title: str, *gauges: Gauge, verdict: str = "", metric: str = "", run: int = 0) -> None:
        """Show on the team's dashboard what has been looked at now: `sim.deployment.dashboard`. It decides nothing."""
        self.dashboard.show(self.now, title, *gauges, verdict=verdict, metric=metric, run=run)

    @property
    def route(self) -> Route:
        asked = (self.stable, self._weights, self._mirrors, self.warm)
        if not all(map(is_, asked, self._asked)):  # what is set anew is another object
            self._route, self._asked = self._routed(), asked
        return self._route

    def _routed(self) -> Route:
        candidates = tuple((arm, percent) for arm, percent in self._weights.items() if percent > 0.0)
        mirrors = tuple((arm, percent) for arm, percent in self._mirrors.items() if percent > 0.0)
        route = Route(self.stable, candidates, mirrors, self._fallback, self.warm)
        for version in route.deployed:
            self._version(version)
        return route

    # -- waiting ----------------------------------------------------------------------------------------------

    @property
    def left_us(self) -> int:
        """Microseconds until the run ends."""
        return max(self._horizon_us - self.now, 0)

    def wait(self, duration: int | str) -> Playbook:
        """Wait: ``yield from rollout.wait("2h")``."""
        waiting = _once(microseconds(duration))
        self._waits.append(waiting)
        return waiting

    def has_dropped_a_wait(self) -> bool:
        """Whether the playbook has asked for a wait since the last time and gone on without it."""
        waits, self._waits = self._waits, []
        return any(getgeneratorstate(waiting) == GEN_CREATED for waiting in waits)

    def rest(self) -> Playbook:
        """Nothing more to do until the end of the run."""
        yield max(self._horizon_us - self.now, 1)

    def until(self, end_us: int | None, runs: Sequence[AnalysisRun]) -> Generator[int, None, AnalysisRun | None]:
        """Wait until `end_us`, measuring what falls due. Returns the run that ended, None when the time is over.

        Without an end it waits for a run, or for ever.
        """
        while True:
            live = [run for run in runs if run.phase is Phase.RUNNING]
            moments = [run.next_us for run in live] + ([] if end_us is None else [end_us])
            if not moments:
                yield from self.rest()
                continue
            if min(moments) > self.now:
                yield min(moments) - self.now
            for run in live:
                if run.next_us <= self.now:
                    for reason in run.measure(self.now, self.sample):
                        self.record(AnalysisSaid(time_us=self.now, reason=reason))
                    for one in run.looked:
                        verdict = "" if one.latest is None else one.latest.value
                        metric, began_us = one.metric, run.began_us
                        self.show(metric.title, *one.gauges, verdict=verdict, metric=metric.metric, run=began_us)
                    if run.phase is not Phase.RUNNING:
                        return run
            if end_us is not None and self.now >= end_us:
                return None

    def watch(self, hold: int | str, analysis: Analysis | None) -> Generator[int, None, Judgement]:
        """Hold for `hold`, judging the candidate on what becomes known meanwhile.

        Returns as soon as the analysis has failed, else when the hold is over *and* every check has its evidence:
        without evidence it goes on holding.
        """
        length = microseconds(hold)
        if analysis is None:
            self.expect(Reason("holds", "holds {hold:duration}; not analysed", more={"hold": length}))
            yield max(length, 1)
            return Judgement("passed", Reason("not_analysed", "not analysed"))
        run = AnalysisRun(analysis.template(max(length, 1)), self.now)
        self.expect(str(run.template))
        yield from self.until(None, [run])
        outcome: dict[Phase, Outcome] = {Phase.SUCCESSFUL: "passed", Phase.INCONCLUSIVE: "undecided"}
        return Judgement(outcome.get(run.phase, "failed"), run.reason)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a watch found: passed, failed or undecided, and why."""

    outcome: Outcome
    reason: Reason

    @property
    def failed(self) -> bool:
        return self.outcome == "failed"


def _once(pause: int) -> Playbook:
    yield pause


def _shares(percents: Mapping[Arm, float]) -> dict[Arm, float]:
    return {an_arm(arm): a_percentage(percent) for arm, percent in percents.items()}


def microseconds(duration: int | str) -> int:
    return parse_duration(duration) if isinstance(duration, str) else int(duration)


Pattern = Callable[..., Playbook]
