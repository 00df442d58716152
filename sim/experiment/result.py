"""What a comparison returns: typed values, one `StrategyResult` per strategy, ready for tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.columns import Flags, Floats
from sim.deployment.controller import RouteChange
from sim.deployment.dashboard import Series
from sim.deployment.events import Event
from sim.document import UnknownName, unknown_name
from sim.measure.drift_evidence import DriftEvidence, Moved
from sim.measure.estimates import Quotients
from sim.measure.events import ByChance, OutageBegan
from sim.measure.histories import Share, averaged, share_of_version
from sim.measure.metric import TRUE_METRICS, TrueMetric
from sim.measure.people import PeopleCounts
from sim.measure.recovery import Recovery, recovery
from sim.measure.rollouts import Ending
from sim.measure.same_phones import OnTheSame
from sim.measure.score_counts import ScoreCounts
from sim.measure.stations import StationCounts
from sim.measure.timeline import Timeline
from sim.stats.intervals import AgainstBest, Interval, PairedInterval, compare_with_best, paired_difference, t_interval
from sim.stats.stability import keeps_up

#: Of the second half that tells whether a line keeps up, at least.
FEWEST_BINS = 10

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
    measured: tuple[Series, ...] = field(default=(), compare=False)  #: what the team's dashboard showed, look by look


class Estimates:
    """What is made of a strategy's samples, those of a run and those read from a folder alike."""

    __slots__ = ()
    name: str
    samples: Mapping[str, Floats]
    quotients: Mapping[str, Quotients]
    trained: int
    """From how many histories versions were trained: see `sim.measure.histories` for what that makes of estimates."""

    def interval(self, metric: str) -> Interval:
        """Return a metric's estimate with its 95 % interval: a ratio's is the ratio of sums over replications."""
        if metric in self.quotients:
            made = self.quotients[metric].by_history(self.trained)
            return made.interval(shares=TRUE_METRICS[metric].counts_phones)
        return t_interval(averaged(self.samples[metric], self.trained))

    def values(self, metric: str) -> Floats:
        """Return independent values whose mean is the estimate: for paired differences and comparisons.

        There is one per replication, and where versions were trained from several histories one per history. They are
        samples, or for a ratio the jackknife's pseudo-values of the ratio of sums.
        """
        if metric in self.quotients:
            return self.quotients[metric].by_history(self.trained).values
        return averaged(self.samples[metric], self.trained)

    def share_of_version(self, metric: str) -> Share | None:
        """Return what share of a metric's variance between replications seems to come from the trained version."""
        made = self.quotients.get(metric)
        return share_of_version(self.samples[metric] if made is None else made.values, self.trained)

    def minus(self, other: Estimates, metric: str) -> PairedInterval:
        """Return by how much this estimate exceeds another's on the same phones, with the paired 95 % interval."""
        one_phone = self.one_phone_against(other, metric)
        own = ends_that_count([self, other], metric) if one_phone > 0.0 else None
        return paired_difference(
            self.values(metric), other.values(metric), one_phone=one_phone, own=(own[0], own[1]) if own else None
        )

    def one_phone_against(self, other: Estimates, metric: str) -> float:
        """Return what one phone is of the difference of two shares of phones: see `paired_difference`.

        0 if it is no share of phones, or if the two did the same: then a difference of 0 is no chance.
        """
        shares = [each.quotients.get(metric) for each in (self, other)]
        if not TRUE_METRICS[metric].counts_phones or None in shares or self.judges_as(other):
            return 0.0
        return max(share.one_phone for share in shares if share is not None)

    def judges_as(self, other: Estimates) -> bool:
        """Whether every phone got the same verdict after the same time, as far as any sample tells."""
        telling = [m.name for m in TRUE_METRICS.values() if (m.counts_phones or m.unit in ("phones", "s"))]
        return all(
            np.array_equal(self.samples[name], other.samples[name], equal_nan=True)
            for name in telling
            if name in self.samples and name in other.samples
        )


def ends_that_count(strategies: Sequence[Estimates], metric: str) -> list[Interval] | None:
    """Return intervals of a share that was measured of several trained versions, otherwise None.

    Few versions are seldom symmetric: most leak little and one leaks much. Their shares' own intervals know that.
    """
    if not TRUE_METRICS[metric].counts_phones or any(s.trained == 1 or metric not in s.quotients for s in strategies):
        return None
    return [strategy.interval(metric) for strategy in strategies]


def against_best(strategies: Sequence[Estimates], metric: str) -> dict[str, AgainstBest]:
    """Return how every strategy compares with the best of the others (Hsu), 95 % for all of them together."""
    better: Literal["low", "high"] = "high" if TRUE_METRICS[metric].better == "high" else "low"
    values = [each.values(metric) for each in strategies]
    if all(len(each) < 2 for each in values):  # nothing to judge by: a sandbox asks so a dozen times for each picture
        verdicts = compare_with_best(values, better)
    else:
        one_phone = [[one.one_phone_against(other, metric) for other in strategies] for one in strategies]
        verdicts = compare_with_best(values, better, one_phone=one_phone, own=ends_that_count(strategies, metric))
    return {strategy.name: verdict for strategy, verdict in zip(strategies, verdicts, strict=True)}


@dataclass(frozen=True, slots=True, repr=False)
class StrategyResult(Estimates):
    """One strategy over all replications.

    `samples[metric]` is a (replications,) float array, NaN where the metric is undefined.
    """

    name: str
    pattern: str
    samples: Mapping[str, Floats]
    timeline: Timeline
    histories: tuple[History, ...]  #: one per replication
    trained: int = 1  #: replication r met the versions that were trained from history r mod this number
    shown: int = 0  #: the replication that figures and the log book tell of, the same for every strategy
    quotients: Mapping[str, Quotients] = field(default_factory=dict)  #: what metrics that are ratios are made of
    more_than: Mapping[str, Flags] = field(default_factory=dict)
    """Of times until the verdict: in which replications one is only known to be longer than the sample."""
    same_phones: tuple[OnTheSame, ...] = ()
    """One per replication, where there are several strategies: on the phones that all of them decided."""
    people: PeopleCounts | None = None  #: what inspectors' own looks were worth; None: nobody looked
    stations: StationCounts | None = None  #: what was done at work stations; None: there are none

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

    def __repr__(self) -> str:
        replications = len(next(iter(self.samples.values()), ()))
        return f"<StrategyResult {self.name!r} ({self.pattern}): {replications} replications>"


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A comparison of strategies on the same phones, over replications.

    Examples
    --------
    >>> import sim
    >>> result = sim.run(sim.build(horizon="2h", replications=2, strategies=[{"pattern": "manual"}]), workers=1)
    >>> result
    <Result 'scenario': 1 strategy x 2 replications, seed 1>
    >>> result["manual"]
    <StrategyResult 'manual' (manual): 2 replications>
    """

    scenario: Scenario
    strategies: tuple[StrategyResult, ...]
    world_events: tuple[Event, ...]  #: drift and outages: the same for every strategy, and in every replication
    drift: tuple[DriftEvidence, ...]
    versions: Mapping[str, str]  #: python, driftline, numpy ...
    engine: str
    scores: Mapping[str, ScoreCounts] = field(default_factory=dict)
    """What versions made of all replications' phones, but for those retrained on the way. Empty in a sandbox."""
    by_chance: tuple[tuple[ByChance, ...], ...] = ()
    """Of each replication: what broke down by chance, the same for every strategy, in order of time."""

    @property
    def replications(self) -> int:
        return self.scenario.replications

    @property
    def shown(self) -> int:
        """The replication that figures and the log book tell of: the median one, see `sim.experiment.median`."""
        return self.strategies[0].shown

    @property
    def befell(self) -> tuple[Event, ...]:
        """The world's events in the replication that is shown, those by chance included, in order of time."""
        own = self.by_chance[self.shown] if self.by_chance else ()
        return tuple(sorted((*self.world_events, *own), key=lambda event: event.time_us)) if own else self.world_events

    @property
    def metrics(self) -> tuple[TrueMetric, ...]:
        """What was measured, in the order in which tables and files show it."""
        measured = self.strategies[0].samples
        return tuple(metric for metric in TRUE_METRICS.values() if metric.name in measured)

    def __getitem__(self, strategy: str) -> StrategyResult:
        for candidate in self.strategies:
            if candidate.name == strategy:
                return candidate
        raise UnknownName(unknown_name("strategy", str(strategy), [each.name for each in self.strategies]))

    def difference(self, strategy: str, other: str, metric: str) -> PairedInterval:
        """Return by how much a strategy's estimate exceeds another's, with the paired 95 % interval."""
        return self[strategy].minus(self[other], metric)

    def against_best(self, metric: str) -> dict[str, AgainstBest]:
        """Return how every strategy compares with the best of the others (Hsu), 95 % for all of them together."""
        return against_best(self.strategies, metric)

    def keeps_up(self, strategy: StrategyResult) -> bool:
        """Return whether under a strategy as many phones leave the line as come to it: see `sim.stats.stability`.

        What piles up while a server is down that the strategy uses does not count, if nothing did until then.
        """
        return self._nothing_piles_up(strategy) or self.backlog_of(strategy) is not None

    def backlog_of(self, strategy: StrategyResult) -> OutageBegan | None:
        """Return the last outage, if phones piled up over it until the horizon, on a line that otherwise keeps up."""
        edges_us = strategy.timeline.edges_us
        calm = np.ones(len(edges_us) - 1, dtype=bool)
        down = self.outages(strategy)
        for outage in down:
            calm &= (edges_us[1:] <= outage.time_us) | (edges_us[:-1] >= outage.time_us + outage.lasts_us)
        first = self._second_half(strategy, len(calm))
        if calm[first:].all() or self._nothing_piles_up(strategy):
            return None
        # An outage that takes most of the second half leaves too little of it: the time before tells, too.
        while first > 0 and int(calm[first + 1 :].sum()) < FEWEST_BINS - 1:
            first -= 1
        # What the crash took from the server's queue is worked off by others, which can hide that it fills again.
        until = int(np.argmin(calm[first:])) + first
        before = slice(self._second_half(strategy, until), until)
        numbers = strategy.timeline.in_system
        otherwise = keeps_up(numbers[:, first:], calm[first:]) and keeps_up(numbers[:, before])
        return down[-1] if otherwise else None

    def _nothing_piles_up(self, strategy: StrategyResult) -> bool:
        numbers = strategy.timeline.in_system
        return keeps_up(numbers[:, self._second_half(strategy, numbers.shape[1]) :])

    def _second_half(self, strategy: StrategyResult, until: int) -> int:
        """Return the first bin of the second half of the time that is measured, until that bin."""
        edges_us = strategy.timeline.edges_us[: until + 1]
        middle_us = (self.scenario.warm_up + int(edges_us[-1])) / 2
        # After a very long warm-up half of the rest would be a few bins.
        return max(min(int(np.searchsorted(edges_us[1:], middle_us)), until - FEWEST_BINS), 0)

    def outages(self, strategy: StrategyResult) -> tuple[OutageBegan, ...]:
        """Return the outages of versions that some route of the strategy has asked for."""
        used = {name for history in strategy.histories for change in history.routes for name in change.route.deployed}
        return tuple(event for event in self.world_events if isinstance(event, OutageBegan) and event.version in used)

    @property
    def unstable(self) -> tuple[StrategyResult, ...]:
        """The strategies under which the line does not keep up."""
        return tuple(strategy for strategy in self.strategies if not self.keeps_up(strategy))

    def is_more_than(self, strategy: StrategyResult, metric: str) -> bool:
        """Return whether a time until the verdict is only known to be longer than its samples say.

        So it is where it falls among phones without a verdict in some replication, and always on a line that does not
        keep up: who has a verdict there came early.
        """
        if TRUE_METRICS[metric].more_than is None:
            return False
        return bool(np.any(strategy.more_than.get(metric, False))) or not self.keeps_up(strategy)

    def recoveries(self, strategy: StrategyResult) -> tuple[Recovery, ...]:
        """Return what became of a strategy's leakage after each drift, against the time before the first of them.

        Drifts of one moment are one; without a whole day on either side there is nothing to say.
        """
        scenario, starts = self.scenario, sorted({evidence.time_us for evidence in self.drift})
        if not starts:
            return ()
        ends = [*starts[1:], scenario.horizon]
        recoveries = (
            recovery(strategy.timeline, (scenario.warm_up, starts[0]), at_us, until_us, strategy.trained)
            for at_us, until_us in zip(starts, ends, strict=True)
        )
        return tuple(each for each in recoveries if each is not None)

    # -- how people look at it: each is made in sim.report, and called through one late seam ------------------

    def plot(self, figure: str = "overview") -> Any:
        """Draw a figure; see `sim.plot`."""
        return self._presented("plot", figure)

    def table(self, width: int = 100, *, detail: bool = False) -> str:
        """Return what the command prints: the answer, and the tables; with `detail` all of them."""
        text: str = self._presented("table", width, detail)
        return text

    def answer(self, *, detail: bool = False) -> list[str]:
        """Return what the comparison says: for each judged metric, which strategies may be best, and who is worse.

        With `detail` it says of every strategy by how much, and with which bound.
        """
        sentences: list[str] = self._presented("answer", detail)
        return sentences

    def to_frame(self) -> Any:
        """Return every sample, long, a row for each strategy, replication and metric.

        A pandas data frame where pandas is installed, else a pyarrow table.
        """
        return self._presented("to_frame")

    def save(self, folder: str | Path) -> Path:
        """Write figures, tables and all that is needed to repeat the run; `sim.load_result` reads it again.

        Raises
        ------
        ScenarioError
            If something of somebody else's is in the way.
        """
        place: Path = self._presented("save", folder)
        return place

    def __repr__(self) -> str:
        count = len(self.strategies)
        strategies = f"{count} {'strategy' if count == 1 else 'strategies'}"
        name, seed = self.scenario.name, self.scenario.seed
        return f"<Result {name!r}: {strategies} x {self.replications} replications, seed {seed}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it."""
        html: str = self._presented("as_html")
        return html

    def _presented(self, how: str, *settings: Any) -> Any:
        """Ask the report (this is the one late import upward that the house allows)."""
        from sim.report import presenters

        return getattr(presenters, how)(self, *settings)
