"""A measurement: what telemetry is asked, what was read of both arms, and the words for what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sim.columns import Column
from sim.deployment.telemetry.reading import Reading
from sim.line.route import Arm
from sim.stats.two_rates import Rate


class Phase(Enum):
    """Of a measurement, a metric or a run, from the best to the worst; a measurement that is Running is undecided."""

    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What telemetry is asked: a metric, of whom, since when, and of which phones."""

    metric: str
    candidate: Arm
    stable: Arm
    since_us: int
    maturity_us: int | None = None
    finish: str | None = None
    needed: int = 0  #: phones of each arm
    #: when this candidate began to share the phones: those due before could not have been its
    due_after_us: int = -1


@dataclass(frozen=True, slots=True)
class Sample:
    """What a condition or a judge is asked about: the candidate's value, the stable arm's, and on how many phones.

    None: there is no data. NaN is a value, as in Argo.

    Examples
    --------
    >>> low, high = Sample(0.1, 0.05, 200).interval
    >>> round(low, 3), round(high, 3)
    (0.066, 0.149)
    """

    result: float | None
    baseline: float | None = None
    samples: int = 0
    healthy: bool = False  #: in a dry run: whatever is asked, it is fine
    baseline_samples: int = 0
    error: float | None = None  #: standard error of a value whose phones weigh unequally; None: a plain share
    baseline_error: float | None = None
    basis: str = ""  #: what the candidate's value is relative to, where it is no count
    baseline_basis: str = ""
    comparable: bool = True  #: whether both are relative to the same thing
    #: where arms are compared by cohorts: how long the next phone has kept them waiting, beyond its label's delay
    behind_us: int = 0
    #: what is new since the judge's last look, arrays of one length: see the judge
    evidence: tuple[Column, ...] | None = None
    parts: Mapping[str, Sample] = field(default_factory=dict)  #: the same of each finish, where it was asked for

    @classmethod
    def of(cls, reading: Reading, baseline: Reading, behind_us: int = 0) -> Sample:
        """Return two readings of one metric as a sample."""
        return cls(
            reading.value,
            baseline.value,
            reading.samples,
            baseline_samples=baseline.samples,
            error=reading.error,
            baseline_error=baseline.error,
            behind_us=behind_us,
            basis=reading.basis,
            baseline_basis=baseline.basis,
            comparable=reading.yardstick == baseline.yardstick or None in (reading.value, baseline.value),
        )

    @property
    def rates(self) -> tuple[Rate, Rate]:
        """The candidate's share and the stable arm's, of both of which there are data."""
        assert self.result is not None
        assert self.baseline is not None
        own = Rate(self.result, self.samples, self.error)
        return own, Rate(self.baseline, self.baseline_samples, self.baseline_error)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a share; see `Reading.interval`."""
        return Reading(self.result, self.samples, self.error).interval if self.samples else None


HEALTHY = Sample(None, None, 2**31, healthy=True)
