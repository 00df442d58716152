"""What happened in a comparison: the world's events and every strategy's own, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.experiment.result import Event, Result
from sim.measure.histories import history_of


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
        Happening(event, strategy.name, number)
        for number in chosen
        for strategy in result.strategies
        for event in strategy.histories[number].events
    ]
    return sorted(events, key=lambda each: each.event.time_us)


def which(result: Result) -> str:
    """Return which replication is shown, in a few words: "" if there is only one."""
    if result.replications < 2:
        return ""
    histories = result.scenario.train_replications
    whose = f" (models of history {history_of(result.shown, histories)})" if histories > 1 else ""
    return f"replication {result.shown}{whose}, the median one"
