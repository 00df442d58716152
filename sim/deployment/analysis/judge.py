"""A judge: what a scenario file may say of it, what it is shown of the telemetry, and how it goes to work on a metric.

Each lies in a file of its own in `sim.deployment.analysis.judges`, comes with a package (an entry point of the group
``driftline.judges``), or is defined in a notebook. Its mathematics is in `sim.stats`; none reads the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from sim.deployment.analysis.comparison import compared, compared_by_cohort, without_comparison
from sim.deployment.analysis.measurement import MetricQuery, Phase, Sample
from sim.deployment.dashboard import Gauge
from sim.deployment.events import Reason
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.store import Telemetry
from sim.plugins import Family
from sim.units import Share

Alpha = Annotated[Share, Field(gt=0.0, lt=0.5)]
"""The chance of failing a candidate that is as good as stable."""
Worse = Literal["higher", "lower", "either"]
"""Which side of the stable arm's value is the bad one."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a judge says at a measurement. Phase None: that was none, for want of phones; Running: it is undecided.

    A final one ends the metric whatever its budgets say.
    """

    phase: Phase | None
    reason: Reason
    final: bool = False
    announcement: Reason | None = None  #: a line for the log book, if it has to be said now; with a `brief` for figures
    #: what a dashboard shows of it; none: the metric's value beside the stable arm's, without a limit
    gauges: tuple[Gauge, ...] = ()

    def __post_init__(self) -> None:
        if self.phase is not None and not isinstance(self.phase, Phase):
            raise TypeError(f"the phase of an assessment is a Phase or None, not {self.phase!r}")
        for reason in (self.reason, self.announcement):
            if not (isinstance(reason, Reason) or (reason is None and reason is self.announcement)):
                raise TypeError(f"the reason of an assessment is a Reason, not {reason!r}")
        for gauge in self.gauges:
            if not isinstance(gauge, Gauge):
                raise TypeError(f"a dashboard shows a Gauge, not {gauge!r}")


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """What a judge begins with: what it is called, the phones it waits for, its share of alpha, the planned looks."""

    title: str
    needed: int = 0
    comparisons: int = 1  #: how many judgements may fail the run: guard metrics times segments
    looks: float = math.inf
    share: bool = True  #: whether the metric is a share of phones
    form: str = ".3g"  #: how the metric's values are printed
    unit: str = "share"  #: the metric's

    def against_stable(
        self, code: str, sample: Sample, further: str = "", bound: float | None = None, brief: str = "", **more: Any
    ) -> Reason:
        """Return a reason that begins with both arms' values, and goes on with the wording `further`."""
        values = f"{{metric}} {{value:{self.form}}} against stable's {{stable:{self.form}}}"
        basis = bases(sample)
        return Reason(
            code,
            values + " on {samples} and {stable_samples} phones" + further + (BASES if basis else ""),
            self.title,
            sample.result,
            bound,
            sample.samples,
            {"stable": sample.baseline, "stable_samples": sample.baseline_samples, **basis, **more},
            brief=brief,
        )

    def too_few(self, sample: Sample) -> Assessment | None:
        """Say which arm has too few phones for a measurement, if one has."""
        needed = max(self.needed, 1)
        if sample.result is None or sample.samples < needed:
            return self.waiting(sample.samples, needed, "{metric}: {samples} of {bound} phones")
        if sample.baseline is None or sample.baseline_samples < needed:
            wording = "{metric}: {samples} of {bound} phones of the stable arm"
            return self.waiting(sample.baseline_samples, needed, wording)
        return None

    def incomparable(self, sample: Sample) -> Assessment:
        """Say that this was no measurement, since the arms' values are relative to different things."""
        reason = Reason(
            "incomparable",
            "{metric}: not to be compared" + BASES,
            self.title,
            samples=sample.samples,
            more=bases(sample),
            brief="{metric}: not to be compared",
        )
        return Assessment(None, reason)

    def waiting(self, samples: int, needed: int, wording: str = "{metric}: {samples} of {bound}") -> Assessment:
        """Say that this was no measurement, and what is waited for."""
        return Assessment(None, Reason("too_few", wording, self.title, bound=needed, samples=samples))


#: How a reason goes on where values are no counts.
BASES = " ({basis}; stable: {stable_basis})"


def bases(sample: Sample) -> dict[str, str]:
    """Return what both values are relative to, for `BASES`; empty where they are counts."""
    if not sample.basis and not sample.baseline_basis:
        return {}
    return {"basis": sample.basis, "stable_basis": sample.baseline_basis}


class JudgeAtWork(Protocol):
    """A judge at work on one metric (of one finish): what it has in mind between its looks."""

    def take(self, sample: Sample, look: int) -> Assessment:
        """Return what it says of a measurement, the so manieth that counts."""
        ...


class Judge(BaseModel):
    """What all judges share. A member adds its settings, and says below what others have to know of it.

    Examples
    --------
    >>> from typing import Literal
    >>> @JUDGES.register("calm")
    ... class Calm(Judge):
    ...     '''Is content with everything.'''
    ...     kind: Literal["calm"] = "calm"
    ...     def __str__(self) -> str:
    ...         return "content with everything"
    ...     def begin(self, context: JudgeContext) -> JudgeAtWork:
    ...         return self
    ...     def take(self, sample: Sample, look: int) -> Assessment:
    ...         return Assessment(Phase.SUCCESSFUL, Reason("content", "all is well"))
    >>> Calm().take(Sample(0.2), look=1).phase.value
    'Successful'
    >>> JUDGES.forget("calm")
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: what it looks at by itself, so that no metric is named; "": at the metric
    names_itself: ClassVar[str] = ""
    #: whether it is shown only what is new since its last look, and keeps the rest in mind
    cumulative: ClassVar[bool] = False
    #: whether it compares arms on phones due in the same time, up to the first that is not settled: without that, what
    #: is known so far tells which arm is slow, and no chance of an error can be promised
    by_cohort: ClassVar[bool] = False
    #: whether it has a chance alpha of failing a candidate as good as stable, and shares it with the other metrics
    spends_alpha: ClassVar[bool] = False
    #: whether it compares shares of phones and nothing else
    shares_only: ClassVar[bool] = False
    #: whether somebody only wants to see it
    displays: ClassVar[bool] = False
    #: whether it says nothing until there is proof
    waits_for_proof: ClassVar[bool] = False

    kind: str

    def refuses(self, metric: str, count: int | None, interval: int | None) -> str | None:
        """Return why it can't judge this metric so, None if it can."""
        if self.names_itself:
            return None
        if self.shares_only and METRICS[metric].kind != "share":
            others = [name for name, judge in JUDGES.items() if not (judge.shares_only or judge.names_itself)]
            return f"{metric} is no share of phones: {' or '.join(others)} can judge it"
        return without_comparison(metric)

    def read(self, telemetry: Telemetry, query: MetricQuery) -> Sample:
        """Return what it wants to see."""
        return compared_by_cohort(telemetry, query) if self.by_cohort else compared(telemetry, query)

    def begin(self, context: JudgeContext) -> JudgeAtWork:
        """Return it at work."""
        raise NotImplementedError(f"{type(self).__name__} has to say how it judges")


JUDGES: Family[type[Judge]] = Family("judge", "sim.deployment.analysis.judges", "driftline.judges", of=Judge)
"""Every judge that a metric can name, by its `kind`."""
