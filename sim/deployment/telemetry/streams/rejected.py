"""Verdicts, one after the other."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("rejected", holds="events")
def rejected(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """1 for each decided phone that was rejected, 0 for each that passed.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"rejected": [True, False]}).stream("rejected", "v1", 0)
    array([1., 0.])
    """
    return tables.by_arm(tables.decisions, arm, scope, "rejected")[0]
