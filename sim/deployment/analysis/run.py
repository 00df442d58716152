"""Analysis runs with Argo's exact semantics: how the phases of metrics make a run's.

Read in Argo's code and not in its documentation: a run that is stopped without a violation is Successful, even without
a measurement. What a metric's measurements and budgets mean: `sim.deployment.analysis.metric_run`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.analysis.metric_run import MetricRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.deployment.events import Reason

_WORST = list(Phase)
#: After an error Argo measures again so soon, whatever the interval.
ERROR_RETRY_US = 10_000_000
HOLDING = "holding after {hold:duration}"
NOTHING_MEASURED = Reason("nothing_measured", "nothing was measured")

Read = Callable[[Metric, int], Sample]
"""Answers a metric with what became known since a moment."""


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
    ...     lines = run.measure(run.next_us, lambda metric, since_us: Sample(0.2))
    >>> run.phase.value, run.runs[0].failed  # not the third failure ends it: the fourth
    ('Failed', 4)
    """

    template: AnalysisTemplate
    began_us: int
    retry_us: int = ERROR_RETRY_US
    runs: Sequence[MetricRun] = field(init=False)
    phase: Phase = Phase.RUNNING
    reason: Reason = NOTHING_MEASURED  #: why it ended
    looked: list[MetricRun] = field(default_factory=list)  #: the metrics that were measured at the last moment
    _held: bool = True  #: whether the hold is over
    _said: bool = False  #: whether it has said what it still waits for

    def __post_init__(self) -> None:
        self._held = self.template.hold is None
        deciding = [metric.judge for metric in self.template.metrics if self.template.decides(metric)]
        comparisons = max(1, sum(judge is not None and judge.spends_alpha for judge in deciding))
        self.runs = [
            MetricRun(
                metric,
                self.began_us + metric.initial_delay,
                comparisons,
                looked_us=self.began_us,
                stalled=self.template.stalled,
            )
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

    def measure(self, now_us: int, read: Read) -> list[Reason]:
        """Make every measurement that is due, and see whether the run is over.

        Parameters
        ----------
        now_us : int
            The moment.
        read : callable
            Answers a metric, and the moment since which it asks.

        Returns
        -------
        list of Reason
            What is worth a line in the log book.
        """
        lines: list[Reason | None] = []
        self._held = now_us >= self._held_until
        self.looked = []
        for run in self.runs:
            if run.phase is Phase.RUNNING and run.next_us <= now_us:
                judge = run.metric.judge
                since_us = run.looked_us if judge is not None and judge.cumulative else self.began_us
                lines.append(run.take(now_us, read(run.metric, since_us), self.retry_us))
                self.looked.append(run)
                if now_us < self._held_until < run.next_us:
                    run.next_us = self._held_until  # somebody looks when the hold is over
        if any(run.phase not in (Phase.RUNNING, Phase.SUCCESSFUL) for run in self._deciding):
            self._end()
        elif self.template.hold is not None:
            lines.append(self._hold())
        elif all(run.phase is not Phase.RUNNING for run in self._waited_for):
            self._end()
        return [line for line in lines if line is not None]

    def stop(self) -> None:
        """End the run from outside, at a promotion, say: without a violation that is a success."""
        if self.phase is Phase.RUNNING:
            self._end()

    def _hold(self) -> Reason | None:
        """End the run if the hold is over and all is well. Returns what is still waited for, said once."""
        if not self._held:
            return None
        waiting = [run for run in self._deciding if Phase.SUCCESSFUL not in (run.phase, run.latest)]
        if not waiting:
            self.phase = Phase.SUCCESSFUL
            self.reason = Reason.together([run.reason for run in self._deciding if run.reason is not None])
            return None
        if self._said:
            return None
        self._said = True
        hold = {"hold": self.template.hold or 0}
        return Reason("holding", HOLDING + ": {cause}", more=hold, cause=waiting[0].reason, brief=HOLDING)

    def _end(self) -> None:
        ended = [run for run in self._deciding if run.phase is not Phase.RUNNING]
        worst = max(ended, key=lambda run: _WORST.index(run.phase), default=None)
        self.phase = Phase.SUCCESSFUL if worst is None else worst.phase
        self.reason = NOTHING_MEASURED if worst is None or worst.reason is None else worst.reason
