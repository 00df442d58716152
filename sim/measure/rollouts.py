"""How a strategy's first rollout ended: promoted, rolled back or neither, when, and what the candidate did by then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.deployment.controller import RouteChange
from sim.deployment.events import Event, Promoted, RolledBack, WentOut
from sim.measure.fates import fates_of, pages
from sim.measure.outcomes import Outcomes
from sim.measure.setting import Setting

How = Literal["promoted", "rolled back", "neither"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the rollout of a first candidate ended in one replication.

    A rollback after a promotion counts as a rollback. What becomes of versions that are trained later is not in it.
    """

    how: How
    began_us: int  #: the candidate decides or looks on from here
    ended_us: int  #: the horizon if it is neither
    exposed: int  #: phones that others than the first decider had decided by then
    escaped: int  #: of these, defective ones that were shipped

    @property
    def lasted_us(self) -> int:
        return self.ended_us - self.began_us


def decisions(events: Sequence[Event], routes: Sequence[RouteChange]) -> list[Promoted | RolledBack]:
    """Return the promotions and rollbacks of a first candidate, in order.

    To "promote" who decides already is no decision: that is how some playbooks begin.
    """
    stable = routes[0].route.stable.name
    found: list[Promoted | RolledBack] = []
    for event in events:
        if isinstance(event, WentOut) and found:
            break
        if isinstance(event, RolledBack) or (isinstance(event, Promoted) and event.arm.name != stable):
            stable = event.arm.name
            found.append(event)
    return found


def ending_of(
    routes: Sequence[RouteChange], events: Sequence[Event], outcomes: Outcomes, setting: Setting
) -> Ending | None:
    """Return how a first rollout ended; None if nobody but the first decider ever decides or looks on."""
    stable = routes[0].route.stable
    began = next((change.time_us for change in routes if _others_take_part(change, stable.name)), None)
    if began is None:
        return None
    decided = decisions(events, routes)
    if not decided:
        everything = exposure(others(stable.name, outcomes), 0, outcomes.horizon_us, outcomes, setting)
        return Ending("neither", began, outcomes.horizon_us, *everything)
    last = decided[-1]
    how: How = "promoted" if isinstance(last, Promoted) else "rolled back"
    by_then = exposure(others(stable.name, outcomes), 0, last.time_us, outcomes, setting)
    return Ending(how, min(began, last.time_us), last.time_us, *by_then)


def others(stable: str, outcomes: Outcomes) -> frozenset[str]:
    """Return the names of all arms but one."""
    return frozenset(outcomes.arms) - {stable}


def exposure(
    candidates: Collection[str], since_us: int, until_us: int, outcomes: Outcomes, setting: Setting
) -> tuple[int, int]:
    """Return how many phones these arms had decided in that time, and how many of them were escapes."""
    codes = [code for code, name in enumerate(outcomes.arms) if name in candidates]
    exposed = escaped = 0
    for rows in pages(len(outcomes.records)):
        fates = fates_of(outcomes, setting, rows)
        inside = (outcomes.verdict_us[rows] >= since_us) & (outcomes.verdict_us[rows] <= until_us)
        by_candidate = np.isin(outcomes.arm[rows], codes) & fates.decided & inside
        exposed += int(by_candidate.sum())
        escaped += int((by_candidate & fates.escaped).sum())
    return exposed, escaped


def _others_take_part(change: RouteChange, stable: str) -> bool:
    route = change.route
    others = [arm.name for arm, weight in (*route.candidates, *route.mirrors) if weight > 0]
    return any(name != stable for name in (route.stable.name, *others))
