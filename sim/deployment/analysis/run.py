"""Analysis runs with Argo's exact semantics: measurements, budgets, and how metrics make a run's phase.

Read in Argo's code and not in its documentation, where the two disagree: `failure_limit: 3` is broken by the *fourth*
failure; without any condition a measurement is Successful; five errors in a row end a run, retried after ten seconds
whatever the interval; a run that is stopped without a violation is Successful, even without a measurement.

Beyond Argo a metric may be given to a judge. Then no evidence is neither success nor failure: undecided when the count
is over is Inconclusive, and a proof ends the metric at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis.conditions import ConditionError, MeasurementError, parsed
from sim.deployment.analysis.judges.all import Assessment, Judge, JudgeContext, Judging, MetricQuery, compared
from sim.deployment.analysis.measurement import HEALTHY as HEALTHY
from sim.deployment.analysis.measurement import Phase as Phase
from sim.deployment.analysis.measurement import Sample as Sample
from sim.deployment.telemetry.metric import METRICS, MetricNameOrNone
from sim.deployment.telemetry.store import Telemetry
from sim.units import Duration, PositiveDuration, format_duration

_WORST = list(Phase)
#: Undecided in one finish is worse than successful in all the others, and better than any misgiving.
_WORST_OF_SEGMENTS: list[Phase | None] = [
    None,
    Phase.SUCCESSFUL,
    Phase.RUNNING,
    Phase.INCONCLUSIVE,
    Phase.ERROR,
    Phase.FAILED,
]


def _condition(text: str | None) -> str | None:
    if text is not None:
        try:
            parsed(text)
        except ConditionError as error:
            raise ValueError(str(error)) from None
    return text


ConditionText = Annotated[str | None, AfterValidator(_condition)]


class Metric(BaseModel):
    """One metric of an analysis, with Argo's words in snake_case. Ours: metric, window, min_samples, and what follows.

    `judge` takes the place of conditions. `label_maturity` compares cohorts: without it a young arm, whose late labels
    are still to come, looks better than it is. `segment_by: finish` asks the metric to hold in every finish that has
    `min_samples`; alpha is shared among them.

    **Window contamination**: a `window` longer than a step looks back to phones of the steps before. A fault that began
    with this step is thinned out by good old phones, and a fault long repaired goes on failing the metric; with a
    30-minute window and 5-minute steps five sixths of what is judged is history. Leave it out to see what became known
    since the analysis began, or make it no longer than the step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("", max_length=60, description="default: the metric's")
    metric: MetricNameOrNone = Field(
        "", description="what is measured, of the candidate; not with judges escapes and pairs"
    )
    judge: Judge | None = Field(None, description="who judges it, in the place of conditions")
    window: PositiveDuration | None = Field(None, description="look-back; default: since the analysis began")
    label_maturity: Duration | None = Field(None, description="count only phones decided at least so long ago")
    segment_by: Literal["finish"] | None = Field(None, description="it has to hold in every finish")
    min_samples: int = Field(0, ge=0, description="no measurement is made on fewer phones: it waits an interval")
    interval: PositiveDuration | None = Field(None, description="between measurements; none: measured once")
    initial_delay: Duration = Field("0s", validate_default=True)
    count: int | None = Field(None, ge=1, description="measurements; with an interval and no count: for ever")
    success_condition: ConditionText = None
    failure_condition: ConditionText = None
    failure_limit: int = Field(
        0, ge=-1, description="failures tolerated; the next one fails the metric; -1: any number"
    )
    inconclusive_limit: int = Field(0, ge=0)
    consecutive_error_limit: int = Field(4, ge=0)
    consecutive_success_limit: int = Field(0, ge=0, description="successful as soon as so many in a row; 0: off")

    @property
    def title(self) -> str:
        return self.name or self.metric or (self.judge.names_itself if self.judge else "")

    @property
    def is_share(self) -> bool:
        """Whether it is a share of phones; what judges read without a metric's name is."""
        return not self.metric or METRICS[self.metric].kind == "share"

    @property
    def measurements(self) -> float:
        """How many measurements end the metric."""
        if self.count is not None:
            return self.count
        return 1 if self.interval is None else math.inf

    def __str__(self) -> str:
        conditions = [f"success: {self.success_condition}"] if self.success_condition else []
        conditions += [f"failure: {self.failure_condition}"] if self.failure_condition else []
        conditions += [str(self.judge)] if self.judge else []
        said = "; ".join(conditions) or "no condition: always successful"
        phones = [f"on {self.min_samples} phones or more"] if self.min_samples else []
        phones += [f"decided {format_duration(self.label_maturity)} ago"] if self.label_maturity else []
        phones += ["in every finish"] if self.segment_by else []
        times = "once" if self.measurements == 1 else "" if self.count is None else f"{self.count} times"
        often = f"every {format_duration(self.interval)}" if self.interval is not None else ""
        return f"{' '.join(part for part in (self.title, times, often) if part)} ({', '.join([said, *phones])})"

    def read(self, seen: Telemetry, query: MetricQuery) -> Sample:
        """Return what its judge or its conditions want to know."""
        query = replace(query, maturity_us=self.label_maturity, needed=self.min_samples)
        if self.label_maturity is not None and self.judge is not None and self.judge.cumulative and self.metric:
            query = replace(query, since_us=query.since_us - self.label_maturity)  # the cohort that has come of age
        ask = compared if self.judge is None else self.judge.read
        if self.segment_by is None:
            return ask(seen, query)
        parts = {finish: ask(seen, replace(query, finish=finish)) for finish in seen.finishes}
        return Sample(None, samples=sum(part.samples for part in parts.values()), parts=parts)

    @model_validator(mode="after")
    def _possible(self) -> Metric:
        judge = self.judge
        if judge is not None and judge.names_itself:
            if self.metric:
                raise ValueError(f"judge {judge.kind} looks at {judge.names_itself}: leave out metric")
        elif not self.metric:
            raise ValueError(f"no metric is named; a team can see: {', '.join(METRICS)}")
        if self.interval is None and (self.count or 1) > 1:
            raise ValueError("a count of more than one needs an interval")
        if self.failure_limit == -1 and not self.consecutive_success_limit:
            raise ValueError("failure_limit: -1 needs a consecutive_success_limit")
        if self.window is not None and self.label_maturity is not None and self.window <= self.label_maturity:
            raise ValueError("no phone in the window is as old as label_maturity: make the window longer")
        conditions = [text for text in (self.success_condition, self.failure_condition) if text is not None]
        if not self.is_share and any({"low", "high"} & parsed(text).names for text in conditions):
            raise ValueError(f"{self.metric} is no share of phones: there is no low and high of it")
        if judge is not None:
            if conditions:
                raise ValueError(f"judge {judge.kind} takes the place of conditions: leave one of them out")
            if judge.cumulative and self.window is not None:
                raise ValueError(f"judge {judge.kind} looks at all since the analysis began: leave out window")
            if self.interval is None and self.window is None and not self.initial_delay:
                raise ValueError("at the beginning there is nothing to judge: say interval, initial_delay or window")
            refused = judge.refuses(self.metric, self.count, self.interval)
            if refused is not None:
                raise ValueError(refused)
        return self


class AnalysisTemplate(BaseModel):
    """What a run measures. `dry_run` names metrics that are watched and decide nothing, as regular expressions.

    With `hold` (ours) it is a gate that watches: it measures for so long at least, and is successful at the first
    moment from then on at which every metric's latest measurement is. Without evidence it goes on holding, and goes on
    measuring all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: tuple[Metric, ...] = Field(min_length=1)
    dry_run: tuple[str, ...] = ()
    hold: PositiveDuration | None = Field(None, description="a gate: for so long, and until all measure well")

    @model_validator(mode="after")
    def _consistent(self) -> AnalysisTemplate:
        titles = [metric.title for metric in self.metrics]
        for title in titles:
            if titles.count(title) > 1:
                raise ValueError(f"two metrics are called '{title}'")
        for pattern in self.dry_run:
            try:
                re.compile(pattern)
            except re.error as error:
                message = f"dry_run '{pattern}' is no regular expression ({error}): for all of them write '.*'"
                raise ValueError(message) from None
        if all(metric.judge is not None and metric.judge.displays for metric in self.metrics):
            raise ValueError("nothing in this analysis decides: bayes is for display only")
        return self

    def __str__(self) -> str:
        metrics = "; ".join(f"{metric}{' (dry run)' if self.is_dry(metric) else ''}" for metric in self.metrics)
        return (
            f"analysis: {metrics}"
            if self.hold is None
            else f"holds {format_duration(self.hold)}; goes on when {metrics}"
        )

    def decides(self, metric: Metric) -> bool:
        """Whether a metric can end the run: not if it is dry or for display."""
        return not self.is_dry(metric) and not (metric.judge is not None and metric.judge.displays)

    def is_dry(self, metric: Metric) -> bool:
        """Whether a metric only looks on: unanchored, so that `error` is `error-rate`'s too."""
        return any(re.search(pattern, metric.title) for pattern in self.dry_run)


Read = Callable[[Metric, int], Sample]
"""Answers a metric with what became known since a moment."""


def measured(metric: Metric, sample: Sample) -> Phase:
    """Return one measurement's phase.

    Examples
    --------
    >>> only = Metric(metric="reject_rate", success_condition="result < 0.1")
    >>> measured(only, Sample(0.05)), measured(only, Sample(float("nan"))), measured(only, Sample(None))
    (<Phase.SUCCESSFUL: 'Successful'>, <Phase.FAILED: 'Failed'>, <Phase.ERROR: 'Error'>)
    """
    if sample.healthy:
        return Phase.SUCCESSFUL
    values = {"result": sample.result, "baseline": sample.baseline, "samples": sample.samples}

    def holds(text: str | None) -> bool | None:
        if text is None:
            return None
        condition = parsed(text)
        if {"low", "high"} & condition.names:
            low, high = sample.interval or (None, None)
            values.update(low=low, high=high)
        return condition.holds(values)

    try:
        success, failure = holds(metric.success_condition), holds(metric.failure_condition)
    except MeasurementError:
        return Phase.ERROR
    if success is None and failure is None:
        # Against its documentation: Argo calls that a success.
        return Phase.SUCCESSFUL if sample.result is not None else Phase.ERROR
    if failure:
        return Phase.FAILED
    if success is None or success:
        return Phase.SUCCESSFUL
    return Phase.FAILED if failure is None else Phase.INCONCLUSIVE


class _Conditions:
    """Conditions at work, as if they were a judge."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def take(self, sample: Sample, look: int) -> Assessment:
        metric = self._metric
        if sample.samples < metric.min_samples:
            return Assessment(None, f"{metric.title}: {sample.samples} of {metric.min_samples} phones")
        phase = measured(metric, sample)
        value = METRICS[metric.metric].shown(sample.result)
        message = f"{metric.title} {value} on {sample.samples} phones: {phase.value}"
        if phase is Phase.FAILED:
            failure = metric.failure_condition if metric.failure_condition is not None else ""
            message += f" ({failure or f'not {metric.success_condition}'})"
        return Assessment(phase, message)


@dataclass
class MetricRun:
    """One metric under way: its next measurement and its budgets.

    `family` counts the judgements that share alpha: so many metrics of the run may fail it by proof.
    """

    metric: Metric
    next_us: int
    comparisons: int = 1
    seen_us: int = 0  #: up to when a judge that remembers has seen everything
    failed: int = 0
    inconclusive: int = 0
    counted: int = 0  #: measurements but for errors
    errors_in_a_row: int = 0
    successes_in_a_row: int = 0
    phase: Phase = Phase.RUNNING
    latest: Phase | None = None  #: the last measurement's; None: there was none, or too few phones
    message: str = ""  #: the last measurement, in words
    _at_work: dict[str, Judging] = field(default_factory=dict)

    def take(self, now_us: int, sample: Sample, retry_us: int) -> str:
        """Make a measurement. Returns what is worth a line in the log book."""
        metric = self.metric
        if metric.judge is not None and metric.window is None and now_us <= self.seen_us:
            found = Assessment(None, f"{metric.title}: no phone yet")  # it has just begun, and that is no look
        else:
            found = self._healthy() if sample.healthy else self._found(sample)
        self.message, self.seen_us, self.latest = found.message, now_us, found.phase
        self.next_us = now_us + (metric.interval or retry_us)
        if found.phase is None:
            return found.announcement
        phase = found.phase
        self.failed += phase is Phase.FAILED
        self.inconclusive += phase is Phase.INCONCLUSIVE
        self.counted += phase is not Phase.ERROR
        self.errors_in_a_row = self.errors_in_a_row + 1 if phase is Phase.ERROR else 0
        self.successes_in_a_row = self.successes_in_a_row + 1 if phase is Phase.SUCCESSFUL else 0
        self.phase = phase if found.final else self._assessed()
        if phase is Phase.ERROR:
            self.next_us = now_us + retry_us
        return found.announcement

    def _healthy(self) -> Assessment:
        """In a rehearsal: fine. But nobody can say when a proof comes, only that it has by the last measurement."""
        judge, last = self.metric.judge, self.counted + 1 >= self.metric.measurements
        waits = judge is not None and judge.waits_for_proof and not last
        return Assessment(Phase.RUNNING if waits else Phase.SUCCESSFUL, f"{self.metric.title}: healthy")

    def _found(self, sample: Sample) -> Assessment:
        """Return the finding; of segments the worst, of those that have enough phones."""
        if self.metric.segment_by is None:
            return self._judging("", 1).take(sample, self.counted + 1)
        findings = []
        for name, part in sample.parts.items():
            found = self._judging(name, len(sample.parts)).take(part, self.counted + 1)
            nothing = self.metric.judge is None and part.samples == 0
            message = replace(
                found,
                message=f"{name}: {found.message}",
                announcement=found.announcement and f"{name}: {found.announcement}",
            )
            findings.append(replace(message, phase=None) if nothing else message)
        made = [found for found in findings if found.phase is not None]
        if not made:
            short = min(
                findings, key=lambda found: found.message, default=Assessment(None, f"{self.metric.title}: no phones")
            )
            return replace(short, phase=None)
        worst = max(made, key=lambda found: _WORST_OF_SEGMENTS.index(found.phase))
        return replace(worst, announcement="; ".join(found.announcement for found in findings if found.announcement))

    def _judging(self, segment: str, segments: int) -> Judging:
        if segment not in self._at_work:
            metric = self.metric
            if metric.judge is None:
                self._at_work[segment] = _Conditions(metric)
            else:
                comparisons = self.comparisons * segments
                context = JudgeContext(
                    metric.title, metric.min_samples, comparisons, metric.measurements, metric.is_share
                )
                self._at_work[segment] = metric.judge.begin(context)
        return self._at_work[segment]

    def _assessed(self) -> Phase:
        """Return the metric's phase; of several broken budgets, the first in this list wins."""
        metric = self.metric
        if self.errors_in_a_row > metric.consecutive_error_limit:
            return Phase.ERROR
        if self.inconclusive > metric.inconclusive_limit:
            return Phase.INCONCLUSIVE
        if 0 <= metric.failure_limit < self.failed:
            return Phase.FAILED
        wanted = metric.consecutive_success_limit
        if wanted and self.successes_in_a_row >= wanted:
            return Phase.SUCCESSFUL
        if self.counted < metric.measurements:
            return Phase.RUNNING
        if self.latest is Phase.RUNNING:
            # The horizon is over and nothing is proven: hold, for no alarm is no proof.
            return Phase.INCONCLUSIVE
        if wanted:
            return Phase.FAILED if metric.failure_limit == -1 else Phase.INCONCLUSIVE
        return Phase.SUCCESSFUL


#: After an error Argo measures again so soon, whatever the interval.
ERROR_RETRY_US = 10_000_000


@dataclass
class AnalysisRun:
    """A run of an analysis. It ends when all its metrics have, or as soon as one that counts has not succeeded.

    Parameters
    ----------
    template : AnalysisTemplate
        What is measured.
    began_us : int
        When the run starts.
    retry_us : int, optional
        From an error to the next try.

    Examples
    --------
    >>> metric = {"metric": "reject_rate", "interval": "1min", "failure_condition": "result > 0.1", "failure_limit": 3}
    >>> run = AnalysisRun(AnalysisTemplate(metrics=(metric,)), began_us=0)
    >>> while run.phase is Phase.RUNNING:
    ...     told = run.measure(run.next_us, lambda metric, since_us: Sample(0.2))
    >>> run.phase.value, run.runs[0].failed  # not the third failure ends it: the fourth
    ('Failed', 4)
    """

    template: AnalysisTemplate
    began_us: int
    retry_us: int = ERROR_RETRY_US
    runs: Sequence[MetricRun] = field(init=False)
    phase: Phase = Phase.RUNNING
    message: str = ""  #: why it ended, in words
    _held: bool = True  #: whether the hold is over
    _said: bool = False  #: whether it has said what it still waits for

    def __post_init__(self) -> None:
        self._held = self.template.hold is None
        decided = [metric.judge for metric in self.template.metrics if self.template.decides(metric)]
        comparisons = max(1, sum(judge is not None and judge.spends_alpha for judge in decided))
        self.runs = [
            MetricRun(metric, self.began_us + metric.initial_delay, comparisons, seen_us=self.began_us)
            for metric in self.template.metrics
        ]

    @property
    def next_us(self) -> int:
        """When the next measurement is due, or the hold is over."""
        moments = [run.next_us for run in self.runs if run.phase is Phase.RUNNING]
        return min([*moments, *([self._held_until] if not self._held else [])])

    @property
    def _held_until(self) -> int:
        return self.began_us + (self.template.hold or 0)

    @cached_property
    def _deciding(self) -> list[MetricRun]:
        return [run for run in self.runs if self.template.decides(run.metric)]

    @cached_property
    def _waited_for(self) -> list[MetricRun]:
        """A dry run is waited for too, as in Argo; what is for display is not."""
        return [run for run in self.runs if run.metric.judge is None or not run.metric.judge.displays]

    def measure(self, now_us: int, read: Read) -> list[str]:
        """Make every measurement that is due, and see whether the run is over.

        Parameters
        ----------
        now_us : int
            The moment.
        read : callable
            Answers a metric, and the moment since which it asks.

        Returns
        -------
        list of str
            What is worth a line in the log book.
        """
        lines = []
        self._held = now_us >= self._held_until
        for run in self.runs:
            if run.phase is Phase.RUNNING and run.next_us <= now_us:
                judge = run.metric.judge
                since_us = run.seen_us if judge is not None and judge.cumulative else self.began_us
                lines.append(run.take(now_us, read(run.metric, since_us), self.retry_us))
                if now_us < self._held_until < run.next_us:
                    run.next_us = self._held_until  # somebody looks when the hold is over
        if any(run.phase not in (Phase.RUNNING, Phase.SUCCESSFUL) for run in self._deciding):
            self._end()
        elif self.template.hold is not None:
            lines.append(self._hold())
        elif all(run.phase is not Phase.RUNNING for run in self._waited_for):
            self._end()
        return [line for line in lines if line]

    def stop(self) -> None:
        """End the run from outside, at a promotion, say: without a violation that is a success."""
        if self.phase is Phase.RUNNING:
            self._end()

    def _hold(self) -> str:
        """End the run if the hold is over and all is well. Returns what is still waited for, said once."""
        if not self._held:
            return ""
        waiting = [run for run in self._deciding if Phase.SUCCESSFUL not in (run.phase, run.latest)]
        if not waiting:
            self.phase, self.message = Phase.SUCCESSFUL, "; ".join(run.message for run in self._deciding)
            return ""
        message = (
            "" if self._said else f"holding after {format_duration(self.template.hold or 0)}: {waiting[0].message}"
        )
        self._said = True
        return message

    def _end(self) -> None:
        ended = [run for run in self._deciding if run.phase is not Phase.RUNNING]
        worst = max(ended, key=lambda run: _WORST.index(run.phase), default=None)
        self.phase = Phase.SUCCESSFUL if worst is None else worst.phase
        self.message = "nothing was measured" if worst is None else worst.message
