"""Judging a candidate on what can be seen: thresholds on metrics, with a minimum of evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.deployment.telemetry import NO_SHARES, OBSERVED, OF_MIRRORS, Reading, Telemetry
from sim.line.route import Arm
from sim.units import PositiveDuration, format_duration

Outcome = Literal["passed", "failed", "undecided"]


class Check(BaseModel):
    """One condition on the candidate. `versus_stable_at_most: 2` means: at most twice the stable arm's value.

    With fewer than `min_samples` phones the check is undecided: no evidence is neither success nor failure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    at_most: float | None = None
    at_least: float | None = None
    versus_stable_at_most: float | None = Field(None, gt=0.0)
    versus_stable_at_least: float | None = Field(None, gt=0.0)
    min_samples: int = Field(100, ge=1)
    sigmas: float = Field(
        3.0,
        ge=0.0,
        description="against stable, shares must also differ by so many standard errors: not by a few phones",
    )

    def __str__(self) -> str:
        limits = {
            "at most {:g}": self.at_most,
            "at least {:g}": self.at_least,
            "at most {:g} x stable's": self.versus_stable_at_most,
            "at least {:g} x stable's": self.versus_stable_at_least,
        }
        said = " and ".join(words.format(limit) for words, limit in limits.items() if limit is not None)
        return f"{self.metric} {said or 'is there'} on {self.min_samples} phones or more"

    @field_validator("metric")
    @classmethod
    def _observed(cls, metric: str) -> str:
        if metric not in OBSERVED:
            raise ValueError(f"unknown metric '{metric}'; a team can see: {', '.join(OBSERVED)}")
        return metric

    def judge(self, reading: Reading, baseline: Reading) -> tuple[Outcome, str]:
        """Return the outcome and why, in words with figures."""
        if reading.value is None or reading.samples < self.min_samples:
            return "undecided", f"{self.metric}: {reading.samples} of {self.min_samples} phones"
        value = reading.value
        if self.at_most is not None and value > self.at_most:
            return "failed", f"{self.metric} {value:.3g} > {self.at_most:g} on {reading.samples} phones"
        if self.at_least is not None and value < self.at_least:
            return "failed", f"{self.metric} {value:.3g} < {self.at_least:g} on {reading.samples} phones"
        if self.versus_stable_at_most is None and self.versus_stable_at_least is None:
            return "passed", f"{self.metric} {value:.3g}"
        if baseline.value is None or baseline.samples < self.min_samples:
            return (
                "undecided",
                f"{self.metric}: {baseline.samples} of {self.min_samples} phones of the stable arm",
            )
        most, least = self.versus_stable_at_most, self.versus_stable_at_least
        for limit, beyond, sign in (
            (most, most is not None and value > most * baseline.value, ">"),
            (least, least is not None and value < least * baseline.value, "<"),
        ):
            certain = self.metric in NO_SHARES or standard_errors_apart(reading, baseline) >= self.sigmas
            if beyond and certain:
                return "failed", (
                    f"{self.metric} {value:.3g} {sign} {limit:g} x stable's {baseline.value:.3g}"
                    f" on {reading.samples} phones"
                )
        return "passed", f"{self.metric} {value:.3g} against stable's {baseline.value:.3g}"


def standard_errors_apart(one: Reading, other: Reading) -> float:
    """Return |difference| of two shares over its pooled standard error.

    Looked at again and again this is no exact test (Armitage et al. 1969): it keeps a handful of phones from deciding.
    """
    if one.value is None or other.value is None:
        return 0.0
    pooled = (one.value * one.samples + other.value * other.samples) / (one.samples + other.samples)
    variance = pooled * (1.0 - pooled) * (1.0 / one.samples + 1.0 / other.samples)
    if variance <= 0.0:
        return math.inf
    return abs(one.value - other.value) / math.sqrt(variance)


class Analysis(BaseModel):
    """Checks made every `interval`; the candidate has failed as soon as more than `failure_limit` rounds failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: PositiveDuration = Field("30min", validate_default=True)
    failure_limit: int = Field(0, ge=0, description="failed rounds tolerated, as in Argo: the next one aborts")
    checks: tuple[Check, ...] = Field(min_length=1)

    def __str__(self) -> str:
        checks = "; ".join(str(check) for check in self.checks)
        return f"goes on when, every {format_duration(self.interval)}, {checks}"


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an analysis found: passed, failed or undecided, and why."""

    outcome: Outcome
    reason: str

    @property
    def failed(self) -> bool:
        return self.outcome == "failed"


def judge(analysis: Analysis, seen: Telemetry, candidate: Arm, stable: Arm, since_us: int) -> Judgement:
    """Judge `candidate` on what became known after `since_us`, against a concurrent baseline where there is one.

    If the stable arm decides (almost) nothing at the moment, its latest phones serve as the baseline. Then drift
    since those phones is blamed on the candidate: the price of a switch without a control group.
    """
    undecided = ""
    reasons = []
    for check in analysis.checks:
        name = candidate.version if check.metric in OF_MIRRORS else candidate.name
        reading = seen.read(check.metric, name, since_us)
        compares = check.versus_stable_at_most is not None or check.versus_stable_at_least is not None
        baseline = Reading(None, 0)
        if compares:
            # Where the candidate only mirrors, its own looks are compared with the stable arm's verdicts.
            metric = check.metric.removeprefix("mirror_")
            baseline = seen.read(metric, stable.name, since_us)
            if baseline.samples < check.min_samples:
                baseline = seen.latest(metric, stable.name, since_us, 10 * check.min_samples)
        outcome, reason = check.judge(reading, baseline)
        if outcome == "failed":
            return Judgement("failed", reason)
        if outcome == "undecided":
            undecided = undecided or reason
        reasons.append(reason)
    if undecided:
        return Judgement("undecided", undecided)
    return Judgement("passed", "; ".join(reasons))
