"""What a scenario file may say of an analysis: its metrics, how each is measured, and who judges it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis.comparison import compared
from sim.deployment.analysis.conditions import ConditionError, parsed
from sim.deployment.analysis.judge import JUDGES, Judge
from sim.deployment.analysis.measurement import MetricQuery, Sample
from sim.deployment.telemetry.metric import METRICS, MetricNameOrNone
from sim.deployment.telemetry.store import Telemetry
from sim.document.characters import Line
from sim.document.choice import Choice
from sim.plugins import at_work, on_behalf_of
from sim.units import MOST, Duration, PositiveDuration, Rhythm, format_duration


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

    `judge` takes the place of conditions. `label_maturity` counts only phones decided at least so long ago, and labels
    that came within that time, for every arm: without it a young arm, whose late labels are still to come, looks better
    than it is. Judges that promise an `alpha` wait for the audits' delay by themselves. `segment_by: finish` asks the
    metric to hold in every finish that has `min_samples`; alpha is shared among them.

    **Window contamination**: a `window` longer than a step looks back to phones of the steps before. A fault that began
    with this step is thinned out by good old phones, and a fault long repaired goes on failing the metric; with a
    30-minute window and 5-minute steps five sixths of what is judged is history. Leave it out to see what became known
    since the analysis began, or make it no longer than the step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = Field("", max_length=60, description="default: the metric's")
    metric: MetricNameOrNone = Field(
        "", description="what is measured, of the candidate; not with a judge that has evidence of its own"
    )
    judge: Annotated[Judge, Choice(JUDGES, "kind")] | None = Field(
        None, description="who judges it, in the place of conditions"
    )
    window: PositiveDuration | None = Field(None, description="look-back; default: since the analysis began")
    label_maturity: Duration | None = Field(
        None, description="count only phones decided at least so long ago, and labels that came within it"
    )
    segment_by: Literal["finish"] | None = Field(None, description="it has to hold in every finish")
    min_samples: int = Field(
        0, ge=0, le=MOST, description="no measurement is made on fewer phones: it waits an interval"
    )
    interval: Rhythm | None = Field(None, description="between measurements; none: measured once")
    initial_delay: Duration = Field("0s", validate_default=True)
    count: int | None = Field(
        None, ge=1, le=1_000_000, description="measurements; with an interval and no count: for ever"
    )
    success_condition: ConditionText = None
    failure_condition: ConditionText = None
    failure_limit: int = Field(
        0, ge=-1, description="failures tolerated; the next one fails the metric; -1: any number"
    )
    inconclusive_limit: int = Field(0, ge=0, le=MOST)
    consecutive_error_limit: int = Field(4, ge=0, le=MOST)
    consecutive_success_limit: int = Field(
        0, ge=0, le=MOST, description="successful as soon as so many in a row; 0: off"
    )

    @property
    def title(self) -> str:
        return self.name or self.metric or (self.judge.names_itself if self.judge else "")

    @property
    def is_share(self) -> bool:
        """Whether it is a share of phones; what judges read without a metric's name is."""
        return not self.metric or METRICS[self.metric].kind == "share"

    @property
    def form(self) -> str:
        """How its values are printed."""
        return METRICS[self.metric].form if self.metric else ".3g"

    @property
    def unit(self) -> str:
        """Its values' unit; what judges read without a metric's name are shares."""
        return METRICS[self.metric].unit if self.metric else "share"

    @property
    def measurements(self) -> float:
        """How many measurements end the metric."""
        if self.count is not None:
            return self.count
        return 1 if self.interval is None else math.inf

    def __str__(self) -> str:
        conditions = [f"success: {self.success_condition}"] if self.success_condition else []
        conditions += [f"failure: {self.failure_condition}"] if self.failure_condition else []
        if self.judge is not None:
            with at_work(f"the judge {self.judge.kind}", self.judge):
                conditions += [str(self.judge)]
        said = "; ".join(conditions) or "no condition: always successful"
        phones = [f"on {self.min_samples} phones or more"] if self.min_samples else []
        phones += [f"decided {format_duration(self.label_maturity)} ago"] if self.label_maturity else []
        phones += ["in every finish"] if self.segment_by else []
        times = "once" if self.measurements == 1 else "" if self.count is None else f"{self.count} times"
        often = f"every {format_duration(self.interval)}" if self.interval is not None else ""
        return f"{' '.join(part for part in (self.title, times, often) if part)} ({', '.join([said, *phones])})"

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        """Return what its judge or its conditions want to know."""
        query = replace(query, maturity_us=self.label_maturity, needed=self.min_samples)
        if self.label_maturity is not None and self.judge is not None and self.judge.cumulative and self.metric:
            query = replace(query, since_us=query.since_us - self.label_maturity)  # the cohort that has come of age
        if self.judge is None:
            with on_behalf_of(self):
                return self._asked(telemetry, query, compared)
        with at_work(f"the judge {self.judge.kind}", self.judge):
            sample = self._asked(telemetry, query, self.judge.read)
            if not isinstance(sample, Sample):
                raise TypeError(f"it has to read a Sample, not {sample!r}")
        return sample

    def _asked(
        self, telemetry: Telemetry, query: MetricQuery, ask: Callable[[Telemetry, MetricQuery], Sample]
    ) -> Sample:
        """Return the answer, or that of every finish."""
        if self.segment_by is None:
            return ask(telemetry, query)
        parts = {finish: ask(telemetry, replace(query, finish=finish)) for finish in telemetry.finishes}
        behind_us = max((part.behind_us for part in parts.values()), default=0)
        return Sample(None, samples=sum(part.samples for part in parts.values()), parts=parts, behind_us=behind_us)

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
            if judge.by_cohort and self.metric and METRICS[self.metric].returns and self.label_maturity is None:
                late = "customers send phones back after random times"
                raise ValueError(f"{late}: say by label_maturity how long after the verdict a return still counts")
            with at_work(f"the judge {judge.kind}", judge):
                refused = judge.refuses(self.metric, self.count, self.interval)
            if refused is not None:
                raise ValueError(refused)
        return self


class Stalled(BaseModel):
    """A deadline for judges that compare arms on the same phones: a stuck arm would keep them waiting for ever.

    It has passed when the next phone has waited for its verdict for so long. To hold is to end Inconclusive: the
    rollout stays where it is until somebody decides. To abort is to fail the candidate, whoever is stuck.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: PositiveDuration
    then: Literal["hold", "abort"] = "hold"

    def __str__(self) -> str:
        return f"{self.then}s when a phone has waited for its verdict for {format_duration(self.after)}"


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
    stalled: Stalled | None = Field(None, description="a deadline for phones that nobody decides; default: it waits")

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
        shown = [metric.judge.kind for metric in self.metrics if metric.judge is not None and metric.judge.displays]
        if len(shown) == len(self.metrics):
            only = f"{' and '.join(dict.fromkeys(shown))} {'is' if len(set(shown)) == 1 else 'are'}"
            raise ValueError(f"nothing in this analysis decides: {only} for display only")
        return self

    def __str__(self) -> str:
        metrics = "; ".join(f"{metric}{' (dry run)' if self.is_dry(metric) else ''}" for metric in self.metrics)
        deadline = f"; {self.stalled}" if self.stalled is not None else ""
        if self.hold is None:
            return f"analysis: {metrics}{deadline}"
        return f"holds {format_duration(self.hold)}; goes on when {metrics}{deadline}"

    def decides(self, metric: Metric) -> bool:
        """Whether a metric can end the run: not if it is dry or for display."""
        return not self.is_dry(metric) and not (metric.judge is not None and metric.judge.displays)

    def is_dry(self, metric: Metric) -> bool:
        """Whether a metric only looks on: unanchored, so that `error` is `error-rate`'s too."""
        return any(re.search(pattern, metric.title) for pattern in self.dry_run)
