"""Which warm-up a comparison would need: proposed, never applied by itself."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from sim.experiment.result import Result, StrategyResult
from sim.report.text.values import plain_name
from sim.stats.warm_up import mser
from sim.units import format_duration

#: Fewer batches than these don't show how a line settles.
FEWEST_BATCHES = 10
#: What a start changes of the mean latency before it is worth a word.
WORTH_SAYING = 0.02


@dataclass(frozen=True, slots=True)
class Settling:
    """When a strategy's line has forgotten how it began; None: not before anything else happened to it."""

    strategy: str
    after_us: int | None

    @property
    def said(self) -> str:
        """What to tell of it."""
        name = plain_name(self.strategy)
        if self.after_us is None:
            return f"Warm-up: under {name} the time before the first change is too short to tell when latency settles."
        told = format_duration(self.after_us)
        return (
            f"Warm-up: under {name} latency settles after about {told} (MSER over batches of phones by due time). "
            f"Nothing was left out for that; `warm_up: {told}` would."
        )


def settling(result: Result) -> Settling | None:
    """Return who needs the longest warm-up, None where nobody needs more than the scenario has.

    A line that does not keep up never settles, and is none to propose anything for.
    """
    found = [_of(result, strategy) for strategy in result.strategies if result.keeps_up(strategy)]
    needed = [each for each in found if each is not None]
    return max(needed, key=lambda each: np.inf if each.after_us is None else each.after_us, default=None)


def _of(result: Result, strategy: StrategyResult) -> Settling | None:
    edges_us = strategy.timeline.edges_us
    count = int(np.searchsorted(edges_us[1:], _undisturbed_until(result, strategy), side="right"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a batch without a phone in any replication
        batches = np.nanmean(strategy.timeline.latency_p50_s[:, :count], axis=0)
    if count < FEWEST_BATCHES or not np.isfinite(batches).all():
        return None
    left_out = mser(batches)
    after_us = None if left_out is None else int(edges_us[left_out])
    rest = batches[count // 2 if left_out is None else left_out :].mean()
    matters = abs(batches.mean() - rest) > WORTH_SAYING * rest
    enough = after_us is not None and after_us <= result.scenario.warm_up
    return Settling(strategy.name, after_us) if matters and not enough else None


def _undisturbed_until(result: Result, strategy: StrategyResult) -> int:
    """Return until when nothing happened: no drift, no outage, and in no replication another route."""
    changes = [history.routes[1].time_us for history in strategy.histories if len(history.routes) > 1]
    befell = [event.time_us for event in result.world_events]
    return min([result.scenario.horizon, *changes, *befell])
