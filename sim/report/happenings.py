"""What happened in a comparison: the world's events and every strategy's own, in order."""

from __future__ import annotations

from sim.experiment.result import Event, Result


def happenings(result: Result) -> list[tuple[Event, str]]:
    """Return the world's events and every strategy's own (replication 0) with its name, by time."""
    told = [(event, "") for event in result.world_events]
    told += [(event, strategy.name) for strategy in result.strategies for event in strategy.events]
    return sorted(told, key=lambda each: each[0].time_us)
