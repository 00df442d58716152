"""The life of a deployed model: its playbook, alarms that watch beside it, and new versions that go the same way.

The course's circle: scope, data, model, deployment, and back. A new version in mid-ramp starts again at the playbook's
first step, against the same stable decider, as in Argo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.deployment.monitoring.alarms import Alarm, AlarmMonitor
from sim.deployment.monitoring.retraining import CleaningOrder, Delivery, Retraining, TrainingOrder, labelled
from sim.deployment.rollout import Playbook, Rollout
from sim.units import DAY, HOUR, format_duration

#: How often somebody counts the labels that are new (assumption).
COUNTS_EVERY_US = HOUR
#: So long after a version has gone out, and again until there is evidence, its audits are held against its promise.
GAP_AFTER_US = DAY
#: Audited defects that a recall on the line has to rest on.
GAP_SAMPLES = 20
NEVER = 2**62


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
        rollout.expect(f"beside the playbook: {beside}")
    life = LifecycleController(rollout, play, retraining, alarms)
    while True:
        life.act()
        yield max(1, min(life.next_us, rollout.horizon_us) - rollout.now)


class LifecycleController:
    def __init__(
        self, rollout: Rollout, play: Callable[[], Playbook], retraining: Retraining | None, alarms: Sequence[Alarm]
    ) -> None:
        self._rollout = rollout
        self._play = play
        self._retraining = retraining
        self._base = rollout.candidate.version or rollout.stable.version
        self._trained = 0
        self._ordered_us = rollout.now
        self._delivery: Delivery | None = None
        self._ready_us = NEVER
        self._count_us = rollout.now + COUNTS_EVERY_US if retraining and retraining.after_labels else NEVER
        self._gap_us = NEVER
        self._out: tuple[str, int] | None = None
        self._cleaning = False
        self._monitors = [AlarmMonitor(alarm, rollout.now) for alarm in alarms]
        self._answers: list[tuple[int, AlarmMonitor]] = []  # people who were paged, and when they act
        self._book = play()
        self._book_us = rollout.now

    @property
    def next_us(self) -> int:
        """When something is due."""
        looks = (monitor.next_us for monitor in self._monitors)
        answers = (at_us for at_us, _ in self._answers)
        scheduled = self._scheduled_us if self._delivery is None else NEVER
        return min(self._book_us, self._ready_us, self._count_us, self._gap_us, scheduled, *looks, *answers)

    @property
    def _scheduled_us(self) -> int:
        spec = self._retraining
        if spec is None or spec.every is None or self._trained >= spec.most:
            return NEVER
        return self._ordered_us + spec.every

    def act(self) -> None:
        """Do everything that is due: hear of a training, look at the detectors, go on with the playbook."""
        now = self._rollout.now
        for delivery in self._rollout.take_deliveries():
            self._hear(delivery)
        for monitor in self._monitors:
            if monitor.next_us <= now and (found := monitor.look(self._rollout)) is not None:
                self._rollout.note("alarm", found)
                self._answers.append((now + monitor.alarm.delay, monitor))
        for answer in [each for each in self._answers if each[0] <= now]:
            self._answers.remove(answer)
            self._answer(answer[1])
        if self._ready_us <= now:
            self._send_out()
        if self._gap_us <= now:
            self._compare_with_its_promise()
        if self._book_us <= now:
            self._go_on()
        if self._scheduled_us <= now:
            self._order("on schedule")
        if self._count_us <= now:
            self._count_us = now + COUNTS_EVERY_US
            self._count()

    # -- the playbook -----------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        pause = next(self._book, None)
        self._book_us = NEVER if pause is None else self._rollout.now + pause

    def _stop(self) -> None:
        self._book.close()
        self._book_us = NEVER

    def _answer(self, monitor: AlarmMonitor) -> None:
        """Do what an alarm asks for."""
        rollout, alarm = self._rollout, monitor.alarm
        if alarm.then == "pause":
            if self._book_us != NEVER:
                rollout.paused_until_us = rollout.now + alarm.pause
                if not rollout.heeds_pauses:  # a playbook that can't wait by itself sleeps, and so do its checks
                    self._book_us = max(self._book_us, rollout.paused_until_us)
                rollout.note("rollout", f"{alarm.title}: paused for {format_duration(alarm.pause)}")
        elif alarm.then == "rollback":
            self._roll_back(alarm.title)
        elif alarm.then == "retrain":
            self._order(alarm.title)
        elif alarm.then == "clean":
            rollout.order(CleaningOrder(rollout.now + alarm.takes))
            rollout.note("clean", f"{alarm.title}: the lens is cleaned in {format_duration(alarm.takes)}")
            for other in self._monitors:
                # What was normal for the dusty lens is no more; phones on the line still have dusty pictures.
                done_us = rollout.now + alarm.takes + other.alarm.every
                other.begin(max(done_us, other.next_us - other.alarm.every))
        else:
            rollout.note("rollout", f"{alarm.title}: somebody has come to look")

    def _roll_back(self, reason: str) -> None:
        rollout = self._rollout
        self._stop()
        if rollout.weight > 0.0 or rollout.mirror_share > 0.0:
            rollout.abort(reason)
        elif rollout.previous is not None:
            rollout.revert(rollout.previous, reason)
        else:
            rollout.note("rollout", f"{reason}: nothing to roll back")

    # -- retraining -------------------------------------------------------------------------------------------

    def _order(self, reason: str) -> None:
        spec = self._retraining
        busy = self._delivery is not None or self._ready_us != NEVER
        if spec is None or busy or self._trained >= spec.most or not self._base:
            return
        self._ordered_us = self._rollout.now
        self._rollout.note("retrain", f"{reason}: a new version is to be trained from {spec.labels}")
        self._rollout.order(TrainingOrder(self._base, f"{self._base}.{self._trained + 1}", spec))
        self._ready_us = self._rollout.now + 1  # what comes of it is known at once, and used when it is signed off

    def _count(self) -> None:
        assert self._retraining is not None
        seen, since = self._rollout.telemetry, self._ordered_us
        fresh = int((labelled(seen, self._retraining).known_us > since).sum())
        if self._retraining.after_labels is not None and fresh >= self._retraining.after_labels:
            self._order(f"{fresh} new labels")

    def _hear(self, delivery: Delivery) -> None:
        self._rollout.note("trained" if delivery.version else "retrain", delivery.text)
        if delivery.version is None:
            self._ready_us = NEVER
            return
        spec = delivery.order.spec
        self._trained += 1
        self._delivery = delivery
        self._ready_us = self._ordered_us + max(spec.training + spec.sign_off, 1)

    def _send_out(self) -> None:
        if self._delivery is None:
            return
        rollout, delivery = self._rollout, self._delivery
        assert delivery.version is not None
        self._stop()
        self._delivery, self._ready_us = None, NEVER
        rollout.begin(delivery.version)
        self._out = (delivery.version.name, rollout.now)
        self._gap_us = rollout.now + GAP_AFTER_US
        for monitor in self._monitors:
            if monitor.alarm.of != "all":  # it is another arm from now on
                monitor.begin(rollout.now)
        self._book, self._book_us = self._play(), rollout.now

    def _compare_with_its_promise(self) -> None:
        """Hold what a version does on the line against what it promised offline."""
        rollout = self._rollout
        assert self._out is not None
        name, since_us = self._out
        arm = next((each for each in (rollout.candidate, rollout.stable) if each.version == name), None)
        if arm is None or arm.asks_humans:  # what people decide with its help is not its recall
            self._gap_us = NEVER
            return
        found = rollout.telemetry.read("audit_recall", arm.name, since_us)
        if found.value is None or found.samples < GAP_SAMPLES or found.interval is None:
            self._gap_us = rollout.now + GAP_AFTER_US
            return
        self._gap_us = NEVER
        low, high = found.interval
        promised = rollout.offline_recall(name)
        rollout.note(
            "gap",
            f"{name} on the line: recall {found.value:.1%} ({low:.0%} to {high:.0%}, {found.samples} audited defects);"
            f" offline it had {promised:.1%}: a gap of {100 * (promised - found.value):+.1f} points",
        )
