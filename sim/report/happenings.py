"""What happened in a comparison: the world's events and every strategy's own, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.deployment.events import ANALYSIS, RolledBack
from sim.experiment.median import RULE
from sim.experiment.result import Event, Result
from sim.measure.histories import history_of
from sim.measure.rollouts import decisions
from sim.report.text.labels import short


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, whose it is ("": the world's), and in which replication (None: in all)."""

    event: Event
    strategy: str = ""
    replication: int | None = None


def happenings(result: Result, replications: Iterable[int] | None = None) -> list[Happening]:
    """Return the world's events and every strategy's own, by time; by default those of the replication shown."""
    chosen = [result.shown] if replications is None else list(replications)
    events = [Happening(event) for event in result.world_events]
    events += [
        Happening(event, replication=number)
        for number in chosen
        if result.by_chance
        for event in result.by_chance[number]
    ]
    events += [
        Happening(event, strategy.name, number)
        for number in chosen
        for strategy in result.strategies
        for event in strategy.histories[number].events
    ]
    return sorted(events, key=lambda each: each.event.time_us)


def by_importance(events: Sequence[Happening]) -> list[int]:
    """Return the places of events in a list, what matters most first.

    What the evidence said at the moment of a rollback is why there was one, and matters as much. Of what is equally
    important that which was not told before comes first: the tenth alarm of one detector after the first of another.
    """
    rolled_back = {
        (each.strategy, each.event.time_us) for each in events if isinstance(each.event, RolledBack)
    }  # fmt: skip
    told: Counter[tuple[str, str]] = Counter()
    ranks = []
    for place, each in enumerate(events):
        why = each.event.kind == ANALYSIS.word and (each.strategy, each.event.time_us) in rolled_back
        words = (each.strategy, short(each.event))
        ranks.append((RolledBack.importance if why else each.event.rank, told[words], place))
        told[words] += 1
    return [place for _, _, place in sorted(ranks)]


def which(result: Result) -> str:
    """Return which replication is shown, and by what measure, in a few words: "" if there is only one."""
    if result.replications < 2:
        return ""
    histories = result.scenario.train_replications
    whose = f" (models of history {history_of(result.shown, histories)})" if histories > 1 else ""
    decided = any(decisions(each.events, each.routes) for s in result.strategies for each in s.histories)
    return f"replication {result.shown}{whose}, {RULE if decided else 'as good as any'}"
