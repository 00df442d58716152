"""Flagger's loop: one tick an interval, checks that count failures for ever, and a maximum weight that is no cap."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sim.deployment.analysis.comparison import compared
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.declaration import where_named
from sim.deployment.events import ANALYSIS, Reason
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.deployment.telemetry.metric import METRICS, MetricName
from sim.deployment.telemetry.store import Telemetry
from sim.units import Percent, PositiveDuration, Rhythm

TOO_MANY = "{value} failed checks, the threshold is {bound}"
CHECK_FAILED = "check failed ({failed}): {cause}"
FAILURE = "failure {failed}: {cause}"
TICKS = "a tick every {interval:duration}: {limits}; rolls back after {bound} failures"


class FlaggerMetric(BaseModel):
    """A metric with an allowed range, both ends inclusive. No value is a failed check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: MetricName
    window: PositiveDuration = Field("1h", validate_default=True, description="look-back of the query, not the tick")
    min: float | None = None
    max: float | None = None

    def __str__(self) -> str:
        ends = [f"{self.min:g} <="] if self.min is not None else []
        return " ".join([*ends, self.metric, *([f"<= {self.max:g}"] if self.max is not None else [])])

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        """Return the candidate's value, and beside it the stable arm's."""
        return compared(telemetry, query)

    def passes(self, sample: Sample) -> bool:
        """Whether the value is there and inside."""
        value = sample.result
        if sample.healthy:
            return True
        if value is None or value != value:
            return False
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    def shown(self, sample: Sample) -> Gauge:
        """Return what a dashboard shows of it."""
        limits = [Limit("at least", self.min)] if self.min is not None else []
        limits += [Limit("at most", self.max)] if self.max is not None else []
        return Gauge(sample.result, METRICS[self.metric].unit, tuple(limits), samples=sample.samples)


@pattern("flagger", people=where_named, place=11)
def flagger(
    rollout: Rollout,
    *,
    interval: Rhythm = "1h",  # type: ignore[assignment]
    threshold: int = 1,
    max_weight: Percent = 50.0,
    step_weight: Percent = 0.0,
    step_weights: tuple[Percent, ...] = (),
    iterations: int = 0,
    mirror: bool = False,
    mirror_weight: Percent = 100.0,
    metrics: tuple[FlaggerMetric, ...] = (),
) -> Playbook:
    """Raise the weight tick by tick while the checks pass; with `iterations`, blue/green.

    Every `interval` is a tick, at which all `metrics` are checked. Failed checks add up and a good one takes none
    of them back; the rollback comes on the tick after the one that reached the `threshold`. The weight rises by
    `step_weight` (or through `step_weights`) until it is *at least* `max_weight`: 20 a tick and 50 gives 20, 40,
    60. Then the candidate takes every phone, however small the last weight was. With `mirror` it looks at
    `mirror_weight` percent first.
    """
    ramp = step_weights if step_weights and not step_weight else ()
    top = step_weights[-1] if step_weights else max_weight
    failed, done = 0, 0
    limits = "; ".join(str(metric) for metric in metrics) or "no check"
    rollout.expect(Reason("ticks", TICKS, bound=max(threshold, 1), more={"interval": interval, "limits": limits}))
    while True:
        yield interval
        if failed >= max(threshold, 1):
            return rollout.abort(Reason("threshold", TOO_MANY, value=failed, bound=max(threshold, 1)))
        begun = rollout.weight > 0 or rollout.mirror_share > 0 or done > 0
        if begun and (wrong := _failing(rollout, metrics)) is not None:
            failed += 1
            counted = {"failed": failed}
            rollout.note(ANALYSIS, Reason("check_failed", CHECK_FAILED, more=counted, cause=wrong, brief=FAILURE))
        elif iterations:
            done += 1
            if done > iterations + 1:
                return rollout.promote()
            if done > iterations:
                rollout.set_mirror(0)
                rollout.set_weight(100)
            elif mirror and not rollout.mirror_share:
                rollout.set_mirror(mirror_weight)
        elif rollout.weight >= top:
            return rollout.promote()
        elif mirror and rollout.weight == 0 and not rollout.mirror_share:
            rollout.set_mirror(mirror_weight)
        else:
            if rollout.mirror_share:
                rollout.set_mirror(0)
            higher = next((weight for weight in ramp if weight > rollout.weight), rollout.weight + step_weight)
            if higher > rollout.weight:  # without any step Flagger stays at 0 for ever, and so does this
                rollout.set_weight(min(higher, 100.0))


def _verdict(metric: FlaggerMetric, sample: Sample) -> str:
    return Phase.SUCCESSFUL.value if metric.passes(sample) else Phase.FAILED.value


def _failing(rollout: Rollout, metrics: tuple[FlaggerMetric, ...]) -> Reason | None:
    """Return the first metric outside its range; the others are not asked any more."""
    for metric in metrics:
        sample = rollout.sample(metric, rollout.now)
        if not sample.healthy:
            rollout.show(metric.metric, metric.shown(sample), metric=metric.metric, verdict=_verdict(metric, sample))
        if not metric.passes(sample):
            if sample.result is None:
                return Reason("no_data", "{metric} has no data", metric.metric, brief="{metric}")
            return Reason(
                "outside", "{metric} {shown}{basis}", metric.metric, sample.result, None, sample.samples,
                {
                    "shown": METRICS[metric.metric].shown(sample.result),
                    "basis": f" ({sample.basis})" if sample.basis else "",
                }, brief="{metric}",
            )  # fmt: skip
    return None
