"""Which audited passes were defective."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("audited_escape", holds="events", audits=("passes",))
def audited_escape(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """1 for each audited pass that was defective, 0 for each that was good.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(audits={"rejected": [False, True, False], "defective": [True, True, False]})
    >>> known.stream("audited_escape", "v1", 0)
    array([1., 0.])
    """
    rejected, defective = tables.by_arm(tables.audits, arm, scope, "rejected", "defective")
    escaped: Column = defective[~rejected]
    return escaped
