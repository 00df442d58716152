"""What a comparison returns: typed values, one `StrategyResult` per strategy, ready for tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.columns import Floats
from sim.deployment.controller import RouteChange
from sim.deployment.events import Event
from sim.measure.drift_evidence import DriftEvidence, Moved
from sim.measure.estimates import Quotients
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.measure.recovery import Recovery, recovery
from sim.measure.rollouts import Ending
from sim.measure.timeline import Timeline
from sim.stats.intervals import AgainstBest, Interval, PairedInterval, compare_with_best, paired_difference, t_interval

if TYPE_CHECKING:
    from sim.scenario import Scenario


__all__ = [
    "DriftEvidence", "Ending", "Event", "History", "Moved", "Result", "RouteChange", "StrategyResult", "Timeline",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """What one strategy did in one replication."""

    events: tuple[Event, ...]  #: in order
    routes: tuple[RouteChange, ...]  #: in order; the first is at 0
    ending: Ending | None = None  #: of its first rollout; None: it has none


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """One strategy over all replications.

    `samples[metric]` is a (replications,) float array, NaN where the metric is undefined.
    """

    name: str
    pattern: str
    samples: Mapping[str, Floats]
    timeline: Timeline
    histories: tuple[History, ...]  #: one per replication
    shown: int = 0  #: the replication that figures and the log book tell of, the same for every strategy
    quotients: Mapping[str, Quotients] = field(default_factory=dict)  #: what metrics that are ratios are made of

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the replication that is shown."""
        return self.histories[self.shown].events

    @property
    def routes(self) -> tuple[RouteChange, ...]:
        """The routes of the replication that is shown."""
        return self.histories[self.shown].routes

    @property
    def endings(self) -> tuple[Ending, ...]:
        """How its first rollout ended, in each replication that has one."""
        return tuple(history.ending for history in self.histories if history.ending is not None)

    def interval(self, metric: str) -> Interval:
        """Return a metric's estimate with its 95 % interval: a ratio's is the ratio of sums over replications."""
        if metric in self.quotients:
            return self.quotients[metric].interval(shares=TRUE_METRICS[metric].counts_phones)
        return t_interval(self.samples[metric])

    def values(self, metric: str) -> Floats:
        """Return one value per replication whose mean is the estimate: for paired differences and comparisons.

        They are the samples, or for a ratio the jackknife's pseudo-values of the ratio of sums.
        """
        return self.quotients[metric].values if metric in self.quotients else self.samples[metric]


@dataclass(frozen=True, slots=True)
class Result:
    """A comparison of strategies on the same phones, over replications."""

    scenario: Scenario
    strategies: tuple[StrategyResult, ...]
    world_events: tuple[Event, ...]  #: drift and outages: the same for every strategy
    drift: tuple[DriftEvidence, ...]
    versions: Mapping[str, str]  #: python, driftline, numpy ...
    engine: str

    @property
    def replications(self) -> int:
        return self.scenario.replications

    @property
    def shown(self) -> int:
        """The replication that figures and the log book tell of: the median one, see `sim.experiment.median`."""
        return self.strategies[0].shown

    @property
    def metrics(self) -> tuple[TrueMetric, ...]:
        """What was measured, in the order in which tables and files show it."""
        measured = self.strategies[0].samples
        return tuple(metric for metric in TRUE_METRICS.values() if metric.name in measured)

    def __getitem__(self, strategy: str) -> StrategyResult:
        for candidate in self.strategies:
            if candidate.name == strategy:
                return candidate
        raise KeyError(strategy)

    def difference(self, strategy: str, other: str, metric: str) -> PairedInterval:
        """Return by how much a strategy's estimate exceeds another's, with the paired 95 % interval."""
        return paired_difference(self[strategy].values(metric), self[other].values(metric))

    def against_best(self, metric: str) -> dict[str, AgainstBest]:
        """Return how every strategy compares with the best of the others (Hsu), 95 % for all of them together."""
        values = [strategy.values(metric) for strategy in self.strategies]
        verdicts = compare_with_best(values, "high" if TRUE_METRICS[metric].better == "high" else "low")
        return {strategy.name: verdict for strategy, verdict in zip(self.strategies, verdicts, strict=True)}

    def recoveries(self, strategy: StrategyResult) -> tuple[Recovery, ...]:
        """Return what became of a strategy's leakage after each drift, against the time before the first of them.

        Drifts of one moment are one; without a whole day on either side there is nothing to say.
        """
        scenario, starts = self.scenario, sorted({evidence.time_us for evidence in self.drift})
        if not starts:
            return ()
        ends = [*starts[1:], scenario.horizon]
        recoveries = (
            recovery(strategy.timeline, (scenario.warm_up, starts[0]), at_us, until_us)
            for at_us, until_us in zip(starts, ends, strict=True)
        )
        return tuple(each for each in recoveries if each is not None)

    def plot(self, figure: str = "overview") -> Any:
        """Draw a figure; see `sim.plot` (this is the one late import upward that the house allows)."""
        from sim.report.figure import plot

        return plot(self, figure)
