"""The short form of an analysis in scenario files: checks against limits and against the stable arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.deployment.analysis.judges.versus_stable import VersusStable
from sim.deployment.analysis.spec import AnalysisTemplate, Metric, Stalled
from sim.deployment.telemetry.metric import MetricName
from sim.units import MOST, SHORTEST_RHYTHM, Rhythm, format_duration


class Check(BaseModel):
    """One condition on the candidate. `versus_stable_at_most: 2` means: at most twice the stable arm's value.

    With fewer than `min_samples` phones the check is undecided: no evidence is neither success nor failure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: MetricName
    at_most: float | None = Field(None, allow_inf_nan=False)
    at_least: float | None = Field(None, allow_inf_nan=False)
    versus_stable_at_most: float | None = Field(None, gt=0.0)
    versus_stable_at_least: float | None = Field(None, gt=0.0)
    min_samples: int = Field(100, ge=1, le=MOST)
    sigmas: float = Field(
        3.0,
        ge=0.0,
        description="against stable, shares must also differ by so many standard errors: not by a few phones",
    )

    @model_validator(mode="after")
    def _possible(self) -> Check:
        list(self.metrics(SHORTEST_RHYTHM, 0))
        return self

    def metrics(self, interval_us: int, failure_limit: int) -> Iterator[Metric]:
        """Yield the check as metrics of an analysis: its limits are a condition, the factors a judge's."""
        limits = [f"result > {self.at_most!r}"] if self.at_most is not None else []
        limits += [f"result < {self.at_least!r}"] if self.at_least is not None else []
        factors = VersusStable(
            at_most=self.versus_stable_at_most, at_least=self.versus_stable_at_least, sigmas=self.sigmas
        )
        compares = factors.at_most is not None or factors.at_least is not None
        plain: dict[str, Any] = {
            "metric": self.metric,
            "min_samples": self.min_samples,
            "interval": format_duration(interval_us),
            "failure_limit": failure_limit,
        }
        if limits or not compares:
            yield Metric(**plain, failure_condition=" || ".join(limits) or None)
        if compares:
            yield Metric(**plain, judge=factors)


class Analysis(BaseModel):
    """Checks and metrics measured every `interval`; the candidate has failed once one fails more than `failure_limit`.

    It goes on, or holds, until all of them have their evidence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: Rhythm = Field("30min", validate_default=True)
    failure_limit: int = Field(
        0, ge=0, le=MOST, description="failures tolerated of each, as in Argo: the next one aborts"
    )
    checks: tuple[Check, ...] = ()
    metrics: tuple[Metric, ...] = Field((), description="in full, with judges; interval: as the checks'")
    stalled: Stalled | None = Field(None, description="a deadline for phones that nobody decides; default: it waits")

    @model_validator(mode="before")
    @classmethod
    def _as_often(cls, data: Any) -> Any:
        """Give metrics without an interval of their own the checks'."""
        if not isinstance(data, dict) or not isinstance(data.get("metrics"), list):
            return data
        every = data.get("interval", cls.model_fields["interval"].default)
        metrics = [{"interval": every, **metric} if isinstance(metric, dict) else metric for metric in data["metrics"]]
        return {**data, "metrics": metrics}

    @model_validator(mode="after")
    def _something(self) -> Analysis:
        if not self.checks and not self.metrics:
            raise ValueError("an analysis needs checks or metrics")
        self.template(1)
        return self

    def template(self, hold_us: int) -> AnalysisTemplate:
        """Return it as a gate that holds for so long at least, and until all measure well.

        Examples
        --------
        >>> gate = Analysis(checks=[{"metric": "reject_rate", "at_most": 0.1}]).template(3_600_000_000)
        >>> print(gate)
        holds 1h; goes on when reject_rate every 30min (failure: result > 0.1, on 100 phones or more)
        """
        checks = [metric for check in self.checks for metric in check.metrics(self.interval, self.failure_limit)]
        metrics = _named_apart([*checks, *self.metrics])
        return AnalysisTemplate(metrics=metrics, hold=format_duration(hold_us), stalled=self.stalled)


def _named_apart(metrics: list[Metric]) -> tuple[Metric, ...]:
    """Number metrics that would be called the same."""
    counts: Counter[str] = Counter()
    named = []
    for metric in metrics:
        counts[metric.title] += 1
        number = counts[metric.title]
        named.append(metric if number == 1 else metric.model_copy(update={"name": f"{metric.title} ({number})"}))
    return tuple(named)


#: What a team can judge within a day, whatever the candidate: it must not reject far more or far less than the
#: stable decider on the phones of the same hours (factors and sample size: assumptions, grade A).
USUAL = Analysis(
    checks=(Check(metric="reject_rate", versus_stable_at_most=2.5, versus_stable_at_least=0.4, min_samples=200),)
)
#: The same for a candidate that only mirrors: its looks against the stable decider's verdicts.
USUAL_IN_SHADOW = Analysis(
    checks=(
        Check(
            metric="mirror_reject_rate",
            versus_stable_at_most=2.5,
            versus_stable_at_least=0.4,
            min_samples=200,
        ),
    )
)
