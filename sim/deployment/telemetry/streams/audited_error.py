"""Which audited verdicts were wrong."""

from __future__ import annotations

from sim.columns import Column
from sim.deployment.telemetry.stream import stream
from sim.deployment.telemetry.tables import Scope, Tables


@stream("audited_error", holds="events", audits=("passes",))
def audited_error(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """1 for each audited phone whose verdict was wrong, 0 where it was right.

    Where passes are not audited it knows of no escape.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(audits={"rejected": [False, True], "defective": [True, True]})
    >>> known.stream("audited_error", "v1", 0)
    array([1., 0.])
    """
    rejected, defective = tables.by_arm(tables.audits, arm, scope, "rejected", "defective")
    wrong: Column = rejected != defective
    return wrong
