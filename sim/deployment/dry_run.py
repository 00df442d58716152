"""A dry run: what a strategy will do, moment by moment, while everything is healthy, and what it waits for.

No phone is made and no model is trained: every check passes, every gate is opened by its human, and nothing is read
that a run would show. So it is the plan itself, read aloud. A judge that waits for a proof is healthy too, but nobody
can say when its proof comes: with a `count`, by the last measurement; without one, the dry run waits to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.deployment.analysis.measurement import HEALTHY, Sample
from sim.deployment.declaration import PEOPLE
from sim.deployment.events import (
    AnalysisEnded,
    AnalysisSaid,
    Awaited,
    Event,
    Noted,
    Promoted,
    Reason,
    Topic,
    Trained,
    reason_of,
)
from sim.deployment.monitoring.retraining import Delivery, Order, TrainingOrder
from sim.deployment.rollout import Measured, Rollout
from sim.deployment.strategy import Strategy, play, told_of
from sim.document import ScenarioError
from sim.inspectors.model import Offline
from sim.units import LONGEST

#: A strategy that wakes more often than this within one run has no plan that can be read.
_MOST_WAKES = 100_000
#: Whether a plan comes to its end is found out within so many wake-ups and horizons, or left open.
_MOST_WAKES_OF_A_PLAN = 2_000
_HORIZONS = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that the strategy does or waits for, and the candidate's share of the phones from then on."""

    event: Event  #: or `Awaited`
    share: float  #: percent of the phones that the candidate decides
    mirrored: float  #: percent that it sees without deciding


SIGNED_OFF_LATER = "{version} is trained, and signed off later"


def _tells_of_evidence(event: Event) -> bool:
    return isinstance(event, AnalysisSaid | AnalysisEnded) or (isinstance(event, Noted) and event.topic.of_evidence)


class _Unlearned:
    """A version that nobody has trained: its cut-offs are anything."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.offline = Offline(float("nan"), float("nan"))

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        return (0.5, 0.5) if review is None else (0.4, 0.6)


class _DryRun(Rollout):
    def __init__(self, strategy: Strategy, horizon_us: int) -> None:
        assert strategy.stable is not None
        assert strategy.candidate is not None
        assert strategy.fallback is not None
        versions: Mapping[str, Any] = {name: _Unlearned(name) for name in strategy.deciders if name not in PEOPLE}
        super().__init__(strategy.stable, strategy.candidate, versions, strategy.fallback, horizon_us)
        self.moments: list[Moment] = []
        self._first = self.stable

    def expect(self, awaited: str | Reason) -> None:
        self._add(Awaited(time_us=self.now, reason=reason_of(awaited)))

    def record(self, event: Event) -> None:
        super().record(event)
        if isinstance(event, Trained):  # it would report figures, and there are none
            later = Reason(
                "signed_off_later", SIGNED_OFF_LATER, more={"version": event.version}, brief=SIGNED_OFF_LATER
            )
            self._add(Noted(time_us=self.now, topic=Topic(event.kind), reason=later))
        elif not _tells_of_evidence(event):  # so would this
            self._add(event)

    def order(self, order: Order) -> None:
        if isinstance(order, TrainingOrder):
            version: Any = _Unlearned(order.name)
            self.deliver(Delivery(order, version))

    def sample(self, metric: Measured, since_us: int) -> Sample:
        return HEALTHY

    def _add(self, event: Event) -> None:
        self.moments.append(Moment(event, 0.0, 0.0))

    def settle(self, first: int) -> None:
        """Give the moments of this wake-up the shares that hold after it."""
        if self.stable is self._first:
            share = self.weight
        else:  # promoted; it may be on its way back
            share = 100.0 - (self.weight if self.candidate is self._first else 0.0)
        self.moments[first:] = [Moment(moment.event, share, self.mirror_share) for moment in self.moments[first:]]


def dry_run(strategy: Strategy, horizon_us: int) -> tuple[Moment, ...]:
    """Return what a (resolved) strategy will do by the horizon if everything is healthy.

    Examples
    --------
    >>> from sim.scenario import build
    >>> scenario = build(strategies=[{"pattern": "canary", "steps": [10], "hold": "2h"}])
    >>> for moment in dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon):
    ...     print(moment.event.time_us // 3_600_000_000, moment.share, type(moment.event).__name__)
    0 10.0 WeightChanged
    0 10.0 Awaited
    2 100.0 Promoted
    """
    return tuple(_played(strategy, horizon_us, _MOST_WAKES).moments)


def _played(strategy: Strategy, horizon_us: int, most_wakes: int) -> _DryRun:
    """Return the rollout after the playbook has been played to the horizon, or woken so many times."""
    rollout = _DryRun(strategy, horizon_us)
    playbook = play(strategy, rollout)
    rollout.now = min(strategy.start or 0, horizon_us)
    for _ in range(most_wakes):
        if rollout.now >= horizon_us:
            break
        first = len(rollout.moments)
        with told_of(strategy, rollout.now):
            pause = next(playbook, None)
        rollout.settle(first)
        if pause is None:
            break
        rollout.now = min(rollout.now + pause, horizon_us)
    with told_of(strategy, rollout.now):
        playbook.close()
    return rollout


def comes_too_late(strategy: Strategy, horizon_us: int) -> int | None:
    """Return when a (resolved) plan promotes while everything is healthy, if that is after the horizon.

    None: by the horizon; or never, since it waits for a proof or for somebody; or it is no plan, with steps of its own;
    or somebody's code in it fails without the data of a run, which then will tell.

    >>> from sim.scenario import build
    >>> scenario = build(horizon="6h", strategies=[{"pattern": "canary", "steps": [10, 50], "hold": "4h"}])
    >>> comes_too_late(scenario.resolved(scenario.strategies[0]), scenario.horizon) == 8 * 3_600_000_000
    True
    """
    try:
        rollout = _played(strategy, horizon_us, _MOST_WAKES_OF_A_PLAN)
        if not rollout.heeds_pauses or _promoted_us(rollout) is not None:
            return None
        return _promoted_us(_played(strategy, min(_HORIZONS * horizon_us, LONGEST), _MOST_WAKES_OF_A_PLAN))
    except ScenarioError:
        return None


def _promoted_us(rollout: _DryRun) -> int | None:
    events = (moment.event for moment in rollout.moments)
    return next((event.time_us for event in events if isinstance(event, Promoted)), None)
