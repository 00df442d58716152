"""What a comparison returns: typed values, one `StrategyResult` per strategy, ready for tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.columns import Floats
from sim.deployment.controller import RouteChange
from sim.deployment.events import Event
from sim.measure.drift_evidence import DriftEvidence, Moved
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.measure.recovery import Recovery, recovery
from sim.measure.timeline import Timeline

if TYPE_CHECKING:
    from sim.scenario import Scenario


__all__ = ["DriftEvidence", "Event", "Moved", "Result", "RouteChange", "StrategyResult", "Timeline"]


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """One strategy over all replications.

    `samples[metric]` is a (replications,) float array, NaN where the metric is undefined.
    """

    name: str
    pattern: str
    samples: Mapping[str, Floats]
    timeline: Timeline
    events: tuple[Event, ...]  #: of replication 0, in order
    routes: tuple[RouteChange, ...]  #: of replication 0, in order; the first is at 0


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
    def metrics(self) -> tuple[TrueMetric, ...]:
        """What was measured, in the order in which tables and files show it."""
        measured = self.strategies[0].samples
        return tuple(metric for metric in TRUE_METRICS.values() if metric.name in measured)

    def __getitem__(self, strategy: str) -> StrategyResult:
        for candidate in self.strategies:
            if candidate.name == strategy:
                return candidate
        raise KeyError(strategy)

    def recoveries(self, strategy: StrategyResult) -> tuple[Recovery, ...]:
        """Return what became of a strategy's leakage after each drift, against the time before the first of them.

        Drifts of one moment are one; without a whole day on either side there is nothing to say.
        """
        scenario, starts = self.scenario, sorted({evidence.time_us for evidence in self.drift})
        if not starts:
            return ()
        ends = [*starts[1:], scenario.horizon]
        found = (
            recovery(strategy.timeline, (scenario.warm_up, starts[0]), at_us, until_us)
            for at_us, until_us in zip(starts, ends, strict=True)
        )
        return tuple(each for each in found if each is not None)

    def plot(self, figure: str = "overview") -> Any:
        """Draw a figure; see `sim.plot` (this is the one late import upward that the house allows)."""
        from sim.report.figure import plot

        return plot(self, figure)
