"""Analysis runs with Argo's exact semantics: measurements, budgets, and how metrics make a run's phase.

Read in Argo's code and not in its documentation, where the two disagree: `failure_limit: 3` is broken by the *fourth*
failure; without any condition a measurement is Successful; five errors in a row end a run, retried after ten seconds
whatever the interval; a run that is stopped without a violation is Successful, even without a measurement.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sim.deployment.conditions import Condition, ConditionError, MeasurementError
from sim.deployment.telemetry import OBSERVED
from sim.units import Duration, PositiveDuration, format_duration


class Phase(Enum):
    """Of a measurement, a metric or a run, from the best to the worst."""

    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"
    FAILED = "Failed"


_WORST = list(Phase)


def _condition(text: str | None) -> str | None:
    if text is not None:
        try:
            Condition(text)
        except ConditionError as error:
            raise ValueError(str(error)) from None
    return text


ConditionText = Annotated[str | None, AfterValidator(_condition)]


class Metric(BaseModel):
    """One metric of an analysis, with Argo's words in snake_case. Ours beyond it: metric, window, min_samples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("", max_length=60, description="default: the metric's")
    metric: str = Field(description="what is measured, of the candidate")
    window: PositiveDuration | None = Field(None, description="look-back; default: since the analysis began")
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
        return self.name or self.metric

    @property
    def measurements(self) -> float:
        """How many measurements end the metric."""
        if self.count is not None:
            return self.count
        return 1 if self.interval is None else math.inf

    def __str__(self) -> str:
        conditions = [f"success: {self.success_condition}"] if self.success_condition else []
        conditions += [f"failure: {self.failure_condition}"] if self.failure_condition else []
        times = "once" if self.measurements == 1 else "for ever" if self.count is None else f"{self.count} times"
        often = f" every {format_duration(self.interval)}" if self.interval is not None else ""
        return f"{self.title} {times}{often} ({', '.join(conditions) or 'no condition: always successful'})"

    @model_validator(mode="after")
    def _possible(self) -> Metric:
        if self.metric not in OBSERVED:
            raise ValueError(f"unknown metric '{self.metric}'; a team can see: {', '.join(OBSERVED)}")
        if self.interval is None and (self.count or 1) > 1:
            raise ValueError("a count of more than one needs an interval")
        if self.failure_limit == -1 and not self.consecutive_success_limit:
            raise ValueError("failure_limit: -1 needs a consecutive_success_limit")
        return self


class AnalysisTemplate(BaseModel):
    """What a run measures. `dry_run` names metrics that are watched and decide nothing, as regular expressions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: tuple[Metric, ...] = Field(min_length=1)
    dry_run: tuple[str, ...] = ()

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
        return self

    def __str__(self) -> str:
        return "; ".join(f"{metric}{' (dry run)' if self.is_dry(metric) else ''}" for metric in self.metrics)

    def is_dry(self, metric: Metric) -> bool:
        """Whether a metric only looks on: unanchored, so that `error` is `error-rate`'s too."""
        return any(re.search(pattern, metric.title) for pattern in self.dry_run)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a condition is asked about: the candidate's value, the stable arm's, and on how many phones.

    None: there is no data. NaN is a value, as in Argo.
    """

    result: float | None
    baseline: float | None = None
    samples: int = 0
    healthy: bool = False  #: in a rehearsal: whatever is asked, it is fine


HEALTHY = Sample(None, None, 2**31, healthy=True)

Read = Callable[[Metric], Sample]


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
        return None if text is None else Condition(text).holds(values)

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


@dataclass
class MetricRun:
    """One metric under way: its next measurement and its budgets."""

    metric: Metric
    next_us: int
    failed: int = 0
    inconclusive: int = 0
    counted: int = 0  #: measurements but for errors
    errors_in_a_row: int = 0
    successes_in_a_row: int = 0
    phase: Phase = Phase.RUNNING
    told: str = ""  #: the last measurement, in words

    def take(self, now_us: int, sample: Sample, retry_us: int) -> None:
        """Make a measurement."""
        metric = self.metric
        if sample.samples < metric.min_samples:
            self.next_us = now_us + (metric.interval or retry_us)
            self.told = f"{metric.title}: {sample.samples} of {metric.min_samples} phones"
            return
        phase = measured(metric, sample)
        value = "no data" if sample.result is None else f"{sample.result:.3g}"
        self.told = f"{metric.title} {value} on {sample.samples} phones: {phase.value}"
        self.failed += phase is Phase.FAILED
        self.inconclusive += phase is Phase.INCONCLUSIVE
        self.counted += phase is not Phase.ERROR
        self.errors_in_a_row = self.errors_in_a_row + 1 if phase is Phase.ERROR else 0
        self.successes_in_a_row = self.successes_in_a_row + 1 if phase is Phase.SUCCESSFUL else 0
        self.phase = self._assessed()
        self.next_us = now_us + (retry_us if phase is Phase.ERROR else metric.interval or 0)

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
    ...     run.measure(run.next_us, lambda metric: Sample(0.2))
    >>> run.phase.value, run.runs[0].failed  # not the third failure ends it: the fourth
    ('Failed', 4)
    """

    template: AnalysisTemplate
    began_us: int
    retry_us: int = ERROR_RETRY_US
    runs: Sequence[MetricRun] = field(init=False)
    phase: Phase = Phase.RUNNING
    told: str = ""  #: why it ended, in words

    def __post_init__(self) -> None:
        self.runs = [MetricRun(metric, self.began_us + metric.initial_delay) for metric in self.template.metrics]

    @property
    def next_us(self) -> int:
        """When the next measurement is due."""
        return min(run.next_us for run in self.runs if run.phase is Phase.RUNNING)

    def measure(self, now_us: int, read: Read) -> None:
        """Make every measurement that is due, and see whether the run is over."""
        for run in self.runs:
            if run.phase is Phase.RUNNING and run.next_us <= now_us:
                run.take(now_us, read(run.metric), self.retry_us)
        deciding = [run for run in self.runs if not self.template.is_dry(run.metric)]
        broken = [run for run in deciding if run.phase not in (Phase.RUNNING, Phase.SUCCESSFUL)]
        if broken or all(run.phase is not Phase.RUNNING for run in self.runs):
            self._end(deciding)

    def stop(self) -> None:
        """End the run from outside, at a promotion, say: without a violation that is a success."""
        if self.phase is Phase.RUNNING:
            self._end([run for run in self.runs if not self.template.is_dry(run.metric)])

    def _end(self, deciding: Sequence[MetricRun]) -> None:
        ended = [run for run in deciding if run.phase is not Phase.RUNNING]
        worst = max(ended, key=lambda run: _WORST.index(run.phase), default=None)
        self.phase = Phase.SUCCESSFUL if worst is None else worst.phase
        self.told = "nothing was measured" if worst is None else worst.told
