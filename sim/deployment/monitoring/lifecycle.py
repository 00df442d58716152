"""The life of a deployed model: its playbook, alarms that watch beside it, and new versions that go the same way.

The course's circle: scope, data, model, deployment, and back. A new version in mid-ramp starts again at the playbook's
first step, against the same stable decider, as in Argo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from sim.deployment.events import (
    AlarmAnswered,
    AlarmRaised,
    CleaningOrdered,
    NotTrained,
    PromiseChecked,
    Reason,
    Trained,
    TrainingOrdered,
)
from sim.deployment.monitoring.alarms import Alarm, AlarmMonitor
from sim.deployment.monitoring.retraining import CleaningOrder, Delivery, Retraining, TrainingOrder, labelled
from sim.deployment.monitoring.timers import Timers
from sim.deployment.rollout import Playbook, Rollout
from sim.units import DAY, HOUR

#: How often somebody counts the labels that are new (assumption).
COUNTS_EVERY_US = HOUR
#: So long after a version has gone out, and again until there is evidence, its audits are held against its promise.
PROMISE_AFTER_US = DAY
#: Audited defects that a recall on the line has to rest on.
PROMISE_SAMPLES = 20


class Phase(Enum):
    """Where the model that is being made is on its way."""

    IDLE = "idle"
    ORDERED = "ordered"  #: what comes of it is not known yet
    TRAINING = "training"
    SIGN_OFF = "waiting for sign-off"
    OUT = "out"  #: a trained version is on the line; another may be ordered


class _At:
    """The order of what is due at one moment."""

    LOOK, ANSWER, SEND_OUT, PROMISE, PLAYBOOK, SCHEDULE, COUNT = range(7)


def lifecycle(
    rollout: Rollout, play: Callable[[], Playbook], retraining: Retraining | None, alarms: Sequence[Alarm]
) -> Playbook:
    """Run a playbook with alarms and retraining beside it.

    Parameters
    ----------
    rollout : Rollout
        What all of them act on.
    play : callable
        Starts the strategy's playbook, once for each version that goes out.
    retraining : Retraining, optional
        When new versions are trained, and from what.
    alarms : sequence of Alarm
        Detectors, and what follows when one fires.
    """
    for beside in (*alarms, *([retraining] if retraining else [])):
        rollout.expect(Reason("beside", "beside the playbook: {beside}", more={"beside": str(beside)}))
    life = LifecycleController(rollout, play, retraining, alarms)
    while True:
        life.act()
        next_us = rollout.horizon_us if life.next_us is None else min(life.next_us, rollout.horizon_us)
        yield max(1, next_us - rollout.now)


@dataclass(frozen=True, slots=True)
class Making:
    """A version that is being made: since when, and, once that is known, what came of its training."""

    ordered_us: int
    order: TrainingOrder
    delivery: Delivery | None = None

    @property
    def ready_us(self) -> int:
        """When it may go out."""
        return self.ordered_us + max(self.order.spec.training + self.order.spec.sign_off, 1)


class LifecycleController:
    """A playbook, what watches beside it, and the version that is being made, woken by one queue of timers.

    Attributes
    ----------
    phase : Phase
        Where the next version is on its way.
    """

    def __init__(
        self, rollout: Rollout, play: Callable[[], Playbook], retraining: Retraining | None, alarms: Sequence[Alarm]
    ) -> None:
        self._rollout = rollout
        self._play = play
        self._retraining = retraining
        self._base = rollout.candidate.version or rollout.stable.version
        self._timers = Timers()
        self._trained = 0
        self._making: Making | None = None
        self._out: tuple[str, int] | None = None  # the version that went out last, and when
        self._last_order_us = rollout.now
        self._monitors = [AlarmMonitor(alarm, rollout.now) for alarm in alarms]
        for monitor in self._monitors:
            self._watch(monitor)
        if retraining is not None and retraining.after_labels:
            self._timers.set("count", rollout.now + COUNTS_EVERY_US, _At.COUNT, self._count)
        self._schedule()
        self._playbook = play()
        self._timers.set("playbook", rollout.now, _At.PLAYBOOK, self._go_on)

    @property
    def next_us(self) -> int | None:
        """When something is due; None: never again."""
        return self._timers.next_us

    @property
    def phase(self) -> Phase:
        making = self._making
        if making is None:
            return Phase.IDLE if self._out is None else Phase.OUT
        if making.delivery is None:
            return Phase.ORDERED
        trained_us = making.ordered_us + making.order.spec.training
        return Phase.TRAINING if self._rollout.now < trained_us else Phase.SIGN_OFF

    def act(self) -> None:
        """Hear what came of a training, then do everything that is due."""
        for delivery in self._rollout.take_deliveries():
            self._hear(delivery)
        self._timers.run(self._rollout.now)

    # -- the playbook -----------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        pause = next(self._playbook, None)
        if pause is not None:
            self._timers.set("playbook", self._rollout.now + pause, _At.PLAYBOOK, self._go_on)

    def _stop(self) -> None:
        self._playbook.close()
        self._timers.drop("playbook")

    # -- alarms -----------------------------------------------------------------------------------------------

    def _watch(self, monitor: AlarmMonitor) -> None:
        first = self._monitors.index(monitor) / len(self._monitors)  # of several they look in declared order
        self._timers.set(monitor, monitor.next_us, _At.LOOK + first, lambda: self._look(monitor))

    def _look(self, monitor: AlarmMonitor) -> None:
        alarm, now = monitor.alarm, self._rollout.now
        fired = monitor.look(self._rollout)
        self._watch(monitor)
        if fired is not None:
            self._rollout.record(
                AlarmRaised(
                    time_us=now, alarm=alarm.title, metric=alarm.watch, value=fired.statistic, bound=fired.limit
                )
            )
            self._timers.set((monitor, now), now + alarm.delay, _At.ANSWER, lambda: self._answer(alarm))

    def _answer(self, alarm: Alarm) -> None:
        """Do what an alarm asks for."""
        {
            "page": self._come,
            "pause": self._pause,
            "rollback": self._roll_back,
            "retrain": lambda alarm: self._order(_by(alarm)),
            "clean": self._clean,
        }[alarm.then](alarm)

    def _come(self, alarm: Alarm) -> None:
        self._rollout.record(AlarmAnswered(time_us=self._rollout.now, alarm=alarm.title, answer="page"))

    def _pause(self, alarm: Alarm) -> None:
        rollout = self._rollout
        if not self._timers.has("playbook"):
            return
        rollout.paused_until_us = max(rollout.paused_until_us, rollout.now + alarm.pause)
        if not rollout.heeds_pauses:  # a playbook that can't wait by itself sleeps, and so do its checks
            until_us = max(self._timers.at("playbook"), rollout.paused_until_us)
            self._timers.set("playbook", until_us, _At.PLAYBOOK, self._go_on)
        lasts_us = rollout.paused_until_us - rollout.now
        rollout.record(AlarmAnswered(time_us=rollout.now, alarm=alarm.title, answer="pause", lasts_us=lasts_us))

    def _roll_back(self, alarm: Alarm) -> None:
        rollout = self._rollout
        self._stop()
        if rollout.weight > 0.0 or rollout.mirror_share > 0.0:
            rollout.abort(_by(alarm))
        elif rollout.previous is not None:
            rollout.revert(rollout.previous, _by(alarm))
        else:
            rollout.record(AlarmAnswered(time_us=rollout.now, alarm=alarm.title, answer="nothing"))

    def _clean(self, alarm: Alarm) -> None:
        rollout = self._rollout
        rollout.order(CleaningOrder(rollout.now + alarm.takes))
        rollout.record(CleaningOrdered(time_us=rollout.now, alarm=alarm.title, lasts_us=alarm.takes))
        for other in self._monitors:
            # What was normal for the dusty lens is no more; phones on the line still have dusty pictures.
            done_us = rollout.now + alarm.takes + other.alarm.every
            self._begin(other, max(done_us, other.next_us - other.alarm.every))

    def _begin(self, monitor: AlarmMonitor, at_us: int) -> None:
        monitor.begin(at_us)
        self._watch(monitor)

    # -- retraining -------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Set the next training on schedule, if there is to be one."""
        spec = self._retraining
        if spec is not None and spec.every is not None and self._trained < spec.most:
            due_us = self._last_order_us + spec.every
            self._timers.set("schedule", due_us, _At.SCHEDULE, lambda: self._order(_ON_SCHEDULE))

    def _order(self, reason: Reason) -> None:
        spec, rollout = self._retraining, self._rollout
        under_way = self.phase not in (Phase.IDLE, Phase.OUT)
        if spec is None or under_way or self._trained >= spec.most or not self._base:
            return
        order = TrainingOrder(self._base, f"{self._base}.{self._trained + 1}", spec)
        rollout.record(TrainingOrdered(time_us=rollout.now, version=order.name, labels=spec.labels, reason=reason))
        rollout.order(order)
        self._making = Making(rollout.now, order)
        self._last_order_us = rollout.now
        self._schedule()
        # What comes of it is known at once, and used when it is signed off.
        self._timers.set("ready", rollout.now + 1, _At.SEND_OUT, self._send_out)

    def _count(self) -> None:
        assert self._retraining is not None
        self._timers.set("count", self._rollout.now + COUNTS_EVERY_US, _At.COUNT, self._count)
        labels = labelled(self._rollout.telemetry, self._retraining)
        fresh = int((labels.known_us > self._last_order_us).sum())
        if self._retraining.after_labels is not None and fresh >= self._retraining.after_labels:
            self._order(Reason("labels", "{samples} new labels", samples=fresh))

    def _hear(self, delivery: Delivery) -> None:
        rollout, order = self._rollout, delivery.order
        assert self._making is not None
        if delivery.version is None:
            assert delivery.reason is not None
            rollout.record(NotTrained(time_us=rollout.now, version=order.name, reason=delivery.reason))
            self._making = None
            self._timers.drop("ready")
            return
        offline = delivery.version.offline
        rollout.record(
            Trained(
                time_us=rollout.now, version=order.name, labels=delivery.labels, defects=delivery.defects,
                recall=offline.recall, overkill=offline.overkill,
            )
        )  # fmt: skip
        self._trained += 1
        self._making = Making(self._making.ordered_us, order, delivery)
        self._timers.drop("schedule")  # nobody orders another one meanwhile
        self._timers.set("ready", self._making.ready_us, _At.SEND_OUT, self._send_out)

    def _send_out(self) -> None:
        if self._making is None or self._making.delivery is None or self._making.delivery.version is None:
            return
        rollout, version = self._rollout, self._making.delivery.version
        self._stop()
        self._making = None
        rollout.begin(version)
        self._out = (version.name, rollout.now)
        self._timers.set("promise", rollout.now + PROMISE_AFTER_US, _At.PROMISE, self._check_promise)
        for monitor in self._monitors:
            if monitor.alarm.of != "all":  # it is another arm from now on
                self._begin(monitor, rollout.now)
        self._playbook = self._play()
        self._timers.set("playbook", rollout.now, _At.PLAYBOOK, self._go_on)
        self._schedule()

    def _check_promise(self) -> None:
        """Hold what a version does on the line against what it promised offline."""
        rollout = self._rollout
        assert self._out is not None
        name, since_us = self._out
        arm = next((each for each in (rollout.candidate, rollout.stable) if each.version == name), None)
        if arm is None or arm.asks_humans:  # what people decide with its help is not its recall
            return
        recall = rollout.telemetry.read("audit_recall", arm.name, since_us)
        if recall.value is None or recall.samples < PROMISE_SAMPLES or recall.interval is None:
            self._timers.set("promise", rollout.now + PROMISE_AFTER_US, _At.PROMISE, self._check_promise)
            return
        low, high = recall.interval
        rollout.record(
            PromiseChecked(
                time_us=rollout.now, version=name, recall=recall.value, low=low, high=high, samples=recall.samples,
                promised=rollout.offline_recall(name),
            )
        )  # fmt: skip


_ON_SCHEDULE = Reason("schedule", "on schedule")


def _by(alarm: Alarm) -> Reason:
    """Return an alarm as the reason for what follows it."""
    return Reason("alarm", "{alarm}", more={"alarm": alarm.title})
