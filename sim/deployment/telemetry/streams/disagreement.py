"""Where a version that only looks and the line say different things."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.metrics.agreement import both_verdicts
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("disagreement", holds="events", mirrored=True)
def disagreement(tables: Tables, version: str | None, scope: Scope) -> Column:
    """1 for each phone on which the version and the line say different things, 0 where they agree.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, False], "line_rejected": [True, True]})
    >>> known.stream("disagreement", "v1", 0)
    array([0., 1.])
    """
    own, line = both_verdicts(tables, version, scope)
    differs: Column = own != line
    return differs
