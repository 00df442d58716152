"""One metric under way, with Argo's exact semantics: its measurements, and the budgets that they use up.

Read in Argo's code and not in its documentation, where the two disagree: `failure_limit: 3` is broken by the *fourth*
failure; without any condition a measurement is Successful; five errors in a row end a run, retried after ten seconds
whatever the interval.

Beyond Argo a metric may be given to a judge. Then no evidence is neither success nor failure: undecided when the count
is over is Inconclusive, and a proof ends the metric at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sim.deployment.analysis.conditions import MeasurementError, parsed
from sim.deployment.analysis.judge import BASES, Assessment, JudgeAtWork, JudgeContext, bases
from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.analysis.spec import Metric, Stalled
from sim.deployment.dashboard import Gauge, Limit, Means
from sim.deployment.events import Reason
from sim.plugins import at_work
from sim.units import HOUR

#: A phone that waits so long keeps a comparison of arms waiting, and that is said.
WORTH_SAYING_US = HOUR
#: Undecided in one finish is worse than successful in all the others, and better than any misgiving.
_WORST_OF_SEGMENTS: list[Phase | None] = [
    None,
    Phase.SUCCESSFUL,
    Phase.RUNNING,
    Phase.INCONCLUSIVE,
    Phase.ERROR,
    Phase.FAILED,
]


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


#: What a condition on the value asks of it, by the sign.
_SUCCEEDS: dict[str, Means] = {"<": "at most", ">": "at least"}
_ENDS_IN_FAILURE: dict[str, Means] = {">": "at most", "<": "at least"}


class _Conditions:
    """Conditions at work, as if they were a judge."""

    def __init__(self, metric: Metric, context: JudgeContext) -> None:
        self._metric, self._context = metric, context
        conditions = (metric.success_condition, metric.failure_condition)
        self._compares = any("baseline" in parsed(text).names for text in conditions if text is not None)

    def take(self, sample: Sample, look: int) -> Assessment:
        return replace(self._said(sample), gauges=(self._shown(sample),))

    def _shown(self, sample: Sample) -> Gauge:
        given: dict[Means, float] = {}
        values = {"baseline": sample.baseline, "samples": sample.samples}
        conditions = ((self._metric.failure_condition, _ENDS_IN_FAILURE), (self._metric.success_condition, _SUCCEEDS))
        for text, means in conditions:
            for sign, value in () if text is None else parsed(text).bounds(values):
                given.setdefault(means[sign], value)
        limits = tuple(Limit(means, value) for means, value in given.items())
        stable = sample.baseline if self._compares else None
        return Gauge(sample.result, self._metric.unit, limits, stable=stable, samples=sample.samples)

    def _said(self, sample: Sample) -> Assessment:
        metric, needed = self._metric, self._context.needed
        if sample.samples < needed:
            return self._context.waiting(sample.samples, needed, "{metric}: {samples} of {bound} phones")
        if self._compares and not sample.comparable:
            return self._context.incomparable(sample)
        phase = measured(metric, sample)
        value = "no data" if sample.result is None else f"{{value:{self._context.form}}}"
        relative = bases(sample) if self._compares else {"basis": sample.basis} if sample.basis else {}
        basis = BASES if "stable_basis" in relative else " ({basis})" if relative else ""
        wording = f"{{metric}} {value} on {{samples}} phones{basis}: {{phase}}"
        more = {"phase": phase.value, **relative}
        if phase is Phase.FAILED:
            failure = metric.failure_condition if metric.failure_condition is not None else ""
            wording, more["condition"] = f"{wording} ({{condition}})", failure or f"not {metric.success_condition}"
        code = f"measured_{phase.value.lower()}"
        return Assessment(phase, Reason(code, wording, metric.title, sample.result, samples=sample.samples, more=more))


@dataclass
class MetricRun:
    """One metric under way: its next measurement and its budgets.

    `comparisons` counts the judgements that share alpha: so many metrics of the run may fail it by proof.
    """

    metric: Metric
    next_us: int
    comparisons: int = 1
    looked_us: int = 0  #: up to when a judge that remembers has been shown everything
    stalled: Stalled | None = None  #: how long it waits for phones that nobody decides, and then?
    warned_us: int = 0  #: how long they had waited when it last said so
    failed: int = 0
    inconclusive: int = 0
    counted: int = 0  #: measurements but for errors
    errors_in_a_row: int = 0
    successes_in_a_row: int = 0
    phase: Phase = Phase.RUNNING
    latest: Phase | None = None  #: the last measurement's; None: there was none, or too few phones
    reason: Reason | None = None  #: what the last measurement said; None: there was none
    gauges: tuple[Gauge, ...] = ()  #: what a dashboard shows of it
    _at_work: dict[str, JudgeAtWork] = field(default_factory=dict)

    def take(self, now_us: int, sample: Sample, retry_us: int) -> Reason | None:
        """Make a measurement. Returns what is worth a line in the log book."""
        metric = self.metric
        if metric.judge is not None and metric.window is None and now_us <= self.looked_us:
            # It has just begun, and that is no look.
            assessment = Assessment(None, Reason("no_phone_yet", "{metric}: no phone yet", metric.title))
        else:
            assessment = self._healthy() if sample.healthy else self._in_time(self._assessed(sample), sample.behind_us)
        self.reason, self.looked_us, self.latest = assessment.reason, now_us, assessment.phase
        self.gauges = () if sample.healthy else assessment.gauges
        self.next_us = now_us + (metric.interval or retry_us)
        if assessment.phase is None:
            return assessment.announcement
        phase = assessment.phase
        self.failed += phase is Phase.FAILED
        self.inconclusive += phase is Phase.INCONCLUSIVE
        self.counted += phase is not Phase.ERROR
        self.errors_in_a_row = self.errors_in_a_row + 1 if phase is Phase.ERROR else 0
        self.successes_in_a_row = self.successes_in_a_row + 1 if phase is Phase.SUCCESSFUL else 0
        self.phase = phase if assessment.final else self._within_budgets()
        if phase is Phase.ERROR:
            self.next_us = now_us + retry_us
        return assessment.announcement

    def _in_time(self, assessment: Assessment, behind_us: int) -> Assessment:
        """Say of a judgement that is still open how long it has been waiting for a phone, and see to the deadline."""
        if assessment.final or assessment.phase not in (None, Phase.RUNNING) or behind_us < WORTH_SAYING_US:
            self.warned_us = 0
            return assessment
        wording = "{cause}; the next phone has waited for its verdict for {behind:duration}"
        brief = "{behind:duration} without a verdict"
        more = {"behind": behind_us}
        reason = Reason("stalled", wording, self.metric.title, more=more, cause=assessment.reason, brief=brief)
        if self.stalled is not None and behind_us > self.stalled.after:
            phase = Phase.INCONCLUSIVE if self.stalled.then == "hold" else Phase.FAILED
            return Assessment(phase, reason, final=True)
        said = assessment.announcement
        if behind_us >= 2 * self.warned_us:
            self.warned_us = behind_us
            said = reason if said is None else replace(reason, cause=said)
        return replace(assessment, reason=reason, announcement=said)

    def _healthy(self) -> Assessment:
        """In a dry run: fine. But nobody can say when a proof comes, only that it has by the last measurement."""
        judge, last = self.metric.judge, self.counted + 1 >= self.metric.measurements
        waits = judge is not None and judge.waits_for_proof and not last
        reason = Reason("healthy", "{metric}: healthy", self.metric.title)
        return Assessment(Phase.RUNNING if waits else Phase.SUCCESSFUL, reason)

    def _assessed(self, sample: Sample) -> Assessment:
        """Return what the judge says; of segments the worst, of those that have enough phones."""
        look = self.counted + 1
        if self.metric.segment_by is None:
            return self._judged("", 1, sample, look)
        parts = {
            name: self._of_segment(name, part, self._judged(name, len(sample.parts), part, look))
            for name, part in sample.parts.items()
        }
        made = [part for part in parts.values() if part.phase is not None]
        if not made:
            nobody = Assessment(None, Reason("no_phones", "{metric}: no phones", self.metric.title))
            return replace(parts[min(parts, key=lambda name: f"{name}:")], phase=None) if parts else nobody
        worst = max(made, key=lambda part: _WORST_OF_SEGMENTS.index(part.phase))
        said = [part.announcement for part in parts.values() if part.announcement is not None]
        gauges = tuple(gauge for part in made for gauge in part.gauges)
        return replace(worst, announcement=Reason.together(said) if said else None, gauges=gauges)

    def _of_segment(self, name: str, part: Sample, assessment: Assessment) -> Assessment:
        """Return what was said of a finish, under its name; a finish without phones has no measurement."""

        def named(reason: Reason) -> Reason:
            wording = "{segment}: {cause}"
            return replace(reason, wording=wording, more={"segment": name}, cause=reason, brief=wording)

        nothing = self.metric.judge is None and part.samples == 0
        said = assessment.announcement
        return replace(
            assessment,
            phase=None if nothing else assessment.phase,
            reason=named(assessment.reason),
            announcement=None if said is None else named(said),
            gauges=tuple(replace(gauge, of=f"{name}: {gauge.of}" if gauge.of else name) for gauge in assessment.gauges),
        )

    def _judged(self, segment: str, segments: int, sample: Sample, look: int) -> Assessment:
        judge = self.metric.judge
        if judge is None:
            return self._judge_of(segment, segments).take(sample, look)
        if not sample.comparable:
            return self._context(segments).incomparable(sample)
        with at_work(f"the judge {judge.kind}", judge):
            said = self._judge_of(segment, segments).take(sample, look)
            if not isinstance(said, Assessment):
                raise TypeError(f"it has to return an Assessment, not {said!r}")
        if said.gauges or said.phase is None or sample.result is None:
            return said
        shown = Gauge(sample.result, self.metric.unit, stable=sample.baseline, samples=sample.samples)
        return replace(said, gauges=(shown,))

    def _judge_of(self, segment: str, segments: int) -> JudgeAtWork:
        if segment not in self._at_work:
            metric, context = self.metric, self._context(segments)
            self._at_work[segment] = (
                _Conditions(metric, context) if metric.judge is None else metric.judge.begin(context)
            )
        return self._at_work[segment]

    def _context(self, segments: int) -> JudgeContext:
        metric, comparisons = self.metric, self.comparisons * segments
        return JudgeContext(
            metric.title,
            metric.min_samples,
            comparisons,
            metric.measurements,
            metric.is_share,
            metric.form,
            metric.unit,
        )

    def _within_budgets(self) -> Phase:
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
